package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;

/**
 * Vectors of one dimension and type, each under an id of 64 bits: any {@code long}. A collection is another view of the log
 * that keyspaces stand on: one order of writes, one {@link WriteBatch}, one snapshot.
 *
 * <p>A row is first read from the log. Worker threads copy rows together into segments, dense and in one piece, so that a
 * scan runs at the speed of memory; the log's chunks can go then. Segments never change: what is overwritten or deleted
 * stays in them until they are merged, which happens by itself. Nobody notices but by the speed: ids, rows and views are the same.
 *
 * <p><b>Writes</b> copy the vector before they return, and are ordered with all other writes to the store. Each returns the
 * log sequence number (LSN) of its record, which is the row's version too. Vectors are given as {@code float[]} (float32),
 * {@code byte[]} (int8, one component each, or bit, packed as {@link VectorType#BIT} says), or as memory that holds {@link
 * VectorOptions#rowBytes()} bytes of what is stored.
 *
 * <p>All methods may be called from any thread. Writes throw {@link IllegalArgumentException} if the vector is not of
 * the collection's type and dimension, if bits behind the last component are set, or if components are not finite where
 * those are rejected; then nothing was written. They throw {@link StoreClosedException} after the store was closed, {@link
 * StoreFailedException} after it failed and {@link StoreFullException} when there is no room.
 */
public interface VectorCollection extends VectorReader {
    /** Sets a row; returns when it is {@link Durability#APPENDED}. */
    default long put(long id, float[] vector) {
        return put(id, vector, Durability.APPENDED);
    }

    default long put(long id, byte[] vector) {
        return put(id, vector, Durability.APPENDED);
    }

    default long put(long id, MemorySegment vector) {
        return put(id, vector, Durability.APPENDED);
    }

    /** Sets a row; returns its LSN when it is as durable as asked for. */
    long put(long id, float[] vector, Durability durability);

    long put(long id, byte[] vector, Durability durability);

    long put(long id, MemorySegment vector, Durability durability);

    CompletableFuture<Long> putAsync(long id, float[] vector, Durability durability);

    CompletableFuture<Long> putAsync(long id, byte[] vector, Durability durability);

    CompletableFuture<Long> putAsync(long id, MemorySegment vector, Durability durability);

    /** Sets a row and calls back; allocates nothing. See {@link WriteCallback}. */
    void put(long id, float[] vector, Durability durability, WriteCallback callback, long tag);

    void put(long id, MemorySegment vector, Durability durability, WriteCallback callback, long tag);

    /**
     * Sets many rows, atomically: after a crash all of them are there or none. Of equal ids the last one counts.
     *
     * @param vectors one behind the other, without padding
     * @return the LSN of the last one
     * @throws IllegalArgumentException also if there are not as many vectors as ids, or they take more than {@link
     *     WriteBatch#MAX_BYTES}
     */
    long putAll(long[] ids, float[] vectors, Durability durability);

    long putAll(long[] ids, MemorySegment vectors, Durability durability);

    CompletableFuture<Long> putAllAsync(long[] ids, float[] vectors, Durability durability);

    CompletableFuture<Long> putAllAsync(long[] ids, MemorySegment vectors, Durability durability);

    /** Deletes a row; returns the LSN of the deletion, or {@link Keyspace#NOT_WRITTEN} if there is none. */
    default long delete(long id) {
        return delete(id, Durability.APPENDED);
    }

    long delete(long id, Durability durability);

    CompletableFuture<Long> deleteAsync(long id, Durability durability);

    /** Deletes many rows, atomically; returns the LSN of the last deletion, or {@link Keyspace#NOT_WRITTEN} if none was there. */
    long deleteAll(long[] ids, Durability durability);

    /** Removes all rows, atomically; returns the LSN of that. */
    long clear(Durability durability);

    /**
     * Prepares for so many more rows: the log's next chunks are made, up to 64 GiB of them. It is never needed; it moves work out
     * of the way of the writes that come next. What is not used is given back when the store is closed.
     *
     * @throws StoreFullException if so many rows do not fit on the disk; the chunks for which there was room are there
     */
    void reserve(long rows);

    /**
     * Builds segments from all rows that are in none, publishes them, merges those that are worth merging, and waits for it.
     * It happens by itself when there are enough of them; this is for whoever wants the next scans at full speed. Reads and
     * writes go on meanwhile.
     */
    void flush();

    /** What the collection consists of. */
    VectorStats stats();
}
