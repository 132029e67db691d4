package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CompactionEstimate;
import dev.ashlar.CompactionReport;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compaction beside others, and what it says of itself beforehand. */
class PaceTest {
    private static final long BUNDLE_NANOS = 2_000_000;

    private final AtomicLong writes = new AtomicLong();

    @Test
    void restsThreeTimesAsLongAsItWorksWhileOthersWrite() {
        Pace pace = new Pace(writes::get, true);
        pace.garbage(0.5, 0.5);
        bundle(pace, 100, 150);
        assertTrue(restAfter(pace, 100, 150) >= 3 * BUNDLE_NANOS);
        assertTrue(pace.isCrowded());
    }

    @Test
    void doesNotRestForItsOwnWrites() {
        assertRestsLess(7 * BUNDLE_NANOS, () -> {
            Pace pace = new Pace(writes::get, true);
            pace.garbage(0.5, 0.5);
            long rests = 0;
            for (int i = 0; i < 7; i++) { // the eighth sleeps, to see whether somebody else has the processor
                rests += restAfter(pace, 100, 100);
            }
            assertFalse(pace.isCrowded());
            return rests;
        });
    }

    @Test
    void doesNotRestWhenGarbageOutgrowsItsBound() {
        assertRestsLess(BUNDLE_NANOS, () -> {
            Pace pace = new Pace(writes::get, true);
            pace.garbage(0.61, 0.5);
            bundle(pace, 100, 150);
            assertFalse(pace.isCrowded());
            return restAfter(pace, 100, 150);
        });
    }

    /** Who rests does so each time; who does not is kept from the processor now and then. */
    private static void assertRestsLess(long bound, LongSupplier measured) {
        long end = System.nanoTime() + 60_000_000_000L;
        long rests = measured.getAsLong();
        while (rests >= bound && System.nanoTime() < end) {
            rests = measured.getAsLong();
        }
        assertTrue(rests < bound, rests + " ns");
    }

    @Test
    void neverRestsWithoutThreads() {
        Pace pace = new Pace(writes::get, false);
        pace.garbage(0.5, 0.5);
        bundle(pace, 100, 150);
        assertFalse(pace.isCrowded());
    }

    private long restAfter(Pace pace, int own, int all) {
        long end = bundle(pace, own, all);
        return System.nanoTime() - end;
    }

    /** Returns when it ended, before the rest. */
    private long bundle(Pace pace, int own, int all) {
        pace.beginBundle();
        long end = System.nanoTime() + BUNDLE_NANOS;
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        writes.addAndGet(all);
        long ended = System.nanoTime();
        pace.endBundle(own);
        return ended;
    }

    @Test
    void theEstimateIsWhatCompactionDoes(@TempDir Path directory) {
        try (Store store = Store.open(directory, StoreOptions.DEFAULT.withAutoCompaction(false))) {
            Keyspace keyspace = store.keyspace("k");
            byte[] value = new byte[4000];
            for (int round = 0; round < 4; round++) {
                for (int key = 0; key < 1000; key++) {
                    if (round == 0 || key % 3 > 0) {
                        keyspace.put(key, value);
                    }
                }
            }
            CompactionEstimate estimate = store.estimateCompaction();
            CompactionReport report = store.compact();
            assertTrue(estimate.chunks() > 1 && estimate.records() > 0, estimate.toString());
            assertEquals(estimate.records(), report.records());
            assertEquals(estimate.bytesToRelocate(), report.bytesRelocated());
            assertEquals(estimate.bytesToFree(), report.bytesFreed());
            assertEquals(estimate.chunks(), report.chunks());
            assertTrue(estimate.bytesSaved() > 0);
        }
    }
}
