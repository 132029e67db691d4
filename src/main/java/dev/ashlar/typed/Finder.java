package dev.ashlar.typed;

import java.lang.foreign.MemorySegment;

/**
 * Finds values one after the other, in memory that stays as it is for as long as it is held. The engine's part of a
 * {@link dev.ashlar.TypedCursor}; for one thread at a time. It allocates nothing.
 */
public interface Finder {
    boolean find(byte[] key);

    boolean find(MemorySegment key);

    boolean find(long key);

    /** Length of the value found. */
    long size();

    long version();

    /**
     * What the value found is in, a chunk or a file. It holds the value unchanged, whatever becomes of either. To be called
     * before {@link #offset}.
     */
    MemorySegment memory();

    /** Where in it the value begins. */
    long offset();
}
