package dev.ashlar.vector;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The rows of a search in windows, given to whoever asks for the next one. A window is a stretch of one run of about {@link
 * #BYTES}, in whole words of 64 rows: enough that asking costs nothing, little enough that threads finish together and
 * notice soon when they are to stop.
 */
final class Windows {
    static final int BYTES = 512 << 10;
    private static final int WORD_ROWS = Long.SIZE;

    private final RowRun[] runs;

    /** The first window of each run; behind the last run, how many there are. */
    private final long[] firsts;

    private final int words;
    private final long rows;
    private final int threads;
    private final AtomicLong next = new AtomicLong();

    /** @param bytes of a window, {@link #BYTES} or what a test wants; a word of rows at least */
    Windows(RowRun[] runs, int stride, int bytes) {
        this.runs = runs;
        this.words = Math.max(1, bytes / (WORD_ROWS * stride));
        this.firsts = new long[runs.length + 1];
        long rows = 0;
        for (int i = 0; i < runs.length; i++) {
            int count = runs[i].count();
            rows += count;
            firsts[i + 1] = firsts[i] + (words(count) + words - 1) / words;
        }
        this.rows = rows;
        this.threads = Math.clamp(rows * stride / bytes, 1, Integer.MAX_VALUE);
    }

    /** Of all runs, those that do not count included. */
    long rows() {
        return rows;
    }

    /** How many threads there is work for. */
    int worthThreads() {
        return threads;
    }

    private static int words(int rows) {
        return (int) (((long) rows + WORD_ROWS - 1) / WORD_ROWS);
    }

    /** One thread's way through the windows, which come in ascending order. */
    final class Way {
        private long window;
        private int run;

        /** Goes to the next window that nobody has; false if there is none. */
        boolean next() {
            window = next.getAndIncrement();
            while (run < runs.length && window >= firsts[run + 1]) {
                run++;
            }
            return run < runs.length;
        }

        int runNumber() {
            return run;
        }

        RowRun run() {
            return runs[run];
        }

        int firstWord() {
            return (int) ((window - firsts[run]) * words);
        }

        int endWord() {
            return (int) Math.min(firstWord() + (long) words, words(run().count()));
        }
    }
}
