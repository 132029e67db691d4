package dev.ashlar.sim;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.io.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * The bytes of a live file in native memory, so that mappings show them at once. The memory is made at the first use,
 * of the pages that were written; it lives as long as the file or any mapping of it can be reached.
 */
final class SimNode {
    private static final long SMALLEST = 4096;

    private final int number;
    private final Content initial;
    private long length;
    private MemorySegment memory;
    private boolean mapped;

    /** Memory that was mapped before the file outgrew it: its readers must see what is written. */
    private final List<MemorySegment> outgrown = new ArrayList<>();

    SimNode(int number, Content initial, long length) {
        this.number = number;
        this.initial = initial;
        this.length = length;
    }

    int number() {
        return number;
    }

    long length() {
        return length;
    }

    void setLength(long wanted) {
        if (wanted > length) {
            memory(wanted);
        } else {
            memory(length).asSlice(wanted, length - wanted).fill((byte) 0);
        }
        length = wanted;
    }

    void write(MemorySegment source, long position) {
        long end = position + source.byteSize();
        MemorySegment.copy(source, 0, memory(end), position, source.byteSize());
        for (MemorySegment former : outgrown) {
            long count = Math.min(source.byteSize(), former.byteSize() - position);
            if (count > 0) {
                MemorySegment.copy(source, 0, former, position, count);
            }
        }
        length = Math.max(length, end);
    }

    long read(MemorySegment target, long position) {
        long count = Math.max(0, Math.min(target.byteSize(), length - position));
        if (count > 0) {
            MemorySegment.copy(memory(length), position, target, 0, count);
        }
        return count;
    }

    /** A mapping that ends with the arena. */
    @SuppressWarnings("restricted")
    MemorySegment map(long size, Arena arena, Runnable whenClosed) {
        MemorySegment shown = memory(length);
        mapped = true;
        return MemorySegment.ofAddress(shown.address())
                .reinterpret(size, arena, _ -> {
                    Reference.reachabilityFence(shown);
                    whenClosed.run();
                })
                .asReadOnly();
    }

    private MemorySegment memory(long wanted) {
        MemorySegment present = memory;
        if (present == null) {
            present = allocate(Math.max(wanted, length));
            byte[][] pages = initial.pages();
            for (int i = 0; i < pages.length; i++) {
                long at = (long) i * Content.PAGE;
                if (pages[i] != null && at < length) {
                    long count = Math.min(Content.PAGE, length - at);
                    MemorySegment.copy(pages[i], 0, present, JAVA_BYTE, at, (int) count);
                }
            }
            memory = present;
        } else if (present.byteSize() < wanted) {
            MemorySegment larger = allocate(Math.max(wanted, 2 * present.byteSize()));
            MemorySegment.copy(present, 0, larger, 0, length);
            if (mapped) {
                outgrown.add(present);
                mapped = false;
            }
            memory = larger;
        }
        return memory;
    }

    private static MemorySegment allocate(long size) {
        return OffHeap.allocate(Math.max(SMALLEST, size), Content.PAGE, Arena.ofAuto());
    }
}
