package dev.ashlar.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** copy, move, rename; clear, drop. */
class TransferCommandsTest {
    @TempDir
    private Path directory;

    private Path store;
    private Path other;

    @BeforeEach
    void fillTheStore() {
        store = directory.resolve("store");
        other = directory.resolve("other");
        Cli.run("put", store, "space", "key", "value").expect(0);
        Cli.run("put", store, "space", "taken", "before").expect(0);
    }

    private String get(Path from, String keyspace, String key) {
        return Cli.run("get", from, keyspace, key).expect(0).out();
    }

    private void expectPresence(String command, String keyspace, String key) {
        Cli.run("get", store, keyspace, key).expect(command.equals("copy") ? 0 : 1);
    }

    private List<String> keyspaces() {
        return Cli.run("list", store, "--json")
                .expect(0)
                .json()
                .get("keyspaces")
                .findValuesAsText("name");
    }

    @ParameterizedTest
    @ValueSource(strings = {"copy", "move"})
    void aValueGetsToAnotherKeyspaceKeyOrStore(String command) {
        Cli.Result quiet = Cli.run(command, store, "space", "key", "archive").expect(0);
        assertEquals("", quiet.out() + quiet.err());
        assertEquals("value", get(store, "archive", "key"));
        expectPresence(command, "space", "key");

        Cli.run(command, store, "archive", "key", "space", "taken").expect(0);
        assertEquals("value", get(store, "space", "taken"));
        expectPresence(command, "archive", "key");

        Cli.run(command, store, "space", "taken", "there", "new", "--to-store", other)
                .expect(0);
        assertEquals("value", get(other, "there", "new"));
        expectPresence(command, "space", "taken");
    }

