package dev.ashlar.simd;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.B2S;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Distances of int8 rows in vectors of the width that {@link SimdSupport} chose. Loaded by name only. As in
 * {@link VectorXxh3}, no vector enters or leaves a method of ours.
 *
 * <p>Components are widened to 16 bits, where each product and square is exact. The Vector API has no instruction that
 * adds neighbouring products into 32 bits, so sums are kept of pairs of 16-bit values {@code high * 2^16 + low}, both
 * without a sign: {@code pairs} adds up the whole word, which may wrap, {@code highs} adds up its upper half, and
 *
 * <pre>  sum of highs + sum of lows = highs + (pairs - (highs << 16))      modulo 2^32</pre>
 *
 * <p>which is exact, because the true sums fit 32 bits. Two products, from -16,256 to 16,384 each, add up to 16 bits
 * without a sign if {@link #BIAS} is added, which goes off at the end. So do two squares of components without it; of
 * squared differences, up to 65,025, only one at a time.
 */
final class VectorByteKernel implements ByteKernel {
    private static final VectorShape SHAPE = VectorShape.forBitSize(SimdSupport.vectorBits());
    private static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, SHAPE);

    /** As many bytes as there are lanes of shorts. */
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(SimdSupport.vectorBits() / 2));

    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SHAPE);

    /** Bytes that become one vector of shorts. */
    private static final int HALF = BYTES.vectorByteSize();

    /** Steps of two such vectors for each line. */
    private static final int PER_LINE = Distances.LINE / (2 * HALF);

    /** What brings the sum of two products to 0 or above. */
    private static final short BIAS = 2 * 127 * 128;

    VectorByteKernel() {}

    @Override
    public int dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        IntVector pairs = IntVector.zero(INTS);
        IntVector highs = IntVector.zero(INTS);
        int steps = lines * PER_LINE;
        for (int i = 0; i < steps; i++) {
            long at = (long) i * (2 * HALF);
            MemorySegment fromA = a.asSlice(aAt + at, 2 * HALF);
            MemorySegment fromB = b.asSlice(bAt + at, 2 * HALF);
            ShortVector x0 = (ShortVector)
                    ByteVector.fromMemorySegment(BYTES, fromA, 0, LITTLE_ENDIAN).convertShape(B2S, SHORTS, 0);
            ShortVector y0 = (ShortVector)
                    ByteVector.fromMemorySegment(BYTES, fromB, 0, LITTLE_ENDIAN).convertShape(B2S, SHORTS, 0);
            ShortVector x1 = (ShortVector) ByteVector.fromMemorySegment(BYTES, fromA, HALF, LITTLE_ENDIAN)
                    .convertShape(B2S, SHORTS, 0);
            ShortVector y1 = (ShortVector) ByteVector.fromMemorySegment(BYTES, fromB, HALF, LITTLE_ENDIAN)
                    .convertShape(B2S, SHORTS, 0);
            IntVector two = x0.mul(y0).add(x1.mul(y1)).add(BIAS).reinterpretAsInts();
            pairs = pairs.add(two);
            highs = highs.add(two.lanewise(LSHR, 16));
        }
        return sum(pairs.reduceLanes(ADD), highs.reduceLanes(ADD)) - bias(lines);
    }

    @Override
    public long squaredL2(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        IntVector pairs = IntVector.zero(INTS);
        IntVector highs = IntVector.zero(INTS);
        int steps = 2 * lines * PER_LINE;
        for (int i = 0; i < steps; i++) {
            long at = (long) i * HALF;
            ShortVector x = (ShortVector) ByteVector.fromMemorySegment(BYTES, a, aAt + at, LITTLE_ENDIAN)
                    .convertShape(B2S, SHORTS, 0);
            ShortVector y = (ShortVector) ByteVector.fromMemorySegment(BYTES, b, bAt + at, LITTLE_ENDIAN)
                    .convertShape(B2S, SHORTS, 0);
            ShortVector difference = x.sub(y);
            IntVector square = difference.mul(difference).reinterpretAsInts();
            pairs = pairs.add(square);
            highs = highs.add(square.lanewise(LSHR, 16));
        }
        return Integer.toUnsignedLong(sum(pairs.reduceLanes(ADD), highs.reduceLanes(ADD)));
    }

    @Override
    public float cosine(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        return cosine(a, aAt, dot(a, aAt, a, aAt, lines), b, bAt, lines);
    }

    private static float cosine(MemorySegment a, long aAt, int aNorm, MemorySegment b, long bAt, int lines) {
        IntVector pairs = IntVector.zero(INTS);
        IntVector highs = IntVector.zero(INTS);
        IntVector normPairs = IntVector.zero(INTS);
        IntVector normHighs = IntVector.zero(INTS);
        int steps = lines * PER_LINE;
        for (int i = 0; i < steps; i++) {
            long at = (long) i * (2 * HALF);
            MemorySegment fromA = a.asSlice(aAt + at, 2 * HALF);
            MemorySegment fromB = b.asSlice(bAt + at, 2 * HALF);
            ShortVector x0 = (ShortVector)
                    ByteVector.fromMemorySegment(BYTES, fromA, 0, LITTLE_ENDIAN).convertShape(B2S, SHORTS, 0);
            ShortVector y0 = (ShortVector)
                    ByteVector.fromMemorySegment(BYTES, fromB, 0, LITTLE_ENDIAN).convertShape(B2S, SHORTS, 0);
            ShortVector x1 = (ShortVector) ByteVector.fromMemorySegment(BYTES, fromA, HALF, LITTLE_ENDIAN)
                    .convertShape(B2S, SHORTS, 0);
            ShortVector y1 = (ShortVector) ByteVector.fromMemorySegment(BYTES, fromB, HALF, LITTLE_ENDIAN)
                    .convertShape(B2S, SHORTS, 0);
            IntVector two = x0.mul(y0).add(x1.mul(y1)).add(BIAS).reinterpretAsInts();
            pairs = pairs.add(two);
            highs = highs.add(two.lanewise(LSHR, 16));
            IntVector squares = y0.mul(y0).add(y1.mul(y1)).reinterpretAsInts();
            normPairs = normPairs.add(squares);
            normHighs = normHighs.add(squares.lanewise(LSHR, 16));
        }
        int dot = sum(pairs.reduceLanes(ADD), highs.reduceLanes(ADD)) - bias(lines);
        return Cosine.ofIntegers(dot, aNorm, sum(normPairs.reduceLanes(ADD), normHighs.reduceLanes(ADD)));
    }

    private static int sum(int pairs, int highs) {
        return highs + (pairs - (highs << 16));
    }

    /** The sum of all biases: one for each two components. */
    private static int bias(int lines) {
        return lines * (Distances.LINE / 2) * BIAS;
    }

    @Override
    public void dotMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores) {
        for (int i = 0; i < count; i++) {
            scores[i] = dot(query, queryAt, rows, rowsAt + i * stride, lines);
        }
    }

    @Override
    public void squaredL2Many(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores) {
        for (int i = 0; i < count; i++) {
            scores[i] = squaredL2(query, queryAt, rows, rowsAt + i * stride, lines);
        }
    }

    @Override
    public void cosineMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores) {
        int queryNorm = dot(query, queryAt, query, queryAt, lines);
        for (int i = 0; i < count; i++) {
            scores[i] = cosine(query, queryAt, queryNorm, rows, rowsAt + i * stride, lines);
        }
    }
}
