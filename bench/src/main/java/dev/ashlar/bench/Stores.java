package dev.ashlar.bench;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;

/** Fills stores of many small entries, each with a key that is a number's hash, so that they come in no order. */
final class Stores {
    static final int BATCH = 1024;

    private Stores() {}

    /** The key of a number; different numbers have different keys. */
    static void key(long i, byte[] key) {
        long low = mix(i);
        Dataset.setLong(key, 0, low);
        if (key.length >= 16) {
            Dataset.setLong(key, 8, mix(~low));
        }
    }

    /** The finalizer of SplitMix64: different inputs give different outputs. */
    static long mix(long z) {
        long a = z + 0x9E37_79B9_7F4A_7C15L;
        a = (a ^ a >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        a = (a ^ a >>> 27) * 0x94D0_49BB_1331_11EBL;
        return a ^ a >>> 31;
    }

    /** Puts the entries from..to-1, in batches; the first eight bytes of a value are its number. */
    static void fill(Store store, Keyspace keyspace, long from, long to, int keyBytes, int valueBytes) {
        byte[] key = new byte[keyBytes];
        byte[] value = new byte[valueBytes];
        try (WriteBatch batch = store.batch()) {
            for (long i = from; i < to; i++) {
                key(i, key);
                Dataset.setLong(value, 0, i);
                batch.put(keyspace, key, value);
                if (batch.size() == BATCH) {
                    batch.commit();
                }
            }
            batch.commit();
        }
    }
}
