package dev.ashlar.simd;

import static dev.ashlar.simd.VectorXxh3Steps.LANES;
import static dev.ashlar.simd.VectorXxh3Steps.LONGS;
import static dev.ashlar.simd.VectorXxh3Steps.NEIGHBOUR;
import static dev.ashlar.simd.VectorXxh3Steps.VECTORS;
import static dev.ashlar.simd.VectorXxh3Steps.WIDTH;
import static dev.ashlar.simd.VectorXxh3Steps.fold;
import static dev.ashlar.simd.VectorXxh3Steps.initial;
import static dev.ashlar.simd.VectorXxh3Steps.keyed;
import static dev.ashlar.simd.VectorXxh3Steps.lastStripe;
import static dev.ashlar.simd.VectorXxh3Steps.load;
import static dev.ashlar.simd.VectorXxh3Steps.product;
import static dev.ashlar.simd.VectorXxh3Steps.state;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.LongVector;

/**
 * The kernel on vectors of the width that {@link SimdSupport} chose. It is loaded by name only.
 *
 * <p>The 8 accumulators are 1, 2 or 4 vectors {@code a0} to {@code a3}; what lies beyond {@link
 * VectorXxh3Steps#VECTORS} is removed by the compiler, because the species is a constant. The algorithm adds to each
 * accumulator the plain value of its neighbour; additions commute, so the plain values are summed apart ({@code s0} to
 * {@code s3}) and change places once per block instead of once per stripe.
 *
 * <p>A vector that leaves a method which is not inlined becomes an object, so it decides everything that the JIT
 * compiler inlines here. Methods of the Vector API always are. Ours are if the compiler saw the call run at least once
 * in four calls of the method around it; so only what runs in every call may be a helper, and small, while the end of a
 * block is written out: as a helper it was left out of line whenever the first inputs of the process were short, 8
 * times slower and with 27 bytes of garbage per stripe from then on. A test holds this.
 *
 * <p>The public methods differ in their loads and stores only; native and heap inputs may not share one. For the same
 * two reasons they are longer than methods of this project otherwise are.
 */
final class VectorXxh3 implements Xxh3Kernel {

    VectorXxh3() {}

