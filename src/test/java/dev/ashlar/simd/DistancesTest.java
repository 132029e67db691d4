package dev.ashlar.simd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The façade against sums in double, and against itself: one row at a time, many, before and after compilation. */
@Tag("simd")
class DistancesTest {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Of float32 sums: so much of the sum of the absolute values of what is added. */
    private static final double TOLERANCE = 4e-6;

    private final Arena arena = Arena.ofConfined();
    private final Random random = new Random(Inputs.RANDOM_SEED);

    @AfterEach
    void close() {
        arena.close();
    }

    // ------------------------------------------------------------------------------------------------------- float32

    @Test
    void floatDistancesOfAllSmallDimensionsAreThoseOfTheOracle() {
        for (int n : dimensions()) {
            assertFloats(floats(n, i -> random.nextGaussian()), floats(n, i -> random.nextGaussian()));
        }
    }

    @Test
    void floatDistancesOfDenormalsAreThoseOfTheOracle() {
        for (int n : new int[] {1, 15, 16, 17, 128, 300, 768, 4096}) {
            assertFloats(
                    floats(n, i -> random.nextGaussian() * 0x1p-140), floats(n, i -> random.nextGaussian() * 0x1p-140));
            assertFloats(floats(n, i -> random.nextGaussian() * 0x1p-140), floats(n, i -> random.nextGaussian()));
            assertFloats(
                    floats(n, i -> random.nextGaussian() * 0x1p-60), floats(n, i -> random.nextGaussian() * 0x1p-70));
        }
    }

    @Test
    void floatDistancesOfHugeComponentsAreThoseOfTheOracle() {
        for (int n : new int[] {1, 15, 16, 17, 128, 300, 768, 4096}) {
            assertFloats(
                    floats(n, i -> random.nextGaussian() * 0x1p100), floats(n, i -> random.nextGaussian() * 0x1p110));
            assertFloats(
                    floats(n, i -> random.nextGaussian() * 0x1p120), floats(n, i -> random.nextGaussian() * 0x1p-100));
            assertFloats(floats(n, i -> Float.MAX_VALUE), floats(n, i -> -Float.MAX_VALUE));
            assertFloats(floats(n, i -> Float.MAX_VALUE), floats(n, i -> i % 2 == 0 ? 1.5 : -1.5));
        }
    }

    @Test
    void aSumThatOnlyPassesTheRangeOfFloatOnItsWayIsFinite() {
        int n = 256;
        float[] a = floats(n, i -> 0x1p100);
        float[] b = floats(n, i -> i % 64 < 32 ? 0x1p27 : -0x1p27);
        MemorySegment x = row(a);
        MemorySegment y = row(b);
        assertEquals(0f, Distances.dot(x, 0, y, 0, n));
        assertMany(x, y, n, 4 * n);
    }

