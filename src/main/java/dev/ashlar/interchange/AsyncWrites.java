package dev.ashlar.interchange;

import dev.ashlar.AshlarException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes that are not waited for one by one, so that the appender has many to frame at a time: what a batch would gain,
 * without holding one in memory. For one thread. Nothing is certain before {@link #finish}.
 */
final class AsyncWrites {
    private static final int MAX_UNDER_WAY = 1024;

    private final Semaphore underWay = new Semaphore(MAX_UNDER_WAY);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    void start(Supplier<CompletableFuture<Long>> write) {
        underWay.acquireUninterruptibly();
        boolean handedOver = false;
        try {
            requireNoFailure();
            var _ = write.get().whenComplete((_, problem) -> {
                if (problem != null) {
                    failure.compareAndSet(null, problem);
                }
                underWay.release();
            });
            handedOver = true;
        } finally {
            if (!handedOver) {
                underWay.release();
            }
        }
    }

    /** Waits until everything is written; throws what kept a write from it. */
    void finish() {
        underWay.acquireUninterruptibly(MAX_UNDER_WAY);
        underWay.release(MAX_UNDER_WAY);
        requireNoFailure();
    }

    private void requireNoFailure() {
        Throwable problem = failure.get();
        if (problem instanceof CompletionException wrapped && wrapped.getCause() != null) {
            problem = wrapped.getCause();
        }
        if (problem instanceof AshlarException known) {
            throw known;
        }
        if (problem != null) {
            throw new CompletionException(problem);
        }
    }
}
