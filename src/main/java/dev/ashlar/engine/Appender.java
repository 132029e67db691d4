package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Keyspace;
import dev.ashlar.StorageException;
import dev.ashlar.WriteCallback;
import dev.ashlar.log.LogWriter;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes writes from the ring, group by group: frames them, writes them with one call, applies them to the views, and
 * tells the writers.
 *
 * <p>This is a role, not a thread: one thread at a time has it. The appender thread takes it when there is work that
 * nobody waits for; a thread that waits for its own write takes it too if it is free, and so pays no hand-over, which
 * costs tens of microseconds when the other thread sleeps.
 *
 * <pre>
 *   published slots   ──► frame each ──► one write ──► apply to the views ──► complete tickets ──► free the slots
 *                          │ a condition on a key that the group writes, a full chunk: the group ends first
 * </pre>
 */
final class Appender {
    /** Bounds the time that slots stay taken: they become free at the end of a group. */
    private static final int MAX_GROUP_EVENTS = 1024;

    private static final int MAX_GROUP_BYTES = 1 << 20;
    private static final int SPINS_BEFORE_PARK = 2_000;
    private static final long PARK_NANOS = 200_000;

    /** Who waits for the role looks again after so long. */
    private static final long PAUSE_NANOS = 20_000;

    /** Short beside a group, so that who cannot append itself hardly waits longer. */
    private static final int PAUSE_SPINS = 64;

    private final WriteRing ring;
    private final BufferPool pool;
    private final LogWriter log;
    private final Framer framer;
    private final Health health;
    private final boolean callersAppend;
    private final long spinNanos;

    private final AtomicInteger role = new AtomicInteger();
    private volatile @Nullable Thread owner;
    private volatile long appended;
    private volatile long written;
    private volatile Syncer syncer;
    private volatile Runnable afterGroup = () -> {};
    private volatile Runnable whenRefused = () -> {};

    private volatile @Nullable Thread thread;
    private volatile boolean parked;
    private volatile boolean stop;
    private volatile boolean ended;
    private volatile long writes;
    private volatile long groups;
    private volatile @Nullable Throwable unreported;
    private final Consumer<Throwable> callbackThrew = this::reportCallback;

    @SuppressWarnings("NullAway.Init") // the syncer is set before the first write
    Appender(
            WriteRing ring,
            BufferPool pool,
            LogWriter log,
            Framer framer,
            Health health,
            boolean callersAppend,
            long spinNanos) {
        this.ring = ring;
        this.pool = pool;
        this.log = log;
        this.framer = framer;
        this.health = health;
        this.callersAppend = callersAppend;
        this.spinNanos = spinNanos;
        this.appended = log.next();
        this.written = log.next();
    }

    void syncer(Syncer syncer) {
        this.syncer = syncer;
    }

    /** Run by the owner of the role after each group; must be short. */
    void afterGroup(Runnable action) {
        afterGroup = action;
    }

    /** Run by the owner of the role when the storage refused a write; must be short. */
    void whenRefused(Runnable action) {
        whenRefused = action;
    }

    /** Every frame below this LSN is written and applied. */
    long appended() {
        return appended;
    }

    /**
     * Every frame below this LSN is written and stays. Set before the frames are applied, so that who finds that the
     * index does not refer to a place any longer finds here where it refers to instead.
     */
    long written() {
        return written;
    }

    long writes() {
        return writes;
    }

    long groups() {
        return groups;
    }

    /** Keeps a failure that nobody is waiting for, for the next {@link dev.ashlar.Store#sync}. */
    void report(Throwable failure) {
        unreported = failure;
    }

    /** Keeps what a callback threw, unless there is something to report already. */
    void reportCallback(Throwable thrown) {
        if (unreported == null) {
            unreported = new AshlarException(
                    "the callback of a write threw " + thrown + "; the write itself is not affected", thrown);
        }
    }

    /** A failure that nobody was told of; told once. */
    @Nullable
    Throwable takeUnreported() {
        Throwable error = unreported;
        unreported = null;
        return error;
    }

    // -------------------------------------------------------------------------------------------------- the callers

    /** Sees to it that published writes are drained soon, by another thread. */
    void signal() {
        // The publication must be visible before the flag is read, or both sides could miss each other.
        VarHandle.fullFence();
        if (parked) {
            LockSupport.unpark(thread);
        } else if (thread == null) {
            drainAll();
            syncer.syncForPending();
        }
    }

    /** Waits until a ticket is done, and does the appender's work meanwhile if nobody else does. */
    void await(Ticket ticket) {
        int spins = 0;
        while (!ticket.isSettled()) {
            if (callersAppend) {
                tryDrain(ticket);
            } else if (spins == 0) {
                signal();
            }
            if (ticket.isSettled()) {
                return;
            }
            if (spins++ < SPINS_BEFORE_PARK) {
                Thread.onSpinWait();
            } else {
                signal();
                ticket.parkUntilSettled(PARK_NANOS);
            }
        }
    }

