package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.WriteCallback;
import dev.ashlar.io.StorageFile;
import dev.ashlar.log.LogWriter;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Makes the log durable, many writes with one flush. One thread at a time syncs: whoever wants durability and finds
 * nobody syncing does it for all who come meanwhile (the leader), the others wait for it. So a single durable write costs
 * no hand-over between threads, and many share a flush. The sync thread serves futures and bounds the exposure of
 * writes that nobody waits for.
 */
final class Syncer {
    /** How often the sync thread looks, in a callback, whether somebody waits for it that it waits for. */
    static final long SERVES_EVERY_NANOS = 2_000_000;

    /** A future that waits for the device. */
    private record Pending(long lsn, Ticket ticket) {}

    private final LogWriter log;
    private final LongSupplier appended;
    private final Health health;
    private final boolean callersSync;
    private final long intervalNanos;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition advanced = lock.newCondition();
    private boolean syncing;

    private volatile long durable;
    private final ConcurrentLinkedQueue<Pending> pending = new ConcurrentLinkedQueue<>();
    private final Callbacks callbacks = new Callbacks();

    /**
     * Counts who wants to tell callbacks. The first does; who finds another doing it, perhaps itself further up, leaves it
     * to that one, which looks again.
     */
    private final AtomicInteger telling = new AtomicInteger();

    private final Supplier<RuntimeException> refusal;
    private volatile Consumer<Throwable> callbackThrew = thrown -> {};
    private final AtomicLong syncs = new AtomicLong();
    private volatile Thread thread;

    /** Whether that thread runs {@link #run}. */
    private volatile boolean hasThread;

    private volatile boolean stop;
    private volatile boolean wanted;

    /** Called on the sync thread when the log has become durable up to its end and nothing came after. */
    private volatile Runnable whenIdle = () -> {};

    private volatile Runnable afterSync = () -> {};

    /**
     * @param appended the end of the log
     * @param callersSync whether threads other than the engine's may touch files
     */
    Syncer(LogWriter log, LongSupplier appended, long durable, Health health, boolean callersSync, long intervalNanos) {
        this.log = log;
        this.appended = appended;
        this.durable = durable;
        this.health = health;
        this.callersSync = callersSync;
        this.intervalNanos = intervalNanos;
        this.thread = Thread.currentThread();
        this.refusal = () -> health.refusal(true);
    }

    /** Who is told what callbacks throw. */
    void callbackThrew(Consumer<Throwable> report) {
        callbackThrew = report;
    }

    long durable() {
        return durable;
    }

    long syncs() {
        return syncs.get();
    }

    void whenIdle(Runnable action) {
        whenIdle = action;
    }

    /** Run on the sync thread after it has synced; must be short. */
    void afterSync(Runnable action) {
        afterSync = action;
    }

    // ----------------------------------------------------------------------------------------------------- waiting

    /** Waits until the log is durable up to an LSN, which is not above its end. */
    void awaitDurable(long lsn) {
        if (durable >= lsn) {
            return;
        }
        if (!callersSync && Thread.currentThread() != thread) {
            awaitThread(lsn);
            return;
        }
        while (durable < lsn) {
            lock.lock();
            try {
                while (syncing && durable < lsn) {
                    advanced.awaitUninterruptibly();
                }
                if (durable >= lsn) {
                    return;
                }
                syncing = true;
            } finally {
                lock.unlock();
            }
            lead();
        }
    }

