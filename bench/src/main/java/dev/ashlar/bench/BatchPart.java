package dev.ashlar.bench;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;

/**
 * Fills a new store with keys and values of 8 bytes, 1,024 in a batch. The floor fills a table of the same size, one slot
 * of 8 bytes for each key at a place that the key's hash says, lays the same 64 bytes an entry out in memory, and writes
 * them with one call for each 1,024: no checksum, no search, nothing that says what the bytes are.
 */
final class BatchPart implements KeyspaceBench.Part {
    private static final int ENTRIES = 4 << 20;
    private static final int BYTES = 8;
    private static final int RECORD = 64;
    private static final int FILE = 64 << 20;
    private static final int SLOTS = ENTRIES * 2;
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final MemorySegment staging = Arena.global().allocate((long) Stores.BATCH * RECORD, 4096);
    private final byte[] key = new byte[BYTES];
    private final byte[] value = new byte[BYTES];

    BatchPart(Path ignored) {}

    @Override
    public Map<String, Object> setting() {
        return Map.of("entries", ENTRIES, "keyBytes", BYTES, "valueBytes", BYTES, "batch", Stores.BATCH);
    }

    @Override
    public Map<String, Object> round() {
        return Map.of("nanosPerEntry", ashlar(), "nanosPerEntryBare", bare());
    }

    private double ashlar() {
        Path directory = Directories.fresh("keyspaces-batch");
        try (Store store = Store.open(directory)) {
            Keyspace keyspace = store.keyspace("bench");
            long start = System.nanoTime();
            Stores.fill(store, keyspace, 0, ENTRIES, BYTES, BYTES);
            double nanos = System.nanoTime() - start;
            if (keyspace.size() != ENTRIES) {
                throw new IllegalStateException("the store has " + keyspace.size() + " keys");
            }
            return nanos / ENTRIES;
        } finally {
            Directories.delete(directory);
        }
    }

    private double bare() {
        Path directory = Directories.fresh("keyspaces-batch-bare");
        try {
            long start = System.nanoTime();
            long table = Posix.hugeMemory(8L * SLOTS);
            int file = -1;
            long at = FILE;
            for (int i = 0; i < ENTRIES; i += Stores.BATCH) {
                if (at + staging.byteSize() > FILE) {
                    if (file >= 0) {
                        Posix.close(file);
                    }
                    file = Posix.create(directory.resolve("log-" + i));
                    Posix.allocate(file, FILE);
                    at = 0;
                }
                for (int j = 0; j < Stores.BATCH; j++) {
                    record(i + j, (long) j * RECORD);
                }
                Posix.write(file, staging, at);
                for (int j = 0; j < Stores.BATCH; j++) {
                    insert(table, Stores.mix(i + j), i + j + 1);
                }
                at += staging.byteSize();
            }
            Posix.close(file);
            double nanos = System.nanoTime() - start;
            Posix.release(table, 8L * SLOTS);
            return nanos / ENTRIES;
        } finally {
            Directories.delete(directory);
        }
    }

    private void record(int i, long at) {
        Stores.key(i, key);
        Dataset.setLong(value, 0, i);
        staging.asSlice(at, RECORD).fill((byte) 0);
        MemorySegment.copy(key, 0, staging, ValueLayout.JAVA_BYTE, at + 40, BYTES);
        MemorySegment.copy(value, 0, staging, ValueLayout.JAVA_BYTE, at + 48, BYTES);
    }

    private static void insert(long table, long hash, long word) {
        long slot = hash & SLOTS - 1;
        while (MEMORY.get(LONG, table + 8 * slot) != 0) {
            slot = slot + 1 & SLOTS - 1;
        }
        MEMORY.set(LONG, table + 8 * slot, word);
    }

    @Override
    public void close() {}
}
