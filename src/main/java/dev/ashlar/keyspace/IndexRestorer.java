package dev.ashlar.keyspace;

import dev.ashlar.AshlarException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Builds an index from the tables of an image. Believes nothing of what it is given: a table which could not have come
 * from an index, or tables that leave hashes out, are refused, and the caller builds the index from the log instead. It
 * does not read records; {@link HashIndex#retain} takes out what points to where there are none any more.
 *
 * <p>The tables are copied, or left where they are until they are needed ({@link PendingTables}).
 *
 * <p>Used by the thread that changes the indexes of the store. To be closed: what was not finished gives its memory
 * back.
 */
public final class IndexRestorer implements AutoCloseable {
    private final TableMemory memory;
    private final HashSource source;
    private final @Nullable PendingTables pending;

    private long[] prefixes = new long[16];
    private byte[] depths = new byte[16];
    private long[] entries = new long[16];
    private int tables;
    private int maxDepth;
    private long size;
    private long nextPrefix;

    IndexRestorer(TableMemory memory, HashSource source) {
        this(memory, source, null);
    }

    IndexRestorer(TableMemory memory, HashSource source, @Nullable PendingTables pending) {
        this.memory = memory;
        this.source = source;
        this.pending = pending;
    }

    /**
     * Adds one table, as it was handed to a {@link TableSink} and in the same order. The words are copied.
     *
     * @param intact the words are known, by a checksum, to be those that were handed out: then each slot is counted, and
     *     believed to be where it belongs
     * @throws AshlarException if this is not a table of an index, or not the next one
     */
    public void add(long prefix, int depth, int level, MemorySegment words, boolean intact) {
        checkPlace(prefix, depth, level);
        if (words.byteSize() < TableLayout.TABLE_BYTES) {
            throw refused(prefix, depth, "it has " + words.byteSize() + " bytes instead of " + TableLayout.TABLE_BYTES);
        }
        int table = memory.allocate();
        boolean added = false;
        try {
            MemorySegment region = memory.region();
            long base = TableLayout.base(table);
            MemorySegment.copy(words, 0, region, base, TableLayout.TABLE_BYTES);
            TableLayout.set(region, base + TableLayout.SEQUENCE_OFFSET, 0);
            long meta = TableLayout.get(region, base + TableLayout.META_OFFSET);
            long counted =
                    intact ? TableLayout.counted(region, base, depth) : checkSlots(region, base, prefix, depth, level);
            checkMeta(prefix, depth, meta, counted);
            remember(prefix, depth, Directory.entry(0, level, table));
            size += TableLayout.live(meta);
            added = true;
        } finally {
            if (!added) {
                memory.free(table);
            }
        }
    }

    /**
     * Adds one table as {@link #add} does, but leaves it where it is.
     *
     * @param at where its words, which are known to be intact, are in the segment
     * @param position where they stand in the checkpoint
     * @param hash the XXH3-64 of them
     * @throws AshlarException if this is not a table of an index, or not the next one
     */
    void addPending(long prefix, int depth, int level, MemorySegment words, long at, long position, long hash) {
        checkPlace(prefix, depth, level);
        long meta = TableLayout.get(words, at + TableLayout.META_OFFSET);
        // Counts that are wrong run over one day, into the depth beside them.
        checkMeta(prefix, depth, meta, TableLayout.counted(words, at, depth));
        int table = memory.allocate();
        boolean added = false;
        try {
            Objects.requireNonNull(pending).add(table, position, hash);
            remember(prefix, depth, Directory.pending(Directory.entry(0, level, table)));
            size += TableLayout.live(meta);
            added = true;
        } finally {
            if (!added) {
                memory.free(table);
            }
        }
    }

    private static void checkMeta(long prefix, int depth, long meta, long counted) {
        if (counted != meta
                || TableLayout.depth(meta) != depth
                || TableLayout.live(meta) > TableLayout.used(meta)
                || TableLayout.used(meta) > TableLayout.MAX_USED) {
            throw refused(prefix, depth, "its meta word is " + Long.toHexString(meta));
        }
    }

    /**
     * The index with all tables that were added.
     *
     * @throws AshlarException if there are tables missing at the end
     */
    public HashIndex finish() {
        if (tables == 0 || nextPrefix != 0) {
            throw new AshlarException("the image of the index ends before the hashes that start with "
                    + Long.toHexString(nextPrefix) + ", after " + tables + " tables");
        }
        Directory directory =
                Directory.sized(tables, maxDepth, Directory.entry(0, 0, TableMemory.EMPTY_TABLE), pending);
        for (int i = 0; i < tables; i++) {
            directory.deepen(prefixes[i], depths[i], tables);
            directory.publish(prefixes[i], depths[i], entries[i]);
        }
        HashIndex index = new HashIndex(memory, source, directory, tables, size);
        tables = 0;
        return index;
    }

    /** Gives back what did not become an index. */
    @Override
    public void close() {
        for (int i = 0; i < tables; i++) {
            memory.free(Directory.table(entries[i]));
        }
        tables = 0;
    }

    private void checkPlace(long prefix, int depth, int level) {
        if (depth < 0 || depth > TableLayout.MAX_DEPTH || TableLayout.prefix(prefix, depth) != prefix) {
            throw refused(prefix, depth, "its prefix is not one of a depth of 0 to " + TableLayout.MAX_DEPTH);
        }
        int bits = depth - level * TableLayout.LEVEL_BITS;
        if (level < 0 || bits < 0 || bits >= TableLayout.WINDOW_BITS) {
            throw refused(prefix, depth, "level " + level + " does not go with its depth");
        }
        if (prefix != nextPrefix || (prefix == 0 && tables > 0)) {
            throw refused(prefix, depth, "the one that starts at " + Long.toHexString(nextPrefix) + " is due");
        }
    }

    /** Checks all that the words can tell, and returns what the meta word has to be. */
    private static long checkSlots(MemorySegment region, long base, long prefix, int depth, int level) {
        int rest = TableLayout.WINDOW_BITS - (depth - level * TableLayout.LEVEL_BITS);
        int shared = TableLayout.window(TableLayout.tag(prefix, level) << TableLayout.POSITION_BITS) >>> rest;
        int live = 0;
        int used = 0;
        int run = runBeforeFirst(region, base); // how many slots before this one are not empty
        for (int slot = 0; slot < TableLayout.SLOTS; slot++) {
            long word = TableLayout.get(region, base + TableLayout.slotOffset(slot));
            if (word == TableLayout.EMPTY) {
                run = 0;
                continue;
            }
            if (word != TableLayout.REMOVED) {
                int behind = slot - TableLayout.homeOfWord(word);
                int displacement = behind < 0 ? behind + TableLayout.SLOTS : behind;
                if (displacement > run
                        || displacement >= TableLayout.MAX_PROBES
                        || TableLayout.window(word) >>> rest != shared
                        || TableLayout.position(word) < TableLayout.MIN_POSITION) {
                    throw refused(prefix, depth, "slot " + slot + " cannot hold " + Long.toHexString(word));
                }
                live++;
            }
            used++;
            run++;
        }
        if (used > TableLayout.MAX_USED) {
            throw refused(prefix, depth, used + " slots are used, more than " + TableLayout.MAX_USED);
        }
        return TableLayout.meta(depth, live, used);
    }

    private static int runBeforeFirst(MemorySegment region, long base) {
        int run = 0;
        while (run < TableLayout.MAX_PROBES
                && TableLayout.get(region, base + TableLayout.slotOffset(TableLayout.SLOTS - 1 - run))
                        != TableLayout.EMPTY) {
            run++;
        }
        return run;
    }

    private void remember(long prefix, int depth, long entry) {
        if (tables == prefixes.length) {
            prefixes = Arrays.copyOf(prefixes, 2 * tables);
            depths = Arrays.copyOf(depths, 2 * tables);
            entries = Arrays.copyOf(entries, 2 * tables);
        }
        prefixes[tables] = prefix;
        depths[tables] = (byte) depth;
        entries[tables] = entry;
        tables++;
        maxDepth = Math.max(maxDepth, depth);
        nextPrefix = TableLayout.nextPrefix(prefix, depth);
    }

    private static AshlarException refused(long prefix, int depth, String reason) {
        return new AshlarException("a table of the index image is not plausible (hashes starting with "
                + Long.toHexString(prefix) + ", depth " + depth + "): " + reason);
    }
}
