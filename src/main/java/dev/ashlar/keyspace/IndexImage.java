package dev.ashlar.keyspace;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;

/**
 * Copies the tables of an index, one by one and each as of one moment, while the writer changes them. Takes no lock and
 * holds nobody up: a copy during which its table changed is made again.
 *
 * <p>Tables are visited in the order of their prefixes. Since a table is split but never joined with another, the end
 * of one is the start of another whatever happens meanwhile, and the copies tile the space of hashes without gap or
 * overlap. Only clearing an index breaks that: then the rest is made of empty tables, which is what the index was then.
 */
final class IndexImage {
    private static final int SPINS_BEFORE_PARKING = 100;
    private static final long PARK_NANOS = 50_000;

    private final HashIndex index;
    private final TableMemory memory;

    IndexImage(HashIndex index, TableMemory memory) {
        this.index = index;
        this.memory = memory;
    }

    /** See {@link HashIndex#image}. */
    void writeTo(TableSink sink) {
        int clears = index.clears();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(TableLayout.TABLE_BYTES, 64);
            for (long prefix = 0; ; ) {
                long entry = copyTable(prefix, copy);
                // The writer counts before it clears, so a copy of what came after does not get past this.
                int now = index.clears();
                if (now != clears && prefix != 0) {
                    emptyRest(prefix, copy, sink);
                    return;
                }
                if (now != clears) {
                    clears = now; // nothing was handed out yet
                    continue;
                }
                int depth = TableLayout.depth(TableLayout.get(copy, TableLayout.META_OFFSET));
                TableLayout.set(copy, TableLayout.SEQUENCE_OFFSET, 0);
                if (Directory.table(entry) == TableMemory.EMPTY_TABLE) {
                    // It says that it is full, so that the first insert replaces it.
                    TableLayout.set(copy, TableLayout.META_OFFSET, TableLayout.meta(depth, 0, 0));
                }
                sink.table(prefix, depth, Directory.level(entry), copy);
                prefix = TableLayout.nextPrefix(prefix, depth);
                if (prefix == 0) {
                    return;
                }
            }
        }
    }

    /** Hands out empty tables from a prefix on. Each is as large as may begin there. */
    private static void emptyRest(long from, MemorySegment copy, TableSink sink) {
        copy.fill((byte) 0);
        for (long prefix = from; prefix != 0; prefix = TableLayout.nextPrefix(prefix, depthAt(prefix))) {
            int depth = depthAt(prefix);
            TableLayout.set(copy, TableLayout.META_OFFSET, TableLayout.meta(depth, 0, 0));
            sink.table(prefix, depth, depth / TableLayout.LEVEL_BITS, copy);
        }
    }

    private static int depthAt(long prefix) {
        return Long.SIZE - Long.numberOfTrailingZeros(prefix);
    }

    /** Returns the entry of the table that was copied. */
    private long copyTable(long prefix, MemorySegment copy) {
        for (int spins = 0; ; spins++) {
            long entry = index.entry(prefix);
            if (tryCopy(prefix, entry, copy)) {
                return entry;
            }
            if (spins < SPINS_BEFORE_PARKING) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(PARK_NANOS); // the writer lost its processor in the middle of a change
            }
        }
    }

    /** Copies the table of an entry; false if it was changed meanwhile, or was not the right one any more. */
    boolean tryCopy(long prefix, long entry, MemorySegment copy) {
        long base = TableLayout.base(Directory.table(entry));
        MemorySegment region = memory.region();
        long sequence = TableLayout.getAcquire(region, base + TableLayout.SEQUENCE_OFFSET);
        if ((sequence & 1) != 0) {
            return false;
        }
        MemorySegment.copy(region, base, copy, 0, TableLayout.TABLE_BYTES);
        VarHandle.acquireFence();
        // The sequence tells of changes to the table, the entry of another table in its place.
        return TableLayout.get(region, base + TableLayout.SEQUENCE_OFFSET) == sequence && index.entry(prefix) == entry;
    }
}
