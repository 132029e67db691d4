package dev.ashlar;

import java.lang.foreign.MemorySegment;

/**
 * A reusable window on one value at a time, re-pointed by each {@code find}. It allocates nothing. For one thread at a
 * time; there may be any number of cursors.
 *
 * <p>The accessors read in place. If compaction takes the value's chunk away while a cursor stands on it, the accessor
 * finds the value where it was moved to; should it be deleted or overwritten by then, it throws {@link
 * java.util.ConcurrentModificationException}, and the next {@code find} goes on. So a cursor never shows a mixture of
 * values; what {@link #copyTo} has put into its target when it throws means nothing.
 */
public interface Cursor {
    /** Points the cursor at the value of a key; false, and at nothing, if the key is absent. */
    boolean find(byte[] key);

    boolean find(MemorySegment key);

    boolean find(long key);

    /** Length of the value in bytes. */
    long size();

    /** The LSN of the write that set the value: survives compaction, compares with {@link Keyspace#replace}. */
    long version();

    /** XXH3-64 of the value, as it was computed when the value was written. */
    long checksum();

    /** What the value takes in files, in bytes; see {@link Entry#sizeOnDisk()}. */
    long sizeOnDisk();

    byte getByte(long offset);

    /** Little-endian, at any offset, as all of the following. */
    short getShort(long offset);

    char getChar(long offset);

    int getInt(long offset);

    long getLong(long offset);

    float getFloat(long offset);

    double getDouble(long offset);

    /** Copies bytes of the value into native or heap memory. */
    void copyTo(long offset, MemorySegment target, long targetOffset, long length);

    /** The value as a view that may be kept for ever, as {@link Keyspace#get(byte[])} returns it: one allocation. */
    MemorySegment value();
}
