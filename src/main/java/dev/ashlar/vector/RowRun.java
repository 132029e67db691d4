package dev.ashlar.vector;

import dev.ashlar.VectorHit;
import java.lang.foreign.MemorySegment;

/**
 * A run of rows as a search sees them: as of one moment, all of it. Rows have numbers from 0 on; some of them do not count
 * (overwritten, deleted, or written after the moment). No two rows of one search that count have the same id.
 *
 * <p>A search asks from many threads at once, once for each row or 64 rows, so every method but {@link #hit} is a few
 * instructions and allocates nothing. What it answers stays the same, and the memory stays mapped, until the search has
 * returned; afterwards no thread asks any more.
 *
 * <p>A row is as {@link dev.ashlar.simd.Distances} wants it: it begins at an address that is a multiple of 64, and has only
 * zeros behind its last component, up to the next multiple of 64.
 */
public interface RowRun {
    /** Number of rows, with those that do not count. */
    int count();

    /** Native memory with all rows in it. */
    MemorySegment bytes();

    /** Whether row i is at {@code rowAt(0) + i * stride}, where the stride is {@link dev.ashlar.VectorOptions#stride()}. */
    boolean isDense();

    /** Where in {@link #bytes()} a row begins. Asked for rows that count only, and, if the run is dense, for any. */
    long rowAt(int row);

    /** Bit j says whether row {@code 64 * word + j} counts. Bits of rows that are not there mean nothing. */
    long liveMask(int word);

    /** The id of a row that counts. */
    long id(int row);

    /**
     * A row that counts, as a search returns it; called on the thread that searches, after all others have left.
     *
     * @throws dev.ashlar.CorruptionException if the row is damaged
     */
    VectorHit hit(int row, float score);
}
