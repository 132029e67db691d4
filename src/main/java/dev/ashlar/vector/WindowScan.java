package dev.ashlar.vector;

import java.lang.foreign.MemorySegment;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/** What each thread of a search does: takes windows, scores their rows, and keeps those that are nearest. */
final class WindowScan implements Runnable {
    private static final int WORD_ROWS = Long.SIZE;

    private final Windows windows;
    private final Scorer scorer;
    private final Ranking ranking;
    private final @Nullable LongPredicate filter;
    private final int k;
    private final StopSignal stop;
    private final Crew crew;

    /** Of the threads that are done. */
    private final TopK nearest;

    WindowScan(
            Windows windows,
            Scorer scorer,
            Ranking ranking,
            @Nullable LongPredicate filter,
            int k,
            StopSignal stop,
            Crew crew) {
        this.windows = windows;
        this.scorer = scorer;
        this.ranking = ranking;
        this.filter = filter;
        this.k = (int) Math.min(k, windows.rows());
        this.stop = stop;
        this.crew = crew;
        this.nearest = new TopK(this.k);
    }

    /** The nearest rows of all, when no thread is at work any more. */
    TopK nearest() {
        return nearest;
    }

    @Override
    public void run() {
        Windows.Way way = windows.new Way();
        if (crew.hasFailed() || !way.next()) {
            return;
        }
        TopK own = new TopK(k);
        float[] scores = new float[WORD_ROWS];
        do {
            stop.check();
            scan(way, own, scores);
        } while (!crew.hasFailed() && way.next());
        synchronized (nearest) {
            nearest.addAll(own);
        }
    }

    private void scan(Windows.Way way, TopK own, float[] scores) {
        RowRun run = way.run();
        MemorySegment bytes = run.bytes();
        int end = way.endWord();
        for (int word = way.firstWord(); word < end; word++) {
            if (filter != null && leaves()) {
                return;
            }
            long live = run.liveMask(word) & existing(run, word);
            while (live != 0) {
                int from = Long.numberOfTrailingZeros(live);
                int count = Long.numberOfTrailingZeros(~(live >>> from)); // zeros come in from above, but for from == 0
                int first = word * WORD_ROWS + from;
                scorer.score(run, bytes, first, count, scores);
                offer(way, first, count, scores, own);
                live = from + count == WORD_ROWS ? 0 : live & (-1L << (from + count));
            }
        }
    }

    /** A filter is the caller's: nobody knows how long it takes for all rows of a window. */
    private boolean leaves() {
        stop.check();
        return crew.hasFailed();
    }

    private void offer(Windows.Way way, int first, int count, float[] scores, TopK own) {
        int bound = own.bound();
        for (int i = 0; i < count; i++) {
            int rank = ranking.rank(scores[i]);
            if (rank > bound) {
                continue;
            }
            int row = first + i;
            long id = way.run().id(row);
            if (own.admits(rank, id) && (filter == null || filter.test(id))) {
                own.add(rank, id, way.runNumber(), row);
                bound = own.bound();
            }
        }
    }

    /** A bit for each row of a word that the run has. */
    private static long existing(RowRun run, int word) {
        int rows = run.count() - word * WORD_ROWS;
        return rows >= WORD_ROWS ? -1L : (1L << rows) - 1;
    }
}
