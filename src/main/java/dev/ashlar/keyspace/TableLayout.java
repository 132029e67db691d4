package dev.ashlar.keyspace;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The layout of a table of the index, and the arithmetic on its words. Holds no state; who may change a table, and
 * when, is the business of {@link HashIndex}.
 *
 * <pre>
 *   word 0          1                    2        3                         1,023
 *      ┌───────────┬────────────────────┬────────┬────────┬──     ──┬────────┐
 *      │ sequence  │ depth·live·used    │ slot 0 │ slot 1 │   ...   │ 1,021  │   8 KiB, at a multiple of 8 KiB
 *      └───────────┴────────────────────┴────────┴────────┴──     ──┴────────┘
 *   sequence   odd while a slot is being filled or emptied, so that a copy can be made atomically
 *   depth      how many top bits of the hash all entries of the table share
 *   live       slots that hold an entry
 *   used       live slots and those marked removed; some slot is always empty, so every probe ends
 *
 *   slot word   63       54 53            40 39                                   0
 *              ┌───────────┬────────────────┬──────────────────────────────────────┐
 *              │ home bits │ window         │ position of the record in the log    │
 *              └───────────┴────────────────┴──────────────────────────────────────┘
 *               └────────── tag ───────────┘
 *   home bits  the low 10 bits of the hash; the upper 7 of them are the line of 8 words in whose first slot probing starts
 *   window     14 bits of the hash after its top 8 × level bits: the next bit to split by is always among them
 *   0 is an empty slot, 1 a removed one: positions start at 16
 * </pre>
 *
 * <p>A table of depth d uses a level q with 8q ≤ d &lt; 8q + 14. So both what a split needs, the bit that parts the
 * entries and their home slots, come from the tags, without a look at the records.
 */
final class TableLayout {
    static final int TABLE_SHIFT = 13;
    static final int TABLE_BYTES = 1 << TABLE_SHIFT;
    static final int SLOTS = TABLE_BYTES / Long.BYTES - 2;

    static final long SEQUENCE_OFFSET = 0;
    static final long META_OFFSET = 8;
    static final long SLOTS_OFFSET = 16;

    static final long EMPTY = 0;
    static final long REMOVED = 1;

    /** Above this share of used slots (80 %) probing gets long, and a table is split or rebuilt. */
    static final int MAX_USED = SLOTS * 4 / 5;

    /** An entry sits at most 63 slots behind the first of its home line, so a probe looks at no more than 64. */
    static final int MAX_PROBES = 64;

    static final int MAX_DEPTH = 48;
    static final int LEVEL_BITS = 8;
    static final int WINDOW_BITS = 14;
    static final int HOME_BITS = 10;
    static final long HOME_MASK = (1L << HOME_BITS) - 1;

    /** A cache line: what a search looks at in one go. */
    private static final int LINE_SHIFT = 6;

    private static final int LINE_BITS = TABLE_SHIFT - LINE_SHIFT;

    static final int POSITION_BITS = 40;
    static final long POSITION_MASK = (1L << POSITION_BITS) - 1;
    static final long MIN_POSITION = 16;

    static final long LIVE_ONE = 1L << 16;
    static final long USED_ONE = 1L;

    private static final VarHandle WORD =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle().withInvokeExactBehavior();

    private static final ValueLayout.OfLong PLAIN = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private TableLayout() {}

    static long get(MemorySegment region, long at) {
        return (long) WORD.get(region, at);
    }

    /** Words stand at multiples of 8, so that a plain load is one; its alignment need not be checked. */
    static long getAcquire(MemorySegment region, long at) {
        long word = region.get(PLAIN, at);
        VarHandle.acquireFence();
        return word;
    }

    static void set(MemorySegment region, long at, long word) {
        WORD.set(region, at, word);
    }

    static void setRelease(MemorySegment region, long at, long word) {
        WORD.setRelease(region, at, word);
    }

    /** Offset of a table in the region. */
    static long base(int table) {
        return (long) table << TABLE_SHIFT;
    }

    /** Offset of the table that the word at this offset belongs to. */
    static long baseOf(long at) {
        return at & -TABLE_BYTES;
    }

    static long slotOffset(int slot) {
        return SLOTS_OFFSET + (long) slot * Long.BYTES;
    }

    /** The slot behind this one, the first one behind the last. */
    static long next(long at) {
        long next = at + Long.BYTES;
        return (next & (TABLE_BYTES - 1)) != 0 ? next : next - TABLE_BYTES + SLOTS_OFFSET;
    }

    /** The slot before this one, the last one before the first. */
    static long previous(long at) {
        return (at & (TABLE_BYTES - 1)) != SLOTS_OFFSET
                ? at - Long.BYTES
                : at - SLOTS_OFFSET + TABLE_BYTES - Long.BYTES;
    }

    static long tag(long hash, int level) {
        return (hash & HOME_MASK) << WINDOW_BITS | (hash << (level * LEVEL_BITS)) >>> (Long.SIZE - WINDOW_BITS);
    }

    static long lineOffset(long line) {
        return line << LINE_SHIFT;
    }

    /** The line where a search starts. */
    static long homeLine(long homeBits) {
        return homeBits >>> (HOME_BITS - LINE_BITS);
    }

    /** The first slot of the line; line 0 begins with the two words that are none. */
    private static int homeSlot(long homeBits) {
        return Math.max(0, (int) (lineOffset(homeLine(homeBits)) - SLOTS_OFFSET) / Long.BYTES);
    }

    static int homeOfHash(long hash) {
        return homeSlot(hash & HOME_MASK);
    }

    static int homeOfWord(long word) {
        return homeSlot(word >>> (Long.SIZE - HOME_BITS));
    }

    static int window(long word) {
        return (int) (word >>> POSITION_BITS) & ((1 << WINDOW_BITS) - 1);
    }

    /** Which of the two halves of a table of this depth and level the entry goes to. */
    static int splitBit(long word, int depth, int level) {
        return (window(word) >>> (WINDOW_BITS - 1 - (depth - level * LEVEL_BITS))) & 1;
    }

    static boolean isLive(long word) {
        return word >>> 1 != 0;
    }

    static long word(long tag, long position) {
        return tag << POSITION_BITS | position;
    }

    static long position(long word) {
        return word & POSITION_MASK;
    }

    static long meta(int depth, int live, int used) {
        return (long) depth << 32 | (long) live << 16 | used;
    }

    static int depth(long meta) {
        return (int) (meta >>> 32);
    }

    static int live(long meta) {
        return (int) (meta >>> 16) & 0xFFFF;
    }

    static int used(long meta) {
        return (int) meta & 0xFFFF;
    }

    /** What the meta word has to be, by the slots that there are. Without branches, so that it is compiled into vectors. */
    static long counted(MemorySegment region, long base, int depth) {
        long live = 0;
        long used = 0;
        for (int slot = 0; slot < SLOTS; slot++) {
            long word = region.get(PLAIN, base + SLOTS_OFFSET + (long) slot * Long.BYTES);
            used += (word | -word) >>> 63;
            long entry = word >>> 1;
            live += (entry | -entry) >>> 63;
        }
        return meta(depth, (int) live, (int) used);
    }

    /** The first hash behind those of a table; 0 behind the last one. */
    static long nextPrefix(long prefix, int depth) {
        return depth == 0 ? 0 : prefix + (1L << (Long.SIZE - depth));
    }

    /** A hash without what is not shared at this depth. */
    static long prefix(long hash, int depth) {
        return depth == 0 ? 0 : hash & (-1L << (Long.SIZE - depth));
    }
}
