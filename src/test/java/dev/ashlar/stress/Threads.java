package dev.ashlar.stress;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/** Threads that do something over and over until time is up, or one of them fails. */
final class Threads {
    private static final long PATIENCE_MILLIS = 60_000;

    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private volatile boolean stop;

    /** Does it once for each round of a loop, from {@link #runFor} on. */
    void start(String name, Runnable step) {
        threads.add(Thread.ofPlatform().daemon().name(name).unstarted(() -> {
            try {
                while (!stop) {
                    step.run();
                }
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
                stop = true;
            }
        }));
    }

    /** Returns when all have ended; fails if one has failed, or does not end. */
    void runFor(long millis) throws InterruptedException {
        runFor(millis, () -> true);
    }

    /** The same, and goes on for a minute at the most until it is enough. */
    void runFor(long millis, BooleanSupplier enough) throws InterruptedException {
        threads.forEach(Thread::start);
        long end = System.nanoTime() + millis * 1_000_000;
        long last = end + PATIENCE_MILLIS * 1_000_000;
        while (!stop && (System.nanoTime() < end || !enough.getAsBoolean() && System.nanoTime() < last)) {
            Thread.sleep(5);
        }
        stop = true;
        for (Thread thread : threads) {
            thread.join(PATIENCE_MILLIS);
            if (thread.isAlive()) {
                AssertionError hung = new AssertionError("a thread hangs: " + thread.getName());
                hung.setStackTrace(thread.getStackTrace());
                throw hung;
            }
        }
        Throwable thrown = failure.get();
        if (thrown != null) {
            throw new AssertionError(thrown.getMessage(), thrown);
        }
    }
}
