package dev.ashlar.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Metric;
import dev.ashlar.SearchStoppedException;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How searches end before they are done, who helps them, and that nobody is left behind. */
@Timeout(300)
class SearchStopTest {
    private static final long SEED = 5_2026;
    private static final int ROWS = 4000;
    private static final VectorOptions OPTIONS = VectorOptions.of(16).metric(Metric.SQUARED_EUCLIDEAN);
    private static final int TINY_WINDOWS = 1;

    private final Random random = new Random(SEED);
    private final TestRows run = new TestRows(
            OPTIONS,
            TestRows.randomRows(OPTIONS, ROWS, false, random),
            TestRows.ids(0, ROWS),
            1,
            true,
            random,
            Arena.ofAuto());

    private final ExecutorService executor = Executors.newFixedThreadPool(3);

    @AfterEach
    void stop() throws InterruptedException {
        Thread.interrupted();
        executor.shutdownNow();
        assertTrue(executor.awaitTermination(30, TimeUnit.SECONDS));
        assertEquals(0, run.lateCalls.get(), "a thread was at the rows after the search had ended");
    }

    private VectorQuery query() {
        return VectorQuery.of(new float[16]).k(ROWS).parallelism(4);
    }

    private List<VectorHit> search(VectorQuery query, Executor lender) {
        try (ExactSearch search = ExactSearch.begin(OPTIONS, query)) {
            return search.nearest(List.of(run), lender, TINY_WINDOWS);
        } finally {
            run.release();
        }
    }

    private static LongPredicate slow(int millis) {
        return id -> {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return true;
        };
    }

    /** A slow filter that counts the rows it is asked for when a moment has passed, however slow the machine is. */
    private static LongPredicate slowAndCounting(long moment, AtomicInteger late) {
        return id -> {
            if (System.nanoTime() - moment > 0) {
                late.incrementAndGet();
            }
            return slow(1).test(id);
        };
    }

    @Test
    void aDeadlineEndsASearch() {
        AtomicInteger late = new AtomicInteger();
        Duration deadline = Duration.ofMillis(50);
        long start = System.nanoTime();
        LongPredicate filter = slowAndCounting(start + deadline.toNanos(), late);
        SearchStoppedException e = assertThrows(
                SearchStoppedException.class,
                () -> search(query().filter(filter).deadline(deadline), executor));
        long took = System.nanoTime() - start;
        assertTrue(e.getMessage().contains("PT0.05S"), e.getMessage());
        assertTrue(took >= deadline.toNanos(), "it stopped after " + took + " ns");
        // Four threads ask for 50 rows each until then, and for 64 more until they look; unstopped, for all.
        assertTrue(late.get() < ROWS / 4, late + " rows after the deadline");
    }

    @Test
    void aFilterThatIsSlowDelaysNoDeadlineForAWholeWindow() {
        AtomicInteger late = new AtomicInteger();
        Duration deadline = Duration.ofMillis(20);
        LongPredicate filter = slowAndCounting(System.nanoTime() + deadline.toNanos(), late);
        try (ExactSearch search =
                ExactSearch.begin(OPTIONS, query().filter(filter).deadline(deadline))) {
            // 4,000 rows of 64 bytes are one window, and take 4 s.
            assertThrows(SearchStoppedException.class, () -> search.nearest(List.of(run), null));
        }
        assertTrue(late.get() < ROWS / 4, late + " rows after the deadline");
    }

    @Test
    void theTimeBeforeTheRowsAreThereCounts() throws InterruptedException {
        Duration deadline = Duration.ofMillis(5);
        long start = System.nanoTime();
        try (ExactSearch search = ExactSearch.begin(OPTIONS, query().deadline(deadline))) {
            try {
                search.checkStop();
            } catch (SearchStoppedException e) {
                assertTrue(System.nanoTime() - start >= deadline.toNanos(), "it stopped too early");
            }
            Thread.sleep(10);
            assertThrows(SearchStoppedException.class, search::checkStop);
            assertThrows(SearchStoppedException.class, () -> search.nearest(List.of(), null));
        }
    }

