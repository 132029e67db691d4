package dev.ashlar.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a search allocates on the heap of the thread that does all of it. */
@Timeout(300)
class SearchAllocationTest {
    private static final long SEED = 64_2026;
    private static final int ROWS = 20_000;
    private static final int K = 10;

    /** For the search and its parts, and for the hits with their views. */
    private static final long MOST_BYTES = 2500 + K * 200;

    static List<ExactSearchPropertyTest.Kind> kinds() {
        return ExactSearchPropertyTest.kinds();
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aSearchAllocatesNothingForARowOrAWindow(ExactSearchPropertyTest.Kind kind)
            throws ReflectiveOperationException {
        VectorOptions options = VectorOptions.of(kind.type() == VectorType.BIT ? 512 : 16)
                .type(kind.type())
                .metric(kind.metric());
        Random random = new Random(SEED);
        byte[][] rows = TestRows.randomRows(options, ROWS, false, random);
        long[] ids = TestRows.ids(0, ROWS);
        Arena arena = Arena.ofAuto();
        LongPredicate filter = id -> id % 3 != 0;
        VectorQuery query = VectorQuery.of(MemorySegment.ofArray(rows[7])).k(K).filter(filter);
        // A dense run with holes, one without, and one that is scattered; 939 words, each a window of its own.
        List<TestRows> runs = List.of(
                new TestRows(options, rows, ids, 0.9, true, random, arena),
                new TestRows(options, rows, TestRows.ids(ROWS, ROWS), 1, true, random, arena),
                new TestRows(options, rows, TestRows.ids(2 * ROWS, ROWS), 1, false, random, arena));
        // The first searches run in the interpreter, and where objects are really made; the compiler comes when it can.
        long least = Long.MAX_VALUE;
        long end = System.nanoTime() + 60_000_000_000L;
        while (least > MOST_BYTES && System.nanoTime() < end) {
            long before = allocated();
            try (ExactSearch search = ExactSearch.begin(options, query)) {
                List<VectorHit> hits = search.nearest(runs, null, 1);
                least = Math.min(least, allocated() - before);
                assertEquals(K, hits.size());
            }
        }
        assertTrue(
                least <= MOST_BYTES, "a search of " + 3 * ROWS + " rows allocates " + least + " bytes, seed " + SEED);
    }

    /** By this thread. The module does not require the one that counts. */
    private static long allocated() throws ReflectiveOperationException {
        Object counter = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        return (long) Class.forName("com.sun.management.ThreadMXBean")
                .getMethod("getCurrentThreadAllocatedBytes")
                .invoke(counter);
    }
}
