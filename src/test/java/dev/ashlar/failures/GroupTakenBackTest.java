package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreFullException;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import dev.ashlar.io.FaultyStorage.Extent;
import dev.ashlar.io.FaultyStorage.Kind;
import dev.ashlar.io.FaultyStorage.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups that go across chunks and fail on the way, and what a process that is killed later finds of them. */
class GroupTakenBackTest extends FailureFixture {
    private static final Set<Operation> WRITES = EnumSet.of(Operation.WRITE);

    /**
     * Compaction moves records in bundles, each record of which counts alone. A bundle whose first write fails although
     * all of it reached the file must not be found by the next opening behind what was written over its beginning.
     */
    @ParameterizedTest
    @EnumSource(Extent.class)
    @DisplayName("A9: a bundle of relocations that failed half-way brings no older value back after a kill")
    void aFailedBundleIsNotFoundLater(Extent extent) {
        Path path = directory.resolve("store");
        FaultyStorage storage = FaultyStorage.withoutDevice(path);
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store = TestEngines.inline(path, storage, SMALL.withSyncInterval(Duration.ZERO), -1L)) {
            Keyspace space = store.keyspace("k");
            // A first chunk with live records among garbage.
            for (int i = 0; i < 60; i++) {
                put(space, model, "live-" + i, 3_000, i);
                put(space, model, "dead", 4_500, i);
            }
            // The second one almost full, so that the bundle goes across its end.
            for (int i = 0; i < 64; i++) {
                put(space, model, "filler-" + i, 6_500, i);
            }
            storage.failAt(WRITES, 1, Kind.ENOSPC, extent);
            assertThrows(StoreFullException.class, store::compact);
            assertEquals(1, storage.fired());
            // New values over the bundle's first frames (64 bytes for the keyspace's definition, ten records), of keys
            // that stand further on in it: the next frame in the file is one of the bundle's.
            for (int i = 22; i >= 13; i--) {
                put(space, model, "live-" + i, i == 22 ? 3_064 : 3_000, 1_000 + i);
            }
            assertHolds(model, space);
            assertReopens(model, copy(path, directory.resolve("killed")), "k");
        }
        assertReopens(model, path, "k");
    }

    /** The chunks that a failed batch began stay in the log, empty: what comes behind them must be found. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    @DisplayName("A9: after a batch that failed in its second chunk, later writes survive a kill")
    void whatComesBehindAFailedBatchIsFound(int n) {
        Path path = directory.resolve("store");
        FaultyStorage storage = FaultyStorage.withoutDevice(path);
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store = TestEngines.inline(path, storage, SMALL.withSyncInterval(Duration.ZERO), -1L)) {
            Keyspace space = store.keyspace("k");
            put(space, model, "before", 100, 1);
            try (WriteBatch batch = store.batch()) {
                for (int i = 0; i < 30; i++) {
                    batch.put(space, "batch-" + i, random(60_000, i));
                }
                // Headers of new chunks are written too: fail the n-th write to the log behind those.
                failNthGroupWrite(storage, n);
                assertThrows(StoreFullException.class, () -> batch.commit(Durability.APPENDED));
                storage.hook(call -> {});
            }
            put(space, model, "after", 100, 2);
            TestEngines.publishManifest(store);
            put(space, model, "later", 100, 3);
            assertHolds(model, space);
            assertReopens(model, copy(path, directory.resolve("killed")), "k");
            put(space, model, "large", 300_000, 4);
            put(space, model, "large-2", 300_000, 5);
            TestEngines.publishManifest(store);
            put(space, model, "latest", 100, 6);
            assertReopens(model, copy(path, directory.resolve("killed-again")), "k");
        }
        assertReopens(model, path, "k");
    }

    /** Group writes are those that follow no creation. */
    private static void failNthGroupWrite(FaultyStorage storage, int n) {
        String[] created = {""};
        int[] seen = {0};
        storage.hook(call -> {
            if (call.operation() == Operation.CREATE) {
                created[0] = call.file();
            } else if (call.operation() == Operation.WRITE) {
                if (call.file().equals(created[0])) {
                    created[0] = "";
                } else if (++seen[0] == n) {
                    storage.failAt(WRITES, 1, Kind.ENOSPC, Extent.ALL);
                }
            }
        });
    }

    private static void put(Keyspace space, TreeMap<String, byte[]> model, String key, int length, int seed) {
        byte[] value = random(length, seed);
        assertTrue(space.put(key, value) > 0);
        model.put(key, value);
    }
}
