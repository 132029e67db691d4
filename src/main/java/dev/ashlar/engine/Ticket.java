package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tells whoever issued a write what became of it. Settled once, by the thread that has the appender's role, or by the
 * sync thread for futures that wait for the device.
 *
 * <p>It is the future that an asynchronous write returns, so that such a write makes one object and not two. What its
 * holder does to it as a {@link CompletableFuture} means nothing to the engine.
 */
final class Ticket extends CompletableFuture<Long> {
    private final boolean isFuture;
    private final boolean durable;
    private long lsn;
    private @Nullable Throwable error;
    private volatile @Nullable Thread waiter;
    private volatile boolean settled;

    /** Whether it was given to who does not wait. */
    boolean isFuture() {
        return isFuture;
    }

    private Ticket(boolean isFuture, boolean durable) {
        this.isFuture = isFuture;
        this.durable = durable;
    }

    /** For a caller who waits in {@link Appender#await}. */
    static Ticket waiting() {
        return new Ticket(false, false);
    }

    static Ticket future(Durability durability) {
        return new Ticket(true, Objects.requireNonNull(durability, "durability") == Durability.DURABLE);
    }

    boolean isSettled() {
        return settled;
    }

    /** True if completing has to wait until the write is durable. */
    boolean waitsForDevice() {
        return durable;
    }

    void succeed(long writtenLsn) {
        lsn = writtenLsn;
        settle();
        if (isFuture) {
            complete(writtenLsn);
        }
    }

    /** The write is in the log, but its future completes later, with {@link #becomeDurable}. */
    void appended(long writtenLsn) {
        lsn = writtenLsn;
    }

    void becomeDurable() {
        succeed(lsn);
    }

    void fail(Throwable failure) {
        error = failure;
        settle();
        if (isFuture) {
            completeExceptionally(failure);
        }
    }

    private void settle() {
        settled = true;
        Thread thread = waiter;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    void parkUntilSettled(long nanos) {
        waiter = Thread.currentThread();
        if (!settled) {
            LockSupport.parkNanos(this, nanos);
        }
    }

    /** The write's LSN, once it is settled. */
    long writtenLsn() {
        Throwable failure = error;
        if (failure == null) {
            return lsn;
        }
        if (failure instanceof AshlarException e) {
            throw Failures.copy(e);
        }
        if (failure instanceof RemovedSpaceException) {
            throw new IllegalStateException(failure.getMessage(), failure);
        }
        throw new IllegalStateException("the write failed in a way that is no AshlarException", failure);
    }
}
