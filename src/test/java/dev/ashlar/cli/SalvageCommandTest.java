package dev.ashlar.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ashlar salvage}, and {@code ashlar verify --rate}. */
class SalvageCommandTest {
    private static final String VICTIM = "this value is about to lose one bit of one of its bytes";

    @TempDir
    private Path directory;

    private Path store;
    private Path target;

    @BeforeEach
    void fill() {
        store = directory.resolve("store");
        target = directory.resolve("new");
        Cli.run("put", store, "space", "before", "one").expect(0);
        Cli.run("put", store, "space", "victim", "older").expect(0);
        Cli.run("put", store, "space", "victim", VICTIM).expect(0);
        Cli.run("put", store, "space", "after", "two").expect(0);
    }

    private void flipOneBit() throws IOException {
        try (Stream<Path> chunks = Files.list(store.resolve("log"))) {
            for (Path chunk : chunks.toList()) {
                byte[] bytes = Files.readAllBytes(chunk);
                int found = new String(bytes, ISO_8859_1).indexOf(VICTIM);
                if (found >= 0) {
                    bytes[found + 3] ^= 4;
                    Files.write(chunk, bytes, StandardOpenOption.WRITE);
                }
            }
        }
    }

    @Test
    void anIntactStoreIsCopiedAndNothingIsLost() throws IOException {
        Files.delete(store.resolve("MANIFEST-a"));
        Map<String, String> before = Cli.contents(store);
        Cli.Result result = Cli.run("salvage", store, target).expect(0);
        assertTrue(result.out().contains("Nothing is lost."), result.out());
        assertTrue(result.out().contains("harmless: MANIFEST-a"), result.out());
        assertEquals(before, Cli.contents(store));
        assertEquals(VICTIM, Cli.run("get", target, "space", "victim").expect(0).out());
        assertEquals("two", Cli.run("get", target, "space", "after").expect(0).out());
        assertEquals("", Cli.run("verify", target).expect(0).err());
    }

    @Test
    void whatIsLostIsNamedAndTheExitCodeSaysSo() throws IOException {
        flipOneBit();
        Files.delete(store.resolve("MANIFEST-a"));
        Files.writeString(store.resolve("MANIFEST-b"), "rubbish");
        Cli.run("get", store, "space", "before").expect(2);
        Cli.Result result = Cli.run("salvage", store, target).expect(2);
        assertTrue(result.out().contains("lost: space / victim, because log/"), result.out());
        assertTrue(result.out().contains("Some records are lost"), result.out());
        assertEquals("one", Cli.run("get", target, "space", "before").expect(0).out());
        Cli.run("get", target, "space", "victim").expect(1);
    }

    @Test
    void staleGivesAnOlderValue() throws IOException {
        flipOneBit();
        Cli.Result result = Cli.run("salvage", store, target, "--stale").expect(2);
        assertTrue(result.out().contains("an older value is in the new store"), result.out());
        assertEquals(
                "older", Cli.run("get", target, "space", "victim").expect(0).out());
    }

    @Test
    void asJson() throws IOException {
        flipOneBit();
        JsonNode json = Cli.run("salvage", store, target, "--json").expect(2).json();
        assertFalse(json.get("complete").asBoolean());
        assertTrue(json.get("manifest").asBoolean());
        assertEquals(2, json.at("/recovered/space").asLong());
        assertEquals("victim", json.at("/lost/0/key").asText());
        assertEquals("space", json.at("/lost/0/keyspace").asText());
        assertFalse(json.at("/lost/0/older").asBoolean());
        assertTrue(json.at("/lost/0/where/file").asText().startsWith("log/"));
        assertEquals(0, json.get("damaged").size());
    }

    @Test
    void progressIsShownOnRequest() {
        Cli.Result result = Cli.run("salvage", store, target, "--progress").expect(0);
        assertTrue(result.err().contains("salvaging"), result.err());
        assertTrue(result.err().contains("100%"), result.err());
    }

    @Test
    void wrongPlacesAreRefused() throws IOException {
        Cli.run("salvage", directory.resolve("absent"), target).expect(1);
        Cli.run("salvage", store).expect(64);
        Cli.run("salvage", store, store.resolve("new")).expect(64);
        Files.createDirectory(target);
        Files.writeString(target.resolve("note"), "here");
        Cli.Result result = Cli.run("salvage", store, target).expect(2);
        assertTrue(result.err().contains("note"), result.err());
        Path rubbish = Files.createDirectory(directory.resolve("rubbish"));
        Files.writeString(rubbish.resolve("note"), "here");
        assertTrue(Cli.run("salvage", rubbish, directory.resolve("x"))
                .expect(2)
                .err()
                .contains("nothing to salvage"));
    }

    @Test
    void verifyTakesARate() {
        long fast = Cli.run("verify", store, "--json")
                .expect(0)
                .json()
                .get("elapsedNanos")
                .asLong();
        JsonNode slow = Cli.run("verify", store, "--json", "--rate", "10kB/s", "--progress")
                .expect(0)
                .json();
        assertTrue(slow.get("intact").asBoolean());
        double least = slow.get("bytes").asLong() / 10_000.0;
        assertTrue(slow.get("elapsedNanos").asLong() >= least * 0.99e9, slow.toString());
        assertTrue(fast < slow.get("elapsedNanos").asLong());
        Cli.run("verify", store, "--rate", "fast").expect(64);
        Cli.run("verify", store, "--rate", "0").expect(64);
    }

    @Test
    void ratesAreReadAsPeopleWriteThem() {
        assertEquals(50_000_000, Units.parseRate("50MB/s"));
        assertEquals(50_000_000, Units.parseRate("50 MB/s"));
        assertEquals(3L << 29, Units.parseRate("1.5GiB/s"));
        assertEquals(4096, Units.parseRate("4Ki"));
        assertEquals(1_000, Units.parseRate("1kB"));
        assertEquals(1_234, Units.parseRate("1234"));
        assertEquals(7, Units.parseRate("7B/s"));
        for (String wrong :
                new String[] {"", "MB", "-1", "0", "0.2", "1e9", "5XB", "50MB/h", "1i", "999999999999999999T"}) {
            assertThrows(IllegalArgumentException.class, () -> Units.parseRate(wrong), wrong);
        }
    }
}
