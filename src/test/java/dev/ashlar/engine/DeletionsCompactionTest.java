package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CompactionReport;
import dev.ashlar.Keyspace;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.io.Storages;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeletionsCompactionTest {
    @TempDir
    private Path directory;

    /** Deletions are needed as long as an older chunk is there, and were moved from chunk to chunk for as long. */
    @Test
    void deletions_that_an_open_snapshot_keeps_in_the_log_are_not_moved_for_ever() {
        StoreOptions options = StoreOptions.DEFAULT.withAutoCompaction(false);
        try (Store store = TestEngines.withSmallChunks(directory, Storages.open(directory, true), options, 64 << 10)) {
            Keyspace keys = store.keyspace("k");
            for (long key = 0; key < 10_000; key++) {
                keys.put(key, new byte[8]);
            }
            try (Snapshot snapshot = store.snapshot()) {
                for (long key = 0; key < 10_000; key++) {
                    keys.delete(key);
                }
                CompactionReport report = Assertions.assertTimeoutPreemptively(Duration.ofMinutes(5), store::compact);
                assertTrue(report.records() < 20_000, report.toString());
                assertEquals(10_000, snapshot.keyspace("k").size());
            }
            CompactionReport report = store.compact();
            assertTrue(report.chunks() > 10, report.toString());
            assertTrue(store.stats().logBytes() < 600_000, store.stats().toString());
        }
    }
}
