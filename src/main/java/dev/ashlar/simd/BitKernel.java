package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;

/**
 * What {@link Distances} does with rows of bits, in one of two ways. Implementations have no state. Ranges have been
 * checked; rows are whole lines of 64 bytes, zeros behind the last bit.
 */
interface BitKernel {

    int hamming(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines);

    float jaccard(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines);

    void hammingMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores);

    void jaccardMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores);
}
