package dev.ashlar.interchange;

import dev.ashlar.KeyspaceReader;
import dev.ashlar.Scan;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Finds two keys of a keyspace that have the same hash: exactly, and in bounded memory. A pass takes the hashes of one part
 * of all, sorts them and looks for neighbours; a keyspace that is larger takes more passes over its keys.
 */
final class Collisions {
    /** Of hashes in one pass, on average: 32 MiB. */
    private static final long PER_PASS = 1 << 22;

    private Collisions() {}

    /** @throws InterchangeException if there are two */
    static void check(KeyspaceReader source) {
        check(source, PER_PASS, Collisions::hash);
    }

    static void check(KeyspaceReader source, long perPass, Hash hash) {
        long passes = source.size() / perPass + 1;
        for (long pass = 0; pass < passes; pass++) {
            long[] hashes = hashes(source, passes, pass, hash);
            Arrays.sort(hashes);
            for (int i = 1; i < hashes.length; i++) {
                if (hashes[i] == hashes[i - 1]) {
                    throw collision(source, hashes[i], hash);
                }
            }
        }
    }

    /** The hash of a key. */
    @FunctionalInterface
    interface Hash {
        long of(MemorySegment key);
    }

    private static long hash(MemorySegment key) {
        return Xxh3.hash(key, 0, key.byteSize(), 0);
    }

    private static long[] hashes(KeyspaceReader source, long passes, long pass, Hash hash) {
        long[] hashes = new long[1024];
        int count = 0;
        try (Scan scan = source.scan()) {
            while (scan.next()) {
                long next = hash.of(scan.key());
                if (Long.remainderUnsigned(next, passes) == pass) {
                    if (count == hashes.length) {
                        hashes = Arrays.copyOf(hashes, 2 * count);
                    }
                    hashes[count++] = next;
                }
            }
        }
        return Arrays.copyOf(hashes, count);
    }

    private static InterchangeException collision(KeyspaceReader source, long wanted, Hash hash) {
        byte[] first = null;
        try (Scan scan = source.scan()) {
            while (scan.next()) {
                if (hash.of(scan.key()) == wanted) {
                    byte[] key = scan.key().toArray(ValueLayout.JAVA_BYTE);
                    if (first != null) {
                        return InterchangeException.collision(first, key, wanted);
                    }
                    first = key;
                }
            }
        }
        throw new AssertionError("keyspace " + source.name() + " changed, although a snapshot shows it");
    }
}
