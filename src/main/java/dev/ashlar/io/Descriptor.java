package dev.ashlar.io;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * An open file descriptor and the number of calls that are using it. Numbers of closed descriptors are given out again
 * at once, so a call that came late would write into a stranger's file; here it is refused instead, and the descriptor
 * is closed by {@link #close} or by the last call that was under way, whichever ends later. Nobody waits.
 */
final class Descriptor {
    private static final int CLOSED = Integer.MIN_VALUE;
    private static final VarHandle STATE;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Descriptor.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int number;
    private final String file;

    /** The number of calls under way; with {@link #CLOSED} added once no more are let in. */
    @SuppressWarnings("unused")
    private volatile int state;

    Descriptor(int number, String file) {
        this.number = number;
        this.file = file;
    }

    /**
     * Begins a call; {@link #leave} must follow in a {@code finally}.
     *
     * @return the number of the descriptor
     * @throws dev.ashlar.StorageException if it is closed
     */
    int enter(String operation) {
        while (true) {
            int users = (int) STATE.getVolatile(this);
            if (users < 0) {
                throw FileChecks.closed(operation, file);
            }
            if (STATE.weakCompareAndSet(this, users, users + 1)) {
                return number;
            }
        }
    }

    void leave() {
        if ((int) STATE.getAndAdd(this, -1) == CLOSED + 1) {
            closeNumber();
        }
    }

    /** Lets no more calls in. Closing twice is harmless. */
    void close() {
        if ((int) STATE.getAndBitwiseOr(this, CLOSED) == 0) {
            closeNumber();
        }
    }

    /** Called once. Never tried again, not even after EINTR: on Linux the number is free whatever was returned. */
    private void closeNumber() {
        int result = Libc.close(number);
        if (result < 0 && result != -Errno.EINTR) {
            throw Errno.failure("close", file, -result, "closing it; what was not synced before may be lost", null);
        }
    }
}
