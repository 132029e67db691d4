package dev.ashlar.engine;

import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.WaitStrategy;
import dev.ashlar.WriteCallback;
import dev.ashlar.io.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The ring between writers and the appender: an LMAX Disruptor with many producers and one consumer, which polls. Each
 * slot has {@value #SLOT_BYTES} bytes of native memory for small writes.
 *
 * <p>The consumer is whoever has the appender's role ({@link Appender}); it frees slots group by group.
 */
final class WriteRing {
    static final int SLOT_BYTES = 1024;

    /** One entry of the ring. Filled by the producer between claim and publish, read by the appender. */
    static final class Event {
        /** The slot's own memory. */
        final MemorySegment own;

        /** Where the ops are: the slot's own memory, a pooled buffer, or a batch's. */
        MemorySegment memory;

        int ops;
        boolean atomic;

        /** May have the reserve of space: deletions and relocations. */
        boolean makesRoom;

        /** Who is told; a ticket, a callback, or nobody. */
        @Nullable
        Ticket ticket;

        @Nullable
        WriteCallback callback;

        long tag;

        /** The callback is told when the write is durable. */
        boolean durable;

        /** Given back to the pool when the event is done. */
        @Nullable
        MemorySegment pooled;

        /** Set by the appender when the event must not be applied. */
        @Nullable
        Throwable failure;

        Event(MemorySegment own) {
            this.own = own;
            this.memory = own;
        }

        void reset() {
            memory = own;
            ops = 0;
            atomic = false;
            makesRoom = false;
            ticket = null;
            callback = null;
            pooled = null;
            failure = null;
        }
    }

    /** The consumer never waits inside the Disruptor; {@link Appender} has a protocol of its own. */
    private static final class Poll implements WaitStrategy {
        @Override
        public long waitFor(long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier) {
            return dependent.get();
        }

        @Override
        public void signalAllWhenBlocking() {}
    }

    private final RingBuffer<Event> ring;
    private final Sequence consumed = new Sequence();

    WriteRing(int slots) {
        MemorySegment memory = OffHeap.allocate((long) slots * SLOT_BYTES, 64, Arena.ofAuto());
        long[] next = {0};
        ring = RingBuffer.createMultiProducer(
                () -> new Event(memory.asSlice(next[0]++ * SLOT_BYTES, SLOT_BYTES, 64)), slots, new Poll());
        ring.addGatingSequences(consumed);
    }

    boolean hasRoom() {
        return ring.hasAvailableCapacity(1);
    }

    /** Claims a slot; -1 if there is none now. Whoever claims must publish. */
    long tryClaim() {
        if (!hasRoom()) {
            return -1; // so that waiting for room does not throw all the time
        }
        try {
            return ring.tryNext();
        } catch (InsufficientCapacityException e) {
            return -1;
        }
    }

    Event event(long sequence) {
        return ring.get(sequence);
    }

    /** The highest sequence that was ever claimed. */
    long cursor() {
        return ring.getCursor();
    }

    void publish(long sequence) {
        ring.publish(sequence);
    }

    // ------------------------------------------------------------------------------------------------ the consumer's

    /**
     * The highest sequence, below {@code next + most}, up to which everything from {@code next} on is published; {@code
     * next - 1} if nothing is. Looks at no more flags than it needs to: the producers write the lines that they are in.
     */
    long published(long next, int most) {
        long sequence = next;
        while (sequence < next + most && isPublished(sequence)) {
            sequence++;
        }
        return sequence - 1;
    }

    /** What it is discouraged for, use by producers that share the consumer's gate, does not happen here. */
    @SuppressWarnings("deprecation")
    private boolean isPublished(long sequence) {
        return ring.isAvailable(sequence);
    }

    long consumed() {
        return consumed.get();
    }

    void consumed(long sequence) {
        consumed.set(sequence);
    }

    /** True if something is claimed that is not consumed. */
    boolean busy() {
        return ring.getCursor() > consumed.get();
    }

    boolean hasPublished() {
        return isPublished(consumed.get() + 1);
    }
}
