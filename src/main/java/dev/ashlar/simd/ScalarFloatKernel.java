package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Component by component, in the order in which they stand: what the definition of each distance says. */
final class ScalarFloatKernel implements FloatKernel {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int PER_LINE = Distances.LINE / Float.BYTES;

    ScalarFloatKernel() {}

    @Override
    public float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        float sum = 0;
        for (int i = 0; i < lines * PER_LINE; i++) {
            sum += a.get(FLOAT, aAt + (long) i * Float.BYTES) * b.get(FLOAT, bAt + (long) i * Float.BYTES);
        }
        return sum;
    }

    @Override
    public float squaredL2(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        float sum = 0;
        for (int i = 0; i < lines * PER_LINE; i++) {
            float difference = a.get(FLOAT, aAt + (long) i * Float.BYTES) - b.get(FLOAT, bAt + (long) i * Float.BYTES);
            sum += difference * difference;
        }
        return sum;
    }

    @Override
    public float cosine(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        return cosine(a, aAt, dot(a, aAt, a, aAt, lines), b, bAt, lines);
    }

    private static float cosine(MemorySegment a, long aAt, float aNorm, MemorySegment b, long bAt, int lines) {
        float dot = 0;
        float bNorm = 0;
        for (int i = 0; i < lines * PER_LINE; i++) {
            float y = b.get(FLOAT, bAt + (long) i * Float.BYTES);
            dot += a.get(FLOAT, aAt + (long) i * Float.BYTES) * y;
            bNorm += y * y;
        }
        return Cosine.ofFloats(dot, aNorm, bNorm);
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
            float queryNorm,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores) {
        for (int i = 0; i < count; i++) {
            scores[i] = cosine(query, queryAt, queryNorm, rows, rowsAt + i * stride, lines);
        }
    }

    @Override
    public boolean allFinite(MemorySegment row, long at, int lines) {
        boolean finite = true;
        for (int i = 0; i < lines * PER_LINE; i++) {
            finite &= Float.isFinite(row.get(FLOAT, at + (long) i * Float.BYTES));
        }
        return finite;
    }
}
