package dev.ashlar.simd;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.BIT_COUNT;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Counts bits in vectors of the width that {@link SimdSupport} chose. Loaded by name only. As in {@link VectorXxh3}, no
 * vector enters or leaves a method of ours. One accumulator for each count: an addition of integers takes one cycle, so
 * the next never waits for it.
 */
final class VectorBitKernel implements BitKernel {
    private static final VectorSpecies<Long> LONGS =
            VectorSpecies.of(long.class, VectorShape.forBitSize(SimdSupport.vectorBits()));

    private static final int WIDTH = LONGS.vectorByteSize();
    private static final int PER_LINE = Distances.LINE / WIDTH;

    VectorBitKernel() {}

    @Override
    public int hamming(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        LongVector count = LongVector.zero(LONGS);
        for (int i = 0; i < lines * PER_LINE; i++) {
            long at = (long) i * WIDTH;
            LongVector x = LongVector.fromMemorySegment(LONGS, a, aAt + at, LITTLE_ENDIAN);
            LongVector y = LongVector.fromMemorySegment(LONGS, b, bAt + at, LITTLE_ENDIAN);
            count = count.add(x.lanewise(XOR, y).lanewise(BIT_COUNT));
        }
        return (int) count.reduceLanes(ADD);
    }

    @Override
    public float jaccard(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        LongVector both = LongVector.zero(LONGS);
        LongVector either = LongVector.zero(LONGS);
        for (int i = 0; i < lines * PER_LINE; i++) {
            long at = (long) i * WIDTH;
            LongVector x = LongVector.fromMemorySegment(LONGS, a, aAt + at, LITTLE_ENDIAN);
            LongVector y = LongVector.fromMemorySegment(LONGS, b, bAt + at, LITTLE_ENDIAN);
            both = both.add(x.and(y).lanewise(BIT_COUNT));
            either = either.add(x.or(y).lanewise(BIT_COUNT));
        }
        return ScalarBitKernel.jaccard(both.reduceLanes(ADD), either.reduceLanes(ADD));
    }

    @Override
    public void hammingMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores) {
        for (int i = 0; i < count; i++) {
            scores[i] = hamming(query, queryAt, rows, rowsAt + i * stride, lines);
        }
    }

    @Override
    public void jaccardMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores) {
        for (int i = 0; i < count; i++) {
            scores[i] = jaccard(query, queryAt, rows, rowsAt + i * stride, lines);
        }
    }
}
