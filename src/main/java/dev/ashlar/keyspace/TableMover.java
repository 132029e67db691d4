package dev.ashlar.keyspace;

import static dev.ashlar.keyspace.TableLayout.SLOTS;

import dev.ashlar.AshlarException;
import java.lang.foreign.MemorySegment;

/**
 * Moves the entries of one table into one or two new ones. Works on tables that no reader finds yet; publishes nothing.
 * There is one for all indexes that share a {@link TableMemory}, used by the thread that changes them.
 *
 * <p>Why no entry ends up too far from its home: entries are taken in the order of their slots, starting behind an
 * empty one, so that no run of slots is torn. By induction each finds a free slot at or before the one it had: those
 * before it sit at or before theirs, so its own is still free.
 */
final class TableMover {
    private final long[] words = new long[SLOTS];
    /** The same entries with the tags of the new tables. */
    private final long[] raised = new long[SLOTS];

    private int count;

    /** Takes the entries of a table. */
    void collect(MemorySegment region, long base) {
        long first = base + TableLayout.SLOTS_OFFSET;
        while (TableLayout.get(region, first) != TableLayout.EMPTY) { // there is one: MAX_USED < SLOTS
            first = TableLayout.next(first);
        }
        int n = 0;
        for (long at = TableLayout.next(first); at != first; at = TableLayout.next(at)) {
            long word = TableLayout.get(region, at);
            if (TableLayout.isLive(word)) {
                words[n++] = word;
            }
        }
        count = n;
        System.arraycopy(words, 0, raised, 0, n);
    }

    /**
     * Gives the entries the tags that the halves of their table should have. Every eighth depth has a new level, for
     * which the whole hashes are needed. A record that cannot be read at that moment must not keep others from being
     * written, so the new level can wait as long as the old window still holds the bit of the next split.
     *
     * @param prefix what the hashes of all entries start with
     * @param depth of the table they were in
     * @param level of that table
     * @return the level they have now
     */
    int raiseLevel(long prefix, int depth, int level, HashSource source) {
        int next = (depth + 1) / TableLayout.LEVEL_BITS;
        if (next == level) {
            return level;
        }
        try {
            for (int i = 0; i < count; i++) {
                long position = TableLayout.position(words[i]);
                long hash = source.hashAt(position);
                if (TableLayout.prefix(hash, depth) != prefix
                        || TableLayout.word(TableLayout.tag(hash, level), position) != words[i]) {
                    throw new AshlarException("the record at position " + position + " of the log has a key with hash "
                            + Long.toHexString(hash) + ", but the index holds it under one that starts with "
                            + Long.toHexString(prefix) + " (" + depth + " bits) and gives "
                            + Long.toHexString(words[i]) + " at level " + level
                            + ". Close the store, delete its directory \"index\" and open it again.");
                }
                raised[i] = TableLayout.word(TableLayout.tag(hash, next), position);
            }
            return next;
        } catch (RuntimeException e) {
            if (depth + 1 >= level * TableLayout.LEVEL_BITS + TableLayout.WINDOW_BITS) {
                throw e;
            }
            System.arraycopy(words, 0, raised, 0, count);
            return level;
        }
    }

    /** Fills one new table with all entries, as they were. */
    void fill(MemorySegment region, long base, int depth) {
        clear(region, base);
        for (int i = 0; i < count; i++) {
            place(region, base, words[i]);
        }
        setMeta(region, base, depth, count);
    }

    /**
     * Fills two new tables with the entries, parted by the bit behind the common ones.
     *
     * @param depth of the table they were in
     * @param level of that table
     */
    void fillHalves(MemorySegment region, long left, long right, int depth, int level) {
        clear(region, left);
        clear(region, right);
        int rightCount = 0;
        for (int i = 0; i < count; i++) {
            int bit = TableLayout.splitBit(words[i], depth, level);
            place(region, bit == 0 ? left : right, raised[i]);
            rightCount += bit;
        }
        setMeta(region, left, depth + 1, count - rightCount);
        setMeta(region, right, depth + 1, rightCount);
    }

    private static void clear(MemorySegment region, long base) {
        region.asSlice(base, TableLayout.TABLE_BYTES).fill((byte) 0);
    }

    private static void place(MemorySegment region, long base, long word) {
        long at = base + TableLayout.slotOffset(TableLayout.homeOfWord(word));
        while (TableLayout.get(region, at) != TableLayout.EMPTY) {
            at = TableLayout.next(at);
        }
        TableLayout.set(region, at, word);
    }

    private static void setMeta(MemorySegment region, long base, int depth, int live) {
        TableLayout.set(region, base + TableLayout.META_OFFSET, TableLayout.meta(depth, live, live));
    }
}
