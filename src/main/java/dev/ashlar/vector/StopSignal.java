package dev.ashlar.vector;

import dev.ashlar.SearchStoppedException;
import dev.ashlar.VectorQuery;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Says when a search is to stop. Made on the thread that searches, when it begins; asked by all that help it. */
final class StopSignal {
    private static final Duration FOREVER = Duration.ofNanos(Long.MAX_VALUE);

    private final Thread caller = Thread.currentThread();
    private final long start = System.nanoTime();
    private final @Nullable Duration deadline;
    private final long deadlineNanos;
    private final @Nullable BooleanSupplier cancelled;

    StopSignal(VectorQuery query) {
        Duration asked = query.deadline();
        // What is beyond 292 years is not counted in nanoseconds.
        this.deadline = asked == null || asked.compareTo(FOREVER) >= 0 ? null : asked;
        this.deadlineNanos = deadline == null ? 0 : deadline.toNanos();
        this.cancelled = query.cancelled();
    }

    /** @throws SearchStoppedException if the search is to stop */
    void check() {
        // The caller's status on every thread: it may be waiting for the others, or have lent itself to the executor.
        if (caller.isInterrupted()) {
            throw interrupted();
        }
        if (cancelled != null && cancelled.getAsBoolean()) {
            throw new SearchStoppedException("the search was cancelled");
        }
        if (deadline != null && System.nanoTime() - start >= deadlineNanos) {
            throw new SearchStoppedException("the search was not done within its deadline of " + deadline
                    + "; with more time, more threads or fewer rows it would be");
        }
    }

    static SearchStoppedException interrupted() {
        return new SearchStoppedException("the thread was interrupted while it searched; its interrupt status is kept");
    }
}
