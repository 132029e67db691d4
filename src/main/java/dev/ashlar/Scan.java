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
     * @throws CorruptionException if what comes next is not a record; calling again goes on behind it
     */
    boolean next();

    /** The present entry's key: a view like {@link #value()}. */
    MemorySegment key();

    /**
     * The present entry's value: a view that stays valid.
     *
     * @throws CorruptionException if the value is damaged; the scan can go on
     */
    MemorySegment value();

    /** Length of the present entry's value in bytes; looks only at the record's header. */
    long size();

    long version();

    @Override
    void close();
}