    @Test
    void componentsThatAreNotNumbersAreSeenAtEachPlace() {
        int n = 300;
        for (int place = 0; place < n; place++) {
            for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                float[] a = floats(n, i -> 1 + random.nextDouble());
                MemorySegment good = row(a);
                a[place] = bad;
                MemorySegment row = row(a);
                assertTrue(Distances.allFinite(good, 0, n));
                assertFalse(Distances.allFinite(row, 0, n));
                assertEquals(bad, Distances.dot(good, 0, row, 0, n));
                assertEquals(Math.abs(bad), Distances.squaredL2(row, 0, good, 0, n));
                assertEquals(Float.NaN, Distances.cosine(good, 0, row, 0, n));
                assertEquals(Float.NaN, Distances.cosine(row, 0, good, 0, n));
                assertEquals(Float.NaN, Distances.cosine(row, 0, row(new float[n]), 0, n));
            }
        }
    }

    @Test
    void theLargestNumberAndDenormalsAreFinite() {
        assertTrue(Distances.allFinite(row(floats(40, i -> Float.MAX_VALUE)), 0, 40));
        assertTrue(Distances.allFinite(row(floats(40, i -> -Float.MIN_VALUE)), 0, 40));
    }

    @Test
    void cosineOfAZeroRowIsZero() {
        MemorySegment zero = row(new float[100]);
        MemorySegment row = row(floats(100, i -> random.nextGaussian()));
        assertEquals(0f, Distances.cosine(zero, 0, row, 0, 100));
        assertEquals(0f, Distances.cosine(row, 0, zero, 0, 100));
        assertEquals(0f, Distances.cosine(zero, 0, zero, 0, 100));
        assertMany(zero, row, 100, 400);
        assertMany(row, zero, 100, 400);
    }

    @Test
    void cosineNeverLeavesItsRange() {
        for (int i = 0; i < 2000; i++) {
            int n = 1 + random.nextInt(100);
            float[] a = floats(n, j -> random.nextGaussian());
            float factor = (float) (random.nextGaussian() * 100);
            float[] b = floats(n, j -> a[j] * factor);
            float cosine = Distances.cosine(row(a), 0, row(b), 0, n);
            assertTrue(Math.abs(cosine) <= 1 && Math.abs(cosine) > 0.99999, () -> "dimension " + n + ": " + cosine);
        }
    }

    private void assertFloats(float[] a, float[] b) {
        int n = a.length;
        MemorySegment x = row(a);
        MemorySegment y = row(b);
        double dot = 0;
        double dotParts = 0;
        double squares = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < n; i++) {
            double p = (double) a[i] * b[i];
            double d = (double) a[i] - b[i];
            dot += p;
            dotParts += Math.abs(p);
            squares += d * d;
            xx += (double) a[i] * a[i];
            yy += (double) b[i] * b[i];
        }
        assertNear("dot", n, dot, dotParts, Distances.dot(x, 0, y, 0, n));
        assertNear("squared L2", n, squares, squares, Distances.squaredL2(x, 0, y, 0, n));
        double cosine = xx == 0 || yy == 0 ? 0 : dot / (Math.sqrt(xx) * Math.sqrt(yy));
        assertNear("cosine", n, cosine, 1, Distances.cosine(x, 0, y, 0, n));
        assertMany(x, y, n, 4 * n);
        FloatKernel scalar = new ScalarFloatKernel();
        int lines = Distances.floatRowBytes(n) / Distances.LINE;
        float twin = scalar.dot(x, 0, y, 0, lines);
        if (Float.isFinite(twin)) {
            // One accumulator: its rounding errors add up over all components.
            assertNear("dot of the scalar twin", n, dot, 16 * dotParts, twin);
        }
    }

    private static void assertNear(String what, int n, double expected, double parts, float found) {
        double allowed = TOLERANCE * (SimdSupport.vectorBits() == 0 ? 16 : 1) * parts
                + n * (double) Float.MIN_VALUE; // what products below the range of float may lose
        boolean near = Math.abs(expected) > Float.MAX_VALUE
                ? found == (float) expected || Math.abs(found) >= Float.MAX_VALUE * (1 - TOLERANCE)
                : Math.abs(found - expected) <= allowed
                        || Float.isInfinite(found) && Math.abs(expected) >= Float.MAX_VALUE * (1 - TOLERANCE);
        if (!near) {
            fail(what + " of dimension " + n + ", " + SimdSupport.describe() + ", seed " + Inputs.RANDOM_SEED + ": "
                    + found + " instead of " + expected + ", parts " + parts);
        }
    }

    // ---------------------------------------------------------------------------------------------------------- int8

    @Test
    void int8DistancesAreExact() {
        for (int n : dimensions()) {
            byte[] a = Inputs.randomBytes(n, n);
            byte[] b = Inputs.randomBytes(n, -n);
            assertBytes(a, b);
        }
    }

    @Test
    void int8DistancesOfTheLargestSumsAreExact() {
        for (int n : new int[] {1, 63, 64, 65, 1024, Distances.MAX_DIMENSION}) {
            for (byte x : new byte[] {-128, -1, 0, 127}) {
                for (byte y : new byte[] {-128, 1, 127}) {
                    assertBytes(filled(n, x), filled(n, y));
                }
            }
        }
    }

    private void assertBytes(byte[] a, byte[] b) {
        int n = a.length;
        long dot = 0;
        long squares = 0;
        long xx = 0;
        long yy = 0;
        for (int i = 0; i < n; i++) {
            dot += a[i] * b[i];
            squares += (a[i] - b[i]) * (a[i] - b[i]);
            xx += a[i] * a[i];
            yy += b[i] * b[i];
        }
        MemorySegment x = row(a);
        MemorySegment y = row(b);
        String what = "dimension " + n + ", first components " + a[0] + " and " + b[0];
        assertEquals(dot, Distances.dotInt8(x, 0, y, 0, n), what);
        assertEquals(squares, Distances.squaredL2Int8(x, 0, y, 0, n), what);
        double cosine = xx == 0 || yy == 0 ? 0 : dot / Math.sqrt((double) xx * yy);
        assertEquals((float) cosine, Distances.cosineInt8(x, 0, y, 0, n), 1e-7f, what);
        ByteKernel scalar = new ScalarByteKernel();
        int lines = Distances.int8RowBytes(n) / Distances.LINE;
        assertEquals(dot, scalar.dot(x, 0, y, 0, lines), what);
        assertEquals(squares, scalar.squaredL2(x, 0, y, 0, lines), what);
        assertEquals(Distances.cosineInt8(x, 0, y, 0, n), scalar.cosine(x, 0, y, 0, lines), what);
        assertMany(x, y, n, n);
    }

    // ---------------------------------------------------------------------------------------------------------- bits

    @Test
    void bitDistancesAreExact() {
        for (int bits : dimensions()) {
            BitSet a = BitSet.valueOf(Inputs.randomBytes(bits / 8 + 1, bits)).get(0, bits);
            BitSet b = BitSet.valueOf(Inputs.randomBytes(bits / 8 + 1, -bits)).get(0, bits);
            assertBits(a, b, bits);
            assertBits(a, new BitSet(), bits);
        }
        BitSet all = new BitSet();
        all.set(0, Distances.MAX_DIMENSION);
        assertBits(all, new BitSet(), Distances.MAX_DIMENSION);
        assertBits(all, all, Distances.MAX_DIMENSION);
    }

    @Test
    void theJaccardIndexOfEmptyRowsIsOne() {
        MemorySegment zero = row(new byte[1]);
        assertEquals(1f, Distances.jaccard(zero, 0, zero, 0, 5));
        assertEquals(1f, new ScalarBitKernel().jaccard(zero, 0, zero, 0, 1));
    }

    private void assertBits(BitSet a, BitSet b, int bits) {
        BitSet differing = (BitSet) a.clone();
        differing.xor(b);
        BitSet both = (BitSet) a.clone();
        both.and(b);
        BitSet either = (BitSet) a.clone();
        either.or(b);
        float jaccard = either.isEmpty() ? 1 : (float) ((double) both.cardinality() / either.cardinality());
        MemorySegment x = row(a.toByteArray(), bits / 8 + 1);
        MemorySegment y = row(b.toByteArray(), bits / 8 + 1);
        assertEquals(differing.cardinality(), Distances.hamming(x, 0, y, 0, bits), "bits " + bits);
        assertEquals(jaccard, Distances.jaccard(x, 0, y, 0, bits), "bits " + bits);
        BitKernel scalar = new ScalarBitKernel();
        int lines = Distances.bitRowBytes(bits) / Distances.LINE;
        assertEquals(differing.cardinality(), scalar.hamming(x, 0, y, 0, lines), "bits " + bits);
        assertEquals(jaccard, scalar.jaccard(x, 0, y, 0, lines), "bits " + bits);
        assertMany(x, y, bits, bits / 8 + 1);
    }

    // ------------------------------------------------------------------------------------------- one and many, bounds

    /**
     * Both rows, taken as float32, int8 and bits, whatever they are, among others and at other places: each score has
     * the bits that one row alone gives.
     */
    private void assertMany(MemorySegment query, MemorySegment row, int n, int usedBytes) {
        int size = (usedBytes + 63) / 64 * 64;
        int stride = size + 64 * random.nextInt(3);
        int count = 1 + random.nextInt(6);
        MemorySegment rows = arena.allocate(64L + (long) count * stride, 64);
        for (int i = 0; i < count; i++) {
            MemorySegment.copy(i % 2 == 0 ? row : query, 0, rows, 64 + (long) i * stride, size);
        }
        if (4 * n <= size) {
            assertMany(
                    count,
                    i -> Distances.dot(query, 0, at(rows, stride, i), 0, n),
                    scores -> Distances.dotMany(query, 0, rows, 64, stride, count, n, scores));
            assertMany(
                    count,
                    i -> Distances.squaredL2(query, 0, at(rows, stride, i), 0, n),
                    scores -> Distances.squaredL2Many(query, 0, rows, 64, stride, count, n, scores));
            assertMany(
                    count,
                    i -> Distances.cosine(query, 0, at(rows, stride, i), 0, n),
                    scores -> Distances.cosineMany(query, 0, rows, 64, stride, count, n, scores));
        }
        if (n <= size) {
            assertMany(
                    count,
                    i -> Distances.dotInt8(query, 0, at(rows, stride, i), 0, n),
                    scores -> Distances.dotInt8Many(query, 0, rows, 64, stride, count, n, scores));
            assertMany(
                    count,
                    i -> Distances.squaredL2Int8(query, 0, at(rows, stride, i), 0, n),
                    scores -> Distances.squaredL2Int8Many(query, 0, rows, 64, stride, count, n, scores));
            assertMany(
                    count,
                    i -> Distances.cosineInt8(query, 0, at(rows, stride, i), 0, n),
                    scores -> Distances.cosineInt8Many(query, 0, rows, 64, stride, count, n, scores));
        }
        assertMany(
                count,
                i -> Distances.hamming(query, 0, at(rows, stride, i), 0, n),
                scores -> Distances.hammingMany(query, 0, rows, 64, stride, count, n, scores));
        assertMany(
                count,
                i -> Distances.jaccard(query, 0, at(rows, stride, i), 0, n),
                scores -> Distances.jaccardMany(query, 0, rows, 64, stride, count, n, scores));
    }

    private static MemorySegment at(MemorySegment rows, int stride, int row) {
        return rows.asSlice(64 + (long) row * stride);
    }

    private interface Scorer {
        void score(float[] scores);
    }

    private static void assertMany(int count, IntToDoubleFunction one, Scorer many) {
        float[] scores = new float[count + 1];
        Arrays.fill(scores, 42);
        many.score(scores);
        for (int i = 0; i < count; i++) {
            assertEquals((float) one.applyAsDouble(i), scores[i], "row " + i + " of " + count);
        }
        assertEquals(42, scores[count], "nothing is written beyond the count");
    }

    /** {@code reduceLanes} of floats would fail here: it adds in another order once it is compiled. */
    @Test
    void compilationChangesNoBit() {
        int n = 777;
        int count = 7;
        MemorySegment query = row(floats(n, i -> random.nextGaussian()));
        MemorySegment rows = row(floats(count * Distances.floatRowBytes(n) / 4, i -> random.nextGaussian()));
        for (int i = 0; i < count; i++) { // zeros behind the last component
            rows.asSlice((long) i * Distances.floatRowBytes(n) + 4L * n, Distances.floatRowBytes(n) - 4L * n)
                    .fill((byte) 0);
        }
        float[] first = scores(query, rows, n, count);
        for (int i = 0; i < 12_000; i++) {
            float[] again = scores(query, rows, n, count);
            if (!Arrays.equals(first, again)) {
                assertArrayEquals(first, again, "round " + i);
            }
        }
    }

    private static float[] scores(MemorySegment query, MemorySegment rows, int n, int count) {
        float[] scores = new float[3 * count];
        float[] some = new float[count];
        long stride = Distances.floatRowBytes(n);
        Distances.dotMany(query, 0, rows, 0, stride, count, n, some);
        System.arraycopy(some, 0, scores, 0, count);
        Distances.squaredL2Many(query, 0, rows, 0, stride, count, n, some);
        System.arraycopy(some, 0, scores, count, count);
        Distances.cosineMany(query, 0, rows, 0, stride, count, n, some);
        System.arraycopy(some, 0, scores, 2 * count, count);
        return scores;
    }

    @Test
    void noRowsAreNoWork() {
        MemorySegment row = row(new float[16]);
        Distances.dotMany(row, 0, row, 64, 64, 0, 16, new float[0]);
    }

    @Test
    void aRangeOutsideOfItsSegmentIsRefusedBeforeAnyScoreIsWritten() {
        MemorySegment row = row(new float[32]);
        MemorySegment rows = row(new float[4 * 32]);
        float[] scores = {7, 7, 7, 7, 7};
        assertOutside(() -> Distances.dot(row, 64, rows, 0, 17));
        assertOutside(() -> Distances.dot(rows, 0, row, 64, 17));
        assertOutside(() -> Distances.dot(row, -64, row, 0, 16));
        assertOutside(() -> Distances.dot(row, Long.MAX_VALUE - 63, row, 0, 16));
        assertOutside(() -> Distances.allFinite(row, 64, 17));
        assertOutside(() -> Distances.hamming(row, 64, row, 0, 513));
        assertOutside(() -> Distances.squaredL2Int8(row, 64, row, 0, 65));
        assertOutside(() -> Distances.dotMany(row, 64, rows, 0, 128, 4, 32, scores));
        assertOutside(() -> Distances.dotMany(row, 0, rows, 64, 128, 4, 32, scores));
        assertOutside(() -> Distances.dotMany(row, 0, rows, 0, 128, 5, 32, scores));
        assertOutside(() -> Distances.dotMany(row, 0, rows, 0, 128, 4, 32, new float[3]));
        assertOutside(() -> Distances.dotMany(row, 0, rows, 0, 128, -1, 32, scores));
        assertOutside(() -> Distances.dotMany(row, 0, rows, -64, 128, 2, 32, scores));
        assertOutside(() -> Distances.hammingMany(row, 0, rows, 64, 128, 4, 1024, scores));
        assertArrayEquals(new float[] {7, 7, 7, 7, 7}, scores);
    }

    private static void assertOutside(Runnable call) {
        assertThrows(IndexOutOfBoundsException.class, call::run);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE, Distances.MAX_DIMENSION + 1, Integer.MAX_VALUE})
    void aDimensionThatCannotBeIsRefused(int n) {
        MemorySegment row = row(new float[16]);
        assertThrows(IllegalArgumentException.class, () -> Distances.dot(row, 0, row, 0, n));
        assertThrows(IllegalArgumentException.class, () -> Distances.dotInt8(row, 0, row, 0, n));
        assertThrows(IllegalArgumentException.class, () -> Distances.jaccard(row, 0, row, 0, n));
        assertThrows(IllegalArgumentException.class, () -> Distances.floatRowBytes(n));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 64, -128, 130, 1L << 40})
    void aStrideThatCannotBeIsRefused(long stride) {
        MemorySegment row = row(new float[32]);
        assertThrows(
                IllegalArgumentException.class, () -> Distances.dotMany(row, 0, row, 0, stride, 1, 32, new float[1]));
    }

    @Test
    void rowsTakeWholeLines() {
        assertEquals(64, Distances.floatRowBytes(1));
        assertEquals(64, Distances.floatRowBytes(16));
        assertEquals(128, Distances.floatRowBytes(17));
        assertEquals(128, Distances.int8RowBytes(65));
        assertEquals(128, Distances.bitRowBytes(513));
        assertEquals(4 << 16, Distances.floatRowBytes(Distances.MAX_DIMENSION));
    }

    // --------------------------------------------------------------------------------------------------------- inputs

    private static int[] dimensions() {
        return IntStream.concat(
                        IntStream.rangeClosed(1, 300),
                        IntStream.of(511, 512, 513, 768, 1023, 1024, 1536, 4095, 20_000, 65_535, 65_536))
                .toArray();
    }

    private static float[] floats(int n, IntToDoubleFunction component) {
        float[] floats = new float[n];
        for (int i = 0; i < n; i++) {
            floats[i] = (float) component.applyAsDouble(i);
        }
        return floats;
    }

    private static byte[] filled(int n, byte value) {
        byte[] bytes = new byte[n];
        Arrays.fill(bytes, value);
        return bytes;
    }

    private MemorySegment row(float[] components) {
        MemorySegment row = arena.allocate((components.length + 15L) / 16 * 64, 64);
        for (int i = 0; i < components.length; i++) {
            row.setAtIndex(FLOAT, i, components[i]);
        }
        return row;
    }

    private MemorySegment row(byte[] components) {
        return row(components, components.length);
    }

    private MemorySegment row(byte[] components, int bytes) {
        MemorySegment row = arena.allocate((bytes + 63L) / 64 * 64, 64);
        MemorySegment.copy(components, 0, row, ValueLayout.JAVA_BYTE, 0, components.length);
        return row;
    }
}
