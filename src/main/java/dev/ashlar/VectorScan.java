package dev.ashlar;

import java.lang.foreign.MemorySegment;

/**
 * A pass over the rows of a collection as of one moment; see {@link VectorReader#scan()}. For one thread at a time. Close
 * it when done, so that what it stands on can go.
 */
public interface VectorScan extends AutoCloseable {
    /**
     * Goes to the next row.
     *
     * @throws IllegalStateException if the snapshot that is scanned was closed
     */
    boolean next();

    /** @throws CorruptionException if the header of the row is damaged; the scan can go on */
    long id();

    /**
     * The LSN of the write that set the row.
     *
     * @throws CorruptionException if the header of the row is damaged; the scan can go on
     */
    long version();

    /**
     * The row's components, in place: a view that stays valid.
     *
     * @throws CorruptionException if the row is damaged; the scan can go on
     */
    MemorySegment row();

    @Override
    void close();
}
