package dev.ashlar.keyspace;

import static dev.ashlar.keyspace.TableLayout.META_OFFSET;
import static dev.ashlar.keyspace.TableLayout.SEQUENCE_OFFSET;

import dev.ashlar.AshlarException;
import dev.ashlar.simd.LineSearch;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.Reference;
import java.util.function.LongConsumer;

/**
 * The index of a keyspace: an off-heap hash table from 64-bit key hashes to positions of records in the log. It knows
 * no keys: two keys with the same hash are two entries, and the caller tells them apart by the key in the record.
 *
 * <pre>
 *   hash ──top bits──► {@link Directory} ──entry──► table of 1,022 slots ({@link TableLayout})
 *        ──low bits──► home line of 8 slots; from its first at most 64 slots one after the other, up to an empty one
 *        ──both──────► tag in the slot, 24 bits: says no to all but one in 100,000 of the wrong slots
 *   slot ──40 bits───► position of the record, whose key decides
 * </pre>
 *
 * <p>It grows by one table at a time: a full one is parted in two by the next bit of the hash, which the tags know, so
 * records are read again only every eighth level. Tables are never joined again; {@link #clear} gives all of them back.
 *
 * <p><b>Threads.</b> One thread at a time changes the indexes that share a {@link TableMemory}: all of {@link #insert},
 * {@link #replace}, {@link #remove}, {@link #clear} and {@link #restore} belong to it. Any thread looks keys up, and
 * waits for nobody:
 *
 * <pre>{@code
 *   for (;;) {
 *       long entry = index.entry(hash);
 *       long at = index.home(entry, hash);
 *       for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, at = HashIndex.next(at)) {
 *           long word = index.word(at);
 *           if (word == HashIndex.EMPTY) break;
 *           if (HashIndex.matches(word, entry, hash) && isRecordOf(HashIndex.position(word), key)) return position;
 *       }
 *       if (index.entry(hash) == entry) return ABSENT;
 *   }
 * }</pre>
 *
 * <p>A table that was split is reused at once, so a reader may scan one that has another prefix, or belongs to another
 * keyspace, by now. What it finds there is a position of some record nevertheless: slots are written whole. So
 * <b>the comparison must take in the keyspace as well as the key</b>, and then a hit is a hit. A miss counts if the
 * entry is still the same afterwards: then the table was in place all the time, and no entry of it moves in place.
 *
 * <p><b>Limits.</b> Keys are expected to differ in their hashes, as those of a good hash with a secret seed do. As many
 * as 64 keys may share one hash; beyond that, and beyond about 800 keys that share 48 bits, an insert is refused.
 */
public final class HashIndex {
    /** A slot that ends the search. */
    public static final long EMPTY = TableLayout.EMPTY;

    /** How many slots a search looks at, at the most. */
    public static final int MAX_PROBES = TableLayout.MAX_PROBES;

    /** Smaller positions cannot be told from marks in a slot. */
    public static final long MIN_POSITION = TableLayout.MIN_POSITION;

    /** Positions have 40 bits. */
    public static final long MAX_POSITION = TableLayout.POSITION_MASK;

    /** Size of a table, in memory and in an image. */
    public static final int TABLE_BYTES = TableLayout.TABLE_BYTES;

    /** What {@link #likelySlot} answers where no slot of the line has the tag. */
    public static final long NO_SLOT = -1;

    /** The two words at the beginning of a table have this for a tag, and are no slots. */
    private static final long NO_TAG = 0;

    /** What a word that is no entry is without its lowest bit: empty or removed. */
    private static final long NO_ENTRY = 0;

    private static final VarHandle SIZE;

