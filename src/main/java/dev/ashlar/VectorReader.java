package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * What can be asked of a vector collection, as it is ({@link VectorCollection}) or as it was ({@link Snapshot#vectors}). All
 * methods may be called from any thread. Looking rows up waits for nobody. {@link #scan}, {@link #ids} and {@link #search} begin and
 * end between two groups of writes, so they wait for the group that is being written; a {@link WriteCallback} must not call them.
 *
 * <p>A row is a read-only view of {@link VectorOptions#rowBytes()} bytes that begins at a multiple of 64, stays valid and
 * unchanged for as long as it is held, and has only zeros behind it up to {@link VectorOptions#stride()}.
 */
public interface VectorReader {
    String name();

    VectorOptions options();

    /** Number of rows. */
    long size();

    default boolean isEmpty() {
        return size() == 0;
    }

    /**
     * The row with this id, in place, or null if there is none.
     *
     * @throws CorruptionException if its bytes are not those that were written
     */
    @Nullable
    MemorySegment get(long id);

    /**
     * Looks many rows up, so that the waits for memory overlap. Each is as if it were looked up on its own.
     *
     * @param rows gets the row of each id in the place of the id; null if there is none
     * @return how many were found
     * @throws IllegalArgumentException if there are fewer places than ids; nothing was done
     */
    int getAll(long[] ids, @Nullable MemorySegment[] rows);

    /**
     * Copies the components of a row.
     *
     * @return false if there is none; the array is as it was then
     * @throws IllegalArgumentException if the collection is not of float32, or the array not of its dimension
     */
    boolean get(long id, float[] target);

    boolean contains(long id);

    /** The LSN of the write that set a row; -1 if there is none. */
    long version(long id);

    /** The ids of all rows, as of one moment, in no order that means anything. Close it unless all of them are taken. */
    LongStream ids();

    /** All rows as of one moment: those in segments first, then those that are in none yet. */
    VectorScan scan();

    /**
     * The rows that are nearest to a vector, nearest first, exactly, as of one moment: the snapshot's, or that of the call.
     * Of rows that are equally near, those with lower ids (as signed numbers) come first, so the result is the same however many
     * threads work on it.
     *
     * @return at most {@link VectorQuery#k()} rows
     * @throws IllegalArgumentException if the vector has not the collection's dimension and type, or has components that
     *     are not finite where those are rejected
     * @throws SearchStoppedException if the deadline passed, the search was cancelled, or the thread was interrupted
     * @throws CorruptionException if one of the nearest rows is damaged
     */
    List<VectorHit> search(VectorQuery query);

    /** {@link #search(VectorQuery)} for the k nearest of all rows. */
    default List<VectorHit> search(float[] vector, int k) {
        return search(VectorQuery.of(vector).k(k));
    }

    default List<VectorHit> search(byte[] vector, int k) {
        return search(VectorQuery.of(vector).k(k));
    }
}
