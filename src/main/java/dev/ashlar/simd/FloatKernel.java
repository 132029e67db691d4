package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;

/**
 * What {@link Distances} does with rows of float32, in one of two ways. Implementations have no state. Ranges have been
 * checked; rows are whole lines of 64 bytes, zeros behind the last component. A sum that leaves the range of float is
 * left as it comes out, and a cosine that such sums spoil is NaN: {@link Distances} mends both.
 *
 * <p>The score of a row is the same, bit for bit, from both forms, whatever its neighbours.
 */
interface FloatKernel {

    float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines);

    float squaredL2(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines);

    float cosine(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines);

    void dotMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores);

    void squaredL2Many(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores);

    /**
     * The cosines of many rows.
     *
     * @param queryNorm the squared norm of the query: its dot product with itself, from this kernel
     */
    void cosineMany(
            MemorySegment query,
            long queryAt,
            float queryNorm,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores);

    boolean allFinite(MemorySegment row, long at, int lines);
}
