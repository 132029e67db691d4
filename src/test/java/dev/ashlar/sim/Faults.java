package dev.ashlar.sim;

import java.util.EnumSet;
import java.util.Set;

/** Which calls to a {@link SimStorage} fail, and how. Nothing does at first. */
final class Faults {
    /** What is counted, and can fail. */
    enum Call {
        CREATE,
        OPEN,
        READ,
        WRITE,
        ALLOCATE,
        SYNC,
        SYNC_DIRECTORY,
        RENAME,
        UNLINK;

        static final Set<Call> ALL = EnumSet.allOf(Call.class);
        static final Set<Call> CHANGES = EnumSet.complementOf(EnumSet.of(OPEN, READ));
    }

    /** How they fail. */
    enum Failure {
        /** The device fails. A sync marks pages clean, of which it wrote some. */
        EIO,
        /** There is no room; a sync fails with EIO then. */
        ENOSPC,
        /** A signal; nothing happened. Calls that cannot be interrupted succeed. */
        EINTR,
        /** Reads and writes do less than they were asked for; nothing else fails. */
        SHORT
    }

    private Set<Call> calls = EnumSet.noneOf(Call.class);
    private Failure failure = Failure.EIO;
    private int from;
    private int to;
    private int counted;
    private int fired;
    private int failedWrites;
    private String awaited;
    private Runnable interlude = () -> {};

    /** The n-th of these calls from now on, counted from 1, fails, and those that follow up to the m-th. */
    synchronized void fail(Set<Call> failing, Failure how, int n, int m) {
        calls = failing;
        failure = how;
        from = n;
        to = m;
        counted = 0;
        fired = 0;
    }

    /** Does something once, on the thread that is about to create the first file whose name starts like this. */
    synchronized void beforeCreating(String start, Runnable action) {
        awaited = start;
        interlude = action;
    }

    void creating(String name) {
        Runnable due = () -> {};
        synchronized (this) {
            if (awaited != null && name.startsWith(awaited)) {
                due = interlude;
                awaited = null;
            }
        }
        due.run();
    }

    synchronized void heal() {
        calls = EnumSet.noneOf(Call.class);
    }

    /** Whether calls may fail. */
    synchronized boolean arePlanned() {
        return !calls.isEmpty();
    }

    /** How many calls failed since the plan was made. */
    synchronized int fired() {
        return fired;
    }

    /** How many bytes of a write that fails reach the file: by turns all, half, none. */
    synchronized long reached(long length) {
        return length * (2 - failedWrites++ % 3) / 2;
    }

    /** What is to happen to a call: null if nothing. */
    synchronized Failure enter(Call call) {
        if (!calls.contains(call)) {
            return null;
        }
        counted++;
        if (counted < from || counted > to) {
            return null;
        }
        fired++;
        return failure;
    }
}
