package dev.ashlar.vector;

import dev.ashlar.SearchStoppedException;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A search that looks at every row. It begins with the query alone, so that what a caller does to find the rows is within
 * the deadline and can be stopped too:
 *
 * <pre>{@code
 * try (ExactSearch search = ExactSearch.begin(options, query)) {
 *     List<RowRun> runs = ... // of one moment; of the rows among search.among() if that is not null
 *     return search.nearest(runs, executor);
 * }
 * }</pre>
 *
 * For the thread that has begun it.
 */
public final class ExactSearch implements AutoCloseable {
    private final VectorOptions options;
    private final VectorQuery query;
    private final StopSignal stop;
    private @Nullable MemorySegment vector;

    private ExactSearch(VectorOptions options, VectorQuery query, MemorySegment vector, StopSignal stop) {
        this.options = options;
        this.query = query;
        this.vector = vector;
        this.stop = stop;
    }

    /**
     * Begins a search: the time runs, and the query is copied.
     *
     * @throws IllegalArgumentException if the query is not a vector that the collection could hold
     */
    public static ExactSearch begin(VectorOptions options, VectorQuery query) {
        StopSignal stop = new StopSignal(query);
        RowCheck.checkShape(options, query.vector(), "the query");
        MemorySegment copy = QueryMemory.copy(options, query.vector());
        try {
            RowCheck.checkComponents(options, copy, 0, "the query");
        } catch (IllegalArgumentException e) {
            QueryMemory.release(copy);
            throw e;
        }
        return new ExactSearch(options, query, copy, stop);
    }

    /** The ids of the only rows that count, each once, ascending; null if all do. The rows of the runs have to be those. */
    public long @Nullable [] among() {
        long[] ids = query.among();
        return ids == null ? null : distinct(ids);
    }

    /** The same ids, each once, ascending. */
    public static long[] distinct(long[] ids) {
        long[] sorted = ids.clone();
        Arrays.sort(sorted);
        int count = 0;
        for (int i = 0; i < sorted.length; i++) {
            if (i == 0 || sorted[i] != sorted[i - 1]) {
                sorted[count++] = sorted[i];
            }
        }
        return count == sorted.length ? sorted : Arrays.copyOf(sorted, count);
    }

    /**
     * For loops before {@link #nearest}: to be called from time to time.
     *
     * @throws SearchStoppedException if the deadline has passed, the search was cancelled or the thread interrupted
     */
    public void checkStop() {
        stop.check();
    }

    /**
     * The nearest rows, nearest first. When it returns or throws, no thread is at a run, nor will be.
     *
     * @param runs none of which has a row that another one has too
     * @param executor lends threads, if the query allows more than one and there is enough to do; null: there are none to lend
     * @throws SearchStoppedException if the deadline passed, the search was cancelled or the thread interrupted
     * @throws dev.ashlar.CorruptionException if one of the nearest rows is damaged
     */
    public List<VectorHit> nearest(List<? extends RowRun> runs, @Nullable Executor executor) {
        return nearest(runs, executor, Windows.BYTES);
    }

    /** With windows of this size, so that a test can have many. */
    List<VectorHit> nearest(List<? extends RowRun> runs, @Nullable Executor executor, int windowBytes) {
        MemorySegment copy = vector;
        if (copy == null) {
            throw new IllegalStateException("the search is closed");
        }
        stop.check();
        RowRun[] all = runs.toArray(RowRun[]::new);
        Ranking ranking = new Ranking(options.metric());
        Windows windows = new Windows(all, options.stride(), windowBytes);
        Crew crew = new Crew();
        WindowScan scan =
                new WindowScan(windows, new Scorer(options, copy), ranking, query.filter(), query.k(), stop, crew);
        int threads = query.parallelism() == 0 ? Runtime.getRuntime().availableProcessors() : query.parallelism();
        crew.run(scan, Math.min(threads, windows.worthThreads()) - 1, executor);
        TopK nearest = scan.nearest();
        nearest.sort();
        List<VectorHit> hits = new ArrayList<>(nearest.size());
        for (int i = 0; i < nearest.size(); i++) {
            hits.add(all[nearest.run(i)].hit(nearest.row(i), ranking.score(nearest.rank(i))));
        }
        return Collections.unmodifiableList(hits);
    }

    /** Gives the memory of the query back. */
    @Override
    public void close() {
        if (vector != null) {
            QueryMemory.release(vector);
            vector = null;
        }
    }
}
