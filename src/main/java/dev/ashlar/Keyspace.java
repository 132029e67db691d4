package dev.ashlar;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

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
 * <p><b>Expiry.</b> A value that is put with a time to live reads as absent from then on, everywhere: by gets, cursors,
 * scans and conditional writes. Time is what {@link StoreOptions#clock()} says; a value expires at a moment, which is
 * stored in milliseconds and rounded up. A later put without a time to live stays. What a cursor points at, and views,
 * stay readable. Expired values are removed in the background ({@link StoreOptions#sweepInterval()}) and by compaction;
 * until then they count in {@link #size()} and take space. If the clock goes back, what was not removed shows again.
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
     * Sets a value that expires; returns when it is {@link Durability#APPENDED}. The time to live begins when this is
     * called.
     *
     * @throws IllegalArgumentException if the time to live is not above zero, or ends beyond what can be stored
     */
    default long put(byte[] key, byte[] value, Duration timeToLive) {
        return put(key, value, timeToLive, Durability.APPENDED);
    }

    default long put(String key, byte[] value, Duration timeToLive) {
        return put(key.getBytes(StandardCharsets.UTF_8), value, timeToLive, Durability.APPENDED);
    }

    default long put(String key, byte[] value, Duration timeToLive, Durability durability) {
        return put(key.getBytes(StandardCharsets.UTF_8), value, timeToLive, durability);
    }

    default long put(long key, byte[] value, Duration timeToLive) {
        return put(longKey(key), value, timeToLive, Durability.APPENDED);
    }

    default long put(long key, byte[] value, Duration timeToLive, Durability durability) {
        return put(longKey(key), value, timeToLive, durability);
    }

    long put(byte[] key, byte[] value, Duration timeToLive, Durability durability);

    long put(byte[] key, MemorySegment value, Duration timeToLive, Durability durability);

    CompletableFuture<Long> putAsync(byte[] key, byte[] value, Duration timeToLive, Durability durability);

    CompletableFuture<Long> putAsync(byte[] key, MemorySegment value, Duration timeToLive, Durability durability);

    /**
     * Sets when the present value of a key expires, counted from now. This writes the value again, so it has another
     * version afterwards; a concurrent write of the key wins.
     *
     * @return the new version, or {@link #NOT_WRITTEN} if the key is absent
     * @throws IllegalArgumentException if the time to live is not above zero, or ends beyond what can be stored
     */
    default long expire(byte[] key, Duration timeToLive) {
        return expire(key, timeToLive, Durability.APPENDED);
    }

    default long expire(String key, Duration timeToLive) {
        return expire(key.getBytes(StandardCharsets.UTF_8), timeToLive, Durability.APPENDED);
    }

    default long expire(long key, Duration timeToLive) {
        return expire(longKey(key), timeToLive, Durability.APPENDED);
    }

    long expire(byte[] key, Duration timeToLive, Durability durability);

    /**
     * Lets the present value of a key stay, as {@link #expire} writes it again. Of one that stays anyway it writes nothing.
     *
     * @return the new version, or {@link #NOT_WRITTEN} if the key is absent or its value does not expire
     */
    default long persist(byte[] key) {
        return persist(key, Durability.APPENDED);
    }

    default long persist(String key) {
        return persist(key.getBytes(StandardCharsets.UTF_8), Durability.APPENDED);
    }

    default long persist(long key) {
        return persist(longKey(key), Durability.APPENDED);
    }

    long persist(byte[] key, Durability durability);

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

    /** As {@link #putIfAbsent(byte[], byte[], Durability)}, of a value that expires: a lease. */
    long putIfAbsent(byte[] key, byte[] value, Duration timeToLive, Durability durability);

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

    /** As {@link #replace(byte[], byte[], long, Durability)}, by a value that expires. */
    long replace(byte[] key, byte[] value, long version, Duration timeToLive, Durability durability);

    /**
     * Removes a key; returns the LSN of the deletion, or {@link #NOT_WRITTEN} if there is none. A value that has expired
     * is none: it is left to the sweeper.
     */
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
