package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Tells whoever issued a write what became of it. Completed once, by the thread that has the appender's role, or by the
 * sync thread for futures that wait for the device.
 */
final class Ticket {
    private final @Nullable CompletableFuture<Long> future;
    private final Durability durability;
    private long lsn;
    private @Nullable Throwable error;
    private volatile @Nullable Thread waiter;
    private volatile boolean done;

    private Ticket(@Nullable CompletableFuture<Long> future, Durability durability) {
        this.future = future;
        this.durability = durability;
    }

    /** For a caller who waits in {@link Appender#await}. */
    static Ticket waiting() {
        return new Ticket(null, Durability.APPENDED);
    }

    static Ticket future(CompletableFuture<Long> future, Durability durability) {
        return new Ticket(future, durability);
    }

    boolean isDone() {
        return done;
    }

    /** True if completing has to wait until the write is durable. */
    boolean waitsForDevice() {
        return future != null && durability == Durability.DURABLE;
    }

    void complete(long lsn) {
        this.lsn = lsn;
        finish();
        if (future != null) {
            future.complete(lsn);
        }
    }

    /** The write is in the log, but its future completes later, with {@link #completeDurable}. */
    void appended(long lsn) {
        this.lsn = lsn;
    }

    void completeDurable() {
        complete(lsn);
    }

    void fail(Throwable error) {
        this.error = error;
        finish();
        if (future != null) {
            future.completeExceptionally(error);
        }
    }

    private void finish() {
        done = true;
        Thread thread = waiter;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    void parkUntilDone(long nanos) {
        waiter = Thread.currentThread();
        if (!done) {
            LockSupport.parkNanos(this, nanos);
        }
    }

    /** The write's LSN, once it is done. */
    long result() {
        Throwable failure = error;
        if (failure == null) {
            return lsn;
        }
        if (failure instanceof AshlarException e) {
            throw Failures.copy(e);
        }
        throw new IllegalStateException("the write failed in a way that is no AshlarException", failure);
    }
}