    @Override
    public long hash(MemorySegment source, long offset, long length, long[] secret) {
        LongVector a0 = initial(0);
        LongVector a1 = initial(1);
        LongVector a2 = initial(2);
        LongVector a3 = initial(3);
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
                LongVector v0 = load(source, at);
                s0 = s0.add(v0);
                a0 = a0.add(product(v0, secret, i));
                if (VECTORS > 1) {
                    LongVector v1 = load(source, at + WIDTH);
                    s1 = s1.add(v1);
                    a1 = a1.add(product(v1, secret, i + LANES));
                }
                if (VECTORS > 2) {
                    LongVector v2 = load(source, at + 2 * WIDTH);
                    s2 = s2.add(v2);
                    a2 = a2.add(product(v2, secret, i + 2 * LANES));
                    LongVector v3 = load(source, at + 3 * WIDTH);
                    s3 = s3.add(v3);
                    a3 = a3.add(product(v3, secret, i + 3 * LANES));
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
                    LongVector k1 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + LANES);
                    a1 = a1.lanewise(XOR, a1.lanewise(LSHR, 47))
                            .lanewise(XOR, k1)
                            .mul(Xxh3Math.PRIME32_1);
                }
                if (VECTORS > 2) {
                    LongVector k2 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + 2 * LANES);
                    a2 = a2.lanewise(XOR, a2.lanewise(LSHR, 47))
                            .lanewise(XOR, k2)
                            .mul(Xxh3Math.PRIME32_1);
                    LongVector k3 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + 3 * LANES);
                    a3 = a3.lanewise(XOR, a3.lanewise(LSHR, 47))
                            .lanewise(XOR, k3)
                            .mul(Xxh3Math.PRIME32_1);
                }
            }
        }
        long last = offset + length - Xxh3Math.STRIPE_BYTES;
        a0 = lastStripe(a0, load(source, last), secret, 0);
        if (VECTORS > 1) {
            a1 = lastStripe(a1, load(source, last + WIDTH), secret, 1);
        }
        if (VECTORS > 2) {
            a2 = lastStripe(a2, load(source, last + 2 * WIDTH), secret, 2);
            a3 = lastStripe(a3, load(source, last + 3 * WIDTH), secret, 3);
        }
        long sum = fold(keyed(a0, secret, Xxh3Secret.MERGE));
        if (VECTORS > 1) {
            sum += fold(keyed(a1, secret, Xxh3Secret.MERGE + LANES));
        }
        if (VECTORS > 2) {
            sum += fold(keyed(a2, secret, Xxh3Secret.MERGE + 2 * LANES));
            sum += fold(keyed(a3, secret, Xxh3Secret.MERGE + 3 * LANES));
        }
        return Xxh3Math.finish(length, sum);
    }

    @Override
    public long hash(byte[] source, int offset, int length, long[] secret) {
        LongVector a0 = initial(0);
        LongVector a1 = initial(1);
        LongVector a2 = initial(2);
        LongVector a3 = initial(3);
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
                LongVector v0 = load(source, at);
                s0 = s0.add(v0);
                a0 = a0.add(product(v0, secret, i));
                if (VECTORS > 1) {
                    LongVector v1 = load(source, at + WIDTH);
                    s1 = s1.add(v1);
                    a1 = a1.add(product(v1, secret, i + LANES));
                }
                if (VECTORS > 2) {
                    LongVector v2 = load(source, at + 2 * WIDTH);
                    s2 = s2.add(v2);
                    a2 = a2.add(product(v2, secret, i + 2 * LANES));
                    LongVector v3 = load(source, at + 3 * WIDTH);
                    s3 = s3.add(v3);
                    a3 = a3.add(product(v3, secret, i + 3 * LANES));
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
                    LongVector k1 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + LANES);
                    a1 = a1.lanewise(XOR, a1.lanewise(LSHR, 47))
                            .lanewise(XOR, k1)
                            .mul(Xxh3Math.PRIME32_1);
                }
                if (VECTORS > 2) {
                    LongVector k2 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + 2 * LANES);
                    a2 = a2.lanewise(XOR, a2.lanewise(LSHR, 47))
                            .lanewise(XOR, k2)
                            .mul(Xxh3Math.PRIME32_1);
                    LongVector k3 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + 3 * LANES);
                    a3 = a3.lanewise(XOR, a3.lanewise(LSHR, 47))
                            .lanewise(XOR, k3)
                            .mul(Xxh3Math.PRIME32_1);
                }
            }
        }
        int last = offset + length - Xxh3Math.STRIPE_BYTES;
        a0 = lastStripe(a0, load(source, last), secret, 0);
        if (VECTORS > 1) {
            a1 = lastStripe(a1, load(source, last + WIDTH), secret, 1);
        }
        if (VECTORS > 2) {
            a2 = lastStripe(a2, load(source, last + 2 * WIDTH), secret, 2);
            a3 = lastStripe(a3, load(source, last + 3 * WIDTH), secret, 3);
        }
        long sum = fold(keyed(a0, secret, Xxh3Secret.MERGE));
        if (VECTORS > 1) {
            sum += fold(keyed(a1, secret, Xxh3Secret.MERGE + LANES));
        }
        if (VECTORS > 2) {
            sum += fold(keyed(a2, secret, Xxh3Secret.MERGE + 2 * LANES));
            sum += fold(keyed(a3, secret, Xxh3Secret.MERGE + 3 * LANES));
        }
        return Xxh3Math.finish(length, sum);
    }

    @Override
    public long copyAndHash(
            MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long length) {
        long[] secret = Xxh3Secret.DEFAULT;
        LongVector a0 = initial(0);
        LongVector a1 = initial(1);
        LongVector a2 = initial(2);
        LongVector a3 = initial(3);
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
                LongVector v0 = load(source, at);
                v0.intoMemorySegment(target, to, ByteOrder.LITTLE_ENDIAN);
                s0 = s0.add(v0);
                a0 = a0.add(product(v0, secret, i));
                if (VECTORS > 1) {
                    LongVector v1 = load(source, at + WIDTH);
                    v1.intoMemorySegment(target, to + WIDTH, ByteOrder.LITTLE_ENDIAN);
                    s1 = s1.add(v1);
                    a1 = a1.add(product(v1, secret, i + LANES));
                }
                if (VECTORS > 2) {
                    LongVector v2 = load(source, at + 2 * WIDTH);
                    v2.intoMemorySegment(target, to + 2 * WIDTH, ByteOrder.LITTLE_ENDIAN);
                    s2 = s2.add(v2);
                    a2 = a2.add(product(v2, secret, i + 2 * LANES));
                    LongVector v3 = load(source, at + 3 * WIDTH);
                    v3.intoMemorySegment(target, to + 3 * WIDTH, ByteOrder.LITTLE_ENDIAN);
                    s3 = s3.add(v3);
                    a3 = a3.add(product(v3, secret, i + 3 * LANES));
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
                    LongVector k1 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + LANES);
                    a1 = a1.lanewise(XOR, a1.lanewise(LSHR, 47))
                            .lanewise(XOR, k1)
                            .mul(Xxh3Math.PRIME32_1);
                }
                if (VECTORS > 2) {
                    LongVector k2 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + 2 * LANES);
                    a2 = a2.lanewise(XOR, a2.lanewise(LSHR, 47))
                            .lanewise(XOR, k2)
                            .mul(Xxh3Math.PRIME32_1);
                    LongVector k3 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + 3 * LANES);
                    a3 = a3.lanewise(XOR, a3.lanewise(LSHR, 47))
                            .lanewise(XOR, k3)
                            .mul(Xxh3Math.PRIME32_1);
                }
            }
        }
        copyTail(source, sourceOffset, target, targetOffset, length);
        long last = targetOffset + length - Xxh3Math.STRIPE_BYTES;
        a0 = lastStripe(a0, load(target, last), secret, 0);
        if (VECTORS > 1) {
            a1 = lastStripe(a1, load(target, last + WIDTH), secret, 1);
        }
        if (VECTORS > 2) {
            a2 = lastStripe(a2, load(target, last + 2 * WIDTH), secret, 2);
            a3 = lastStripe(a3, load(target, last + 3 * WIDTH), secret, 3);
        }
        long sum = fold(keyed(a0, secret, Xxh3Secret.MERGE));
        if (VECTORS > 1) {
            sum += fold(keyed(a1, secret, Xxh3Secret.MERGE + LANES));
        }
        if (VECTORS > 2) {
            sum += fold(keyed(a2, secret, Xxh3Secret.MERGE + 2 * LANES));
            sum += fold(keyed(a3, secret, Xxh3Secret.MERGE + 3 * LANES));
        }
        return Xxh3Math.finish(length, sum);
    }

    @Override
    public long copyAndHash(byte[] source, int sourceOffset, MemorySegment target, long targetOffset, int length) {
        long[] secret = Xxh3Secret.DEFAULT;
        LongVector a0 = initial(0);
        LongVector a1 = initial(1);
        LongVector a2 = initial(2);
        LongVector a3 = initial(3);
        int blocks = (length - 1) >>> Xxh3Math.BLOCK_SHIFT;
        for (int block = 0; block <= blocks; block++) {
            int base = sourceOffset + (block << Xxh3Math.BLOCK_SHIFT);
            long targetBase = targetOffset + ((long) block << Xxh3Math.BLOCK_SHIFT);
            int stripes = block < blocks ? Xxh3Math.STRIPES_PER_BLOCK : stripesOfTail(length);
            LongVector s0 = LongVector.zero(LONGS);
            LongVector s1 = LongVector.zero(LONGS);
            LongVector s2 = LongVector.zero(LONGS);
            LongVector s3 = LongVector.zero(LONGS);
            for (int i = 0; i < stripes; i++) {
                int at = base + i * Xxh3Math.STRIPE_BYTES;
                long to = targetBase + (long) i * Xxh3Math.STRIPE_BYTES;
                LongVector v0 = load(source, at);
                v0.intoMemorySegment(target, to, ByteOrder.LITTLE_ENDIAN);
                s0 = s0.add(v0);
                a0 = a0.add(product(v0, secret, i));
                if (VECTORS > 1) {
                    LongVector v1 = load(source, at + WIDTH);
                    v1.intoMemorySegment(target, to + WIDTH, ByteOrder.LITTLE_ENDIAN);
                    s1 = s1.add(v1);
                    a1 = a1.add(product(v1, secret, i + LANES));
                }
                if (VECTORS > 2) {
                    LongVector v2 = load(source, at + 2 * WIDTH);
                    v2.intoMemorySegment(target, to + 2 * WIDTH, ByteOrder.LITTLE_ENDIAN);
                    s2 = s2.add(v2);
                    a2 = a2.add(product(v2, secret, i + 2 * LANES));
                    LongVector v3 = load(source, at + 3 * WIDTH);
                    v3.intoMemorySegment(target, to + 3 * WIDTH, ByteOrder.LITTLE_ENDIAN);
                    s3 = s3.add(v3);
                    a3 = a3.add(product(v3, secret, i + 3 * LANES));
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
                    LongVector k1 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + LANES);
                    a1 = a1.lanewise(XOR, a1.lanewise(LSHR, 47))
                            .lanewise(XOR, k1)
                            .mul(Xxh3Math.PRIME32_1);
                }
                if (VECTORS > 2) {
                    LongVector k2 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + 2 * LANES);
                    a2 = a2.lanewise(XOR, a2.lanewise(LSHR, 47))
                            .lanewise(XOR, k2)
                            .mul(Xxh3Math.PRIME32_1);
                    LongVector k3 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + 3 * LANES);
                    a3 = a3.lanewise(XOR, a3.lanewise(LSHR, 47))
                            .lanewise(XOR, k3)
                            .mul(Xxh3Math.PRIME32_1);
                }
            }
        }
        copyTail(source, sourceOffset, target, targetOffset, length);
        long last = targetOffset + length - Xxh3Math.STRIPE_BYTES;
        a0 = lastStripe(a0, load(target, last), secret, 0);
        if (VECTORS > 1) {
            a1 = lastStripe(a1, load(target, last + WIDTH), secret, 1);
        }
        if (VECTORS > 2) {
            a2 = lastStripe(a2, load(target, last + 2 * WIDTH), secret, 2);
            a3 = lastStripe(a3, load(target, last + 3 * WIDTH), secret, 3);
        }
        long sum = fold(keyed(a0, secret, Xxh3Secret.MERGE));
        if (VECTORS > 1) {
            sum += fold(keyed(a1, secret, Xxh3Secret.MERGE + LANES));
        }
        if (VECTORS > 2) {
            sum += fold(keyed(a2, secret, Xxh3Secret.MERGE + 2 * LANES));
            sum += fold(keyed(a3, secret, Xxh3Secret.MERGE + 3 * LANES));
        }
        return Xxh3Math.finish(length, sum);
    }

    @Override
    public int accumulate(long[] accumulators, int stripeInBlock, MemorySegment source, long offset, long stripes) {
        long[] secret = Xxh3Secret.DEFAULT;
        LongVector a0 = state(accumulators, 0);
        LongVector a1 = state(accumulators, 1);
        LongVector a2 = state(accumulators, 2);
        LongVector a3 = state(accumulators, 3);
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
                LongVector v0 = load(source, at);
                s0 = s0.add(v0);
                a0 = a0.add(product(v0, secret, key));
                if (VECTORS > 1) {
                    LongVector v1 = load(source, at + WIDTH);
                    s1 = s1.add(v1);
                    a1 = a1.add(product(v1, secret, key + LANES));
                }
                if (VECTORS > 2) {
                    LongVector v2 = load(source, at + 2 * WIDTH);
                    s2 = s2.add(v2);
                    a2 = a2.add(product(v2, secret, key + 2 * LANES));
                    LongVector v3 = load(source, at + 3 * WIDTH);
                    s3 = s3.add(v3);
                    a3 = a3.add(product(v3, secret, key + 3 * LANES));
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
                    LongVector k1 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + LANES);
                    a1 = a1.lanewise(XOR, a1.lanewise(LSHR, 47))
                            .lanewise(XOR, k1)
                            .mul(Xxh3Math.PRIME32_1);
                }
                if (VECTORS > 2) {
                    LongVector k2 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + 2 * LANES);
                    a2 = a2.lanewise(XOR, a2.lanewise(LSHR, 47))
                            .lanewise(XOR, k2)
                            .mul(Xxh3Math.PRIME32_1);
                    LongVector k3 = LongVector.fromArray(LONGS, secret, Xxh3Secret.SCRAMBLE + 3 * LANES);
                    a3 = a3.lanewise(XOR, a3.lanewise(LSHR, 47))
                            .lanewise(XOR, k3)
                            .mul(Xxh3Math.PRIME32_1);
                }
            }
        }
        a0.intoArray(accumulators, 0);
        if (VECTORS > 1) {
            a1.intoArray(accumulators, LANES);
        }
        if (VECTORS > 2) {
            a2.intoArray(accumulators, 2 * LANES);
            a3.intoArray(accumulators, 3 * LANES);
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
