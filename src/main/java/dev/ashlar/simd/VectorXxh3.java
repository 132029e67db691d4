package dev.ashlar.simd;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The kernel on vectors of the width that {@link SimdSupport} chose. It is loaded by name only.
 *
 * <p>The 8 accumulators are 1, 2 or 4 vectors {@code a0} to {@code a3}; the JIT compiler removes what lies beyond
 * {@link #VECTORS}, because the species is a constant. The algorithm adds to each accumulator the plain value of its
 * neighbour; additions commute, so the plain values are summed apart ({@code s0} to {@code s3}) and change places once
 * per block instead of once per stripe. The product of 32 by 32 bits to 64 is one instruction, since the compiler knows
 * both upper halves to be zero.
 *
 * <p>A vector that enters or leaves a method which is not inlined becomes an object. Methods of the Vector API are
 * inlined always; ours are not when the compiler saw the call in few of the calls of the method around it, or when that
 * method had become too large by then. Both happened here: the end of a block as a helper made the kernel 8 times
 * slower with 27 bytes of garbage per stripe, for good, if the first inputs of a process were short; helpers for the
 * last stripe made 384 bytes of garbage per call at 256 bits. So no method of ours takes or returns a vector, and the
 * last stripe is left to scalar code. A test holds this. It makes the methods longer than they would otherwise be, and
 * native and heap inputs may not share one: they differ in their loads and stores only.
 */
final class VectorXxh3 implements Xxh3Kernel {

    private static final VectorSpecies<Long> LONGS =
            VectorSpecies.of(long.class, VectorShape.forBitSize(SimdSupport.vectorBits()));
    private static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class, LONGS.vectorShape());

    /** Words per vector. */
    private static final int LANES = LONGS.length();

    /** Bytes per vector. */
    private static final int WIDTH = LONGS.vectorByteSize();

    /** Vectors per stripe: 1, 2 or 4. */
    private static final int VECTORS = Xxh3Math.STRIPE_BYTES / WIDTH;

    /** Where the words of vectors 1 to 3 begin in an array of 8 or more; of no use, but valid, where there is none. */
    private static final int WORD_1 = LANES % 8;

    private static final int WORD_2 = 2 * LANES % 8;
    private static final int WORD_3 = 3 * LANES % 8;

    private static final VectorShuffle<Long> NEIGHBOUR = VectorShuffle.fromOp(LONGS, lane -> lane ^ 1);

    private static final long[] INITIAL = Xxh3Math.initialAccumulators();

    VectorXxh3() {}

    @Override
    public long hash(MemorySegment source, long offset, long length, long[] secret) {
        LongVector a0 = LongVector.fromArray(LONGS, INITIAL, 0);
        LongVector a1 = LongVector.fromArray(LONGS, INITIAL, WORD_1);
        LongVector a2 = LongVector.fromArray(LONGS, INITIAL, WORD_2);
        LongVector a3 = LongVector.fromArray(LONGS, INITIAL, WORD_3);
        long blocks = (length - 1) >>> Xxh3Math.BLOCK_SHIFT;
        for (long block = 0; block <= blocks; block++) {
            long base = offset + (block << Xxh3Math.BLOCK_SHIFT);
            int stripes = block < blocks ? Xxh3Math.STRIPES_PER_BLOCK : stripesOfTail(length);
            LongVector s0 = LongVector.zero(LONGS);
            LongVector s1 = LongVector.zero(LONGS);
            LongVector s2 = LongVector.zero(LONGS);
            LongVector s3 = LongVector.zero(LONGS);
            for (int i = 0; i < stripes; i++) {
                long at = base + (long) i * Xxh3Math.STRIPE_BYTES;
                LongVector v0 = LongVector.fromMemorySegment(LONGS, source, at, LITTLE_ENDIAN);
                LongVector k0 = v0.lanewise(XOR, LongVector.fromArray(LONGS, secret, i));
                s0 = s0.add(v0);
                a0 = a0.add(k0.and(Xxh3Math.LOW_HALF).mul(k0.lanewise(LSHR, 32)));
                if (VECTORS > 1) {
                    LongVector v1 = LongVector.fromMemorySegment(LONGS, source, at + WIDTH, LITTLE_ENDIAN);
                    LongVector k1 = v1.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_1));
                    s1 = s1.add(v1);
                    a1 = a1.add(k1.and(Xxh3Math.LOW_HALF).mul(k1.lanewise(LSHR, 32)));
                }
                if (VECTORS > 2) {
                    LongVector v2 = LongVector.fromMemorySegment(LONGS, source, at + 2 * WIDTH, LITTLE_ENDIAN);
                    LongVector k2 = v2.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_2));
                    s2 = s2.add(v2);
                    a2 = a2.add(k2.and(Xxh3Math.LOW_HALF).mul(k2.lanewise(LSHR, 32)));
                    LongVector v3 = LongVector.fromMemorySegment(LONGS, source, at + 3 * WIDTH, LITTLE_ENDIAN);
                    LongVector k3 = v3.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_3));
                    s3 = s3.add(v3);
                    a3 = a3.add(k3.and(Xxh3Math.LOW_HALF).mul(k3.lanewise(LSHR, 32)));
                }
            }
            a0 = a0.add(s0.rearrange(NEIGHBOUR));
            a1 = a1.add(s1.rearrange(NEIGHBOUR));
            a2 = a2.add(s2.rearrange(NEIGHBOUR));
            a3 = a3.add(s3.rearrange(NEIGHBOUR));
            if (block < blocks) {
                LongVector k0 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE);
                a0 = a0.lanewise(XOR, a0.lanewise(LSHR, 47)).lanewise(XOR, k0).mul(Xxh3Math.PRIME32_1);
                if (VECTORS > 1) {
                    LongVector k1 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_1);
                    a1 = a1.lanewise(XOR, a1.lanewise(LSHR, 47))
                            .lanewise(XOR, k1)
                            .mul(Xxh3Math.PRIME32_1);
                }
                if (VECTORS > 2) {
                    LongVector k2 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_2);
                    a2 = a2.lanewise(XOR, a2.lanewise(LSHR, 47))
                            .lanewise(XOR, k2)
                            .mul(Xxh3Math.PRIME32_1);
                    LongVector k3 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_3);
                    a3 = a3.lanewise(XOR, a3.lanewise(LSHR, 47))
                            .lanewise(XOR, k3)
                            .mul(Xxh3Math.PRIME32_1);
                }
            }
        }
        long w0 = a0.lane(0);
        long w1 = a0.lane(1);
        long w2 = LANES > 2 ? a0.lane(2) : a1.lane(0);
        long w3 = LANES > 2 ? a0.lane(3) : a1.lane(1);
        long w4 = LANES > 4 ? a0.lane(4) : LANES > 2 ? a1.lane(0) : a2.lane(0);
        long w5 = LANES > 4 ? a0.lane(5) : LANES > 2 ? a1.lane(1) : a2.lane(1);
        long w6 = LANES > 4 ? a0.lane(6) : LANES > 2 ? a1.lane(2) : a3.lane(0);
        long w7 = LANES > 4 ? a0.lane(7) : LANES > 2 ? a1.lane(3) : a3.lane(1);
        return ScalarXxh3.finish(source, offset + length, length, secret, w0, w1, w2, w3, w4, w5, w6, w7);
    }

    @Override
    public long hash(byte[] source, int offset, int length, long[] secret) {
        LongVector a0 = LongVector.fromArray(LONGS, INITIAL, 0);
        LongVector a1 = LongVector.fromArray(LONGS, INITIAL, WORD_1);
        LongVector a2 = LongVector.fromArray(LONGS, INITIAL, WORD_2);
        LongVector a3 = LongVector.fromArray(LONGS, INITIAL, WORD_3);
        int blocks = (length - 1) >>> Xxh3Math.BLOCK_SHIFT;
        for (int block = 0; block <= blocks; block++) {
            int base = offset + (block << Xxh3Math.BLOCK_SHIFT);
            int stripes = block < blocks ? Xxh3Math.STRIPES_PER_BLOCK : stripesOfTail(length);
            LongVector s0 = LongVector.zero(LONGS);
            LongVector s1 = LongVector.zero(LONGS);
            LongVector s2 = LongVector.zero(LONGS);
            LongVector s3 = LongVector.zero(LONGS);
            for (int i = 0; i < stripes; i++) {
                int at = base + i * Xxh3Math.STRIPE_BYTES;
                LongVector v0 = ByteVector.fromArray(BYTES, source, at).reinterpretAsLongs();
                LongVector k0 = v0.lanewise(XOR, LongVector.fromArray(LONGS, secret, i));
                s0 = s0.add(v0);
                a0 = a0.add(k0.and(Xxh3Math.LOW_HALF).mul(k0.lanewise(LSHR, 32)));
                if (VECTORS > 1) {
                    LongVector v1 =
                            ByteVector.fromArray(BYTES, source, at + WIDTH).reinterpretAsLongs();
                    LongVector k1 = v1.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_1));
                    s1 = s1.add(v1);
                    a1 = a1.add(k1.and(Xxh3Math.LOW_HALF).mul(k1.lanewise(LSHR, 32)));
                }
                if (VECTORS > 2) {
                    LongVector v2 =
                            ByteVector.fromArray(BYTES, source, at + 2 * WIDTH).reinterpretAsLongs();
                    LongVector k2 = v2.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_2));
                    s2 = s2.add(v2);
                    a2 = a2.add(k2.and(Xxh3Math.LOW_HALF).mul(k2.lanewise(LSHR, 32)));
                    LongVector v3 =
                            ByteVector.fromArray(BYTES, source, at + 3 * WIDTH).reinterpretAsLongs();
                    LongVector k3 = v3.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_3));
                    s3 = s3.add(v3);
                    a3 = a3.add(k3.and(Xxh3Math.LOW_HALF).mul(k3.lanewise(LSHR, 32)));
                }
            }
            a0 = a0.add(s0.rearrange(NEIGHBOUR));
            a1 = a1.add(s1.rearrange(NEIGHBOUR));
            a2 = a2.add(s2.rearrange(NEIGHBOUR));
            a3 = a3.add(s3.rearrange(NEIGHBOUR));
            if (block < blocks) {
                LongVector k0 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE);
                a0 = a0.lanewise(XOR, a0.lanewise(LSHR, 47)).lanewise(XOR, k0).mul(Xxh3Math.PRIME32_1);
                if (VECTORS > 1) {
                    LongVector k1 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_1);
                    a1 = a1.lanewise(XOR, a1.lanewise(LSHR, 47))
                            .lanewise(XOR, k1)
                            .mul(Xxh3Math.PRIME32_1);
                }
                if (VECTORS > 2) {
                    LongVector k2 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_2);
                    a2 = a2.lanewise(XOR, a2.lanewise(LSHR, 47))
                            .lanewise(XOR, k2)
                            .mul(Xxh3Math.PRIME32_1);
                    LongVector k3 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_3);
                    a3 = a3.lanewise(XOR, a3.lanewise(LSHR, 47))
                            .lanewise(XOR, k3)
                            .mul(Xxh3Math.PRIME32_1);
                }
            }
        }
        long w0 = a0.lane(0);
        long w1 = a0.lane(1);
        long w2 = LANES > 2 ? a0.lane(2) : a1.lane(0);
        long w3 = LANES > 2 ? a0.lane(3) : a1.lane(1);
        long w4 = LANES > 4 ? a0.lane(4) : LANES > 2 ? a1.lane(0) : a2.lane(0);
        long w5 = LANES > 4 ? a0.lane(5) : LANES > 2 ? a1.lane(1) : a2.lane(1);
        long w6 = LANES > 4 ? a0.lane(6) : LANES > 2 ? a1.lane(2) : a3.lane(0);
        long w7 = LANES > 4 ? a0.lane(7) : LANES > 2 ? a1.lane(3) : a3.lane(1);
        return ScalarXxh3.finish(source, offset + length, length, secret, w0, w1, w2, w3, w4, w5, w6, w7);
    }

    @Override
    public long copyAndHash(
            MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long length) {
        long[] secret = Xxh3Secret.DEFAULT;
        LongVector a0 = LongVector.fromArray(LONGS, INITIAL, 0);
        LongVector a1 = LongVector.fromArray(LONGS, INITIAL, WORD_1);
        LongVector a2 = LongVector.fromArray(LONGS, INITIAL, WORD_2);
        LongVector a3 = LongVector.fromArray(LONGS, INITIAL, WORD_3);
        long blocks = (length - 1) >>> Xxh3Math.BLOCK_SHIFT;
        for (long block = 0; block <= blocks; block++) {
            long base = sourceOffset + (block << Xxh3Math.BLOCK_SHIFT);
            long targetBase = targetOffset + (block << Xxh3Math.BLOCK_SHIFT);
            int stripes = block < blocks ? Xxh3Math.STRIPES_PER_BLOCK : stripesOfTail(length);
            LongVector s0 = LongVector.zero(LONGS);
            LongVector s1 = LongVector.zero(LONGS);
            LongVector s2 = LongVector.zero(LONGS);
            LongVector s3 = LongVector.zero(LONGS);
            for (int i = 0; i < stripes; i++) {
                long at = base + (long) i * Xxh3Math.STRIPE_BYTES;
                long to = targetBase + (long) i * Xxh3Math.STRIPE_BYTES;
                LongVector v0 = LongVector.fromMemorySegment(LONGS, source, at, LITTLE_ENDIAN);
                v0.intoMemorySegment(target, to, LITTLE_ENDIAN);
                LongVector k0 = v0.lanewise(XOR, LongVector.fromArray(LONGS, secret, i));
                s0 = s0.add(v0);
                a0 = a0.add(k0.and(Xxh3Math.LOW_HALF).mul(k0.lanewise(LSHR, 32)));
                if (VECTORS > 1) {
                    LongVector v1 = LongVector.fromMemorySegment(LONGS, source, at + WIDTH, LITTLE_ENDIAN);
                    v1.intoMemorySegment(target, to + WIDTH, LITTLE_ENDIAN);
                    LongVector k1 = v1.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_1));
                    s1 = s1.add(v1);
                    a1 = a1.add(k1.and(Xxh3Math.LOW_HALF).mul(k1.lanewise(LSHR, 32)));
                }
                if (VECTORS > 2) {
                    LongVector v2 = LongVector.fromMemorySegment(LONGS, source, at + 2 * WIDTH, LITTLE_ENDIAN);
                    v2.intoMemorySegment(target, to + 2 * WIDTH, LITTLE_ENDIAN);
                    LongVector k2 = v2.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_2));
                    s2 = s2.add(v2);
                    a2 = a2.add(k2.and(Xxh3Math.LOW_HALF).mul(k2.lanewise(LSHR, 32)));
                    LongVector v3 = LongVector.fromMemorySegment(LONGS, source, at + 3 * WIDTH, LITTLE_ENDIAN);
                    v3.intoMemorySegment(target, to + 3 * WIDTH, LITTLE_ENDIAN);
                    LongVector k3 = v3.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_3));
                    s3 = s3.add(v3);
                    a3 = a3.add(k3.and(Xxh3Math.LOW_HALF).mul(k3.lanewise(LSHR, 32)));
                }
            }
            a0 = a0.add(s0.rearrange(NEIGHBOUR));
            a1 = a1.add(s1.rearrange(NEIGHBOUR));
            a2 = a2.add(s2.rearrange(NEIGHBOUR));
            a3 = a3.add(s3.rearrange(NEIGHBOUR));
            if (block < blocks) {
                LongVector k0 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE);
                a0 = a0.lanewise(XOR, a0.lanewise(LSHR, 47)).lanewise(XOR, k0).mul(Xxh3Math.PRIME32_1);
                if (VECTORS > 1) {
                    LongVector k1 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_1);
                    a1 = a1.lanewise(XOR, a1.lanewise(LSHR, 47))
                            .lanewise(XOR, k1)
                            .mul(Xxh3Math.PRIME32_1);
                }
                if (VECTORS > 2) {
                    LongVector k2 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_2);
                    a2 = a2.lanewise(XOR, a2.lanewise(LSHR, 47))
                            .lanewise(XOR, k2)
                            .mul(Xxh3Math.PRIME32_1);
                    LongVector k3 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_3);
                    a3 = a3.lanewise(XOR, a3.lanewise(LSHR, 47))
                            .lanewise(XOR, k3)
                            .mul(Xxh3Math.PRIME32_1);
                }
            }
        }
        long w0 = a0.lane(0);
        long w1 = a0.lane(1);
        long w2 = LANES > 2 ? a0.lane(2) : a1.lane(0);
        long w3 = LANES > 2 ? a0.lane(3) : a1.lane(1);
        long w4 = LANES > 4 ? a0.lane(4) : LANES > 2 ? a1.lane(0) : a2.lane(0);
        long w5 = LANES > 4 ? a0.lane(5) : LANES > 2 ? a1.lane(1) : a2.lane(1);
        long w6 = LANES > 4 ? a0.lane(6) : LANES > 2 ? a1.lane(2) : a3.lane(0);
        long w7 = LANES > 4 ? a0.lane(7) : LANES > 2 ? a1.lane(3) : a3.lane(1);
        copyTail(source, sourceOffset, target, targetOffset, length);
        return ScalarXxh3.finish(target, targetOffset + length, length, secret, w0, w1, w2, w3, w4, w5, w6, w7);
    }

    @Override
    public long copyAndHash(byte[] source, int sourceOffset, MemorySegment target, long targetOffset, int length) {
        long[] secret = Xxh3Secret.DEFAULT;
        LongVector a0 = LongVector.fromArray(LONGS, INITIAL, 0);
        LongVector a1 = LongVector.fromArray(LONGS, INITIAL, WORD_1);
        LongVector a2 = LongVector.fromArray(LONGS, INITIAL, WORD_2);
        LongVector a3 = LongVector.fromArray(LONGS, INITIAL, WORD_3);
        int blocks = (length - 1) >>> Xxh3Math.BLOCK_SHIFT;
        for (int block = 0; block <= blocks; block++) {
            int base = sourceOffset + (block << Xxh3Math.BLOCK_SHIFT);
            long targetBase = targetOffset + (block << Xxh3Math.BLOCK_SHIFT);
            int stripes = block < blocks ? Xxh3Math.STRIPES_PER_BLOCK : stripesOfTail(length);
            LongVector s0 = LongVector.zero(LONGS);
            LongVector s1 = LongVector.zero(LONGS);
            LongVector s2 = LongVector.zero(LONGS);
            LongVector s3 = LongVector.zero(LONGS);
            for (int i = 0; i < stripes; i++) {
                int at = base + i * Xxh3Math.STRIPE_BYTES;
                long to = targetBase + (long) i * Xxh3Math.STRIPE_BYTES;
                LongVector v0 = ByteVector.fromArray(BYTES, source, at).reinterpretAsLongs();
                v0.intoMemorySegment(target, to, LITTLE_ENDIAN);
                LongVector k0 = v0.lanewise(XOR, LongVector.fromArray(LONGS, secret, i));
                s0 = s0.add(v0);
                a0 = a0.add(k0.and(Xxh3Math.LOW_HALF).mul(k0.lanewise(LSHR, 32)));
                if (VECTORS > 1) {
                    LongVector v1 =
                            ByteVector.fromArray(BYTES, source, at + WIDTH).reinterpretAsLongs();
                    v1.intoMemorySegment(target, to + WIDTH, LITTLE_ENDIAN);
                    LongVector k1 = v1.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_1));
                    s1 = s1.add(v1);
                    a1 = a1.add(k1.and(Xxh3Math.LOW_HALF).mul(k1.lanewise(LSHR, 32)));
                }
                if (VECTORS > 2) {
                    LongVector v2 =
                            ByteVector.fromArray(BYTES, source, at + 2 * WIDTH).reinterpretAsLongs();
                    v2.intoMemorySegment(target, to + 2 * WIDTH, LITTLE_ENDIAN);
                    LongVector k2 = v2.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_2));
                    s2 = s2.add(v2);
                    a2 = a2.add(k2.and(Xxh3Math.LOW_HALF).mul(k2.lanewise(LSHR, 32)));
                    LongVector v3 =
                            ByteVector.fromArray(BYTES, source, at + 3 * WIDTH).reinterpretAsLongs();
                    v3.intoMemorySegment(target, to + 3 * WIDTH, LITTLE_ENDIAN);
                    LongVector k3 = v3.lanewise(XOR, LongVector.fromArray(LONGS, secret, i + WORD_3));
                    s3 = s3.add(v3);
                    a3 = a3.add(k3.and(Xxh3Math.LOW_HALF).mul(k3.lanewise(LSHR, 32)));
                }
            }
            a0 = a0.add(s0.rearrange(NEIGHBOUR));
            a1 = a1.add(s1.rearrange(NEIGHBOUR));
            a2 = a2.add(s2.rearrange(NEIGHBOUR));
            a3 = a3.add(s3.rearrange(NEIGHBOUR));
            if (block < blocks) {
                LongVector k0 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE);
                a0 = a0.lanewise(XOR, a0.lanewise(LSHR, 47)).lanewise(XOR, k0).mul(Xxh3Math.PRIME32_1);
                if (VECTORS > 1) {
                    LongVector k1 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_1);
                    a1 = a1.lanewise(XOR, a1.lanewise(LSHR, 47))
                            .lanewise(XOR, k1)
                            .mul(Xxh3Math.PRIME32_1);
                }
                if (VECTORS > 2) {
                    LongVector k2 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_2);
                    a2 = a2.lanewise(XOR, a2.lanewise(LSHR, 47))
                            .lanewise(XOR, k2)
                            .mul(Xxh3Math.PRIME32_1);
                    LongVector k3 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_3);
                    a3 = a3.lanewise(XOR, a3.lanewise(LSHR, 47))
                            .lanewise(XOR, k3)
                            .mul(Xxh3Math.PRIME32_1);
                }
            }
        }
        long w0 = a0.lane(0);
        long w1 = a0.lane(1);
        long w2 = LANES > 2 ? a0.lane(2) : a1.lane(0);
        long w3 = LANES > 2 ? a0.lane(3) : a1.lane(1);
        long w4 = LANES > 4 ? a0.lane(4) : LANES > 2 ? a1.lane(0) : a2.lane(0);
        long w5 = LANES > 4 ? a0.lane(5) : LANES > 2 ? a1.lane(1) : a2.lane(1);
        long w6 = LANES > 4 ? a0.lane(6) : LANES > 2 ? a1.lane(2) : a3.lane(0);
        long w7 = LANES > 4 ? a0.lane(7) : LANES > 2 ? a1.lane(3) : a3.lane(1);
        copyTail(source, sourceOffset, target, targetOffset, length);
        return ScalarXxh3.finish(target, targetOffset + length, length, secret, w0, w1, w2, w3, w4, w5, w6, w7);
    }

    @Override
    public int accumulate(long[] accumulators, int stripeInBlock, MemorySegment source, long offset, long stripes) {
        long[] secret = Xxh3Secret.DEFAULT;
        LongVector a0 = LongVector.fromArray(LONGS, accumulators, 0);
        LongVector a1 = LongVector.fromArray(LONGS, accumulators, WORD_1);
        LongVector a2 = LongVector.fromArray(LONGS, accumulators, WORD_2);
        LongVector a3 = LongVector.fromArray(LONGS, accumulators, WORD_3);
        int first = stripeInBlock;
        long done = 0;
        while (done < stripes) {
            long base = offset + done * Xxh3Math.STRIPE_BYTES;
            int count = (int) Math.min(stripes - done, Xxh3Math.STRIPES_PER_BLOCK - first);
            LongVector s0 = LongVector.zero(LONGS);
            LongVector s1 = LongVector.zero(LONGS);
            LongVector s2 = LongVector.zero(LONGS);
            LongVector s3 = LongVector.zero(LONGS);
            for (int i = 0; i < count; i++) {
                long at = base + (long) i * Xxh3Math.STRIPE_BYTES;
                int key = first + i;
                LongVector v0 = LongVector.fromMemorySegment(LONGS, source, at, LITTLE_ENDIAN);
                LongVector k0 = v0.lanewise(XOR, LongVector.fromArray(LONGS, secret, key));
                s0 = s0.add(v0);
                a0 = a0.add(k0.and(Xxh3Math.LOW_HALF).mul(k0.lanewise(LSHR, 32)));
                if (VECTORS > 1) {
                    LongVector v1 = LongVector.fromMemorySegment(LONGS, source, at + WIDTH, LITTLE_ENDIAN);
                    LongVector k1 = v1.lanewise(XOR, LongVector.fromArray(LONGS, secret, key + WORD_1));
                    s1 = s1.add(v1);
                    a1 = a1.add(k1.and(Xxh3Math.LOW_HALF).mul(k1.lanewise(LSHR, 32)));
                }
                if (VECTORS > 2) {
                    LongVector v2 = LongVector.fromMemorySegment(LONGS, source, at + 2 * WIDTH, LITTLE_ENDIAN);
                    LongVector k2 = v2.lanewise(XOR, LongVector.fromArray(LONGS, secret, key + WORD_2));
                    s2 = s2.add(v2);
                    a2 = a2.add(k2.and(Xxh3Math.LOW_HALF).mul(k2.lanewise(LSHR, 32)));
                    LongVector v3 = LongVector.fromMemorySegment(LONGS, source, at + 3 * WIDTH, LITTLE_ENDIAN);
                    LongVector k3 = v3.lanewise(XOR, LongVector.fromArray(LONGS, secret, key + WORD_3));
                    s3 = s3.add(v3);
                    a3 = a3.add(k3.and(Xxh3Math.LOW_HALF).mul(k3.lanewise(LSHR, 32)));
                }
            }
            a0 = a0.add(s0.rearrange(NEIGHBOUR));
            a1 = a1.add(s1.rearrange(NEIGHBOUR));
            a2 = a2.add(s2.rearrange(NEIGHBOUR));
            a3 = a3.add(s3.rearrange(NEIGHBOUR));
            done += count;
            first += count;
            if (first == Xxh3Math.STRIPES_PER_BLOCK) {
                first = 0;
                LongVector k0 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE);
                a0 = a0.lanewise(XOR, a0.lanewise(LSHR, 47)).lanewise(XOR, k0).mul(Xxh3Math.PRIME32_1);
                if (VECTORS > 1) {
                    LongVector k1 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_1);
                    a1 = a1.lanewise(XOR, a1.lanewise(LSHR, 47))
                            .lanewise(XOR, k1)
                            .mul(Xxh3Math.PRIME32_1);
                }
                if (VECTORS > 2) {
                    LongVector k2 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_2);
                    a2 = a2.lanewise(XOR, a2.lanewise(LSHR, 47))
                            .lanewise(XOR, k2)
                            .mul(Xxh3Math.PRIME32_1);
                    LongVector k3 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + WORD_3);
                    a3 = a3.lanewise(XOR, a3.lanewise(LSHR, 47))
                            .lanewise(XOR, k3)
                            .mul(Xxh3Math.PRIME32_1);
                }
            }
        }
        a0.intoArray(accumulators, 0);
        if (VECTORS > 1) {
            a1.intoArray(accumulators, WORD_1);
        }
        if (VECTORS > 2) {
            a2.intoArray(accumulators, WORD_2);
            a3.intoArray(accumulators, WORD_3);
        }
        return first;
    }

    /** Stripes after the last full block, without the one that ends the input. */
    private static int stripesOfTail(long length) {
        return ((int) (length - 1) & (Xxh3Math.BLOCK_BYTES - 1)) / Xxh3Math.STRIPE_BYTES;
    }

    /**
     * The 1 to 64 bytes after the stripes; the stripes themselves must not be written again, they are hashed already.
     */
    private static void copyTail(
            MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long length) {
        long done = (length - 1) & -Xxh3Math.STRIPE_BYTES;
        MemorySegment.copy(source, sourceOffset + done, target, targetOffset + done, length - done);
    }

    private static void copyTail(byte[] source, int sourceOffset, MemorySegment target, long targetOffset, int length) {
        int done = (length - 1) & -Xxh3Math.STRIPE_BYTES;
        MemorySegment.copy(
                source, sourceOffset + done, target, ValueLayout.JAVA_BYTE, targetOffset + done, length - done);
    }
}