    static {
        try {
            SIZE = MethodHandles.lookup()
                    .findVarHandle(HashIndex.class, "size", long.class)
                    .withInvokeExactBehavior();
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final TableMemory memory;
    private final HashSource source;
    private final Directory directory;

    private long size;
    private int tables;
    private long generation;
    private volatile int clears;

    /** An empty index. It takes no table before the first insert. */
    public HashIndex(TableMemory memory, HashSource source) {
        this(memory, source, new Directory(Directory.entry(0, 0, TableMemory.EMPTY_TABLE)), 1, 0);
    }

    /** A filled one; generation 0 is all that its directory has seen. */
    HashIndex(TableMemory memory, HashSource source, Directory directory, int tables, long size) {
        this.memory = memory;
        this.source = source;
        this.directory = directory;
        this.tables = tables;
        this.size = size;
    }

    /**
     * Starts to build an index from the tables of an image; the new index takes nothing from this call on that was not
     * added to the result.
     */
    public static IndexRestorer restore(TableMemory memory, HashSource source) {
        return new IndexRestorer(memory, source);
    }

    // Reading, by any thread. Tiny, so that all of it ends up in the caller's loop.

    /** Where the entries for this hash are, at this moment. */
    public long entry(long hash) {
        return directory.find(hash);
    }

    /** The slot where the search for a hash starts. */
    public long home(long entry, long hash) {
        return memory.origin()
                + TableLayout.base(Directory.table(entry))
                + TableLayout.slotOffset(TableLayout.homeOfHash(hash));
    }

    /**
     * The word that is nearly always the one: the first with the hash's tag in the line where the search starts, found
     * without a branch that depends on where in the line it is. {@link #EMPTY} says nothing about the key. The word may
     * have changed since its tag was compared; the record decides.
     */
    public long likelyWord(long hash) {
        TableMemory memory = this.memory;
        long entry = directory.find(hash);
        long line = line(memory, entry, hash);
        long tag = tag(entry, hash);
        int i = LineSearch.indexOf(memory.words(), line, TableLayout.POSITION_BITS, tag);
        if (i >= LineSearch.WORDS || tag == NO_TAG) {
            return EMPTY;
        }
        try {
            return TableLayout.getAcquire(memory.words(), line + (long) (i & LineSearch.WORDS - 1) * Long.BYTES);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    /** The slot of that word, or {@link #NO_SLOT}. */
    public long likelySlot(long entry, long hash) {
        long line = line(memory, entry, hash);
        long tag = tag(entry, hash);
        int i = LineSearch.indexOf(memory.words(), line, TableLayout.POSITION_BITS, tag);
        return i < LineSearch.WORDS && tag != NO_TAG ? line + (long) i * Long.BYTES : NO_SLOT;
    }

    /**
     * Whether the line where the search for a hash starts shows that no search goes on behind it. Where {@link #likelySlot}
     * found no slot either, the hash has no entry. For the writer: nothing changes meanwhile.
     */
    public boolean endsInLine(long entry, long hash) {
        int free = freeInLine(memory.words(), line(memory, entry, hash), hash);
        return free < LineSearch.WORDS && word(line(memory, entry, hash) + (long) free * Long.BYTES) == EMPTY;
    }

    /**
     * The first word of a hash's line that is no entry, found without a branch for each, or {@link LineSearch#WORDS}. Line
     * 0 begins with two words that are no slots, so it is never answered for.
     */
    private static int freeInLine(MemorySegment words, long line, long hash) {
        return TableLayout.homeLine(hash & TableLayout.HOME_MASK) == 0
                ? LineSearch.WORDS
                : LineSearch.indexOf(words, line, 1, NO_ENTRY);
    }

    /** Reads what the writer needs first for a hash: the line where its search starts, and the head of the table. */
    public long touch(long hash) {
        TableMemory memory = this.memory;
        long entry = directory.find(hash);
        long base = memory.origin() + TableLayout.base(Directory.table(entry));
        return word(base + META_OFFSET) + word(line(memory, entry, hash));
    }

    private static long line(TableMemory memory, long entry, long hash) {
        return memory.origin()
                + TableLayout.base(Directory.table(entry))
                + TableLayout.lineOffset(TableLayout.homeLine(hash & TableLayout.HOME_MASK));
    }

    private static long tag(long entry, long hash) {
        return TableLayout.tag(hash, Directory.level(entry));
    }

    /** The slot to look at after this one. */
    public static long next(long at) {
        return TableLayout.next(at);
    }

    /** What is in a slot. All that the writer did before it filled the slot is visible afterwards. */
    public long word(long at) {
        try {
            return TableLayout.getAcquire(memory.words(), at);
        } finally {
            Reference.reachabilityFence(memory);
        }
    }

    /** Whether a slot may be the one for this hash. Never true of an empty or a removed one. */
    public static boolean matches(long word, long entry, long hash) {
        return word >>> TableLayout.POSITION_BITS == TableLayout.tag(hash, Directory.level(entry))
                && TableLayout.isLive(word);
    }

    /** The position in a slot that {@linkplain #matches matches}. */
    public static long position(long word) {
        return TableLayout.position(word);
    }

    /** How many entries there are; exact for the writer, a moment old for others. */
    public long size() {
        return (long) SIZE.getOpaque(this);
    }

    // Changing, by the writer.

    /**
     * Adds an entry. The caller has made sure that the key has none.
     *
     * @throws AshlarException if too many keys have nearly the same hash (see the class comment), or all indexes
     *     together have reached the limit of {@link TableMemory}; nothing was added
     * @throws RuntimeException what the {@link HashSource} throws, in the rare case where the index cannot go on
     * without     a record; nothing was added
     */
    public void insert(long hash, long position) {
        checkPosition(position);
        for (; ; ) {
            long entry = directory.find(hash);
            long base = TableLayout.base(Directory.table(entry));
            MemorySegment region = memory.region();
            long meta = TableLayout.get(region, base + META_OFFSET);
            long at = freeSlot(region, base, hash);
            if (at != NO_SLOT) {
                boolean reused = TableLayout.get(region, at) == TableLayout.REMOVED;
                if (reused || TableLayout.used(meta) < TableLayout.MAX_USED) {
                    long word = TableLayout.word(TableLayout.tag(hash, Directory.level(entry)), position);
                    long change = TableLayout.LIVE_ONE + (reused ? 0 : TableLayout.USED_ONE);
                    beginChange(region, base);
                    TableLayout.setRelease(region, at, word);
                    TableLayout.set(region, base + META_OFFSET, meta + change);
                    endChange(region, base);
                    SIZE.setOpaque(this, size + 1);
                    return;
                }
            }
            makeRoom(hash, entry, meta, at == NO_SLOT);
        }
    }

    /**
     * Lets an entry point to another record with the same key.
     *
     * @param at the slot, found since the last call of {@link #insert}, {@link #remove} or {@link #clear}
     */
    public void replace(long at, long position) {
        checkPosition(position);
        MemorySegment region = memory.region();
        long slot = at - memory.origin();
        long word = liveWord(region, slot);
        TableLayout.setRelease(region, slot, (word & ~TableLayout.POSITION_MASK) | position);
    }

    /**
     * Takes an entry out.
     *
     * @param at the slot, found since the last call of {@link #insert}, {@link #remove} or {@link #clear}
     */
    public void remove(long at) {
        MemorySegment region = memory.region();
        long slot = at - memory.origin();
        liveWord(region, slot);
        long base = TableLayout.baseOf(slot);
        long change = -TableLayout.LIVE_ONE;
        beginChange(region, base);
        if (TableLayout.get(region, TableLayout.next(slot)) == EMPTY) {
            // No search goes on behind this slot, so it need not say that it was used, nor need removed ones before it.
            do {
                TableLayout.setRelease(region, slot, EMPTY);
                change -= TableLayout.USED_ONE;
                slot = TableLayout.previous(slot);
            } while (TableLayout.get(region, slot) == TableLayout.REMOVED);
        } else {
            TableLayout.setRelease(region, slot, TableLayout.REMOVED);
        }
        long meta = TableLayout.get(region, base + META_OFFSET);
        TableLayout.set(region, base + META_OFFSET, meta + change);
        endChange(region, base);
        SIZE.setOpaque(this, size - 1);
    }

    /** Takes all entries out and gives the memory back. An image in the making shows the rest as empty. */
    public void clear() {
        int[] old = new int[tables];
        int count = 0;
        long prefix = 0;
        do {
            long entry = directory.find(prefix);
            old[count++] = Directory.table(entry);
            prefix = TableLayout.nextPrefix(prefix, depth(entry));
        } while (prefix != 0);
        int before = clears;
        clears = before + 1; // before anything is taken away, see IndexImage
        directory.reset(newEntry(0, TableMemory.EMPTY_TABLE));
        for (int i = 0; i < count; i++) {
            memory.free(old[i]);
        }
        memory.trim();
        tables = 1;
        SIZE.setOpaque(this, 0L);
    }

    // Walking, by the writer or while nothing changes.

    /** Takes out the entries that the filter does not keep; by the writer. */
    public void retain(PositionFilter filter) {
        long prefix = 0;
        do {
            long entry = directory.find(prefix);
            long base = TableLayout.base(Directory.table(entry));
            for (int slot = 0; slot < TableLayout.SLOTS; slot++) {
                long at = base + TableLayout.slotOffset(slot);
                long word = TableLayout.get(memory.region(), at);
                if (TableLayout.isLive(word) && !filter.keeps(TableLayout.position(word))) {
                    remove(memory.origin() + at);
                }
            }
            prefix = TableLayout.nextPrefix(prefix, depth(entry));
        } while (prefix != 0);
    }

    /** Hands out the positions of all entries, in no order that means anything. */
    public void forEachPosition(LongConsumer consumer) {
        long prefix = 0;
        do {
            long entry = directory.find(prefix);
            long base = TableLayout.base(Directory.table(entry));
            MemorySegment region = memory.region();
            for (int slot = 0; slot < TableLayout.SLOTS; slot++) {
                long word = TableLayout.get(region, base + TableLayout.slotOffset(slot));
                if (TableLayout.isLive(word)) {
                    consumer.accept(TableLayout.position(word));
                }
            }
            prefix = TableLayout.nextPrefix(prefix, depth(entry));
        } while (prefix != 0);
    }

    /**
     * Hands all tables to the sink while the writer goes on. Each is as it was at one moment, but not all at the same
     * one: what happened since the call has to be replayed over the image, in order, by key.
     *
     * <p>Any thread may call this, also several.
     *
     * <p>If the index is cleared meanwhile, the tables that were still to come are handed out as they were then: empty.
     */
    public void image(TableSink sink) {
        new IndexImage(this, memory).writeTo(sink);
    }

    /** Loads the tables that a restored index has left in the checkpoint, see {@link PendingTables}. Any thread. */
    void loadPending() {
        directory.settle();
    }

    /** Changes whenever the index was cleared; the one change that makes tables coarser. */
    int clears() {
        return clears;
    }

    private int depth(long entry) {
        return TableLayout.depth(
                TableLayout.get(memory.region(), TableLayout.base(Directory.table(entry)) + META_OFFSET));
    }

    private long newEntry(int level, int table) {
        return Directory.entry(++generation, level, table);
    }

    /** The first slot on the way that holds no entry. */
    private static long freeSlot(MemorySegment region, long base, long hash) {
        long line = base + TableLayout.lineOffset(TableLayout.homeLine(hash & TableLayout.HOME_MASK));
        int free = freeInLine(region, line, hash);
        if (free < LineSearch.WORDS) {
            return line + (long) free * Long.BYTES;
        }
        long at = base + TableLayout.slotOffset(TableLayout.homeOfHash(hash));
        for (int probe = 0; probe < MAX_PROBES; probe++, at = TableLayout.next(at)) {
            if (!TableLayout.isLive(TableLayout.get(region, at))) {
                return at;
            }
        }
        return NO_SLOT;
    }

    private static long liveWord(MemorySegment region, long at) {
        long word = TableLayout.get(region, at);
        if (!TableLayout.isLive(word)) {
            throw new IllegalStateException("there is no entry in the slot at " + at);
        }
        return word;
    }

    private static void checkPosition(long position) {
        if (position < MIN_POSITION || position > MAX_POSITION) {
            throw new IllegalArgumentException(
                    "position " + position + " is not between " + MIN_POSITION + " and " + MAX_POSITION);
        }
    }

    private static void beginChange(MemorySegment region, long base) {
        TableLayout.set(region, base + SEQUENCE_OFFSET, TableLayout.get(region, base + SEQUENCE_OFFSET) + 1);
        VarHandle.storeStoreFence();
    }

    private static void endChange(MemorySegment region, long base) {
        TableLayout.setRelease(region, base + SEQUENCE_OFFSET, TableLayout.get(region, base + SEQUENCE_OFFSET) + 1);
    }

    /** Splits a table, or cleans it up if that is enough. */
    private void makeRoom(long hash, long entry, long meta, boolean crowded) {
        int used = TableLayout.used(meta);
        int removed = used - TableLayout.live(meta);
        if (!crowded && 3 * removed >= used) {
            rebuild(hash, entry, TableLayout.depth(meta));
        } else {
            split(hash, entry, TableLayout.depth(meta));
        }
    }

    private void rebuild(long hash, long entry, int depth) {
        int old = Directory.table(entry);
        int table = memory.allocate();
        TableMover mover = memory.mover();
        mover.collect(memory.region(), TableLayout.base(old));
        mover.fill(memory.region(), TableLayout.base(table), depth);
        directory.publish(hash, depth, newEntry(Directory.level(entry), table));
        memory.free(old);
    }

    private void split(long hash, long entry, int depth) {
        if (depth == TableLayout.MAX_DEPTH) {
            throw new AshlarException("too many keys have hashes that start with the same " + depth + " bits, "
                    + Long.toHexString(hash >>> (Long.SIZE - depth))
                    + ": the index holds about 800 of them, and 64 with the same hash. Hashes are seeded per store, so"
                    + " this does not happen by chance; use other keys.");
        }
        // What can fail comes first: once a table is taken, nothing does.
        memory.ensureFree(2);
        directory.deepen(hash, depth + 1, tables + 1);
        int old = Directory.table(entry);
        int level = Directory.level(entry);
        TableMover mover = memory.mover();
        mover.collect(memory.region(), TableLayout.base(old));
        int newLevel = mover.raiseLevel(TableLayout.prefix(hash, depth), depth, level, source);

        int left = memory.allocate();
        int right = memory.allocate();
        mover.fillHalves(memory.region(), TableLayout.base(left), TableLayout.base(right), depth, level);
        long bit = 1L << (Long.SIZE - 1 - depth);
        directory.publish(hash & ~bit, depth + 1, newEntry(newLevel, left));
        directory.publish(hash | bit, depth + 1, newEntry(newLevel, right));
        tables++;
        memory.free(old);
    }
}