    @ParameterizedTest
    @ValueSource(strings = {"copy", "move"})
    void aLargeValueGetsToAnotherStore(String command) {
        byte[] large = new byte[(8 << 20) + 1];
        new Random(1).nextBytes(large);
        Cli.runWith(large, "put", store, "space", "large").expect(0);
        Cli.run(command, store, "space", "large", "space", "--to-store", other).expect(0);
        assertArrayEquals(
                large, Cli.run("get", other, "space", "large").expect(0).bytes());
        expectPresence(command, "space", "large");
        Cli.run("verify", other).expect(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"copy", "move"})
    void jsonSaysWhereItIsNow(String command) {
        JsonNode json = Cli.run(command, store, "space", "key", "archive", "\\xff", "--key-as=escaped", "--json")
                .expect(0)
                .json();
        assertEquals("space", json.get("keyspace").asText());
        assertEquals("key", json.get("key").asText());
        assertEquals("archive", json.at("/target/keyspace").asText());
        assertEquals("/w==", json.at("/target/keyBase64").asText());
        JsonNode get = Cli.run("get", store, "archive", "/w==", "--key-as=base64", "--json")
                .expect(0)
                .json();
        assertEquals(get.get("version"), json.get("version"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"copy", "move"})
    void ontoItselfIsRefused(String command) {
        for (Object[] arguments : new Object[][] {
            {command, store, "space", "key", "space"},
            {command, store, "space", "key", "space", "key"},
            {command, store, "space", "key", "space", "--to-store", directory.resolve("other/../store")},
        }) {
            assertTrue(Cli.run("put", other, "x", "x", "x").expect(0).out().isEmpty());
            Cli.Result result = Cli.run(arguments).expect(64);
            assertTrue(result.err().contains("onto itself"), result.err());
        }
        assertEquals("value", get(store, "space", "key"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"copy", "move"})
    void anAbsentKeyCreatesNothing(String command) throws IOException {
        assertTrue(Cli.run(command, store, "space", "absent", "new")
                .expect(1)
                .err()
                .contains("no key 'absent' in keyspace 'space'"));
        Cli.run(command, store, "space", "absent", "new", "--to-store", other).expect(1);
        assertEquals(List.of("space"), keyspaces());
        assertFalse(Files.exists(other));
        Files.writeString(other, "a file");
        Cli.run(command, store, "space", "key", "new", "--to-store", other).expect(2);
        Cli.run(command, store, "space", "key", "two\nlines").expect(64);
        assertEquals("value", get(store, "space", "key"));
        assertEquals("a file", Files.readString(other));
    }

    @Test
    void aTargetThatIsOpenIsRefusedAndTheValueStays() {
        try (Store open = Store.open(other)) {
            Cli.run("move", store, "space", "key", "space", "--to-store", other).expect(2);
            assertEquals(List.of(), open.keyspaces());
        }
        assertEquals("value", get(store, "space", "key"));
    }

    @Test
    void aKeyIsRenamed() {
        Cli.Result quiet = Cli.run("rename", store, "space", "key", "new").expect(0);
        assertEquals("", quiet.out() + quiet.err());
        assertEquals("value", get(store, "space", "new"));
        Cli.run("get", store, "space", "key").expect(1);
        JsonNode json = Cli.run("rename", store, "space", "new", "taken", "--json")
                .expect(0)
                .json();
        assertEquals("new", json.get("key").asText());
        assertEquals("taken", json.at("/target/key").asText());
        assertTrue(json.get("version").asLong() > 0);
        assertEquals("value", get(store, "space", "taken"));
    }

    @Test
    void aKeyIsNotRenamedOverAnotherNorToItselfNorIfAbsent() {
        Cli.Result taken = Cli.run("rename", store, "space", "key", "taken", "--no-replace")
                .expect(2);
        assertTrue(taken.err().contains("there is a key 'taken' in keyspace 'space' already"), taken.err());
        assertEquals("before", get(store, "space", "taken"));
        assertEquals("value", get(store, "space", "key"));
        Cli.run("rename", store, "space", "key", "key").expect(64);
        Cli.run("rename", store, "space", "key", "key", "--no-replace").expect(64);
        assertTrue(Cli.run("rename", store, "space", "absent", "taken")
                .expect(1)
                .err()
                .contains("no key 'absent'"));
        Cli.run("rename", store, "space", "absent", "taken", "--no-replace").expect(1);
        Cli.run("rename", store, "space", "key", "free", "--no-replace").expect(0);
        assertEquals("value", get(store, "space", "free"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"clear", "drop"})
    void nothingGoesWithoutYes(String command) {
        Cli.Result result = Cli.run(command, store, "space").expect(2);
        assertTrue(result.err().contains("would remove 2 keys of keyspace 'space' in " + store), result.err());
        assertTrue(result.err().contains("--yes"), result.err());
        assertEquals(command.equals("drop"), result.err().contains("the keyspace itself"), result.err());
        assertEquals("", result.out());
        assertEquals("value", get(store, "space", "key"));
    }

    @Test
    void clearedKeyspacesAreEmpty() {
        JsonNode json =
                Cli.run("clear", store, "space", "--yes", "--json").expect(0).json();
        assertEquals(2, json.get("keys").asInt());
        assertTrue(json.get("version").asLong() > 0);
        assertEquals("", Cli.run("list", store, "space").expect(0).out());
        JsonNode again =
                Cli.run("clear", store, "space", "--yes", "--json").expect(0).json();
        assertEquals(0, again.get("keys").asInt());
        assertFalse(again.has("version"));
        Cli.Result quiet = Cli.run("clear", store, "space", "--yes").expect(0);
        assertEquals("", quiet.out() + quiet.err());
    }

    @Test
    void droppedKeyspacesAreGone() {
        Cli.run("put", store, "stays", "key", "x").expect(0);
        JsonNode json =
                Cli.run("drop", store, "space", "--yes", "--json").expect(0).json();
        assertEquals("space", json.get("keyspace").asText());
        assertEquals(2, json.get("keys").asInt());
        assertEquals(List.of("stays"), keyspaces());
        Cli.run("get", store, "space", "key").expect(1);
        Cli.run("drop", store, "space", "--yes").expect(1);
        Cli.Result quiet = Cli.run("drop", store, "stays", "--yes").expect(0);
        assertEquals("", quiet.out() + quiet.err());
        assertEquals(List.of(), keyspaces());
    }
}
