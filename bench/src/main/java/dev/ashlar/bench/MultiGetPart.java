package dev.ashlar.bench;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;

/**
 * Looks up random keys of two gigabytes, and reads eight bytes of each value: many at once; one after the other, all known
 * beforehand; and one after the other, each following from the value before, so that no two can overlap.
 */
final class MultiGetPart implements KeyspaceBench.Part {
    private static final int KEYS = 1 << 20;
    private static final int VALUE_BYTES = 2_048;
    private static final int AT_ONCE = 1_024;
    private static final int ROUNDS = 1_000;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final Store store;
    private final Keyspace keyspace;
    private final byte[][] keys = new byte[AT_ONCE][Dataset.KEY_BYTES];
    private final MemorySegment[] values = new MemorySegment[AT_ONCE];
    private long state = 1;

    MultiGetPart(Path directory) {
        store = Store.open(directory);
        keyspace = store.keyspace("bench");
        Stores.fill(store, keyspace, 0, KEYS, Dataset.KEY_BYTES, VALUE_BYTES);
        for (int i = 0; i < KEYS; i++) {
            Stores.key(i, keys[0]);
            if (keyspace.get(keys[0]) == null) { // verified now, and not while it is measured
                throw new IllegalStateException("no key " + i);
            }
        }
    }

    @Override
    public Map<String, Object> setting() {
        return Map.of(
                "keys",
                KEYS,
                "keyBytes",
                Dataset.KEY_BYTES,
                "valueBytes",
                VALUE_BYTES,
                "keysAtOnce",
                String.format(java.util.Locale.ROOT, "%,d", AT_ONCE));
    }

    @Override
    public Map<String, Object> round() {
        return Map.of(
                "nanosPerKeyAtOnce", atOnce(),
                "nanosPerGetIndependent", independent(),
                "nanosPerGetDependent", dependent());
    }

    private double atOnce() {
        long start = System.nanoTime();
        for (int round = 0; round < ROUNDS; round++) {
            fillKeys();
            int found = keyspace.getAll(keys, values);
            long sum = 0;
            for (MemorySegment value : values) {
                sum += value.get(LONG, 0);
            }
            check(found, sum);
        }
        return nanosPerKey(start);
    }

    private double independent() {
        long start = System.nanoTime();
        for (int round = 0; round < ROUNDS; round++) {
            fillKeys();
            long sum = 0;
            for (byte[] key : keys) {
                sum += valueOf(key);
            }
            check(AT_ONCE, sum);
        }
        return nanosPerKey(start);
    }

    private double dependent() {
        long start = System.nanoTime();
        long last = 0;
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < AT_ONCE; i++) {
                state = Stores.mix(state + last);
                Stores.key(state & KEYS - 1, keys[0]);
                last = valueOf(keys[0]);
            }
        }
        check(AT_ONCE, last);
        return nanosPerKey(start);
    }

    private long valueOf(byte[] key) {
        MemorySegment value = keyspace.get(key);
        if (value == null) {
            throw new IllegalStateException("a key is absent");
        }
        return value.get(LONG, 0);
    }

    private void fillKeys() {
        for (byte[] key : keys) {
            state = Stores.mix(state + 1);
            Stores.key(state & KEYS - 1, key);
        }
    }

    private static void check(int found, long sum) {
        if (found != AT_ONCE || sum < 0) {
            throw new IllegalStateException(found + " keys were found, and the values add up to " + sum);
        }
    }

    private static double nanosPerKey(long start) {
        return (System.nanoTime() - start) / (double) ROUNDS / AT_ONCE;
    }

    @Override
    public void close() {
        store.close();
    }
}
