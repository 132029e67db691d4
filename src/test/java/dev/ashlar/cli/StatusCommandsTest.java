package dev.ashlar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreStats;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** stat, verify, compact. */
class StatusCommandsTest {
    private static final int KEYS = 1000;

    @TempDir
    private Path directory;

    private Path store;

    @BeforeEach
    void fillTheStore() {
        store = directory.resolve("store");
        try (Store open = Store.open(store)) {
            Keyspace keyspace = open.keyspace("odd\u00a0name");
            for (int round = 0; round < 3; round++) {
                for (long key = 0; key < KEYS; key++) {
                    keyspace.put(key, new byte[1000]);
                }
            }
        }
    }

    @Test
    void statShowsFiguresKeyspacesAndRecovery() {
        String out = Cli.run("stat", store).expect(0).out();
        assertTrue(out.lines().anyMatch(line -> line.matches("keys +1,000")), out);
        assertTrue(out.lines().anyMatch(line -> line.matches("odd\\\\xc2\\\\xa0name +1,000 +64")), out);
        assertTrue(out.contains("recovery at opening"), out);
    }

    @Test
    void statAsJsonHasEveryFigure() {
        JsonNode json = Cli.run("stat", store, "--json").expect(0).json();
        assertEquals(KEYS, json.at("/stats/records").asInt());
        List<String> expected = Arrays.stream(StoreStats.class.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
        List<String> names = json.get("stats").properties().stream()
                .map(java.util.Map.Entry::getKey)
                .toList();
        assertEquals(expected, names);
        assertEquals(36, json.get("id").asText().length());
        assertEquals("odd\u00a0name", json.at("/keyspaces/0/name").asText());
        assertTrue(json.at("/recovery/clean").asBoolean());
        assertEquals(0, json.at("/recovery/damaged").size());
    }

    @Test
    void verifyOfASoundStoreSaysSo() {
        Cli.Result result = Cli.run("verify", store).expect(0);
        assertTrue(result.out().lines().anyMatch(line -> line.matches("damaged +0")), result.out());
        JsonNode json = Cli.run("verify", store, "--json").expect(0).json();
        assertTrue(json.get("intact").asBoolean());
        assertTrue(json.get("records").asInt() >= KEYS);
        assertTrue(Cli.run("verify", store, "--progress").expect(0).err().contains("verifying"));
    }

    @Test
    void compactSaysBeforehandWhatItWouldSave() {
        JsonNode json =
                Cli.run("compact", store, "--dry-run", "--json").expect(0).json();
        assertEquals(
                json.get("bytesToFree").asLong() - json.get("bytesToRelocate").asLong(),
                json.get("bytesSaved").asLong());
        assertTrue(Cli.run("compact", store, "--dry-run").expect(0).out().contains("space saved"));
    }

    @Test
    void compactKeepsEverything() {
        JsonNode json = Cli.run("compact", store, "--json").expect(0).json();
        assertTrue(json.get("bytesAfter").asLong() > 0);
        assertTrue(Cli.run("compact", store).expect(0).out().contains("space given back"));
        assertEquals(
                KEYS,
                Cli.run("stat", store, "--json").json().at("/stats/records").asInt());
        Cli.run("verify", store).expect(0);
    }
}
