package dev.ashlar.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Metric;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorOptions.NonFinite;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongPredicate;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;

/** Searches against an oracle that scores each row on its own and sorts them all. */
class ExactSearchPropertyTest {
    private static final ExecutorService HELPERS = Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("helper-", 0).factory());

    /** So small that every word of rows is a window. */
    private static final int TINY_WINDOWS = 1;

    enum Filter {
        NONE,
        HALF,
        FEW,
        NOTHING
    }

    record Shape(int count, double live, boolean dense) {}

    record Case(
            VectorOptions options,
            List<Shape> runs,
            boolean coarse,
            boolean notNumbers,
            int k,
            int threads,
            Filter filter,
            long seed) {}

    @AfterContainer
    static void stop() {
        HELPERS.shutdownNow();
    }

    @Property(tries = 400)
    void aSearchFindsWhatTheOracleFinds(@ForAll("cases") Case c) {
        Random random = new Random(c.seed);
        try (Arena arena = Arena.ofShared()) {
            List<TestRows> runs = new ArrayList<>();
            // Neighbouring runs have ids from both ends, so that neither place nor order agrees with the order of ids.
            long firstId = -500;
            for (Shape shape : c.runs) {
                byte[][] rows = TestRows.randomRows(c.options, shape.count, c.coarse, random);
                if (c.notNumbers) {
                    putNotNumbers(c.options, rows, random);
                }
                for (int i = 1; i < rows.length; i++) {
                    rows[i] = random.nextInt(4) == 0 ? rows[random.nextInt(i)] : rows[i]; // ties
                }
                long[] ids = TestRows.ids(runs.size() % 2 == 0 ? firstId : -firstId, shape.count);
                shuffle(ids, random);
                firstId -= 1000;
                runs.add(new TestRows(c.options, rows, ids, shape.live, shape.dense, random, arena));
            }
            byte[] vector = TestRows.randomRow(c.options, c.coarse, random);
            LongPredicate filter = predicate(c.filter);
            List<VectorHit> expected =
                    TestRows.expected(runs, vector, c.k, filter == null ? id -> true : filter, arena);
            VectorQuery query = VectorQuery.of(MemorySegment.ofArray(vector))
                    .k(c.k)
                    .parallelism(c.threads)
                    .filter(filter);
            List<VectorHit> found;
            try (ExactSearch search = ExactSearch.begin(c.options, query)) {
                found = search.nearest(runs, HELPERS, TINY_WINDOWS);
            }
            runs.forEach(TestRows::release);
            assertSameHits(expected, found);
            for (VectorHit hit : found) {
                checkPlausible(c.options, vector, hit);
            }
            for (TestRows run : runs) {
                assertEquals(0, run.lateCalls.get(), "asked after the search had returned");
            }
        }
    }

    private static void assertSameHits(List<VectorHit> expected, List<VectorHit> found) {
        assertEquals(
                expected.stream().map(VectorHit::id).toList(),
                found.stream().map(VectorHit::id).toList());
        for (int i = 0; i < found.size(); i++) {
            VectorHit hit = found.get(i);
            // + 0.0f: a score of -0.0 is given as 0.0
            assertEquals(expected.get(i).score() + 0.0f, hit.score(), "score of " + hit.id());
            assertEquals(expected.get(i).version(), hit.version());
            assertEquals(-1, expected.get(i).row().mismatch(hit.row()), "row of " + hit.id());
        }
    }

    /** The kernels' own tests say how near they have to be; here it is about the right kernel, of the right row. */
    private static void checkPlausible(VectorOptions options, byte[] query, VectorHit hit) {
        byte[] row = new byte[options.rowBytes()];
        MemorySegment.ofArray(row).copyFrom(hit.row());
        double exact = TestRows.exactScore(options, query, row);
        double magnitude = 0;
        for (int i = 0; i < options.dimension(); i++) {
            double x = TestRows.component(options.type(), query, i);
            double y = TestRows.component(options.type(), row, i);
            magnitude += Math.abs(x) * Math.abs(x) + Math.abs(y) * Math.abs(y);
        }
        boolean aRatio = options.metric() == Metric.COSINE || options.metric() == Metric.JACCARD;
        double tolerance = 1e-5 * (aRatio ? 1 : magnitude);
        assertTrue(
                Double.isNaN(exact)
                        ? Float.isNaN(hit.score())
                        : Double.isInfinite(exact) ? hit.score() == exact : Math.abs(hit.score() - exact) <= tolerance,
                () -> options + ": " + hit.score() + " instead of " + exact);
    }

    private static void putNotNumbers(VectorOptions options, byte[][] rows, Random random) {
        float[] some = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
        for (byte[] row : rows) {
            if (random.nextInt(5) == 0) {
                MemorySegment.ofArray(row)
                        .set(TestRows.FLOAT, 4L * random.nextInt(options.dimension()), some[random.nextInt(3)]);
            }
        }
    }

    private static LongPredicate predicate(Filter filter) {
        return switch (filter) {
            case NONE -> null;
            case HALF -> id -> (id & 1) == 0;
            case FEW -> id -> Math.floorMod(id, 37) == 0;
            case NOTHING -> id -> false;
        };
    }

    private static void shuffle(long[] ids, Random random) {
        for (int i = ids.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            long id = ids[i];
            ids[i] = ids[j];
            ids[j] = id;
        }
    }

    @Provide
    Arbitrary<Case> cases() {
        Arbitrary<VectorOptions> options = Combinators.combine(
                        Arbitraries.of(kinds()), Arbitraries.integers().between(1, 70), Arbitraries.of(NonFinite.class))
                .as((kind, dimension, nonFinite) -> VectorOptions.of(dimension)
                        .type(kind.type())
                        .metric(kind.metric())
                        .nonFinite(nonFinite));
        Arbitrary<Shape> shape = Combinators.combine(
                        Arbitraries.integers().between(0, 300),
                        Arbitraries.of(1.0, 0.97, 0.5, 0.02, 0.0),
                        Arbitraries.of(true, false))
                .as(Shape::new);
        return Combinators.combine(
                        options,
                        shape.list().ofMaxSize(4),
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false),
                        Arbitraries.oneOf(
                                Arbitraries.integers().between(1, 20),
                                Arbitraries.integers().between(1, 2000)),
                        Arbitraries.integers().between(0, 5),
                        Arbitraries.of(Filter.class),
                        Arbitraries.longs())
                .as((o, runs, coarse, notNumbers, k, threads, filter, seed) ->
                        new Case(o, runs, coarse, notNumbers && allowsAll(o), k, threads, filter, seed));
    }

    private static boolean allowsAll(VectorOptions options) {
        return options.type() == VectorType.FLOAT32 && options.nonFinite() == NonFinite.ALLOW;
    }

    record Kind(VectorType type, Metric metric) {}

    static List<Kind> kinds() {
        return Arrays.stream(VectorType.values())
                .flatMap(type -> Arrays.stream(Metric.values())
                        .filter(metric -> metric.suits(type))
                        .map(metric -> new Kind(type, metric)))
                .toList();
    }
}
