package dev.ashlar.engine;

import dev.ashlar.WriteTimeoutException;
import dev.ashlar.io.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Native buffers for writes that do not fit a ring slot, in powers of two, bounded in bytes: a writer who finds the
 * bound reached waits until others are done. Buffers belong to automatic arenas, so that a writer who races with the
 * closing of the store still owns what it writes into.
 */
final class BufferPool {
    private static final int MIN_SHIFT = 11;
    private static final int MAX_SHIFT = 24;
    private static final int UNIT = 1 << MIN_SHIFT;

    private final List<ConcurrentLinkedQueue<MemorySegment>> free = new ArrayList<>();
    private final Semaphore units;
    private final long bound;
    private final AtomicLong pooled = new AtomicLong();

    BufferPool(long bytes) {
        this.bound = bytes;
        this.units = new Semaphore((int) Math.min(Integer.MAX_VALUE, bytes / UNIT));
        for (int shift = MIN_SHIFT; shift <= MAX_SHIFT; shift++) {
            free.add(new ConcurrentLinkedQueue<>());
        }
    }

    /**
     * A buffer of at least so many bytes, 64-byte aligned, with anything in it.
     *
     * @throws WriteTimeoutException if none becomes free in time, or the thread is interrupted
     */
    MemorySegment acquire(long bytes, long timeoutNanos) {
        int shift = shiftFor(bytes);
        int wanted = 1 << (shift - MIN_SHIFT);
        try {
            // First without waiting: an interrupt must not fail a write that finds room.
            if (!units.tryAcquire(wanted) && !units.tryAcquire(wanted, timeoutNanos, TimeUnit.NANOSECONDS)) {
                throw new WriteTimeoutException("no buffer of " + bytes + " bytes became free in "
                        + TimeUnit.NANOSECONDS.toMillis(timeoutNanos) + " ms; " + bound
                        + " bytes of writes are under way. Write more slowly, or raise StoreOptions.bufferBytes.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new WriteTimeoutException("interrupted while waiting for a buffer; nothing was written");
        }
        MemorySegment buffer = free.get(shift - MIN_SHIFT).poll();
        if (buffer != null) {
            pooled.addAndGet(-buffer.byteSize());
            return buffer;
        }
        return OffHeap.allocate(1L << shift, 64, Arena.ofAuto());
    }

    /** As {@link #acquire}, but null if there is none now. */
    @org.jspecify.annotations.Nullable
    MemorySegment tryAcquire(long bytes) {
        int shift = shiftFor(bytes);
        if (!units.tryAcquire(1 << (shift - MIN_SHIFT))) {
            return null;
        }
        MemorySegment buffer = free.get(shift - MIN_SHIFT).poll();
        if (buffer != null) {
            pooled.addAndGet(-buffer.byteSize());
            return buffer;
        }
        return OffHeap.allocate(1L << shift, 64, Arena.ofAuto());
    }

    /** Whether there is room for a buffer of so many bytes, as long as nobody else takes it. */
    boolean hasRoom(long bytes) {
        return units.availablePermits() >= 1 << (shiftFor(bytes) - MIN_SHIFT);
    }

    void release(MemorySegment buffer) {
        int shift = Long.numberOfTrailingZeros(buffer.byteSize());
        if (pooled.addAndGet(buffer.byteSize()) <= bound) {
            free.get(shift - MIN_SHIFT).add(buffer);
        } else {
            pooled.addAndGet(-buffer.byteSize());
        }
        units.release(1 << (shift - MIN_SHIFT));
    }

    private static int shiftFor(long bytes) {
        int shift = Math.max(MIN_SHIFT, 64 - Long.numberOfLeadingZeros(bytes - 1));
        if (shift > MAX_SHIFT) {
            throw new IllegalArgumentException("a buffer of " + bytes + " bytes; the most is " + (1 << MAX_SHIFT));
        }
        return shift;
    }
}
