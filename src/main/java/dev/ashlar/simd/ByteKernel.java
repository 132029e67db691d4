package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;

/**
 * What {@link Distances} does with rows of int8, in one of two ways. Implementations have no state. Ranges have been
 * checked; rows are whole lines of 64 bytes, zeros behind the last component, at most {@link Distances#MAX_DIMENSION}
 * components: with that, every sum here fits 32 bits without a sign.
 */
interface ByteKernel {

    int dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines);

    long squaredL2(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines);

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

    void cosineMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores);
}
