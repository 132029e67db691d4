package dev.ashlar.simd;

import static dev.ashlar.simd.HeapShortXxh3.longAt;
import static dev.ashlar.simd.Xxh3Math.product;
import static dev.ashlar.simd.Xxh3Math.scramble;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The kernel for processes without vectors. The two one-shot methods differ in their loads only: the 8 accumulators
 * have to be locals of one method to stay in registers, and native and heap inputs may not share it.
 */
final class ScalarXxh3 implements Xxh3Kernel {

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    ScalarXxh3() {}

    @Override
    public long hash(MemorySegment source, long offset, long length, long[] secret) {
        long a0 = Xxh3Math.INITIAL_0;
        long a1 = Xxh3Math.INITIAL_1;
        long a2 = Xxh3Math.INITIAL_2;
        long a3 = Xxh3Math.INITIAL_3;
        long a4 = Xxh3Math.INITIAL_4;
        long a5 = Xxh3Math.INITIAL_5;
        long a6 = Xxh3Math.INITIAL_6;
        long a7 = Xxh3Math.INITIAL_7;
        long stripes = (length - 1) / Xxh3Math.STRIPE_BYTES;
        long at = offset;
        int key = 0;
        for (long stripe = 0; stripe < stripes; stripe++) {
            long v0 = source.get(LONG, at);
            long v1 = source.get(LONG, at + 8);
            long v2 = source.get(LONG, at + 16);
            long v3 = source.get(LONG, at + 24);
            long v4 = source.get(LONG, at + 32);
            long v5 = source.get(LONG, at + 40);
            long v6 = source.get(LONG, at + 48);
            long v7 = source.get(LONG, at + 56);
            a0 += v1 + product(v0, secret[key]);
            a1 += v0 + product(v1, secret[key + 1]);
            a2 += v3 + product(v2, secret[key + 2]);
            a3 += v2 + product(v3, secret[key + 3]);
            a4 += v5 + product(v4, secret[key + 4]);
            a5 += v4 + product(v5, secret[key + 5]);
            a6 += v7 + product(v6, secret[key + 6]);
            a7 += v6 + product(v7, secret[key + 7]);
            at += Xxh3Math.STRIPE_BYTES;
            key++;
            if (key == Xxh3Math.STRIPES_PER_BLOCK) {
                key = 0;
                a0 = scramble(a0, secret[Xxh3Secret.SCRAMBLE]);
                a1 = scramble(a1, secret[Xxh3Secret.SCRAMBLE + 1]);
                a2 = scramble(a2, secret[Xxh3Secret.SCRAMBLE + 2]);
                a3 = scramble(a3, secret[Xxh3Secret.SCRAMBLE + 3]);
                a4 = scramble(a4, secret[Xxh3Secret.SCRAMBLE + 4]);
                a5 = scramble(a5, secret[Xxh3Secret.SCRAMBLE + 5]);
                a6 = scramble(a6, secret[Xxh3Secret.SCRAMBLE + 6]);
                a7 = scramble(a7, secret[Xxh3Secret.SCRAMBLE + 7]);
            }
        }
        return finish(source, offset + length, length, secret, a0, a1, a2, a3, a4, a5, a6, a7);
    }

