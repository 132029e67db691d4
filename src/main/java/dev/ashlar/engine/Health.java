package dev.ashlar.engine;

import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreFailedException;
import org.jspecify.annotations.Nullable;

/** Whether the store takes writes: open, failed for good, or closed. The first failure sticks. */
final class Health {
    private final String store;
    private volatile @Nullable Throwable failure;
    private volatile boolean closing;
    private volatile boolean closed;

    Health(String store) {
        this.store = store;
    }

    void checkWritable() {
        if (failure != null || closing) {
            throw refusal(false);
        }
    }

    void checkReadable() {
        if (closed) {
            throw closedException();
        }
    }

    StoreClosedException closedException() {
        return new StoreClosedException("the store " + store + " is closed");
    }

    /** What to tell a writer whose write is not, or may not be, in the log. */
    RuntimeException refusal(boolean indeterminate) {
        Throwable cause = failure;
        if (cause == null) {
            return closedException();
        }
        return new StoreFailedException(
                "the store " + store + " has failed and takes no writes until it is opened again"
                        + (indeterminate ? "; this write may or may not be there then" : "; this write is not stored")
                        + ". The cause: " + cause.getMessage(),
                indeterminate,
                cause);
    }

    synchronized void fail(Throwable cause) {
        if (failure == null) {
            failure = cause;
        }
    }

    boolean failed() {
        return failure != null;
    }

    /** False if somebody else closes already. */
    synchronized boolean beginClosing() {
        boolean first = !closing;
        closing = true;
        return first;
    }

    void closed() {
        closed = true;
    }
}
