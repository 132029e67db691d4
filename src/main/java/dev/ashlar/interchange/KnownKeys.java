package dev.ashlar.interchange;

import dev.ashlar.Keyspace;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keys, to be found by the hash that simd-r-drive has for them. Held in memory; unchanging, so any thread may use it.
 */
public final class KnownKeys {
    private final Map<Long, byte[]> byHash;

    private KnownKeys(Map<Long, byte[]> byHash) {
        this.byHash = byHash;
    }

    /**
     * These keys, in any order; the same key twice is the same as once.
     *
     * @throws IllegalArgumentException if a key is longer than a keyspace takes
     * @throws InterchangeException if two different keys have the same hash, so that nobody can tell whose an entry is
     */
    public static KnownKeys of(Iterable<byte[]> keys) {
        Map<Long, byte[]> byHash = new HashMap<>();
        for (byte[] key : keys) {
            if (key.length > Keyspace.MAX_KEY_BYTES) {
                throw new IllegalArgumentException(
                        "a key has " + key.length + " bytes; the most is " + Keyspace.MAX_KEY_BYTES);
            }
            long hash = SimdRDrive.keyHash(key);
            byte[] former = byHash.putIfAbsent(hash, key.clone());
            if (former != null && !Arrays.equals(former, key)) {
                throw InterchangeException.collision(former, key, hash);
            }
        }
        return new KnownKeys(byHash);
    }

    /** Number of different keys. */
    public int size() {
        return byHash.size();
    }

    byte @Nullable [] find(long hash) {
        return byHash.get(hash);
    }
}