    /**
     * As {@link #hash(MemorySegment, long, long, long[])}, but through an array: a little slower in the end, and much
     * faster until the compiler has seen to it, because accesses to a segment are calls until then.
     *
     * @param words for one block
     */
    long hashThrough(long[] words, MemorySegment source, long offset, long length, long[] secret) {
        long a0 = Xxh3Math.INITIAL_0;
        long a1 = Xxh3Math.INITIAL_1;
        long a2 = Xxh3Math.INITIAL_2;
        long a3 = Xxh3Math.INITIAL_3;
        long a4 = Xxh3Math.INITIAL_4;
        long a5 = Xxh3Math.INITIAL_5;
        long a6 = Xxh3Math.INITIAL_6;
        long a7 = Xxh3Math.INITIAL_7;
        long stripes = (length - 1) / Xxh3Math.STRIPE_BYTES;
        for (long first = 0; first < stripes; first += Xxh3Math.STRIPES_PER_BLOCK) {
            int count = (int) Math.min(Xxh3Math.STRIPES_PER_BLOCK, stripes - first);
            MemorySegment.copy(source, LONG, offset + first * Xxh3Math.STRIPE_BYTES, words, 0, 8 * count);
            for (int key = 0; key < count; key++) {
                int at = 8 * key;
                long v0 = words[at];
                long v1 = words[at + 1];
                long v2 = words[at + 2];
                long v3 = words[at + 3];
                long v4 = words[at + 4];
                long v5 = words[at + 5];
                long v6 = words[at + 6];
                long v7 = words[at + 7];
                a0 += v1 + product(v0, secret[key]);
                a1 += v0 + product(v1, secret[key + 1]);
                a2 += v3 + product(v2, secret[key + 2]);
                a3 += v2 + product(v3, secret[key + 3]);
                a4 += v5 + product(v4, secret[key + 4]);
                a5 += v4 + product(v5, secret[key + 5]);
                a6 += v7 + product(v6, secret[key + 6]);
                a7 += v6 + product(v7, secret[key + 7]);
            }
            if (count == Xxh3Math.STRIPES_PER_BLOCK) {
                a0 = scramble(a0, secret[Xxh3Secret.SCRAMBLE]);
                a1 = scramble(a1, secret[Xxh3Secret.SCRAMBLE + 1]);
                a2 = scramble(a2, secret[Xxh3Secret.SCRAMBLE + 2]);
                a3 = scramble(a3, secret[Xxh3Secret.SCRAMBLE + 3]);
                a4 = scramble(a4, secret[Xxh3Secret.SCRAMBLE + 4]);
                a5 = scramble(a5, secret[Xxh3Secret.SCRAMBLE + 5]);
                a6 = scramble(a6, secret[Xxh3Secret.SCRAMBLE + 6]);
                a7 = scramble(a7, secret[Xxh3Secret.SCRAMBLE + 7]);
            }
        }
        return finish(source, offset + length, length, secret, a0, a1, a2, a3, a4, a5, a6, a7);
    }

    @Override
    public long hash(byte[] source, int offset, int length, long[] secret) {
        long a0 = Xxh3Math.INITIAL_0;
        long a1 = Xxh3Math.INITIAL_1;
        long a2 = Xxh3Math.INITIAL_2;
        long a3 = Xxh3Math.INITIAL_3;
        long a4 = Xxh3Math.INITIAL_4;
        long a5 = Xxh3Math.INITIAL_5;
        long a6 = Xxh3Math.INITIAL_6;
        long a7 = Xxh3Math.INITIAL_7;
        int stripes = (length - 1) / Xxh3Math.STRIPE_BYTES;
        int at = offset;
        int key = 0;
        for (int stripe = 0; stripe < stripes; stripe++) {
            long v0 = longAt(source, at);
            long v1 = longAt(source, at + 8);
            long v2 = longAt(source, at + 16);
            long v3 = longAt(source, at + 24);
            long v4 = longAt(source, at + 32);
            long v5 = longAt(source, at + 40);
            long v6 = longAt(source, at + 48);
            long v7 = longAt(source, at + 56);
            a0 += v1 + product(v0, secret[key]);
            a1 += v0 + product(v1, secret[key + 1]);
            a2 += v3 + product(v2, secret[key + 2]);
            a3 += v2 + product(v3, secret[key + 3]);
            a4 += v5 + product(v4, secret[key + 4]);
            a5 += v4 + product(v5, secret[key + 5]);
            a6 += v7 + product(v6, secret[key + 6]);
            a7 += v6 + product(v7, secret[key + 7]);
            at += Xxh3Math.STRIPE_BYTES;
            key++;
            if (key == Xxh3Math.STRIPES_PER_BLOCK) {
                key = 0;
                a0 = scramble(a0, secret[Xxh3Secret.SCRAMBLE]);
                a1 = scramble(a1, secret[Xxh3Secret.SCRAMBLE + 1]);
                a2 = scramble(a2, secret[Xxh3Secret.SCRAMBLE + 2]);
                a3 = scramble(a3, secret[Xxh3Secret.SCRAMBLE + 3]);
                a4 = scramble(a4, secret[Xxh3Secret.SCRAMBLE + 4]);
                a5 = scramble(a5, secret[Xxh3Secret.SCRAMBLE + 5]);
                a6 = scramble(a6, secret[Xxh3Secret.SCRAMBLE + 6]);
                a7 = scramble(a7, secret[Xxh3Secret.SCRAMBLE + 7]);
            }
        }
        return finish(source, offset + length, length, secret, a0, a1, a2, a3, a4, a5, a6, a7);
    }

    /** Two passes: without vectors the hash is bound by arithmetic, and the copy of the JDK is the fastest there is. */
    @Override
    public long copyAndHash(
            MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long length) {
        MemorySegment.copy(source, sourceOffset, target, targetOffset, length);
        return hash(target, targetOffset, length, Xxh3Secret.DEFAULT);
    }