    private void awaitThread(long lsn) {
        lock.lock();
        try {
            while (durable < lsn) {
                if (health.failed() || stop) {
                    throw health.refusal(true);
                }
                wanted = true;
                LockSupport.unpark(thread);
                advanced.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Completes the ticket when the log is durable up to an LSN. LSNs of successive calls ascend. */
    void whenDurable(long lsn, Ticket ticket) {
        pending.add(new Pending(lsn, ticket));
        LockSupport.unpark(thread);
    }

    /** As above, for a callback, which is told the LSN below that. Only the owner of the appender's role may call it. */
    void whenDurable(long lsn, WriteCallback callback, long tag) {
        callbacks.add(lsn, callback, tag);
        LockSupport.unpark(thread);
    }

    // ----------------------------------------------------------------------------------------------------- syncing

    private void lead() {
        try {
            sync();
        } finally {
            lock.lock();
            try {
                syncing = false;
                advanced.signalAll();
            } finally {
                lock.unlock();
            }
            tellThoseWhoWait();
        }
    }

    /**
     * Users' callbacks are for the sync thread, if there is one: who leads may be in the middle of something that must not be
     * met by what a callback may do, up to closing the store.
     */
    private void tellThoseWhoWait() {
        if (!hasThread || isThread()) {
            completePending();
        } else if (someoneWaits()) {
            LockSupport.unpark(thread);
        }
    }

    /** One flush of everything that was appended before the call. The caller is the only one. */
    private void sync() {
        if (health.failed()) {
            throw health.refusal(true);
        }
        long target = appended.getAsLong();
        LogWriter.Unsynced unsynced = log.takeUnsynced();
        try {
            for (StorageFile file : unsynced.left()) {
                file.sync();
                file.close();
            }
            unsynced.current().sync();
        } catch (RuntimeException | Error e) {
            // The kernel may have marked the pages clean: trying again would report success over lost data.
            health.fail(e);
            closeAll(unsynced.left(), e);
            throw health.refusal(true);
        }
        syncs.incrementAndGet();
        durable = Math.max(durable, target);
    }

    /** Nobody else has these files any more. */
    private static void closeAll(List<StorageFile> files, Throwable because) {
        for (StorageFile file : files) {
            try {
                file.close();
            } catch (RuntimeException e) {
                because.addSuppressed(e);
            }
        }
    }

    private boolean someoneWaits() {
        return !pending.isEmpty() || !callbacks.isEmpty();
    }

    private void completePending() {
        if (!callbacks.isEmpty()) {
            tellCallbacks();
        }
        if (!pending.isEmpty()) {
            completeFutures();
        }
    }

    private void tellCallbacks() {
        if (telling.getAndIncrement() != 0) {
            return;
        }
        for (int calls = 1; calls != 0; calls = telling.addAndGet(-calls)) {
            for (long lsn = callbacks.firstLsn(); isSettled(lsn); lsn = callbacks.firstLsn()) {
                callbacks.tellFirst(lsn > durable ? refusal : null, callbackThrew);
            }
        }
    }

    private boolean isSettled(long lsn) {
        return lsn <= durable || lsn < Long.MAX_VALUE && health.failed();
    }

    private void completeFutures() {
        ArrayDeque<Ticket> ready = new ArrayDeque<>();
        boolean failed = health.failed();
        synchronized (pending) {
            while (true) {
                Pending head = pending.peek();
                if (head == null || !failed && head.lsn > durable) {
                    break;
                }
                pending.poll();
                if (head.lsn > durable) {
                    head.ticket.fail(health.refusal(true));
                } else {
                    ready.add(head.ticket);
                }
            }
        }
        ready.forEach(Ticket::becomeDurable);
    }

    /** Gives up on everything that waits; the store has failed. */
    void failPending() {
        tellThoseWhoWait();
        lock.lock();
        try {
            advanced.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // -------------------------------------------------------------------------------------------------- the thread

    /** Says which thread will run {@link #run}; before it starts. */
    void runsOn(Thread syncThread) {
        thread = syncThread;
        hasThread = true;
    }

    /**
     * For a callback on the sync thread, which waits for other threads of the engine: syncs if one of them waits for that, as
     * those do that must not do it themselves. Nothing on other threads.
     */
    void serve() {
        if (isThread() && wanted) {
            wanted = false;
            syncQuietly();
        }
    }

    /** Does something with a lock whose holder may wait for the device, also where this is the thread that syncs for it. */
    <T> T alone(ReentrantLock held, Supplier<T> action) {
        take(held);
        try {
            return action.get();
        } finally {
            held.unlock();
        }
    }

    private void take(ReentrantLock held) {
        if (!isThread()) {
            held.lock();
            return;
        }
        while (!held.tryLock()) {
            serve();
            LockSupport.parkNanos(this, SERVES_EVERY_NANOS);
        }
    }

    @SuppressWarnings("ReferenceEquality")
    private boolean isThread() {
        return hasThread && Thread.currentThread() == thread;
    }

    /** Body of the sync thread. */
    void run() {
        long lastSync = System.nanoTime();
        while (!stop) {
            completePending(); // what others have made durable
            boolean someoneWaits = wanted || someoneWaits();
            long sinceLast = System.nanoTime() - lastSync;
            boolean exposed = intervalNanos > 0 && appended.getAsLong() > durable;
            if (!health.failed() && (someoneWaits || exposed && sinceLast >= intervalNanos)) {
                wanted = false;
                syncQuietly();
                afterSync.run();
                lastSync = System.nanoTime();
                continue;
            }
            if (health.failed()) {
                failPending();
            } else if (!exposed) {
                whenIdle.run();
            }
            // A lock that was waited for since the loop began may have used up the permit of who woke this thread.
            if (stop || !health.failed() && (wanted || someoneWaits())) {
                continue;
            }
            LockSupport.parkNanos(this, exposed ? Math.max(1, intervalNanos - sinceLast) : idleNanos());
        }
        failPending();
    }

    private long idleNanos() {
        return intervalNanos > 0 ? intervalNanos : 1_000_000_000L;
    }

    /** Completes the futures that wait, where there is no thread that does. */
    void syncForPending() {
        if (someoneWaits()) {
            syncQuietly();
        }
    }

    private void syncQuietly() {
        try {
            awaitDurable(appended.getAsLong());
            // Not only the leader completes: a write may start to wait for what is durable already.
            completePending();
        } catch (AshlarException e) {
            // The failure is kept in health, and told to everybody who waits or writes.
            failPending();
        }
    }

    void stop() {
        stop = true;
        LockSupport.unpark(thread);
    }
}