    /** Takes the role if it is free and drains until the ticket is done. */
    private void tryDrain(Ticket ticket) {
        if (!tryAcquire()) {
            return;
        }
        try {
            while (!ticket.isSettled() && drainGroup()) {}
        } finally {
            releaseAndLookAgain();
        }
    }

    /** Runs something while nobody appends; all that was published before is appended. */
    @SuppressWarnings("ReferenceEquality")
    <T> T exclusively(Supplier<T> action) {
        // It would close files of plain NIO under the thread, and with them the log for everybody.
        boolean drains = callersAppend || thread == null || thread == Thread.currentThread();
        long published = drains ? 0 : ring.cursor();
        acquire();
        boolean interrupted = !callersAppend && Thread.interrupted();
        try {
            while (drains && drainGroup()) {}
            while (!drains && ring.consumed() < published && ring.hasPublished()) {
                release();
                signal();
                LockSupport.parkNanos(this, PAUSE_NANOS);
                acquire();
            }
            return action.get();
        } finally {
            releaseAndLookAgain();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Appends a mark if nobody writes, and runs something after it. */
    void tryAppendMark(Runnable then) {
        if (!tryAcquire()) {
            return;
        }
        try {
            if (!ring.hasPublished() && !ended && !health.failed() && log.stageMark(syncer.durable())) {
                try {
                    log.writeStaged();
                } catch (RuntimeException | Error e) {
                    health.fail(e);
                    return;
                }
                log.commitGroup();
                written = log.next();
                appended = log.next();
                then.run();
            }
        } finally {
            releaseAndLookAgain();
        }
    }

    /** Appends what is published and refuses everything that comes later. */
    void end() {
        exclusively(() -> ended = true);
    }

    /** Appends what is published, unless somebody else has the role and so does; true if it had the role. */
    boolean drainAll() {
        boolean had = false;
        while (ring.hasPublished() && tryAcquire()) {
            had = true;
            try {
                while (drainGroup()) {}
            } finally {
                release();
            }
            // Who publishes while the role is still taken leaves it to its owner, who so has to look again.
            VarHandle.fullFence();
        }
        return had;
    }

    private void acquire() {
        checkNotOwner();
        int spins = 0;
        while (!tryAcquire()) {
            if (spins++ < SPINS_BEFORE_PARK) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(this, PAUSE_NANOS);
            }
        }
    }

    private boolean tryAcquire() {
        if (role.get() == 0 && role.compareAndSet(0, 1)) {
            owner = Thread.currentThread();
            return true;
        }
        return false;
    }

    private void release() {
        owner = null;
        role.setRelease(0);
    }

    /**
     * Who publishes while the role is taken leaves it to its owner, who so has to look again; once the thread has ended
     * nobody else does. The role must be seen to be free before the ring is looked at, or both sides could miss each other.
     */
    private void releaseAndLookAgain() {
        release();
        VarHandle.fullFence();
        if (ring.hasPublished()) {
            signal();
        }
    }

    /** Whether the calling thread appends: then it runs a callback. */
    @SuppressWarnings("ReferenceEquality")
    boolean isOwner() {
        return owner == Thread.currentThread();
    }

    /** A callback of a future runs on the thread that appends: it must not wait for another write. */
    void checkNotOwner() {
        if (isOwner()) {
            throw new IllegalStateException(
                    "a callback of an asynchronous write tried to write or wait; "
                            + "only tryPut and tryDelete never wait; use the …Async methods of CompletableFuture to run others elsewhere");
        }
    }

    // --------------------------------------------------------------------------------------------------- the thread

    /** Says which thread will run {@link #run}; before it starts. */
    void runsOn(Thread appenderThread) {
        thread = appenderThread;
    }

    /** Body of the appender thread. */
    void run() {
        long idleSince = System.nanoTime();
        while (!stop) {
            if (drainAll()) {
                pause();
                idleSince = System.nanoTime();
            } else if (System.nanoTime() - idleSince < spinNanos) {
                Thread.onSpinWait();
            } else {
                parked = true;
                VarHandle.fullFence();
                // Whoever has the role looks again when it is done, and unparks this thread if something is left.
                if (!stop && (!ring.hasPublished() || role.get() != 0)) {
                    LockSupport.park(this);
                }
                parked = false;
                idleSince = System.nanoTime();
            }
        }
        // A writer that was about to publish when the store was closed is told so by whoever drains now: itself.
        thread = null;
        VarHandle.fullFence();
        drainAll();
    }

    /**
     * Lets the producers publish some writes undisturbed: each look at the ring takes the line that they write to away from
     * them, and larger groups are cheaper. Who waits for a write does it itself, where the storage allows that.
     */
    private static void pause() {
        for (int i = 0; i < PAUSE_SPINS; i++) {
            Thread.onSpinWait();
        }
    }

    void stop() {
        stop = true;
        Thread running = thread;
        if (running != null) {
            LockSupport.unpark(running);
        }
    }

    // ----------------------------------------------------------------------------------------------------- a group

    /** Appends one group; false if there is nothing. Only for the owner of the role. */
    private boolean drainGroup() {
        long first = ring.consumed() + 1;
        long available = ring.published(first, MAX_GROUP_EVENTS);
        if (available < first) {
            return false;
        }
        long last = first - 1;
        try {
            last = writeGroup(first, available);
        } catch (Throwable e) {
            // Whatever it is, producers must not hang: the store fails, and everything queued is told so.
            health.fail(e);
            last = available;
            failAll(first, last, true);
        }
        complete(first, last);
        return true;
    }

    private long writeGroup(long first, long available) {
        if (health.failed() || ended) {
            failAll(first, available, false);
            return available;
        }
        framer.beginGroup(first, syncer.durable());
        long last = first - 1;
        while (last < available && log.stagedBytes() < MAX_GROUP_BYTES) {
            WriteRing.Event event = ring.event(last + 1);
            try {
                if (!framer.frame(last + 1, last < first)) {
                    break;
                }
            } catch (FarChunkException e) {
                // What it was taken back into is behind that chunk, and so near the next one.
                if (framer.abandon()) {
                    written = log.next();
                    appended = log.next();
                }
                continue;
            } catch (StorageException | CorruptionException | RemovedSpaceException e) {
                // No room, the record that a condition asks about is damaged, or its keyspace has gone: that costs this
                // write and no other.
                event.failure = e;
                if (framer.abandon()) {
                    written = log.next();
                    appended = log.next();
                }
                whenRefused.run();
            }
            last++;
            if (framer.groupIsFull()) {
                break;
            }
        }
        if (framer.wrote()) {
            appendGroup(first, last);
        }
        return last;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer at a time: the owner of the role
    private void appendGroup(long first, long last) {
        try {
            log.writeStaged();
        } catch (RuntimeException e) {
            log.abandonGroup(syncer.durable());
            for (long sequence = first; sequence <= last; sequence++) {
                WriteRing.Event event = ring.event(sequence);
                if (event.failure == null && framer.wroteAny(event)) {
                    event.failure = e;
                }
            }
            written = log.next();
            appended = log.next();
            whenRefused.run();
            return;
        }
        log.commitGroup();
        written = log.next();
        framer.apply(first, last);
        appended = log.next();
        groups = groups + 1;
        afterGroup.run();
    }

    private void failAll(long first, long last, boolean indeterminate) {
        for (long sequence = first; sequence <= last; sequence++) {
            ring.event(sequence).failure = health.refusal(indeterminate);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer at a time: the owner of the role
    private void complete(long first, long last) {
        long done = 0;
        for (long sequence = first; sequence <= last; sequence++) {
            WriteRing.Event event = ring.event(sequence);
            Ticket ticket = event.ticket;
            WriteCallback callback = event.callback;
            long tag = event.tag;
            boolean durable = event.durable;
            Throwable failure = event.failure;
            long lsn = failure == null ? framer.result(event) : Keyspace.NOT_WRITTEN;
            done += event.ops;
            if (failure == null
                    || failure instanceof StorageException
                    || failure instanceof CorruptionException
                    || failure instanceof RemovedSpaceException) {
                framer.abandonFiles(event, lsn, failure != null);
            }
            if (event.pooled != null) {
                pool.release(event.pooled);
            }
            event.reset();
            if (ticket != null) {
                complete(ticket, lsn, failure);
            } else if (callback != null) {
                complete(callback, tag, durable, lsn, failure);
            } else if (failure != null) {
                unreported = failure;
            }
        }
        writes = writes + done;
        ring.consumed(last);
    }

    private void complete(Ticket ticket, long lsn, @Nullable Throwable failure) {
        if (failure != null) {
            ticket.fail(failure);
        } else if (lsn >= 0 && ticket.waitsForDevice()) {
            ticket.appended(lsn);
            syncer.whenDurable(lsn + 1, ticket);
        } else {
            ticket.succeed(lsn);
        }
    }

    private void complete(WriteCallback callback, long tag, boolean durable, long lsn, @Nullable Throwable failure) {
        if (failure != null) {
            Callbacks.fail(callback, tag, () -> failure, callbackThrew);
        } else if (lsn >= 0 && durable) {
            syncer.whenDurable(lsn + 1, callback, tag);
        } else {
            Callbacks.complete(callback, tag, lsn, callbackThrew);
        }
    }
}
