package dev.ashlar;

import java.lang.foreign.MemorySegment;

/**
 * A pass over the entries of a keyspace; see {@link KeyspaceReader#scan()}. For one thread at a time. Close it when done,
 * so that the chunk it stands on can go.
 *
 * <p>{@link #next} and all that reads numbers or copies bytes allocates nothing. Everything but {@code next} and {@code
 * close} throws {@link java.util.NoSuchElementException} if the scan is not at an entry. What needs the value throws
 * {@link CorruptionException} if that is damaged, and {@link java.util.ConcurrentModificationException} if it was in a
 * file of its own that has gone because it was overwritten or deleted meanwhile, which a snapshot excludes; the scan can
 * go on in either case.
 */
public interface Scan extends AutoCloseable {
    /**
     * Goes to the next live entry.
     *
     * @throws CorruptionException if what comes next is not a record; calling again goes on behind it
     * @throws IllegalStateException if the snapshot that is scanned was closed
     */
    boolean next();

    /** The present entry: one allocation or two, and it may be kept for ever. */
    Entry entry();

    /** The present entry's key: a view like {@link #value()}. */
    MemorySegment key();

    /** Length of the present entry's key in bytes. */
    int keySize();

    /**
     * The number of which {@link Keyspace#longKey} has made the present entry's key.
     *
     * @throws IllegalStateException if the key has not 8 bytes
     */
    long longKey();

    /** Copies the key into native or heap memory, which has room for it; returns its length. */
    int copyKeyTo(MemorySegment target, long targetOffset);

    /** The present entry's value: a view that stays valid. */
    MemorySegment value();

    /** Length of the present entry's value in bytes; looks only at the record's header. */
    long size();

    long version();

    byte getByte(long offset);

    /** Reads the value: little-endian, at any offset, as all of the following. */
    short getShort(long offset);

    char getChar(long offset);

    int getInt(long offset);

    long getLong(long offset);

    float getFloat(long offset);

    double getDouble(long offset);

    /** Copies bytes of the value into native or heap memory. */
    void copyTo(long offset, MemorySegment target, long targetOffset, long length);

    @Override
    void close();
}
