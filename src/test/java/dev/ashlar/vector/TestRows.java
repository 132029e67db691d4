package dev.ashlar.vector;

import dev.ashlar.CorruptionException;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import dev.ashlar.simd.Distances;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;

/** A run of rows in memory, dense or scattered, that notices when somebody asks after it was released; and the oracle. */
final class TestRows implements RowRun {
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    final VectorOptions options;
    final byte[][] rows;
    final long[] ids;
    final Set<Integer> damaged = new HashSet<>();
    final AtomicInteger lateCalls = new AtomicInteger();
    private final long[] masks;
    private final boolean dense;
    private final MemorySegment bytes;
    private final long[] places;
    private volatile boolean released;

    /** @param live chances of a row to count, 0 to 1 */
    TestRows(VectorOptions options, byte[][] rows, long[] ids, double live, boolean dense, Random random, Arena arena) {
        this.options = options;
        this.rows = rows;
        this.ids = ids;
        this.dense = dense;
        this.masks = new long[(rows.length + 63) / 64];
        this.places = new long[rows.length];
        int stride = options.stride();
        List<Long> free = new ArrayList<>();
        for (int i = 0; i < rows.length; i++) {
            free.add((i * 2L + 1) * stride);
        }
        // One row more in front: neither the first row nor the end of the memory is at a place that anything could
        // assume.
        this.bytes = arena.allocate((dense ? rows.length + 1L : 2L * rows.length + 1) * stride, 64);
        for (int i = 0; i < rows.length; i++) {
            places[i] = dense ? (i + 1L) * stride : free.remove(random.nextInt(free.size()));
            MemorySegment.copy(rows[i], 0, bytes, ValueLayout.JAVA_BYTE, places[i], rows[i].length);
            if (random.nextDouble() < live) {
                masks[i / 64] |= 1L << i;
            }
        }
        if (masks.length > 0 && rows.length % 64 != 0) {
            masks[masks.length - 1] |= -1L << rows.length; // they mean nothing
        }
    }

    boolean isLive(int row) {
        return (masks[row / 64] & 1L << row) != 0;
    }

    /** From now on every call is one too many. */
    void release() {
        released = true;
    }

    private void note() {
        if (released) {
            lateCalls.incrementAndGet();
        }
    }

    @Override
    public int count() {
        note();
        return rows.length;
    }

    @Override
    public MemorySegment bytes() {
        note();
        return bytes;
    }

    @Override
    public boolean isDense() {
        note();
        return dense;
    }

    @Override
    public long rowAt(int row) {
        note();
        if (!dense && !isLive(row)) {
            throw new AssertionError("row " + row + " does not count");
        }
        return places[row];
    }

    @Override
    public long liveMask(int word) {
        note();
        return masks[word];
    }

    @Override
    public long id(int row) {
        note();
        if (!isLive(row)) {
            throw new AssertionError("row " + row + " does not count");
        }
        return ids[row];
    }

    @Override
    public VectorHit hit(int row, float score) {
        note();
        if (damaged.contains(row)) {
            throw new CorruptionException("test", places[row], "the row", "another", "None.");
        }
        return new VectorHit(
                ids[row],
                score,
                row,
                bytes.asSlice(places[row], options.rowBytes()).asReadOnly());
    }

    /** The score of one row, by the kernel for one row. */
    float score(MemorySegment query, int row) {
        int n = options.dimension();
        boolean floats = options.type() == VectorType.FLOAT32;
        return switch (options.metric()) {
            case COSINE ->
                floats
                        ? Distances.cosine(query, 0, bytes, places[row], n)
                        : Distances.cosineInt8(query, 0, bytes, places[row], n);
            case DOT_PRODUCT ->
                floats
                        ? Distances.dot(query, 0, bytes, places[row], n)
                        : Distances.dotInt8(query, 0, bytes, places[row], n);
            case SQUARED_EUCLIDEAN ->
                floats
                        ? Distances.squaredL2(query, 0, bytes, places[row], n)
                        : Distances.squaredL2Int8(query, 0, bytes, places[row], n);
            case HAMMING -> Distances.hamming(query, 0, bytes, places[row], n);
            case JACCARD -> Distances.jaccard(query, 0, bytes, places[row], n);
        };
    }

