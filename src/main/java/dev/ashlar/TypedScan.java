package dev.ashlar;

import java.lang.foreign.MemorySegment;

/** A pass over the entries of a typed keyspace; see {@link Scan}, whose rules hold. Close it when done. */
public interface TypedScan<T> extends AutoCloseable {
    /** Goes to the next live entry. */
    boolean next();

    /** The present entry's key: a view that stays valid. */
    MemorySegment key();

    /**
     * The present entry's value, which may be kept, as {@link TypedKeyspace#get(byte[])} returns it.
     *
     * @throws LayoutMismatchException if it has another length than the layout; the scan can go on
     */
    T value();

    long version();

    @Override
    void close();
}
