package dev.ashlar.bench;

import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;

/** Goes through a million small live entries, and reads eight bytes of each value. */
final class ScanPart implements KeyspaceBench.Part {
    private static final int ENTRIES = 1_000_000;
    private static final int VALUE_BYTES = 8;
    private static final int SCANS = 10;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final Store store;
    private final Keyspace keyspace;

    ScanPart(Path directory) {
        store = Store.open(directory);
        keyspace = store.keyspace("bench");
        Stores.fill(store, keyspace, 0, ENTRIES, Dataset.KEY_BYTES, VALUE_BYTES);
    }

    @Override
    public Map<String, Object> setting() {
        return Map.of("entries", ENTRIES, "keyBytes", Dataset.KEY_BYTES, "valueBytes", VALUE_BYTES);
    }

    @Override
    public Map<String, Object> round() {
        return Map.of(
                "nanosPerEntry",
                time(false),
                "nanosPerEntryBackward",
                time(true),
                "nanosPerLineBare",
                bare() / ENTRIES);
    }

    private double time(boolean backward) {
        long start = System.nanoTime();
        for (int i = 0; i < SCANS; i++) {
            long sum = 0;
            try (Scan scan = backward ? keyspace.scanBackward() : keyspace.scan()) {
                while (scan.next()) {
                    sum += scan.value().get(LONG, 0);
                }
            }
            if (sum != (long) ENTRIES * (ENTRIES - 1) / 2) {
                throw new IllegalStateException("the values add up to " + sum);
            }
        }
        return (System.nanoTime() - start) / (double) SCANS / ENTRIES;
    }

    /** One load of each 64 bytes of as much memory as the entries take: what reading them costs at least. */
    private double bare() {
        MemorySegment first = keyspace.get(keyOf(0));
        MemorySegment all = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
        long from = first.address() & -64;
        long bytes = Math.min(64L * ENTRIES, 32 << 20); // inside the first chunk
        long start = System.nanoTime();
        long sum = 0;
        int passes = (int) (64L * ENTRIES * SCANS / bytes);
        for (int pass = 0; pass < passes; pass++) {
            for (long at = 0; at < bytes; at += 64) {
                sum += all.get(LONG, from + at);
            }
        }
        double nanos = System.nanoTime() - start;
        if (sum == 42) {
            throw new IllegalStateException("by chance");
        }
        return nanos / SCANS;
    }

    private static byte[] keyOf(long i) {
        byte[] key = new byte[Dataset.KEY_BYTES];
        Stores.key(i, key);
        return key;
    }

    @Override
    public void close() {
        store.close();
    }
}
