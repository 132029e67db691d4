package dev.ashlar.bench;

import dev.ashlar.CompactionReport;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import java.nio.file.Path;
import java.util.Map;

/**
 * Compacts a store of small entries of which three in five were overwritten, so that every chunk of the first filling is
 * taken. The floor copies as many bytes as were relocated from one file to another: read, write and sync.
 */
final class CompactionPart implements KeyspaceBench.Part {
    private static final int ENTRIES = 4_000_000;
    private static final int VALUE_BYTES = 8;

    private final Path directory;

    CompactionPart(Path directory) {
        this.directory = directory;
    }

    @Override
    public Map<String, Object> setting() {
        return Map.of("entries", ENTRIES, "keyBytes", Dataset.KEY_BYTES, "valueBytes", VALUE_BYTES);
    }

    @Override
    public Map<String, Object> round() {
        Path stores = Directories.fresh("keyspaces-compaction");
        try (Store store = Store.open(stores, StoreOptions.DEFAULT.withAutoCompaction(false))) {
            Keyspace keyspace = store.keyspace("bench");
            Stores.fill(store, keyspace, 0, ENTRIES, Dataset.KEY_BYTES, VALUE_BYTES);
            overwrite(store, keyspace);
            store.checkpoint();
            CompactionReport report = store.compact();
            if (report.records() < ENTRIES / 5 || keyspace.size() != ENTRIES) {
                throw new IllegalStateException("compaction: " + report);
            }
            return Map.of(
                    "records",
                    report.records(),
                    "bytesRelocated",
                    report.bytesRelocated(),
                    "seconds",
                    report.elapsed().toNanos() / 1e9,
                    "secondsBare",
                    BareCopy.seconds(directory, report.bytesRelocated()));
        } finally {
            Directories.delete(stores);
        }
    }

    private static void overwrite(Store store, Keyspace keyspace) {
        byte[] key = new byte[Dataset.KEY_BYTES];
        byte[] value = new byte[VALUE_BYTES];
        try (var batch = store.batch()) {
            for (long i = 0; i < ENTRIES; i++) {
                if (Long.remainderUnsigned(Stores.mix(~i), 5) < 3) {
                    Stores.key(i, key);
                    batch.put(keyspace, key, value);
                }
                if (batch.size() == Stores.BATCH) {
                    batch.commit();
                }
            }
            batch.commit();
        }
    }

    @Override
    public void close() {}
}
