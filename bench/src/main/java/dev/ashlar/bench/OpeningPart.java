package dev.ashlar.bench;

import dev.ashlar.Store;
import java.nio.file.Path;
import java.util.Map;

/** Opens a store of a million keys that was closed cleanly and is in the page cache, and reads one of them. */
final class OpeningPart implements KeyspaceBench.Part {
    private static final int ENTRIES = 1_000_000;
    private static final int VALUE_BYTES = 100;

    private final Path directory;
    private int rounds;

    OpeningPart(Path directory) {
        this.directory = directory;
        try (Store store = Store.open(directory)) {
            Stores.fill(store, store.keyspace("bench"), 0, ENTRIES, Dataset.KEY_BYTES, VALUE_BYTES);
        }
    }

    @Override
    public Map<String, Object> setting() {
        return Map.of("entries", ENTRIES, "keyBytes", Dataset.KEY_BYTES, "valueBytes", VALUE_BYTES);
    }

    @Override
    public Map<String, Object> round() {
        byte[] key = new byte[Dataset.KEY_BYTES];
        Stores.key(rounds++, key);
        long start = System.nanoTime();
        Store store = Store.open(directory);
        double opened = (System.nanoTime() - start) / 1e6;
        if (store.keyspace("bench").get(key) == null) {
            throw new IllegalStateException("a key is missing");
        }
        double read = (System.nanoTime() - start) / 1e6;
        store.close();
        return Map.of("openMillis", opened, "openAndGetMillis", read);
    }

    @Override
    public void close() {}
}
