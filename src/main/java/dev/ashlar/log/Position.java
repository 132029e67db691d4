package dev.ashlar.log;

/**
 * Where a record stands, in 40 bits: what an index slot holds.
 *
 * <pre>
 *   39                23 22                 0
 *   ├─ chunk slot, 17 ──┼─ offset / 8, 23 ──┤
 * </pre>
 *
 * A chunk slot is a small number that the process gives to a chunk while it is part of the log ({@link Chunks}).
 * Positions below {@code HEADER / 8} never occur, since a chunk starts with its header.
 */
public final class Position {
    public static final int BITS = 40;
    static final int OFFSET_BITS = 23;
    private static final long OFFSET_MASK = (1L << OFFSET_BITS) - 1;

    /** 131,072 chunks of 64 MiB: 8 TiB of log at one time. */
    public static final int MAX_CHUNKS = 1 << (BITS - OFFSET_BITS);

    private Position() {}

    public static long of(int chunkSlot, long offset) {
        return (long) chunkSlot << OFFSET_BITS | offset >>> 3;
    }

    public static int chunkSlot(long position) {
        return (int) (position >>> OFFSET_BITS);
    }

    public static long offset(long position) {
        return (position & OFFSET_MASK) << 3;
    }
}
