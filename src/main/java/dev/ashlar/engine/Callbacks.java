package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.WriteCallback;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Callbacks of writes that wait for the device, in the order of the log. A ring of blocks that grows and never shrinks:
 * once there are as many as ever wait at once, nothing is allocated any more.
 *
 * <pre>
 *   block ──► block ──► block ──► block ──► (the first)
 *             │ head    │ tail: where the owner of the appender's role adds
 *             │ where one thread at a time takes
 * </pre>
 *
 * <p>One thread at a time adds; one at a time takes, which may be another. A block behind the head is free; where the one
 * behind the tail is the head, a new one is put in between.
 */
final class Callbacks {
    /** So many writes of a group are told by one flush, or some more. */
    private static final int BLOCK = 1024;

    private static final class Block {
        final @Nullable WriteCallback[] callbacks = new WriteCallback[BLOCK];
        final long[] tags = new long[BLOCK];
        final long[] lsns = new long[BLOCK];

        /** Changed by who adds, and only while this is the tail. */
        Block next = this;
    }

    // Of who adds.
    private Block tail = new Block();
    private long tailStart;

    /** How many were ever added. Publishes them, and the way to them. */
    private volatile long added;

    // Of who takes; who adds looks at the head.
    private volatile Block head = tail;
    private long headStart;
    private volatile long taken;

    /** LSNs of successive calls ascend. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread at a time adds
    void add(long lsn, WriteCallback callback, long tag) {
        long number = added;
        if (number - tailStart == BLOCK) {
            goOn();
        }
        Block block = tail;
        int at = (int) (number - tailStart);
        block.callbacks[at] = callback;
        block.tags[at] = tag;
        block.lsns[at] = lsn;
        added = number + 1;
    }

    @SuppressWarnings("ReferenceEquality")
    private void goOn() {
        Block next = tail.next;
        if (next == head) {
            next = new Block();
            next.next = tail.next;
            tail.next = next;
        }
        tail = next;
        tailStart += BLOCK;
    }

    boolean isEmpty() {
        return taken == added;
    }

    /** LSN of the first, or {@link Long#MAX_VALUE} if there is none. For who takes. */
    long firstLsn() {
        long number = taken;
        if (number == added) {
            return Long.MAX_VALUE;
        }
        if (number - headStart == BLOCK) {
            headStart = number;
            head = head.next;
        }
        return head.lsns[(int) (number - headStart)];
    }

    /** Takes the first, which {@link #firstLsn} found, and tells it; why it failed, or null. For who takes. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one thread at a time takes
    void tellFirst(@Nullable Supplier<RuntimeException> failure, Consumer<Throwable> report) {
        Block block = head;
        int at = (int) (taken - headStart);
        WriteCallback callback = Objects.requireNonNull(block.callbacks[at]);
        long tag = block.tags[at];
        long lsn = block.lsns[at];
        block.callbacks[at] = null;
        taken = taken + 1;
        if (failure == null) {
            complete(callback, tag, lsn - 1, report);
        } else {
            fail(callback, tag, failure, report);
        }
    }

    // ------------------------------------------------------------------------------------------------------- telling

    /** Whatever a callback throws, others are told of their writes. */
    static void complete(WriteCallback callback, long tag, long lsn, Consumer<Throwable> report) {
        try {
            callback.completed(tag, lsn);
        } catch (Throwable e) {
            report.accept(e);
        }
    }

    static void fail(
            WriteCallback callback, long tag, Supplier<? extends Throwable> failure, Consumer<Throwable> report) {
        try {
            callback.failed(tag, asAshlars(failure.get()));
        } catch (Throwable e) {
            report.accept(e);
        }
    }

    private static AshlarException asAshlars(Throwable failure) {
        return failure instanceof AshlarException e
                ? e
                : new AshlarException("the write failed, and is not stored: " + failure, failure);
    }
}
