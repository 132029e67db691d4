package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * A reusable window on one typed value at a time, re-pointed by each {@code find}. Of an interface it has one flyweight,
 * and finding allocates nothing; of a record each {@link #value()} is new. For one thread at a time.
 *
 * <p>Unlike a {@link Cursor} it holds the memory that it points into, at most one chunk of the log or one value's file.
 * So an accessor of the flyweight has nothing to check and never throws because compaction took something away: it shows
 * the value that was found, unchanged, until the next {@code find} that finds something.
 */
public interface TypedCursor<T> {
    /**
     * Points the cursor at the value of a key; false, and at nothing, if the key is absent.
     *
     * @throws LayoutMismatchException if the value has another length than the layout
     */
    boolean find(byte[] key);

    boolean find(MemorySegment key);

    boolean find(long key);

    default boolean find(String key) {
        return find(key.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The value found. Of an interface always the same object, which shows the next value after the next {@code find};
     * {@link TypedKeyspace#get(byte[])} has values that can be kept.
     *
     * @throws IllegalStateException if the cursor points at nothing
     */
    T value();

    /** The LSN of the write that set the value, as {@link Cursor#version()}. */
    long version();
}
