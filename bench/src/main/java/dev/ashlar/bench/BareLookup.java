package dev.ashlar.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * The least that finding a row by an id which is no index takes: a slot of a hash table, and the id itself, which stands in a
 * mapped file apart from the row. The table has slots of 8 bytes, a tag and a number, and is two thirds full at most; ids are
 * 64 bytes apart, as headers are.
 */
final class BareLookup {
    private static final int APART = 64;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private final MemorySegment slots;
    private final MemorySegment ids;
    private final long mask;

    BareLookup(int count, Path file) {
        long capacity = Math.max(8, Long.highestOneBit(count * 3L / 2 - 1) * 2);
        mask = capacity - 1;
        slots = MemorySegment.ofAddress(Posix.hugeMemory(capacity * Long.BYTES)).reinterpret(capacity * Long.BYTES);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment written = arena.allocate((long) count * APART, APART);
            for (int number = 0; number < count; number++) {
                written.set(LONG, (long) number * APART, number);
                long hash = Stores.mix(number);
                long slot = hash & mask;
                while (slots.getAtIndex(LONG, slot) != 0) {
                    slot = slot + 1 & mask;
                }
                slots.setAtIndex(LONG, slot, tag(hash) | number + 1);
            }
            ids = DenseRows.mapped(written, file);
        }
    }

    private static long tag(long hash) {
        return hash >>> 40 << 40;
    }

    /** The number of the row with an id; -1 if there is none. */
    long find(long id) {
        long hash = Stores.mix(id);
        for (long at = hash & mask; ; at = at + 1 & mask) {
            long slot = slots.getAtIndex(LONG, at);
            if (slot == 0) {
                return -1;
            }
            long number = (slot & (1L << 40) - 1) - 1;
            if (slot >>> 40 == hash >>> 40 && ids.get(LONG, number * APART) == id) {
                return number;
            }
        }
    }
}
