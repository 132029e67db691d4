package dev.ashlar.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListCommandTest {
    private static final byte[] NO_UTF8 = {'a', (byte) 0xc3, 'b', (byte) 0xff};

    @TempDir
    private Path directory;

    private Path store;

    @BeforeEach
    void fillTheStore() {
        store = directory.resolve("store");
        try (Store open = Store.open(store)) {
            Keyspace names = open.keyspace("names");
            for (String key : List.of("a/1", "a/2", "b/1", "käse", "two\nlines", "back\\slash", "\u001b[31mred", "")) {
                names.put(key, new byte[key.length()]);
            }
            names.put(NO_UTF8, new byte[2048]);
            Keyspace numbers = open.keyspace("numbers", KeyspaceOptions.DEFAULT.withAlignment(4096));
            for (long number : new long[] {0, -1, Long.MAX_VALUE, Long.MIN_VALUE}) {
                numbers.put(number, new byte[8]);
            }
            open.keyspace("empty");
        }
    }

    @Test
    void withoutAKeyspaceTheKeyspacesAreListed() {
        String out = Cli.run("list", store).expect(0).out();
        assertTrue(out.lines().anyMatch(line -> line.matches("names +9 +64 +once")), out);
        assertTrue(out.lines().anyMatch(line -> line.matches("numbers +4 +4096 +once")), out);
        assertTrue(out.lines().anyMatch(line -> line.matches("empty +0 +64 +once")), out);
        JsonNode json = Cli.run("list", store, "--json").expect(0).json().get("keyspaces");
        assertEquals(List.of("empty", "names", "numbers"), json.findValuesAsText("name"));
        assertEquals(9, json.at("/1/keys").asInt());
        assertEquals(4096, json.at("/2/alignment").asInt());
    }

    @Test
    void keysAreListedInTheOrderOfWritingAndCannotDisturbATerminal() {
        String out = Cli.run("list", store, "names").expect(0).out();
        assertEquals("""
                       3 B  a/1
                       3 B  a/2
                       3 B  b/1
                       4 B  käse
                       9 B  two\\nlines
                      10 B  back\\\\slash
                       8 B  \\x1b[31mred
                       0 B \s
                   2.0 KiB  a\\xc3b\\xff
                """, out);
    }

    @Test
    void jsonHasTheTextOfAKeyAndItsBytesWhereItIsNoText() throws IOException {
        JsonNode json = Cli.run("list", store, "names", "--json").expect(0).json();
        assertEquals("names", json.get("keyspace").asText());
        assertEquals(
                List.of("a/1", "a/2", "b/1", "käse", "two\nlines", "back\\slash", "\u001b[31mred", "", "a\\xc3b\\xff"),
                json.get("entries").findValuesAsText("key"));
        for (JsonNode entry : json.get("entries")) {
            assertEquals(entry.get("size").asInt() == 2048, entry.has("keyBase64"));
            assertTrue(entry.get("version").asLong() > 0);
        }
        assertArrayEquals(NO_UTF8, json.at("/entries/8/keyBase64").binaryValue());
        assertFalse(json.get("more").asBoolean());
        assertEquals(0, json.get("damaged").size());
    }

    @Test
    void whatIsShownCanBeTypedInAgain() {
        for (String line : Cli.run("list", store, "names").out().lines().toList()) {
            String shown = line.substring(12);
            Cli.run("get", store, "names", "--key-as=escaped", "--", shown).expect(0);
        }
        for (String line :
                Cli.run("list", store, "names", "--key-as=base64").out().lines().toList()) {
            Cli.run("get", store, "names", "--key-as=base64", "--", line.substring(12))
                    .expect(0);
        }
    }

    @Test
    void longKeysCanBeShownAsNumbers() {
        List<String> shown = Cli.run("list", store, "numbers", "--key-as=long")
                .expect(0)
                .out()
                .lines()
                .map(line -> line.substring(12))
                .toList();
        assertEquals(List.of("0", "-1", Long.toString(Long.MAX_VALUE), Long.toString(Long.MIN_VALUE)), shown);
        JsonNode json = Cli.run("list", store, "numbers", "--key-as=long", "--json")
                .expect(0)
                .json();
        assertEquals(-1, json.at("/entries/1/key").asLong());
        assertTrue(json.at("/entries/1/key").isIntegralNumber());
        assertTrue(Cli.run("list", store, "names", "--key-as=long").out().contains("  käse\n"));
    }

    @Test
    void prefixAndLimitNarrowTheList() {
        assertEquals(
                2,
                Cli.run("list", store, "names", "--prefix=a/")
                        .expect(0)
                        .out()
                        .lines()
                        .count());
        assertEquals(
                1,
                Cli.run("list", store, "names", "--prefix=k\\xc3", "--key-as=escaped")
                        .out()
                        .lines()
                        .count());
        assertEquals(
                "",
                Cli.run("list", store, "names", "--prefix=nothing").expect(0).out());
        assertEquals(
                "",
                Cli.run("list", store, "names", "--prefix=a/1/longer-than-any-key")
                        .expect(0)
                        .out());

        Cli.Result limited = Cli.run("list", store, "names", "--limit=2").expect(0);
        assertEquals(2, limited.out().lines().count());
        assertTrue(limited.err().contains("more"), limited.err());
        Cli.Result exact = Cli.run("list", store, "names", "--limit=9").expect(0);
        assertEquals(9, exact.out().lines().count());
        assertEquals("", exact.err());
        JsonNode none =
                Cli.run("list", store, "names", "--limit=0", "--json").expect(0).json();
        assertEquals(0, none.get("entries").size());
        assertTrue(none.get("more").asBoolean());
    }

    @Test
    void anEmptyKeyspaceIsAnEmptyList() {
        assertEquals("", Cli.run("list", store, "empty").expect(0).out());
        assertEquals(
                0,
                Cli.run("list", store, "empty", "--json")
                        .expect(0)
                        .json()
                        .get("entries")
                        .size());
    }
}
