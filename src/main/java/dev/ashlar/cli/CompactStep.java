package dev.ashlar.cli;

import dev.ashlar.CompactionReport;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreStats;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Overwrites a few keys again and again, deletes them, and takes the space back, while a view of a value from the
 * beginning is held: it must stay what it was.
 */
final class CompactStep {
    private static final String KEYSPACE = QuickstartDirectory.PREFIX + "churn";
    private static final int KEYS = 16;
    private static final int ROUNDS = 20;
    private static final int VALUE_BYTES = 512 << 10;

    private CompactStep() {}

    static void run(Store store, QuickstartReport report) throws IOException {
        report.tell("overwriting and deleting, and compacting");
        Keyspace keyspace = store.keyspace(KEYSPACE);
        keyspace.put(0, value(0, 0));
        MemorySegment held = keyspace.get(0);
        if (held == null) {
            throw Failure.refused("a value was stored and is not there");
        }
        churn(keyspace);
        CompactionReport compaction = store.compact();
        if (MemorySegment.ofArray(value(0, 0)).mismatch(held) >= 0) {
            throw Failure.refused("a view has changed while the value it shows was overwritten and compacted away");
        }
        report.measured(
                "compact: what had to be moved",
                compaction.records(),
                compaction.bytesRelocated(),
                compaction.elapsed(),
                null);
        report.fact("compactionBytesFreed", compaction.bytesFreed());
        StoreStats stats = store.stats();
        report.found(Units.bytes((long) KEYS * ROUNDS * VALUE_BYTES)
                + " were overwritten and deleted; after compaction (in the background, and at the end) the log has "
                + Units.bytes(stats.logBytes()) + ", " + Units.bytes(stats.liveBytes())
                + " of it live; a view of a deleted value still shows what it showed");
    }

    private static void churn(Keyspace keyspace) {
        BulkWriter writer = new BulkWriter(keyspace);
        for (int round = 0; round < ROUNDS; round++) {
            for (int key = 0; key < KEYS; key++) {
                writer.put(Keyspace.longKey(key), value(key, round));
            }
        }
        writer.finish();
        for (int key = 0; key < KEYS; key++) {
            keyspace.delete(key);
        }
    }

    private static byte[] value(int key, int round) {
        byte[] value = new byte[VALUE_BYTES];
        Arrays.fill(value, (byte) key);
        ByteBuffer.wrap(value).putInt(round);
        return value;
    }
}
