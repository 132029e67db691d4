package dev.ashlar.vector;

import dev.ashlar.io.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Where the rows are that are in no segment yet: positions in the log, in the order in which they were written. Rows that
 * were superseded since are among them. One thread at a time adds, any thread reads.
 *
 * <pre>
 *   0 ─ gone ─ first ─ kept ─ end        entry i stands in block i / 8,192
 * </pre>
 */
final class PendingRows {
    private static final int BLOCK_BITS = 13;
    private static final int BLOCK = 1 << BLOCK_BITS;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    /** The entries from {@code from} on, up to {@code to}; they stay as they are. */
    record Slice(MemorySegment[] blocks, long firstBlock, long from, long to) {
        long count() {
            return to - from;
        }

        long position(long entry) {
            MemorySegment block = blocks[(int) ((entry >>> BLOCK_BITS) - firstBlock)];
            return block.get(LONG, (entry & BLOCK - 1) * Long.BYTES);
        }

        Slice upTo(long end) {
            return new Slice(blocks, firstBlock, from, end);
        }
    }

    private MemorySegment[] blocks = new MemorySegment[0];
    private long firstBlock;
    private long first;
    private volatile long end;

    /** Adds a row. By the writer. */
    void add(long position) {
        long entry = end;
        int block = (int) ((entry >>> BLOCK_BITS) - firstBlock);
        if (block == blocks.length) {
            MemorySegment[] more = Arrays.copyOf(blocks, block + 1);
            more[block] = OffHeap.allocate((long) BLOCK * Long.BYTES, 64, Arena.ofAuto());
            blocks = more;
        }
        blocks[block].set(LONG, (entry & BLOCK - 1) * Long.BYTES, position);
        VarHandle.releaseFence();
        end = entry + 1;
    }

    /** Forgets the entries before one. By the writer. */
    void dropBefore(long entry) {
        first = Math.max(first, entry);
        int gone = (int) ((first >>> BLOCK_BITS) - firstBlock);
        if (gone > 0) {
            blocks = Arrays.copyOfRange(blocks, gone, blocks.length);
            firstBlock += gone;
        }
    }

    /** All that there are. While nobody writes. */
    Slice all() {
        return new Slice(blocks, firstBlock, first, end);
    }

    /** How many there are; a moment old. */
    long count() {
        return end - first;
    }
}
