package dev.ashlar;

import java.lang.foreign.MemorySegment;

/**
 * A pass over the entries of a keyspace; see {@link Keyspace#scan()}. For one thread at a time. Close it when done, so
 * that the chunk it stands on can go.
 */
public interface Scan extends AutoCloseable {
    /**
     * Goes to the next live entry.
     *
     * @throws CorruptionException if the next entry is damaged; calling again goes on behind it
     */
    boolean next();

    /** The present entry's key: a view like {@link #value()}. */
    MemorySegment key();

    /** The present entry's value: a view that stays valid. */
    MemorySegment value();

    long version();

    @Override
    void close();
}
