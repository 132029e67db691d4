package dev.ashlar.vector;

import dev.ashlar.log.Position;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * Where the rows are that are in no segment yet: positions in the log, in the order in which they were written. Rows that
 * were superseded since are among them. One thread at a time adds, any thread reads. On the heap, unlike all else that grows:
 * there are as many as make a segment worth building and no more, they live shortly, and readers hold on to them.
 *
 * <pre>
 *   0 ─ gone ─ first ─ kept ─ end        entry i stands in block i / 8,192
 * </pre>
 */
final class PendingRows {
    private static final int BLOCK_BITS = 13;
    private static final int BLOCK = 1 << BLOCK_BITS;

    /** In the place of an entry that was forgotten. */
    static final long GONE = -1;

    /** The entries from {@code from} on, up to {@code to}; they stay as they are. */
    record Slice(long[][] blocks, long firstBlock, long from, long to) {
        long count() {
            return to - from;
        }

        long position(long entry) {
            return blocks[(int) ((entry >>> BLOCK_BITS) - firstBlock)][(int) entry & BLOCK - 1];
        }

        Slice upTo(long end) {
            return new Slice(blocks, firstBlock, from, end);
        }
    }

    private long[][] blocks = new long[0][];
    private long firstBlock;
    private long first;
    private volatile long end;

    /** Adds a row. By the writer. */
    void add(long position) {
        long entry = end;
        int block = (int) ((entry >>> BLOCK_BITS) - firstBlock);
        if (block == blocks.length) {
            long[][] more = Arrays.copyOf(blocks, block + 1);
            more[block] = new long[BLOCK];
            blocks = more;
        }
        blocks[block][(int) entry & BLOCK - 1] = position;
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

    /**
     * Forgets the entries in a chunk. The others keep their numbers, which who builds a segment goes by; what is forgotten is
     * {@link #GONE}. By the writer, while nobody takes a slice.
     *
     * @return whether there were any
     */
    boolean forget(int slot) {
        long[][] next = blocks.clone();
        boolean found = false;
        long kept = end;
        for (long entry = end - 1; entry >= first; entry--) {
            int block = (int) ((entry >>> BLOCK_BITS) - firstBlock);
            int at = (int) entry & BLOCK - 1;
            long position = next[block][at];
            if (position != GONE && Position.chunkSlot(position) == slot) {
                if (next[block] == blocks[block]) {
                    next[block] = blocks[block].clone(); // slices that there are stay as they are
                }
                next[block][at] = GONE;
                found = true;
            } else if (position != GONE) {
                kept = entry;
            }
        }
        blocks = next;
        dropBefore(kept);
        return found;
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
