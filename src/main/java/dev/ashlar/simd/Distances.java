package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * How near two rows of numbers are: dot product, squared Euclidean distance and cosine of float32 and int8, Hamming
 * distance and Jaccard index of bits; one row against one, or a query against many.
 *
 * <p><b>Rows</b> are native memory, little-endian, and begin at addresses that are multiples of 64 (assertions check
 * both: heap segments would spoil the type profile of these methods for the whole process). A row takes whole lines of
 * 64 bytes, {@link #floatRowBytes}, {@link #int8RowBytes} or {@link #bitRowBytes}; <b>what follows the last component
 * is zero</b>, in both rows, the query included, and is read: so no kernel has a tail. Zeros change none of the
 * distances. The memory has to be backed, as for every kernel here.
 *
 * <p><b>Many</b>: row {@code i} begins at {@code rowsAt + i * stride}, and its score goes to {@code scores[i]}. The
 * stride is a multiple of 64 and not less than a row. Integer results are rounded to the nearest float: they are exact
 * up to 2^24, so for dot products of up to 1,024 int8 components, and for all bits. A row's score is bit for bit what
 * the method for one row returns (rounded), whatever the other rows, the count, or the place in memory; within one
 * process, and between processes of the same vector width. Widths differ in the order of float additions, so their
 * float32 scores differ in the last bits; int8 and bits agree everywhere.
 *
 * <p><b>Float32 sums</b> carry the rounding of about n / 16 additions. A sum that leaves the range of float is computed
 * again in double, so a result is infinite only if the true one is beyond the range of float (or a component is
 * infinite), and NaN only if a component is NaN or infinite components leave nothing else. Products below 2^-149 count
 * as 0. Cosines need no such range: however large or small finite components are, the result is right. Each row that
 * needs it takes some 20 times as long.
 *
 * <p>Static, for use by any thread, allocates nothing. A range outside of its segment or array is an
 * {@link IndexOutOfBoundsException}, a dimension or stride that cannot be an {@link IllegalArgumentException}, both
 * before any score is written.
 */
public final class Distances {
    /** Of the components of a row: with more, sums of int8 would not fit. */
    public static final int MAX_DIMENSION = 1 << 16;

    /** Bytes of which a row takes a multiple, and to a multiple of which it is aligned. */
    public static final int LINE = 64;

    private static final int LINE_SHIFT = 6;

    /** Static and final, so that the JIT compiler sees one implementation and calls it directly. */
    private static final FloatKernel FLOATS =
            (FloatKernel) kernel("dev.ashlar.simd.VectorFloatKernel", new ScalarFloatKernel());

    private static final ByteKernel BYTES =
            (ByteKernel) kernel("dev.ashlar.simd.VectorByteKernel", new ScalarByteKernel());

    private static final BitKernel BITS = (BitKernel) kernel("dev.ashlar.simd.VectorBitKernel", new ScalarBitKernel());

    private Distances() {}

    /** Bytes of a row of {@code n} float32 components, padding included. */
    public static int floatRowBytes(int n) {
        return floatLines(n) << LINE_SHIFT;
    }

    /** Bytes of a row of {@code n} int8 components, padding included. */
    public static int int8RowBytes(int n) {
        return int8Lines(n) << LINE_SHIFT;
    }

    /** Bytes of a row of that many bits, padding included. */
    public static int bitRowBytes(int bits) {
        return bitLines(bits) << LINE_SHIFT;
    }

    /** The sum of the products of the components. */
    public static float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        int lines = floatLines(n);
        check(a, aAt, lines);
        check(b, bAt, lines);
        float sum = FLOATS.dot(a, aAt, b, bAt, lines);
        return Float.isFinite(sum) ? sum : WideFloats.dot(a, aAt, b, bAt, lines);
    }

    /** {@link #dot} of a query and each of many rows. */
    public static void dotMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int n,
            float[] scores) {
        int lines = floatLines(n);
        check(query, queryAt, lines);
        checkMany(rows, rowsAt, stride, count, lines, scores);
        FLOATS.dotMany(query, queryAt, rows, rowsAt, stride, count, lines, scores);
        for (int i = 0; i < count; i++) {
            if (!Float.isFinite(scores[i])) {
                scores[i] = WideFloats.dot(query, queryAt, rows, rowsAt + i * stride, lines);
            }
        }
    }

    /** The sum of the squared differences of the components. */
    public static float squaredL2(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        int lines = floatLines(n);
        check(a, aAt, lines);
        check(b, bAt, lines);
        float sum = FLOATS.squaredL2(a, aAt, b, bAt, lines);
        return Float.isFinite(sum) ? sum : WideFloats.squaredL2(a, aAt, b, bAt, lines);
    }

    /** {@link #squaredL2} of a query and each of many rows. */
    public static void squaredL2Many(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int n,
            float[] scores) {
        int lines = floatLines(n);
        check(query, queryAt, lines);
        checkMany(rows, rowsAt, stride, count, lines, scores);
        FLOATS.squaredL2Many(query, queryAt, rows, rowsAt, stride, count, lines, scores);
        for (int i = 0; i < count; i++) {
            if (!Float.isFinite(scores[i])) {
                scores[i] = WideFloats.squaredL2(query, queryAt, rows, rowsAt + i * stride, lines);
            }
        }
    }

    /**
     * The cosine of the angle between the rows, from -1 to 1. 0 if all components of one of them are 0; NaN if a
     * component is NaN or infinite.
     */
    public static float cosine(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        int lines = floatLines(n);
        check(a, aAt, lines);
        check(b, bAt, lines);
        float cosine = FLOATS.cosine(a, aAt, b, bAt, lines);
        return Float.isNaN(cosine) ? WideFloats.cosine(a, aAt, b, bAt, lines) : cosine;
    }

    /** {@link #cosine} of a query and each of many rows. */
    public static void cosineMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int n,
            float[] scores) {
        int lines = floatLines(n);
        check(query, queryAt, lines);
        checkMany(rows, rowsAt, stride, count, lines, scores);
        float queryNorm = FLOATS.dot(query, queryAt, query, queryAt, lines);
        FLOATS.cosineMany(query, queryAt, queryNorm, rows, rowsAt, stride, count, lines, scores);
        for (int i = 0; i < count; i++) {
            if (Float.isNaN(scores[i])) {
                scores[i] = WideFloats.cosine(query, queryAt, rows, rowsAt + i * stride, lines);
            }
        }
    }

    /** Whether no component is NaN or infinite. */
    public static boolean allFinite(MemorySegment row, long at, int n) {
        int lines = floatLines(n);
        check(row, at, lines);
        return FLOATS.allFinite(row, at, lines);
    }

    /** The sum of the products of the components, exact. */
    public static int dotInt8(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        int lines = int8Lines(n);
        check(a, aAt, lines);
        check(b, bAt, lines);
        return BYTES.dot(a, aAt, b, bAt, lines);
    }

    /** {@link #dotInt8} of a query and each of many rows. */
    public static void dotInt8Many(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int n,
            float[] scores) {
        int lines = int8Lines(n);
        check(query, queryAt, lines);
        checkMany(rows, rowsAt, stride, count, lines, scores);
        BYTES.dotMany(query, queryAt, rows, rowsAt, stride, count, lines, scores);
    }

    /** The sum of the squared differences of the components, exact: up to 65,025 for each, so it can exceed an int. */
    public static long squaredL2Int8(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        int lines = int8Lines(n);
        check(a, aAt, lines);
        check(b, bAt, lines);
        return BYTES.squaredL2(a, aAt, b, bAt, lines);
    }

    /** {@link #squaredL2Int8} of a query and each of many rows. */
    public static void squaredL2Int8Many(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int n,
            float[] scores) {
        int lines = int8Lines(n);
        check(query, queryAt, lines);
        checkMany(rows, rowsAt, stride, count, lines, scores);
        BYTES.squaredL2Many(query, queryAt, rows, rowsAt, stride, count, lines, scores);
    }

    /** As {@link #cosine}, from exact sums. */
    public static float cosineInt8(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        int lines = int8Lines(n);
        check(a, aAt, lines);
        check(b, bAt, lines);
        return BYTES.cosine(a, aAt, b, bAt, lines);
    }

    /** {@link #cosineInt8} of a query and each of many rows. */
    public static void cosineInt8Many(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int n,
            float[] scores) {
        int lines = int8Lines(n);
        check(query, queryAt, lines);
        checkMany(rows, rowsAt, stride, count, lines, scores);
        BYTES.cosineMany(query, queryAt, rows, rowsAt, stride, count, lines, scores);
    }

    /** How many bits differ. */
    public static int hamming(MemorySegment a, long aAt, MemorySegment b, long bAt, int bits) {
        int lines = bitLines(bits);
        check(a, aAt, lines);
        check(b, bAt, lines);
        return BITS.hamming(a, aAt, b, bAt, lines);
    }

    /** {@link #hamming} of a query and each of many rows. */
    public static void hammingMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int bits,
            float[] scores) {
        int lines = bitLines(bits);
        check(query, queryAt, lines);
        checkMany(rows, rowsAt, stride, count, lines, scores);
        BITS.hammingMany(query, queryAt, rows, rowsAt, stride, count, lines, scores);
    }

    /**
     * The number of bits that both rows have, divided by the number that either has: from 0 to 1; 1 if neither has any.
     * It is a similarity; 1 less it is the Jaccard distance.
     */
    public static float jaccard(MemorySegment a, long aAt, MemorySegment b, long bAt, int bits) {
        int lines = bitLines(bits);
        check(a, aAt, lines);
        check(b, bAt, lines);
        return BITS.jaccard(a, aAt, b, bAt, lines);
    }

    /** {@link #jaccard} of a query and each of many rows. */
    public static void jaccardMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int bits,
            float[] scores) {
        int lines = bitLines(bits);
        check(query, queryAt, lines);
        checkMany(rows, rowsAt, stride, count, lines, scores);
        BITS.jaccardMany(query, queryAt, rows, rowsAt, stride, count, lines, scores);
    }

    private static int floatLines(int n) {
        return checked(n) + 15 >>> 4;
    }

    private static int int8Lines(int n) {
        return checked(n) + 63 >>> LINE_SHIFT;
    }

    private static int bitLines(int bits) {
        return checked(bits) + 511 >>> 9;
    }

    private static int checked(int dimension) {
        if (dimension < 1 || dimension > MAX_DIMENSION) {
            throw new IllegalArgumentException(
                    "a dimension is from 1 to " + MAX_DIMENSION + ", and this is " + dimension);
        }
        return dimension;
    }

    private static void check(MemorySegment row, long at, int lines) {
        assert row.isNative() : "a row has to be native memory";
        assert (row.address() + at & LINE - 1) == 0 : "a row has to begin at a multiple of 64";
        Objects.checkFromIndexSize(at, (long) lines << LINE_SHIFT, row.byteSize());
    }

    private static void checkMany(MemorySegment rows, long rowsAt, long stride, int count, int lines, float[] scores) {
        Objects.checkFromIndexSize(0, count, scores.length);
        if (stride < (long) lines << LINE_SHIFT || (stride & LINE - 1) != 0 || stride > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("a stride is a multiple of 64, here at least "
                    + ((long) lines << LINE_SHIFT) + ", and this is " + stride);
        }
        if (count > 0) {
            check(rows, rowsAt, lines);
            check(rows, rowsAt + (count - 1) * stride, lines);
        }
    }

    private static Object kernel(String vectorKernel, Object scalarTwin) {
        if (SimdSupport.vectorBits() == 0) {
            return scalarTwin;
        }
        try {
            return SimdSupport.instantiate(vectorKernel);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the vector kernel is missing from this build: " + vectorKernel, e);
        }
    }
}
