package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Word by word. The order of a word's bytes does not matter to any count. */
final class ScalarBitKernel implements BitKernel {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;
    private static final int PER_LINE = Distances.LINE / Long.BYTES;

    ScalarBitKernel() {}

    @Override
    public int hamming(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        int count = 0;
        for (int i = 0; i < lines * PER_LINE; i++) {
            count += Long.bitCount(a.get(WORD, aAt + (long) i * Long.BYTES) ^ b.get(WORD, bAt + (long) i * Long.BYTES));
        }
        return count;
    }

    @Override
    public float jaccard(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        int both = 0;
        int either = 0;
        for (int i = 0; i < lines * PER_LINE; i++) {
            long x = a.get(WORD, aAt + (long) i * Long.BYTES);
            long y = b.get(WORD, bAt + (long) i * Long.BYTES);
            both += Long.bitCount(x & y);
            either += Long.bitCount(x | y);
        }
        return jaccard(both, either);
    }

    /** From the bits that both rows have and those that either has, for every kernel. */
    static float jaccard(long both, long either) {
        return either == 0 ? 1 : (float) both / either;
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
