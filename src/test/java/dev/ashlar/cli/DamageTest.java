package dev.ashlar.cli;

import static dev.ashlar.cli.Cli.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store with one wrong byte in the value of one key. */
class DamageTest {
    private static final String VICTIM = "this value is about to lose one bit of one of its bytes";

    @TempDir
    private Path directory;

    private Path store;
    private String file;
    private long position;

    @BeforeEach
    void flipOneBit() throws IOException {
        store = directory.resolve("store");
        Cli.run("put", store, "space", "before", "one").expect(0);
        Cli.run("put", store, "space", "victim", VICTIM).expect(0);
        Cli.run("put", store, "space", "after", "two").expect(0);
        assertEquals(0, Cli.run("verify", store).expect(0).err().length());
        try (Stream<Path> chunks = Files.list(store.resolve("log"))) {
            for (Path chunk : chunks.toList()) {
                byte[] bytes = Files.readAllBytes(chunk);
                int found = new String(bytes, StandardCharsets.ISO_8859_1).indexOf(VICTIM);
                if (found >= 0) {
                    file = "log/" + chunk.getFileName();
                    position = found;
                    bytes[found + 3] ^= 4;
                    // In place: a chunk is preallocated and may be mapped.
                    Files.write(chunk, bytes, StandardOpenOption.WRITE);
                }
            }
        }
        assertTrue(position > 0, "the value is in no chunk");
    }

    @Test
    void verifyListsWhatIsDamaged() {
        Cli.Result result = Cli.run("verify", store).expect(2);
        assertTrue(result.out().contains("damaged: " + file + " at byte "), result.out());
        assertEquals(
                1,
                result.out()
                        .lines()
                        .filter(line -> line.startsWith("damaged: "))
                        .count(),
                result.out());
    }

    @Test
    void verifyAsJsonListsItToo() {
        JsonNode json = Cli.run("verify", store, "--json").expect(2).json();
        assertEquals(false, json.get("intact").asBoolean());
        assertEquals(1, json.get("damaged").size());
        JsonNode damage = json.at("/damaged/0");
        assertEquals(file, damage.get("file").asText());
        long first = damage.get("position").asLong();
        long end = first + damage.get("length").asLong();
        assertTrue(first <= position && position + VICTIM.length() <= end, damage.toString());
        assertTrue(json.get("records").asLong() >= 2);
    }

    @Test
    void theDamagedValueIsReportedAndTheOthersAreRead() {
        Cli.Result victim = Cli.run("get", store, "space", "victim").expect(2);
        assertEquals("", victim.out());
        assertTrue(victim.err().contains(file), victim.err());
        assertEquals("one", Cli.run("get", store, "space", "before").expect(0).out());
        assertEquals("two", Cli.run("get", store, "space", "after").expect(0).out());
    }

    @Test
    void listGoesOnBehindTheDamage() {
        Cli.Result list = Cli.run("list", store, "space").expect(2);
        assertEquals("       3 B  before\n   damaged  victim\n       3 B  after\n", list.out());
        assertTrue(list.err().contains(file), list.err());
        JsonNode json = Cli.run("list", store, "space", "--json").expect(2).json();
        assertEquals(List.of("before", "victim", "after"), json.get("entries").findValuesAsText("key"));
        assertTrue(json.at("/entries/1/damaged").asText().contains(file));
        assertEquals(1, json.get("damaged").size());
    }

    @Test
    void scanGoesOnBehindTheDamageInBothDirections() {
        for (String direction : new String[] {"--values", "--backward"}) {
            Cli.Result scan = Cli.run("scan", store, "space", direction).expect(2);
            assertEquals(3, scan.out().lines().count(), scan.out());
            assertTrue(scan.out().lines().anyMatch(line -> line.matches(" +damaged +victim")), scan.out());
            assertTrue(scan.err().contains(file), scan.err());
        }
        String[] lines = Cli.run("scan", store, "space", "--values", "--json")
                .expect(2)
                .out()
                .split("\n");
        assertEquals(3, lines.length);
        assertTrue(lines[1].contains("\"damaged\"") && lines[1].contains(file), lines[1]);
        assertTrue(lines[2].contains("\"value\":\"two\""), lines[2]);
    }

    @Test
    void infoAndTransfersRefuseWhatIsDamaged() {
        for (String command : new String[] {"info victim", "copy victim new", "move victim new", "rename victim new"}) {
            String[] words = command.split(" ");
            Cli.Result result = words.length == 2
                    ? Cli.run(words[0], store, "space", words[1]).expect(2)
                    : words[0].equals("rename")
                            ? Cli.run(words[0], store, "space", words[1], words[2])
                                    .expect(2)
                            : Cli.run(words[0], store, "space", words[1], "space", words[2])
                                    .expect(2);
            assertTrue(result.err().contains(file), result.err());
            assertEquals("", result.out());
        }
        Cli.run("get", store, "space", "new").expect(1);
    }

    @Test
    void aStoreThatIsWrittenAgainIsWholeAgain() {
        Cli.run("put", store, "space", "victim", "healed").expect(0);
        assertEquals(
                "healed", Cli.run("get", store, "space", "victim").expect(0).out());
    }

    @Test
    void damageInBothManifestsIsAMessage() throws IOException {
        for (String name : new String[] {"MANIFEST-a", "MANIFEST-b"}) {
            Path manifest = store.resolve(name);
            Files.write(
                    manifest, utf8("x".repeat((int) Math.min(100, Files.size(manifest)))), StandardOpenOption.WRITE);
        }
        for (String command : new String[] {"stat", "verify", "compact", "list"}) {
            Cli.Result result = Cli.run(command, store).expect(2);
            assertTrue(result.err().contains("MANIFEST") || result.err().contains("manifest"), result.err());
        }
    }
}