    @Override
    public long copyAndHash(byte[] source, int sourceOffset, MemorySegment target, long targetOffset, int length) {
        MemorySegment.copy(source, sourceOffset, target, ValueLayout.JAVA_BYTE, targetOffset, length);
        return hash(target, targetOffset, length, Xxh3Secret.DEFAULT);
    }

    @Override
    public int accumulate(long[] accumulators, int stripeInBlock, MemorySegment source, long offset, long stripes) {
        long[] secret = Xxh3Secret.DEFAULT;
        int key = stripeInBlock;
        for (long stripe = 0; stripe < stripes; stripe++) {
            long at = offset + stripe * Xxh3Math.STRIPE_BYTES;
            for (int lane = 0; lane < 8; lane += 2) {
                long even = source.get(LONG, at + 8L * lane);
                long odd = source.get(LONG, at + 8L * lane + 8);
                accumulators[lane] += odd + product(even, secret[key + lane]);
                accumulators[lane + 1] += even + product(odd, secret[key + lane + 1]);
            }
            key++;
            if (key == Xxh3Math.STRIPES_PER_BLOCK) {
                key = 0;
                for (int lane = 0; lane < 8; lane++) {
                    accumulators[lane] = scramble(accumulators[lane], secret[Xxh3Secret.SCRAMBLE + lane]);
                }
            }
        }
        return key;
    }

    /**
     * The hash from the accumulators after all stripes but the last, which ends the input at {@code end} and has its
     * own part of the secret. For every kernel: once per call it costs little, and the accumulators come as plain
     * numbers.
     */
    static long finish(
            MemorySegment source,
            long end,
            long length,
            long[] secret,
            long a0,
            long a1,
            long a2,
            long a3,
            long a4,
            long a5,
            long a6,
            long a7) {
        long at = end - Xxh3Math.STRIPE_BYTES;
        long v0 = source.get(LONG, at);
        long v1 = source.get(LONG, at + 8);
        long v2 = source.get(LONG, at + 16);
        long v3 = source.get(LONG, at + 24);
        long v4 = source.get(LONG, at + 32);
        long v5 = source.get(LONG, at + 40);
        long v6 = source.get(LONG, at + 48);
        long v7 = source.get(LONG, at + 56);
        return Xxh3Math.finish(
                length,
                secret,
                a0 + v1 + product(v0, secret[Xxh3Secret.LAST_STRIPE]),
                a1 + v0 + product(v1, secret[Xxh3Secret.LAST_STRIPE + 1]),
                a2 + v3 + product(v2, secret[Xxh3Secret.LAST_STRIPE + 2]),
                a3 + v2 + product(v3, secret[Xxh3Secret.LAST_STRIPE + 3]),
                a4 + v5 + product(v4, secret[Xxh3Secret.LAST_STRIPE + 4]),
                a5 + v4 + product(v5, secret[Xxh3Secret.LAST_STRIPE + 5]),
                a6 + v7 + product(v6, secret[Xxh3Secret.LAST_STRIPE + 6]),
                a7 + v6 + product(v7, secret[Xxh3Secret.LAST_STRIPE + 7]));
    }

    /** As above, for arrays. */
    static long finish(
            byte[] source,
            int end,
            long length,
            long[] secret,
            long a0,
            long a1,
            long a2,
            long a3,
            long a4,
            long a5,
            long a6,
            long a7) {
        int at = end - Xxh3Math.STRIPE_BYTES;
        long v0 = longAt(source, at);
        long v1 = longAt(source, at + 8);
        long v2 = longAt(source, at + 16);
        long v3 = longAt(source, at + 24);
        long v4 = longAt(source, at + 32);
        long v5 = longAt(source, at + 40);
        long v6 = longAt(source, at + 48);
        long v7 = longAt(source, at + 56);
        return Xxh3Math.finish(
                length,
                secret,
                a0 + v1 + product(v0, secret[Xxh3Secret.LAST_STRIPE]),
                a1 + v0 + product(v1, secret[Xxh3Secret.LAST_STRIPE + 1]),
                a2 + v3 + product(v2, secret[Xxh3Secret.LAST_STRIPE + 2]),
                a3 + v2 + product(v3, secret[Xxh3Secret.LAST_STRIPE + 3]),
                a4 + v5 + product(v4, secret[Xxh3Secret.LAST_STRIPE + 4]),
                a5 + v4 + product(v5, secret[Xxh3Secret.LAST_STRIPE + 5]),
                a6 + v7 + product(v6, secret[Xxh3Secret.LAST_STRIPE + 6]),
                a7 + v6 + product(v7, secret[Xxh3Secret.LAST_STRIPE + 7]));
    }
}
