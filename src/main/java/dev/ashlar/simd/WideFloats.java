package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The distances of float32 rows with sums in double, whose range holds every sum of squares of floats. For the few rows
 * where sums in float leave theirs; slow.
 */
final class WideFloats {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);

    private WideFloats() {}

    static float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        return (float) sum(a, aAt, b, bAt, lines);
    }

    static float squaredL2(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        double sum = 0;
        for (long at = 0; at < (long) lines * Distances.LINE; at += Float.BYTES) {
            double difference = (double) a.get(FLOAT, aAt + at) - b.get(FLOAT, bAt + at);
            sum += difference * difference;
        }
        return (float) sum;
    }

    /** 0 where a norm is 0; NaN where a component is not finite, which is where a norm is not. */
    static float cosine(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        double aNorm = sum(a, aAt, a, aAt, lines);
        double bNorm = sum(b, bAt, b, bAt, lines);
        if (!Double.isFinite(aNorm) || !Double.isFinite(bNorm)) {
            return Float.NaN;
        }
        if (aNorm == 0 || bNorm == 0) {
            return 0;
        }
        return Cosine.clamped(sum(a, aAt, b, bAt, lines) / (Math.sqrt(aNorm) * Math.sqrt(bNorm)));
    }

    private static double sum(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        double sum = 0;
        for (long at = 0; at < (long) lines * Distances.LINE; at += Float.BYTES) {
            sum += (double) a.get(FLOAT, aAt + at) * b.get(FLOAT, bAt + at);
        }
        return sum;
    }
}
