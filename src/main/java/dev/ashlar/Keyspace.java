package dev.ashlar;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A map from keys to values, both plain bytes. Keys have 0 to 65,535 bytes; values any length, also none. A {@code
 * String} key stands for its UTF-8 bytes, a {@code long} key for the eight bytes of {@link #longKey}.
 *
 * <p><b>Reads</b> never wait. {@link #get} returns a view of the log itself: read-only, aligned to {@link
 * KeyspaceOptions#alignment()}, valid and unchanged for as long as it is held, whatever happens to the key or the store
 * meanwhile. {@link #cursor()} reads without allocating.
 *
 * <p><b>Writes</b> copy key and value before they return. They are ordered: when one is durable, so is all that was
 * written before it. Each returns the log sequence number (LSN) of its record, which also is the version of the value.
 * A write waits for room in the ring up to {@link StoreOptions#writeTimeout()}.
 *
 * <p>All methods may be called from any thread. They throw {@link StoreClosedException} after the store was closed,
 * writes throw {@link StoreFailedException} after it failed and {@link StoreFullException} when there is no room.
 */
public interface Keyspace extends KeyspaceReader {
    int MAX_KEY_BYTES = 65_535;

    /** What conditional writes return when their condition does not hold, and deletes when there is nothing. */
    long NOT_WRITTEN = -1;

    /**
     * Goes through the live entries in the order of the log (which is the order of writing, except that compaction
     * moves entries to the end). Entries that are written or deleted meanwhile may or may not be met; an entry that is
     * neither is met exactly once, unless compaction moves it meanwhile: then at least once. {@link Store#snapshot} has
     * entries met exactly once.
     */
    @Override
    Scan scan();

    /**
     * This keyspace, with values of one type: a record, or an interface of accessors. See {@link TypedKeyspace}.
     *
     * <p>The first time a keyspace is opened with a type, the layout of the type is stored, durably. A store that has a
     * layout cannot be opened by versions of Ashlar that know none.
     *
     * <p>On the class path the type may be private to its package. In another module than Ashlar's it has to be public, in
     * a package that is exported (or, for a record, opened) to {@code dev.ashlar}; or else the caller gives a lookup:
     * {@link #typed(Class, MethodHandles.Lookup)}.
     *
     * @throws IllegalArgumentException if the type cannot be the type of values; the message names the member
     * @throws LayoutMismatchException if the keyspace has values of another layout
     */
    default <T> TypedKeyspace<T> typed(Class<T> type) {
        return typed(type, null);
    }

    /**
     * As {@link #typed(Class)}, with access to the type and those nested in it as a caller has it.
     *
     * @param lookup of the caller, {@link MethodHandles#lookup()}; null: that of Ashlar
     */
    <T> TypedKeyspace<T> typed(Class<T> type, MethodHandles.@Nullable Lookup lookup);

    // ---------------------------------------------------------------------------------------------------- writing

    /** Sets a value; returns when it is {@link Durability#APPENDED}. */
    default long put(byte[] key, byte[] value) {
        return put(key, value, Durability.APPENDED);
    }

    default long put(byte[] key, MemorySegment value) {
        return put(key, value, Durability.APPENDED);
    }

    default long put(MemorySegment key, MemorySegment value) {
        return put(key, value, Durability.APPENDED);
    }

    default long put(String key, byte[] value) {
        return put(key.getBytes(StandardCharsets.UTF_8), value, Durability.APPENDED);
    }

    default long put(String key, MemorySegment value) {
        return put(key.getBytes(StandardCharsets.UTF_8), value, Durability.APPENDED);
    }

    default long put(String key, byte[] value, Durability durability) {
        return put(key.getBytes(StandardCharsets.UTF_8), value, durability);
    }

    default long put(long key, byte[] value, Durability durability) {
        return put(longKey(key), value, durability);
    }

    default long put(long key, byte[] value) {
        return put(longKey(key), value, Durability.APPENDED);
    }

    default long put(long key, MemorySegment value) {
        return put(longKey(key), value, Durability.APPENDED);
    }

    /** Sets a value; returns its LSN when it is as durable as asked for. */
    long put(byte[] key, byte[] value, Durability durability);

    long put(byte[] key, MemorySegment value, Durability durability);

    long put(MemorySegment key, MemorySegment value, Durability durability);

    /** As {@link #put(byte[], byte[], Durability)}, but returns at once with a future of the LSN. */
    CompletableFuture<Long> putAsync(byte[] key, byte[] value, Durability durability);

    CompletableFuture<Long> putAsync(byte[] key, MemorySegment value, Durability durability);

    CompletableFuture<Long> putAsync(MemorySegment key, MemorySegment value, Durability durability);

    /**
     * Hands a put over and returns at once, without a result: it becomes visible soon, in order, and durable with the
     * next sync. Should it fail, the store fails with it or {@link Store#sync} reports it. If there is no room in the
     * ring nothing happens.
     *
     * @return false if there is no room now
     */
    boolean tryPut(byte[] key, byte[] value);

    boolean tryPut(MemorySegment key, MemorySegment value);

    /** Sets the value of a key that is absent; returns the LSN, or {@link #NOT_WRITTEN} if the key is there. */
    default long putIfAbsent(byte[] key, byte[] value) {
        return putIfAbsent(key, value, Durability.APPENDED);
    }

    long putIfAbsent(byte[] key, byte[] value, Durability durability);

    /**
     * Sets the value of a key whose present version is the given one.
     *
     * @param version the LSN that the write of the present value returned, or {@link Cursor#version()}
     * @return the new version, or {@link #NOT_WRITTEN} if the key is absent or has another version
     */
    default long replace(byte[] key, byte[] value, long version) {
        return replace(key, value, version, Durability.APPENDED);
    }

    long replace(byte[] key, byte[] value, long version, Durability durability);

    /** Removes a key; returns the LSN of the deletion, or {@link #NOT_WRITTEN} if there is none. */
    default long delete(byte[] key) {
        return delete(key, Durability.APPENDED);
    }

    default long delete(String key) {
        return delete(key.getBytes(StandardCharsets.UTF_8), Durability.APPENDED);
    }

    default long delete(long key) {
        return delete(longKey(key), Durability.APPENDED);
    }

    default long delete(String key, Durability durability) {
        return delete(key.getBytes(StandardCharsets.UTF_8), durability);
    }

    default long delete(long key, Durability durability) {
        return delete(longKey(key), durability);
    }

    long delete(byte[] key, Durability durability);

    CompletableFuture<Long> deleteAsync(byte[] key, Durability durability);

    /**
     * Sets a value to all that a stream yields, of any length, without holding it in memory. The calling thread reads
     * the stream and keeps nobody else waiting; if the stream throws, nothing of it is stored or visible.
     *
     * @throws java.io.UncheckedIOException with the stream's own exception
     */
    long putStream(byte[] key, InputStream source, Durability durability);

    /** The eight bytes of a long key: big-endian with the sign flipped, so that their order is numeric order. */
    static byte[] longKey(long key) {
        long flipped = key ^ Long.MIN_VALUE;
        byte[] bytes = new byte[Long.BYTES];
        for (int i = 0; i < Long.BYTES; i++) {
            bytes[i] = (byte) (flipped >>> (56 - 8 * i));
        }
        return bytes;
    }
}
