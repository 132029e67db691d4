package dev.ashlar.vector;

import dev.ashlar.VectorOptions;
import dev.ashlar.io.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Native memory for queries, used again: arenas that many threads may read are either closed with all threads stopped, or
 * freed by the garbage collector, which sees no reason to run. A few pieces are kept for the process; one that was lost, or found
 * no place, goes with the collector.
 */
final class QueryMemory {
    private static final int PLACES = 16;
    private static final int MIN_BYTES = 4096;

    private static final AtomicReferenceArray<@Nullable MemorySegment> SPARE = new AtomicReferenceArray<>(PLACES);

    private QueryMemory() {}

    /** Copies a query; what follows it, up to the stride, is zero. */
    static MemorySegment copy(VectorOptions options, MemorySegment vector) {
        MemorySegment memory = take(options.stride());
        MemorySegment.copy(vector, 0, memory, 0, options.rowBytes());
        memory.asSlice(options.rowBytes(), options.stride() - options.rowBytes())
                .fill((byte) 0);
        return memory;
    }

    /** Gives memory back that no thread reads any more. */
    static void release(MemorySegment memory) {
        for (int i = 0; i < PLACES; i++) {
            if (SPARE.compareAndSet(i, null, memory)) {
                return;
            }
        }
        // Small pieces would keep large ones out for good.
        int place = (int) ((memory.address() >>> 12) & (PLACES - 1));
        MemorySegment other = SPARE.get(place);
        if (other != null && other.byteSize() < memory.byteSize()) {
            SPARE.compareAndSet(place, other, memory);
        }
    }

    private static MemorySegment take(int bytes) {
        for (int i = 0; i < PLACES; i++) {
            MemorySegment memory = SPARE.get(i);
            if (memory != null && memory.byteSize() >= bytes && SPARE.compareAndSet(i, memory, null)) {
                return memory;
            }
        }
        int size = Math.max(MIN_BYTES, Integer.highestOneBit(bytes - 1) << 1);
        return OffHeap.allocate(size, 64, Arena.ofAuto());
    }
}