    @Test
    void aDeadlineOfAgesIsNone() {
        VectorQuery query = query().deadline(Duration.ofSeconds(Long.MAX_VALUE));
        assertEquals(ROWS, search(query, executor).size());
    }

    @Test
    void aSearchCanBeCancelledFromOutside() throws InterruptedException {
        AtomicBoolean cancelled = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        LongPredicate filter = id -> {
            begun.countDown();
            while (!cancelled.get()) {
                boolean ignored = slow(1).test(id); // nobody is done before it is cancelled
            }
            return true;
        };
        Thread other = Thread.ofPlatform().start(() -> {
            try {
                begun.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            cancelled.set(true);
        });
        SearchStoppedException e = assertThrows(
                SearchStoppedException.class,
                () -> search(query().filter(filter).cancelledBy(cancelled::get), executor));
        assertTrue(e.getMessage().contains("cancelled"), e.getMessage());
        other.join();
    }

    @Test
    void withoutAFilterEachWindowAsksOnce() {
        AtomicInteger asked = new AtomicInteger();
        VectorQuery query = query().parallelism(1).cancelledBy(() -> asked.incrementAndGet() == 10);
        assertThrows(SearchStoppedException.class, () -> search(query, executor));
        assertEquals(10, asked.get(), "there are 63 windows, and it was asked no more once it had said yes");
    }

    @Test
    void whatCancelledThrowsReachesTheCaller() {
        IllegalStateException mine = new IllegalStateException("mine");
        assertSame(
                mine,
                assertThrows(
                        IllegalStateException.class,
                        () -> search(
                                query().cancelledBy(() -> {
                                    throw mine;
                                }),
                                executor)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anInterruptEndsASearchAndIsKept(boolean rowsAreThere) {
        Thread.currentThread().interrupt();
        try (ExactSearch search = ExactSearch.begin(OPTIONS, query())) {
            assertThrows(
                    SearchStoppedException.class,
                    () -> search.nearest(rowsAreThere ? List.of(run) : List.of(), executor, TINY_WINDOWS));
        }
        assertTrue(Thread.interrupted(), "the status is kept");
    }

    @Test
    void anInterruptWhileOthersHelpEndsTheSearchOnAllThreads() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        LongPredicate filter = id -> {
            begun.countDown();
            await(interrupted); // nobody is done before, and it does not notice interrupts
            return true;
        };
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicBoolean kept = new AtomicBoolean();
        Thread caller = Thread.ofPlatform().start(() -> {
            try {
                search(query().filter(filter), executor);
            } catch (Throwable e) {
                thrown.set(e);
            }
            kept.set(Thread.currentThread().isInterrupted());
        });
        begun.await();
        caller.interrupt();
        interrupted.countDown();
        caller.join();
        assertTrue(thrown.get() instanceof SearchStoppedException, String.valueOf(thrown.get()));
        assertTrue(kept.get(), "the status is kept");
    }

    @Test
    void anInterruptWhileTheCallerWaitsForAHelperIsAnswered() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch leave = new CountDownLatch(1);
        AtomicReference<Thread> caller = new AtomicReference<>();
        // The helper takes one window and is held up in it; the caller does all others, and waits.
        LongPredicate filter = id -> {
            if (Thread.currentThread() == caller.get()) {
                await(inside);
            } else {
                inside.countDown();
                await(leave);
            }
            return true;
        };
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        AtomicBoolean kept = new AtomicBoolean();
        Thread thread = Thread.ofPlatform().unstarted(() -> {
            try {
                search(query().parallelism(2).filter(filter), executor);
            } catch (Throwable e) {
                thrown.set(e);
            }
            kept.set(Thread.currentThread().isInterrupted());
        });
        caller.set(thread);
        thread.start();
        inside.await();
        boolean waited = false;
        while (thread.isAlive() && !waited) {
            waited = thread.getState() == Thread.State.WAITING;
        }
        thread.interrupt();
        thread.join(50);
        boolean there = thread.isAlive();
        leave.countDown();
        thread.join();
        assertTrue(waited && there, "it does not return while another thread is at the rows");
        assertTrue(thrown.get() instanceof SearchStoppedException, String.valueOf(thrown.get()));
        assertTrue(kept.get(), "the status is kept");
    }

    private static void await(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            Thread.onSpinWait();
        }
    }

    @Test
    void whatTheFilterThrowsOnAnyThreadReachesTheCallerAsItIsWhenAllHaveLeft() {
        Thread caller = Thread.currentThread();
        for (boolean onCaller : new boolean[] {true, false}) {
            AtomicInteger inside = new AtomicInteger();
            CountDownLatch failing = new CountDownLatch(1);
            Exception mine = new IOException("not even unchecked");
            LongPredicate filter = id -> {
                inside.incrementAndGet();
                try {
                    if (Thread.currentThread() == caller == onCaller) {
                        failing.countDown();
                        throw SearchStopTest.<RuntimeException>sneak(mine);
                    }
                    await(failing); // the others do not do all of it before
                    return slow(1).test(id);
                } finally {
                    inside.decrementAndGet();
                }
            };
            Throwable thrown = assertThrows(IOException.class, () -> {
                try (ExactSearch search = ExactSearch.begin(OPTIONS, query().filter(filter))) {
                    search.nearest(List.of(run), executor, TINY_WINDOWS);
                }
            });
            assertSame(mine, thrown);
            assertEquals(0, inside.get(), "a thread is still at it");
        }
        run.release();
    }

    @Test
    void theOthersLeaveWhenOneHasFailed() {
        Thread caller = Thread.currentThread();
        CountDownLatch failing = new CountDownLatch(1);
        AtomicInteger asked = new AtomicInteger();
        VectorQuery query = query().parallelism(2).filter(id -> {
            if (Thread.currentThread() != caller) {
                failing.countDown();
                throw new IllegalStateException("mine");
            }
            await(failing);
            asked.incrementAndGet();
            return slow(1).test(id);
        });
        assertThrows(IllegalStateException.class, () -> search(query, executor));
        assertTrue(asked.get() < ROWS * 3 / 4, "it was asked for " + asked + " rows more");
    }

    @Test
    void anInterruptOfAHelperIsNotOneOfTheSearch() {
        CountDownLatch helped = new CountDownLatch(1);
        Thread caller = Thread.currentThread();
        VectorQuery query = query().filter(id -> {
            if (Thread.currentThread() == caller) {
                await(helped);
            } else {
                Thread.currentThread().interrupt(); // as by shutdownNow
                helped.countDown();
            }
            return true;
        });
        assertEquals(ROWS, search(query, executor).size());
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException sneak(Throwable e) throws T {
        throw (T) e;
    }

    @Test
    void helpersHelp() {
        CountDownLatch all = new CountDownLatch(4);
        ThreadLocal<Boolean> came = ThreadLocal.withInitial(() -> false);
        VectorQuery query = query().filter(id -> {
            if (!came.get()) {
                came.set(true);
                all.countDown();
                await(all); // nobody goes on until four threads are here
            }
            return true;
        });
        assertEquals(ROWS, search(query, executor).size());
    }

    @Test
    void noMoreThreadsWorkThanAreAllowedOrWorthIt() {
        for (int allowed : new int[] {1, 2}) {
            AtomicInteger asked = new AtomicInteger();
            try (ExactSearch search = ExactSearch.begin(OPTIONS, query().parallelism(allowed))) {
                search.nearest(List.of(run), task -> asked.incrementAndGet(), TINY_WINDOWS);
            }
            assertEquals(allowed - 1, asked.get());
        }
        // 4,000 rows of 64 bytes are less than a window.
        try (ExactSearch search = ExactSearch.begin(OPTIONS, query())) {
            search.nearest(List.of(run), task -> assertNull(task, "nobody is asked"));
        }
    }

    @Test
    void anExecutorThatRefusesOrIsFullDelaysNothing() throws InterruptedException {
        List<VectorHit> expected;
        try (ExactSearch search = ExactSearch.begin(OPTIONS, query())) {
            expected = search.nearest(List.of(run), null, TINY_WINDOWS);
        }
        try (ExactSearch search = ExactSearch.begin(OPTIONS, query())) {
            assertEquals(
                    expected,
                    search.nearest(
                            List.of(run),
                            task -> {
                                throw new RejectedExecutionException();
                            },
                            TINY_WINDOWS));
        }
        CountDownLatch busy = new CountDownLatch(3);
        CountDownLatch free = new CountDownLatch(1);
        for (int i = 0; i < 3; i++) {
            executor.execute(() -> {
                busy.countDown();
                await(free);
            });
        }
        busy.await();
        assertEquals(expected, search(query(), executor));
        free.countDown();
        executor.shutdown();
        assertTrue(executor.awaitTermination(30, TimeUnit.SECONDS), "helpers that came too late have gone");
    }

    @Test
    void anExecutorThatRunsTasksOnTheCallerWorks() {
        try (ExactSearch search = ExactSearch.begin(OPTIONS, query())) {
            assertEquals(
                    ROWS,
                    search.nearest(List.of(run), Runnable::run, TINY_WINDOWS).size());
        }
        Thread.currentThread().interrupt();
        assertThrows(SearchStoppedException.class, () -> search(query(), Runnable::run));
        assertTrue(Thread.interrupted());
    }

    @Test
    void anExecutorThatFailsIsAnErrorAndNobodyIsLeftBehind() {
        UnsupportedOperationException mine = new UnsupportedOperationException();
        AtomicInteger asked = new AtomicInteger();
        Executor breaking = task -> {
            if (asked.incrementAndGet() == 2) {
                throw mine;
            }
            executor.execute(task);
        };
        VectorQuery query = query().filter(slow(1));
        assertSame(mine, assertThrows(UnsupportedOperationException.class, () -> search(query, breaking)));
    }

    @Test
    void aHelperThatComesTooLateFindsNothingAndHoldsNothing() throws InterruptedException {
        List<Runnable> late = new ArrayList<>();
        WeakReference<Object> work = searchWithLateHelpers(late);
        assertEquals(3, late.size());
        late.forEach(Runnable::run);
        for (int i = 0; i < 200 && work.get() != null; i++) {
            List<byte[]> garbage = new ArrayList<>();
            for (int j = 0; j < 64; j++) {
                garbage.add(new byte[256 << 10]);
            }
            assertEquals(64, garbage.size());
            System.gc();
            Thread.sleep(5);
        }
        assertNull(work.get(), "the executor's queue holds the rows");
        assertFalse(late.isEmpty());
    }

    private WeakReference<Object> searchWithLateHelpers(List<Runnable> late) {
        TestRows rows = new TestRows(OPTIONS, run.rows, run.ids, 1, true, random, Arena.ofAuto());
        try (ExactSearch search = ExactSearch.begin(OPTIONS, query())) {
            assertEquals(
                    ROWS, search.nearest(List.of(rows), late::add, TINY_WINDOWS).size());
        }
        rows.release();
        late.forEach(Runnable::run);
        assertEquals(0, rows.lateCalls.get());
        return new WeakReference<>(rows);
    }

    @Test
    void manySearchesAtOnceOnFewThreadsAllFindTheSame() throws Exception {
        List<VectorHit> expected;
        try (ExactSearch search = ExactSearch.begin(OPTIONS, query().k(1000))) {
            expected = search.nearest(List.of(run), null, TINY_WINDOWS);
        }
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<java.util.concurrent.Future<?>> searches = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                searches.add(callers.submit(() -> {
                    for (int j = 0; j < 5; j++) {
                        try (ExactSearch search = ExactSearch.begin(OPTIONS, query().k(1000))) {
                            assertEquals(expected, search.nearest(List.of(run), executor, TINY_WINDOWS));
                        }
                    }
                }));
            }
            for (var search : searches) {
                search.get();
            }
        }
        run.release();
    }
}