    /** What a search has to find: everything is scored on its own, and sorted as a whole. */
    static List<VectorHit> expected(List<TestRows> runs, byte[] query, int k, LongPredicate filter, Arena arena) {
        List<VectorHit> all = new ArrayList<>();
        for (TestRows run : runs) {
            MemorySegment copy = arena.allocate(run.options.stride(), 64);
            MemorySegment.copy(query, 0, copy, ValueLayout.JAVA_BYTE, 0, query.length);
            for (int i = 0; i < run.rows.length; i++) {
                if (run.isLive(i) && filter.test(run.ids[i])) {
                    all.add(run.hit(i, run.score(copy, i)));
                }
            }
        }
        if (!runs.isEmpty()) {
            boolean highestFirst = runs.getFirst().options.metric().highestFirst();
            all.sort((a, b) -> compare(a, b, highestFirst));
        }
        return all.subList(0, Math.min(k, all.size()));
    }

    private static int compare(VectorHit a, VectorHit b, boolean highestFirst) {
        boolean numbers = !Float.isNaN(a.score()) && !Float.isNaN(b.score());
        if (numbers && a.score() != b.score()) {
            return a.score() > b.score() == highestFirst ? -1 : 1;
        }
        return numbers || Float.isNaN(a.score()) == Float.isNaN(b.score())
                ? Long.compare(a.id(), b.id())
                : Float.isNaN(a.score()) ? 1 : -1;
    }

    static Comparator<VectorHit> order(boolean highestFirst) {
        return (a, b) -> compare(a, b, highestFirst);
    }

    /** The score in double precision. */
    static double exactScore(VectorOptions options, byte[] a, byte[] b) {
        double dot = 0;
        double distance = 0;
        double aa = 0;
        double bb = 0;
        int different = 0;
        int both = 0;
        int either = 0;
        for (int i = 0; i < options.dimension(); i++) {
            double x = component(options.type(), a, i);
            double y = component(options.type(), b, i);
            dot += x * y;
            distance += (x - y) * (x - y);
            aa += x * x;
            bb += y * y;
            different += x != y ? 1 : 0;
            both += x == 1 && y == 1 ? 1 : 0;
            either += x == 1 || y == 1 ? 1 : 0;
        }
        return switch (options.metric()) {
            case COSINE -> aa == 0 || bb == 0 ? 0 : dot / Math.sqrt(aa) / Math.sqrt(bb);
            case DOT_PRODUCT -> dot;
            case SQUARED_EUCLIDEAN -> distance;
            case HAMMING -> different;
            case JACCARD -> either == 0 ? 1 : (double) both / either;
        };
    }

    static double component(VectorType type, byte[] row, int i) {
        return switch (type) {
            case FLOAT32 -> MemorySegment.ofArray(row).get(FLOAT, 4L * i);
            case INT8 -> row[i];
            case BIT -> row[i / 8] >>> i % 8 & 1;
        };
    }

    /**
     * A random row.
     *
     * @param coarse of few different numbers, so that scores are equal often
     */
    static byte[] randomRow(VectorOptions options, boolean coarse, Random random) {
        byte[] row = new byte[options.rowBytes()];
        for (int i = 0; i < options.dimension(); i++) {
            switch (options.type()) {
                case FLOAT32 ->
                    MemorySegment.ofArray(row)
                            .set(FLOAT, 4L * i, coarse ? random.nextInt(3) - 1 : (float) random.nextGaussian());
                case INT8 -> row[i] = (byte) (coarse ? random.nextInt(3) - 1 : random.nextInt());
                case BIT -> row[i / 8] |= (byte) ((random.nextInt(coarse ? 8 : 2) == 0 ? 1 : 0) << i % 8);
            }
        }
        return row;
    }

    static byte[][] randomRows(VectorOptions options, int count, boolean coarse, Random random) {
        byte[][] rows = new byte[count][];
        for (int i = 0; i < count; i++) {
            rows[i] = randomRow(options, coarse, random);
        }
        return rows;
    }

    static long[] ids(long first, int count) {
        long[] ids = new long[count];
        for (int i = 0; i < count; i++) {
            ids[i] = first + i;
        }
        return ids;
    }
}
