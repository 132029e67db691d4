package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Component by component. */
final class ScalarByteKernel implements ByteKernel {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    ScalarByteKernel() {}

    @Override
    public int dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        int sum = 0;
        for (int i = 0; i < lines * Distances.LINE; i++) {
            sum += a.get(BYTE, aAt + i) * b.get(BYTE, bAt + i);
        }
        return sum;
    }

    @Override
    public long squaredL2(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        int sum = 0; // of 32 bits without a sign
        for (int i = 0; i < lines * Distances.LINE; i++) {
            int difference = a.get(BYTE, aAt + i) - b.get(BYTE, bAt + i);
            sum += difference * difference;
        }
        return Integer.toUnsignedLong(sum);
    }

    @Override
    public float cosine(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        return cosine(a, aAt, dot(a, aAt, a, aAt, lines), b, bAt, lines);
    }

    private static float cosine(MemorySegment a, long aAt, int aNorm, MemorySegment b, long bAt, int lines) {
        int dot = 0;
        int bNorm = 0;
        for (int i = 0; i < lines * Distances.LINE; i++) {
            int y = b.get(BYTE, bAt + i);
            dot += a.get(BYTE, aAt + i) * y;
            bNorm += y * y;
        }
        return Cosine.ofIntegers(dot, aNorm, bNorm);
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
