package dev.ashlar.engine;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import com.lmax.disruptor.WaitStrategy;
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

        @Nullable
        Ticket ticket;
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
    private final SequenceBarrier barrier;
    private final Sequence consumed = new Sequence();

    WriteRing(int slots) {
        MemorySegment memory = OffHeap.allocate((long) slots * SLOT_BYTES, 64, Arena.ofAuto());
        long[] next = {0};
        ring = RingBuffer.createMultiProducer(
                () -> new Event(memory.asSlice(next[0]++ * SLOT_BYTES, SLOT_BYTES, 64)), slots, new Poll());
        barrier = ring.newBarrier();
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

    void publish(long sequence) {
        ring.publish(sequence);
    }

    // ------------------------------------------------------------------------------------------------ the consumer's

    /** The highest sequence up to which everything is published, at least {@code next - 1}. */
    long published(long next) {
        try {
            return barrier.waitFor(next);
        } catch (AlertException | InterruptedException | TimeoutException e) {
            throw new IllegalStateException("the ring's barrier was disturbed", e);
        }
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
        long next = consumed.get() + 1;
        return published(next) >= next;
    }
}
