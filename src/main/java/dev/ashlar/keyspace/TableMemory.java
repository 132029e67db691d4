package dev.ashlar.keyspace;

import dev.ashlar.AshlarException;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.RawMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The off-heap memory that all indexes of a store take their tables from: one region of address space, which the
 * operating system backs as tables are written. Knows which tables are taken, not what is in them.
 *
 * <p>All changes come from one thread at a time, the one that changes the indexes. Readers may look at any table at any
 * time, also at one that was given back and belongs to another index by now: the memory is never unmapped while a
 * reader can reach this object, and what a reader may conclude is said in {@link HashIndex}.
 *
 * <p>Where address space is short (a limit on virtual memory, say), the region starts small and moves when it grows:
 * its contents are copied to one twice as large, and the old one stays readable for those who still hold it.
 */
public final class TableMemory {
    /** Entries of the directories have 26 bits for the table. */
    static final int MAX_TABLES = 1 << 26;

    /**
     * A table that is empty and stays so. New and cleared indexes consist of it, so they cost nothing; it pretends to
     * be full, hence the first insert gets a table of its own, as it would from any other full table.
     */
    static final int EMPTY_TABLE = 0;

    private static final long WANTED_BYTES = 64L << 30;
    private static final long MINIMUM_BYTES = 1L << 20;

    private volatile MemorySegment region;

    /** Where the first table begins in {@link #words}. */
    private volatile long origin;

    private volatile int taken;

    /** Regions that were moved from: a reader may not have noticed yet. */
    private final List<MemorySegment> former = new ArrayList<>();

    private final TableMover mover = new TableMover();
    private int end = 1;
    private int[] free = new int[16];
    private int freeCount;
    private Runnable beforeMoving = () -> {};

    public TableMemory() {
        this(WANTED_BYTES, MINIMUM_BYTES);
    }

    TableMemory(long wantedBytes, long minimumBytes) {
        region = OffHeap.reserve(wantedBytes, minimumBytes, Arena.ofAuto());
        origin = originOf(region);
        TableLayout.set(
                region,
                TableLayout.base(EMPTY_TABLE) + TableLayout.META_OFFSET,
                TableLayout.meta(0, 0, TableLayout.MAX_USED));
    }

    /** Bytes of all tables that are in use; any thread may ask. */
    public long usedBytes() {
        return (long) taken << TableLayout.TABLE_SHIFT;
    }

    /** Where the tables are now, for whoever changes them: table n begins at {@link TableLayout#base}(n). */
    MemorySegment region() {
        return region;
    }

    /**
     * What readers read the tables in; with native access a constant, so that a word costs one load. Read the origin once
     * for each search. A search that goes on where the tables were before they moved meets them as they were then.
     */
    MemorySegment words() {
        return RawMemory.IS_AVAILABLE ? RawMemory.ALL : region;
    }

    /** Offset of the first table in {@link #words}, a multiple of a table's size. */
    long origin() {
        return RawMemory.address(origin);
    }

    private static long originOf(MemorySegment region) {
        return RawMemory.IS_AVAILABLE ? region.address() : 0;
    }

    /** For the writer of the indexes; shared, since there is one. */
    TableMover mover() {
        return mover;
    }

    /** What has to be done, by the writer, before the region moves: others may not write to the old one any more then. */
    void beforeMoving(Runnable action) {
        beforeMoving = action;
    }

    /**
     * Makes sure that so many calls of {@link #allocate} cannot fail.
     *
     * @throws AshlarException if all indexes together have reached the limit
     */
    void ensureFree(int tables) {
        long missing = (long) end + Math.max(0, tables - freeCount);
        long bytes = region.byteSize();
        if (missing <= bytes >>> TableLayout.TABLE_SHIFT && missing <= MAX_TABLES) {
            return;
        }
        if (missing > MAX_TABLES) {
            throw new AshlarException("the indexes of the store need more than " + MAX_TABLES + " tables of "
                    + TableLayout.TABLE_BYTES + " bytes, the most that can be addressed (about 40,000,000,000 keys)."
                    + " Delete keys, or spread them over several stores.");
        }
        long wanted = Math.max(missing << TableLayout.TABLE_SHIFT, 2 * bytes);
        MemorySegment larger = OffHeap.allocate(
                Math.min(wanted, (long) MAX_TABLES << TableLayout.TABLE_SHIFT),
                TableLayout.TABLE_BYTES,
                Arena.ofAuto());
        beforeMoving.run();
        MemorySegment.copy(region, 0, larger, 0, TableLayout.base(end));
        former.add(region);
        region = larger;
        origin = originOf(larger);
    }

    /** A table for the caller, with anything in it: to be cleared before it is published. */
    int allocate() {
        ensureFree(1);
        int table = freeCount > 0 ? free[--freeCount] : end++;
        taken = end - 1 - freeCount;
        // A reader that still scans this table for its former owner and sees what its new owner writes must also see,
        // when it looks again, that the table was replaced.
        VarHandle.releaseFence();
        return table;
    }

    void free(int table) {
        if (table == EMPTY_TABLE) {
            return;
        }
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * freeCount);
        }
        free[freeCount++] = table;
        taken = end - 1 - freeCount;
    }

    /**
     * Gives the memory of free tables back to the operating system; the tables stay free. After this the lowest numbers
     * are taken first, so that what is in use moves together.
     */
    void trim() {
        Arrays.sort(free, 0, freeCount);
        for (int i = 0, run; i < freeCount; i = run) {
            run = i + 1;
            while (run < freeCount && free[run] == free[run - 1] + 1) {
                run++;
            }
            OffHeap.discard(region, TableLayout.base(free[i]), TableLayout.base(run - i));
        }
        for (int low = 0, high = freeCount - 1; low < high; low++, high--) {
            int table = free[low];
            free[low] = free[high];
            free[high] = table;
        }
    }
}
