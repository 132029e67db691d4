package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a reader at a number of bytes per second: it reads a piece, then waits until the piece is due. Time that was not
 * used is not made up for, but for a tenth of a second, so there are no bursts. For one thread, which holds nothing that
 * others wait for.
 */
final class ReadRate {
    private static final int MOST_BYTES = 1 << 20;
    private static final int LEAST_BYTES = 4096;

    /** The rate is kept over stretches as short as this. */
    private static final int PIECES_PER_SECOND = 20;

    private static final long MOST_CREDIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final long bytesPerSecond;
    private final Runnable check;

    /** When all that was read is due. */
    private long due = System.nanoTime();

    /**
     * @param bytesPerSecond 0: without limit
     * @param check run between pieces; what it throws ends the reading
     */
    ReadRate(long bytesPerSecond, Runnable check) {
        this.bytesPerSecond = bytesPerSecond;
        this.check = check;
    }

    /** Bytes to read at once, at most. */
    int piece() {
        return bytesPerSecond == 0
                ? MOST_BYTES
                : Math.clamp(bytesPerSecond / PIECES_PER_SECOND, LEAST_BYTES, MOST_BYTES);
    }

    /** Waits until so many bytes more may have been read. */
    void read(long bytes) {
        check.run();
        if (bytesPerSecond == 0) {
            return;
        }
        long now = System.nanoTime();
        if (due - now < -MOST_CREDIT_NANOS) {
            due = now - MOST_CREDIT_NANOS;
        }
        due += (long) (bytes * 1e9 / bytesPerSecond);
        for (long left = due - now; left > 0; left = due - System.nanoTime()) {
            try {
                TimeUnit.NANOSECONDS.sleep(Math.min(left, LONGEST_WAIT_NANOS));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AshlarException(
                        "interrupted while verifying; nothing was changed, and verifying again"
                                + " begins at the beginning",
                        e);
            }
            check.run();
        }
    }
}
