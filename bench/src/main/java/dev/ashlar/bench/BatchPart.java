package dev.ashlar.bench;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.keyspace.HashIndex;
import dev.ashlar.keyspace.TableMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;

/**
 * Fills a new store with keys and values of 8 bytes, 1,024 in a batch. The floor fills the same table, the engine's own
 * index, with hashes that cost nothing; lays the same 64 bytes an entry out in memory, and writes them with one call for
 * each 1,024: no checksum, no search, nothing that says what the bytes are.
 */
final class BatchPart implements KeyspaceBench.Part {
    private static final int ENTRIES = 4 << 20;
    private static final int BYTES = 8;
    private static final int RECORD = 64;
    private static final int FILE = 64 << 20;
    private static final long FIRST = HashIndex.MIN_POSITION;

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
            HashIndex table = new HashIndex(new TableMemory(), position -> Stores.mix(position - FIRST));
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
                    table.insert(Stores.mix(i + j), FIRST + i + j);
                }
                at += staging.byteSize();
            }
            Posix.close(file);
            double nanos = System.nanoTime() - start;
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

    @Override
    public void close() {}
}
