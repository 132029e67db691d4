package dev.ashlar.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.Metric;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorOptions.NonFinite;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(300)
class ExactSearchTest {
    private static final long SEED = 26_11_2026;

    private final Random random = new Random(SEED);
    private final Arena arena = Arena.ofAuto();

    static List<ExactSearchPropertyTest.Kind> kinds() {
        return ExactSearchPropertyTest.kinds();
    }

    private TestRows rows(VectorOptions options, long firstId, int count, double live, boolean dense) {
        byte[][] rows = TestRows.randomRows(options, count, true, random);
        return new TestRows(options, rows, TestRows.ids(firstId, count), live, dense, random, arena);
    }

    private static List<VectorHit> search(VectorOptions options, VectorQuery query, List<TestRows> runs) {
        try (ExactSearch search = ExactSearch.begin(options, query)) {
            return search.nearest(runs, null);
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void theResultIsTheSameForAnyNumberOfThreads(ExactSearchPropertyTest.Kind kind) {
        VectorOptions options = VectorOptions.of(kind.type() == VectorType.BIT ? 8 * 1501 : 1501)
                .type(kind.type())
                .metric(kind.metric());
        // Several windows of the size that is used, in more than one run; many of the scores are equal.
        List<TestRows> runs = List.of(
                rows(options, 1, 700, 0.9, true),
                rows(options, -5000, 150, 0.5, false),
                rows(options, 2000, 65, 1, true));
        byte[] vector = TestRows.randomRow(options, true, random);
        List<VectorHit> expected = TestRows.expected(runs, vector, 100, id -> true, arena);
        try (ExecutorService executor = Executors.newFixedThreadPool(5)) {
            for (int threads : new int[] {1, 2, 5, 0}) {
                VectorQuery query =
                        VectorQuery.of(MemorySegment.ofArray(vector)).k(100).parallelism(threads);
                try (ExactSearch search = ExactSearch.begin(options, query)) {
                    List<VectorHit> hits = search.nearest(runs, executor);
                    assertEquals(ids(expected), ids(hits), threads + " threads, seed " + SEED);
                    assertEquals(scores(expected), scores(hits), threads + " threads, seed " + SEED);
                }
            }
        }
    }

    private static List<Long> ids(List<VectorHit> hits) {
        return hits.stream().map(VectorHit::id).toList();
    }

    private static List<Float> scores(List<VectorHit> hits) {
        return hits.stream().map(hit -> hit.score() + 0.0f).toList();
    }

    @Test
    void nothingIsFoundWhereNothingIs() {
        VectorOptions options = VectorOptions.of(3);
        VectorQuery query = VectorQuery.of(1, 2, 3);
        assertEquals(List.of(), search(options, query, List.of()));
        assertEquals(List.of(), search(options, query, List.of(rows(options, 0, 0, 1, true))));
        assertEquals(List.of(), search(options, query, List.of(rows(options, 0, 100, 0, true))));
    }

    @Test
    void moreThanThereAreAreAllOfThem() {
        VectorOptions options = VectorOptions.of(3);
        TestRows run = rows(options, 0, 70, 1, true);
        List<VectorHit> hits = search(options, VectorQuery.of(1, 2, 3).k(VectorQuery.MAX_K), List.of(run));
        assertEquals(70, hits.size());
        assertThrows(UnsupportedOperationException.class, () -> hits.remove(0));
    }

    @Test
    void equallyNearRowsComeInTheOrderOfTheirSignedIds() {
        VectorOptions options = VectorOptions.of(2).metric(Metric.SQUARED_EUCLIDEAN);
        byte[] row = floats(1, 1);
        long[] ids = {5, Long.MAX_VALUE, 0, Long.MIN_VALUE, -1, 3};
        byte[][] rows = {row, row, row, row, row, row};
        TestRows run = new TestRows(options, rows, ids, 1, true, random, arena);
        assertEquals(
                List.of(Long.MIN_VALUE, -1L, 0L, 3L),
                ids(search(options, VectorQuery.of(1, 2).k(4), List.of(run))));
    }

    @Test
    void notANumberRanksBehindAllOthersAndZerosAreEqual() {
        VectorOptions options = VectorOptions.of(1).metric(Metric.DOT_PRODUCT).nonFinite(NonFinite.ALLOW);
        byte[][] rows = {
            floats(Float.NaN),
            floats(-0.0f),
            floats(Float.NEGATIVE_INFINITY),
            floats(0.0f),
            floats(Float.NaN),
            floats(7)
        };
        TestRows run = new TestRows(options, rows, new long[] {1, 5, 3, 6, 0, 4}, 1, true, random, arena);
        List<VectorHit> hits = search(options, VectorQuery.of(1), List.of(run));
        assertEquals(List.of(4L, 5L, 6L, 3L, 0L, 1L), ids(hits));
        assertEquals(0, Float.floatToRawIntBits(hits.get(1).score()), "-0.0 is given as 0.0");
    }

    @Test
    void theFilterIsAskedOnlyForRowsThatWouldBeAmongTheNearest() {
        VectorOptions options = VectorOptions.of(1).metric(Metric.SQUARED_EUCLIDEAN);
        byte[][] rows = new byte[1000][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = floats(i);
        }
        TestRows run = new TestRows(options, rows, TestRows.ids(0, 1000), 1, true, random, arena);
        AtomicLong asked = new AtomicLong();
        VectorQuery query = VectorQuery.of(0).k(5).filter(id -> {
            asked.incrementAndGet();
            return id % 2 == 1;
        });
        assertEquals(List.of(1L, 3L, 5L, 7L, 9L), ids(search(options, query, List.of(run))));
        assertEquals(10, asked.get(), "from the nearest on, until five were found");
    }

    @Test
    void aDamagedRowIsAnErrorIfItIsAmongTheNearest() {
        VectorOptions options = VectorOptions.of(1).metric(Metric.SQUARED_EUCLIDEAN);
        byte[][] rows = {floats(0), floats(1), floats(2)};
        TestRows run = new TestRows(options, rows, TestRows.ids(0, 3), 1, true, random, arena);
        run.damaged.add(1);
        VectorQuery query = VectorQuery.of(0);
        assertEquals(List.of(0L), ids(search(options, query.k(1), List.of(run))));
        assertThrows(CorruptionException.class, () -> search(options, query.k(2), List.of(run)));
    }

    @Test
    void theQueryIsCopied() {
        VectorOptions options = VectorOptions.of(1).metric(Metric.SQUARED_EUCLIDEAN);
        TestRows run =
                new TestRows(options, new byte[][] {floats(0), floats(9)}, new long[] {0, 9}, 1, true, random, arena);
        MemorySegment vector = arena.allocate(4);
        try (ExactSearch search =
                ExactSearch.begin(options, VectorQuery.of(vector).k(1))) {
            vector.set(TestRows.FLOAT, 0, 9);
            assertEquals(List.of(0L), ids(search.nearest(List.of(run), null)));
        }
    }

    @Test
    void aClosedSearchFindsNothing() {
        ExactSearch search = ExactSearch.begin(VectorOptions.of(1), VectorQuery.of(1));
        search.close();
        search.close();
        assertThrows(IllegalStateException.class, () -> search.nearest(List.of(), null));
    }

    @Test
    void theIdsAmongWhichToSearchAreGivenOnceEach() {
        VectorOptions options = VectorOptions.of(1);
        try (ExactSearch search = ExactSearch.begin(options, VectorQuery.of(1).among(3, -7, 3, 0, -7))) {
            assertArrayEquals(new long[] {-7, 0, 3}, search.among());
        }
        try (ExactSearch search = ExactSearch.begin(options, VectorQuery.of(1).among(new long[0]))) {
            assertArrayEquals(new long[0], search.among(), "among no rows is not among all");
        }
        try (ExactSearch search = ExactSearch.begin(options, VectorQuery.of(1))) {
            assertNull(search.among());
        }
        long[] mine = {2, 1, 2};
        assertArrayEquals(new long[] {1, 2}, ExactSearch.distinct(mine));
        assertArrayEquals(new long[] {2, 1, 2}, mine, "the caller's array is left alone");
        assertArrayEquals(new long[] {1, 2, 3}, ExactSearch.distinct(new long[] {3, 1, 2}));
    }

    @Test
    void aQueryThatIsNoVectorOfTheCollectionIsRefused() {
        VectorOptions floats = VectorOptions.of(4);
        refused("16", () -> ExactSearch.begin(floats, VectorQuery.of(1, 2, 3)));
        refused("16", () -> ExactSearch.begin(floats, VectorQuery.of(1, 2, 3, 4, 5)));
        refused("component 2 of the query is NaN", () -> ExactSearch.begin(floats, VectorQuery.of(1, 2, Float.NaN, 0)));
        refused(
                "component 3 of the query is -Infinity",
                () -> ExactSearch.begin(floats, VectorQuery.of(1, 2, 0, Float.NEGATIVE_INFINITY)));
        ExactSearch.begin(floats.nonFinite(NonFinite.ALLOW), VectorQuery.of(1, 2, Float.NaN, 0))
                .close();

        VectorOptions bytes = VectorOptions.of(16).type(VectorType.INT8);
        refused("float", () -> ExactSearch.begin(bytes, VectorQuery.of(1, 2, 3, 4))); // 16 bytes, too
        refused("16", () -> ExactSearch.begin(bytes, VectorQuery.of(new byte[15])));
        ExactSearch.begin(bytes, VectorQuery.of(new byte[16])).close();

        VectorOptions bits = VectorOptions.of(13).type(VectorType.BIT);
        refused("behind the last component", () -> ExactSearch.begin(bits, VectorQuery.of(new byte[] {0, 0x20})));
        refused("behind the last component", () -> ExactSearch.begin(bits, VectorQuery.of(new byte[] {0, -128})));
        refused("2", () -> ExactSearch.begin(bits, VectorQuery.of(new byte[3])));
        ExactSearch.begin(bits, VectorQuery.of(new byte[] {-1, 0x1F})).close();
        ExactSearch.begin(VectorOptions.of(16).type(VectorType.BIT), VectorQuery.of(new byte[] {-1, -1}))
                .close();
    }

    private static void refused(String message, Runnable begin) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, begin::run);
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void memoryOfAnEarlierQueryLeavesNothingBehindALaterOne() {
        VectorOptions wide = VectorOptions.of(100).type(VectorType.INT8).metric(Metric.SQUARED_EUCLIDEAN);
        VectorOptions narrow = VectorOptions.of(3).type(VectorType.INT8).metric(Metric.SQUARED_EUCLIDEAN);
        byte[] full = new byte[100];
        java.util.Arrays.fill(full, (byte) 99);
        List<MemorySegment> held = new ArrayList<>();
        for (int i = 0; i < 40; i++) { // more than are kept
            held.add(QueryMemory.copy(wide, MemorySegment.ofArray(full)));
        }
        held.forEach(QueryMemory::release);
        for (int i = 0; i < 40; i++) {
            MemorySegment copy = QueryMemory.copy(narrow, MemorySegment.ofArray(new byte[] {1, 2, 3}));
            held.set(i, copy);
            byte[] line = copy.asSlice(0, 64).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
            byte[] expected = new byte[64];
            expected[0] = 1;
            expected[1] = 2;
            expected[2] = 3;
            assertArrayEquals(expected, line);
            assertEquals(0, copy.address() % 64);
        }
        assertEquals(40, held.stream().map(MemorySegment::address).distinct().count(), "each has its own");
        held.forEach(QueryMemory::release);
    }

    @Test
    void memoryIsFoundForTheWidestQueryToo() {
        VectorOptions widest = VectorOptions.of(VectorOptions.MAX_DIMENSION).metric(Metric.DOT_PRODUCT);
        TestRows run = rows(widest, 0, 70, 1, true);
        byte[] vector = TestRows.randomRow(widest, true, random);
        for (int i = 0; i < 3; i++) {
            VectorQuery query = VectorQuery.of(MemorySegment.ofArray(vector)).k(3);
            assertEquals(
                    ids(TestRows.expected(List.of(run), vector, 3, id -> true, arena)),
                    ids(search(widest, query, List.of(run))));
        }
    }

    private static byte[] floats(float... components) {
        byte[] row = new byte[4 * components.length];
        for (int i = 0; i < components.length; i++) {
            MemorySegment.ofArray(row).set(TestRows.FLOAT, 4L * i, components[i]);
        }
        return row;
    }
}
