package dev.ashlar.vector;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The calling thread and threads of an executor at one piece of work. The caller works itself and waits only for those
 * that have begun, so it needs none of them: an executor that is full, or refuses, makes it slower and nothing else. When
 * {@link #run} returns or throws, nobody is at the work, and nobody will be: a helper that comes later finds the crew closed.
 */
final class Crew implements Runnable {
    /** Added to the number of threads inside. */
    private static final int CLOSED = Integer.MIN_VALUE;

    private final Thread caller = Thread.currentThread();
    private final AtomicInteger inside = new AtomicInteger();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /** Null when closed: an executor may hold the crew for long, and must not hold the work. */
    private volatile @Nullable Runnable work;

    /** Whether a thread has failed, so that the others leave. */
    boolean hasFailed() {
        return failure.get() != null;
    }

    /**
     * Has the work done. What any of the threads throws first reaches the caller, as it is; so does an interrupt while it
     * waits for the others.
     *
     * @param work run by each thread at the same time; returns when nothing is left to begin, or another has failed
     * @param helpers how many may come to the caller's help
     * @param executor which lends them; null: nobody does
     */
    void run(Runnable work, int helpers, @Nullable Executor executor) {
        this.work = work;
        try {
            if (executor != null) {
                invite(helpers, executor);
            }
            work.run();
        } catch (Throwable e) {
            fail(e);
        } finally {
            close();
        }
        Throwable e = failure.get();
        if (e != null) {
            throw Crew.<RuntimeException>asItIs(e);
        }
    }

    /** What the executor runs. */
    @Override
    public void run() {
        if (!enter()) {
            return;
        }
        try {
            Runnable present = work;
            if (present != null) {
                present.run();
            }
        } catch (Throwable e) {
            fail(e);
        } finally {
            if (inside.decrementAndGet() == CLOSED) {
                LockSupport.unpark(caller);
            }
        }
    }

    private void invite(int helpers, Executor executor) {
        try {
            for (int i = 0; i < helpers; i++) {
                executor.execute(this);
            }
        } catch (RejectedExecutionException e) {
            // Those that were accepted come, and the caller does the rest.
        }
    }

    private boolean enter() {
        int threads = inside.get();
        while (threads >= 0) {
            if (inside.compareAndSet(threads, threads + 1)) {
                return true;
            }
            threads = inside.get();
        }
        return false;
    }

    /** Lets nobody in any more, and waits, interrupted or not, until all have left. */
    private void close() {
        inside.addAndGet(CLOSED);
        boolean interrupted = false;
        while (inside.get() != CLOSED) {
            if (Thread.interrupted()) {
                interrupted = true;
                fail(StopSignal.interrupted());
            }
            LockSupport.park(this);
        }
        if (interrupted) {
            caller.interrupt();
        }
        work = null;
    }

    private void fail(Throwable e) {
        failure.compareAndSet(null, e);
    }

    /** A filter may have thrown anything that a compiler did not see. */
    @SuppressWarnings("unchecked")
    private static <T extends Throwable> RuntimeException asItIs(Throwable e) throws T {
        throw (T) e;
    }
}
