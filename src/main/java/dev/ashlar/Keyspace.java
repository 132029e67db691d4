package dev.ashlar;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
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

    default CompletableFuture<Long> putAsync(String key, byte[] value, Durability durability) {
        return putAsync(key.getBytes(StandardCharsets.UTF_8), value, durability);
    }

    default CompletableFuture<Long> putAsync(String key, MemorySegment value, Durability durability) {
        return putAsync(key.getBytes(StandardCharsets.UTF_8), value, durability);
    }

    default CompletableFuture<Long> putAsync(long key, byte[] value, Durability durability) {
        return putAsync(longKey(key), value, durability);
    }

    default CompletableFuture<Long> putAsync(long key, MemorySegment value, Durability durability) {
        return putAsync(longKey(key), value, durability);
    }

    /**
     * As {@link #putAsync(byte[], byte[], Durability)}, but tells a callback instead of making a future; with values that
     * fit their slot of the ring (some 900 bytes with their key) nothing is allocated on the way. It waits for room in the
     * ring like any write.
     *
     * @param tag whatever the callback knows this write by
     */
    void put(byte[] key, byte[] value, Durability durability, WriteCallback callback, long tag);

    void put(byte[] key, MemorySegment value, Durability durability, WriteCallback callback, long tag);

    void put(MemorySegment key, MemorySegment value, Durability durability, WriteCallback callback, long tag);

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
     * Sets a value that expires at a moment, which is stored in milliseconds and rounded up: what {@link #expiresAt} says of
     * another store's value, for example. If the moment has passed the key is absent from now on, whatever it had before.
     *
     * @throws IllegalArgumentException if the moment is before 1970-01-01T00:00:00.001Z, or beyond what can be stored
     */
    long put(byte[] key, byte[] value, Instant expiresAt, Durability durability);

    CompletableFuture<Long> putAsync(byte[] key, byte[] value, Instant expiresAt, Durability durability);

    /**
     * As {@link #put(byte[], byte[], Durability, WriteCallback, long)}, of a value that expires. The time to live begins
     * when this is called. The first value of a store that expires has to wait for the device.
     *
     * @param tag whatever the callback knows this write by
     * @throws IllegalArgumentException if the time to live is not above zero, or ends beyond what can be stored
     */
    void put(byte[] key, byte[] value, Duration timeToLive, Durability durability, WriteCallback callback, long tag);

    void put(
            byte[] key,
            MemorySegment value,
            Duration timeToLive,
            Durability durability,
            WriteCallback callback,
            long tag);

    void put(
            MemorySegment key,
            MemorySegment value,
            Duration timeToLive,
            Durability durability,
            WriteCallback callback,
            long tag);

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
     * ring nothing happens. A value above 8 MiB is written by the calling thread before this returns.
     *
     * <p>It may be called where nothing may wait: from a {@link WriteCallback}, or from what a future that completes runs;
     * not with a value above 8 MiB.
     *
     * @return false if there is no room now
     */
    boolean tryPut(byte[] key, byte[] value);

    boolean tryPut(MemorySegment key, MemorySegment value);

    default boolean tryPut(String key, byte[] value) {
        return tryPut(key.getBytes(StandardCharsets.UTF_8), value);
    }

    default boolean tryPut(long key, byte[] value) {
        return tryPut(longKey(key), value);
    }

    /**
     * As {@link #tryPut(byte[], byte[])}, but a callback is told what became of it, unless this returns false.
     *
     * @param tag whatever the callback knows this write by
     */
    boolean tryPut(byte[] key, byte[] value, Durability durability, WriteCallback callback, long tag);

    boolean tryPut(MemorySegment key, MemorySegment value, Durability durability, WriteCallback callback, long tag);

    /**
     * As {@link #tryPut(byte[], byte[], Durability, WriteCallback, long)}, of a value that expires. As long as the store is
     * not marked as one that has such values this returns false, and has it marked.
     *
     * @throws IllegalArgumentException if the time to live is not above zero, or ends beyond what can be stored
     */
    boolean tryPut(
            byte[] key, byte[] value, Duration timeToLive, Durability durability, WriteCallback callback, long tag);

    boolean tryPut(
            MemorySegment key,
            MemorySegment value,
            Duration timeToLive,
            Durability durability,
            WriteCallback callback,
            long tag);

    /** Sets the value of a key that is absent; returns the LSN, or {@link #NOT_WRITTEN} if the key is there. */
    default long putIfAbsent(byte[] key, byte[] value) {
        return putIfAbsent(key, value, Durability.APPENDED);
    }

    long putIfAbsent(byte[] key, byte[] value, Durability durability);

    /** As {@link #putIfAbsent(byte[], byte[], Durability)}, but returns at once with a future of what that would return. */
    CompletableFuture<Long> putIfAbsentAsync(byte[] key, byte[] value, Durability durability);

    CompletableFuture<Long> putIfAbsentAsync(MemorySegment key, MemorySegment value, Durability durability);

    default CompletableFuture<Long> putIfAbsentAsync(String key, byte[] value, Durability durability) {
        return putIfAbsentAsync(key.getBytes(StandardCharsets.UTF_8), value, durability);
    }

    default CompletableFuture<Long> putIfAbsentAsync(long key, byte[] value, Durability durability) {
        return putIfAbsentAsync(longKey(key), value, durability);
    }

    /** As {@link #putIfAbsentAsync}, but tells a callback, as {@link #put(byte[], byte[], Durability, WriteCallback, long)} does. */
    void putIfAbsent(byte[] key, byte[] value, Durability durability, WriteCallback callback, long tag);

    void putIfAbsent(MemorySegment key, MemorySegment value, Durability durability, WriteCallback callback, long tag);

    /** As {@link #putIfAbsent(byte[], byte[], Durability)}, of a value that expires: a lease. */
    long putIfAbsent(byte[] key, byte[] value, Duration timeToLive, Durability durability);

    /** As that, but tells a callback, as {@link #put(byte[], byte[], Duration, Durability, WriteCallback, long)} does. */
    void putIfAbsent(
            byte[] key, byte[] value, Duration timeToLive, Durability durability, WriteCallback callback, long tag);

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

    /** As {@link #replace(byte[], byte[], long, Durability)}, but returns at once with a future of what that would return. */
    CompletableFuture<Long> replaceAsync(byte[] key, byte[] value, long version, Durability durability);

    CompletableFuture<Long> replaceAsync(MemorySegment key, MemorySegment value, long version, Durability durability);

    default CompletableFuture<Long> replaceAsync(String key, byte[] value, long version, Durability durability) {
        return replaceAsync(key.getBytes(StandardCharsets.UTF_8), value, version, durability);
    }

    default CompletableFuture<Long> replaceAsync(long key, byte[] value, long version, Durability durability) {
        return replaceAsync(longKey(key), value, version, durability);
    }

    /** As {@link #replaceAsync}, but tells a callback, as {@link #put(byte[], byte[], Durability, WriteCallback, long)} does. */
    void replace(byte[] key, byte[] value, long version, Durability durability, WriteCallback callback, long tag);

    void replace(
            MemorySegment key,
            MemorySegment value,
            long version,
            Durability durability,
            WriteCallback callback,
            long tag);

    /** As {@link #replace(byte[], byte[], long, Durability)}, by a value that expires. */
    long replace(byte[] key, byte[] value, long version, Duration timeToLive, Durability durability);

    /** As that, but tells a callback, as {@link #put(byte[], byte[], Duration, Durability, WriteCallback, long)} does. */
    void replace(
            byte[] key,
            byte[] value,
            long version,
            Duration timeToLive,
            Durability durability,
            WriteCallback callback,
            long tag);

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

    long delete(MemorySegment key, Durability durability);

    /** As {@link #delete(byte[], Durability)}, but returns at once with a future of what that would return. */
    CompletableFuture<Long> deleteAsync(byte[] key, Durability durability);

    CompletableFuture<Long> deleteAsync(MemorySegment key, Durability durability);

    default CompletableFuture<Long> deleteAsync(String key, Durability durability) {
        return deleteAsync(key.getBytes(StandardCharsets.UTF_8), durability);
    }

    default CompletableFuture<Long> deleteAsync(long key, Durability durability) {
        return deleteAsync(longKey(key), durability);
    }

    /** As {@link #deleteAsync}, but tells a callback, as {@link #put(byte[], byte[], Durability, WriteCallback, long)} does. */
    void delete(byte[] key, Durability durability, WriteCallback callback, long tag);

    void delete(MemorySegment key, Durability durability, WriteCallback callback, long tag);

    /** Hands a deletion over and returns at once; otherwise as {@link #tryPut(byte[], byte[])}. */
    boolean tryDelete(byte[] key);

    boolean tryDelete(MemorySegment key);

    default boolean tryDelete(String key) {
        return tryDelete(key.getBytes(StandardCharsets.UTF_8));
    }

    default boolean tryDelete(long key) {
        return tryDelete(longKey(key));
    }

    /** As {@link #tryPut(byte[], byte[], Durability, WriteCallback, long)}, for a deletion. */
    boolean tryDelete(byte[] key, Durability durability, WriteCallback callback, long tag);

    boolean tryDelete(MemorySegment key, Durability durability, WriteCallback callback, long tag);

    // ---------------------------------------------------------------------------------------------------- streams

    /**
     * Removes a key whose present version is the given one.
     *
     * @param version the LSN that the write of the present value returned, or {@link Cursor#version()}
     * @return the LSN of the deletion, or {@link #NOT_WRITTEN} if the key is absent or has another version
     */
    long delete(byte[] key, long version, Durability durability);

    /** As {@link #getAndDelete(byte[], Durability)}, {@link Durability#APPENDED}. */
    default @Nullable MemorySegment getAndDelete(byte[] key) {
        return getAndDelete(key, Durability.APPENDED);
    }

    default @Nullable MemorySegment getAndDelete(String key) {
        return getAndDelete(key.getBytes(StandardCharsets.UTF_8), Durability.APPENDED);
    }

    default @Nullable MemorySegment getAndDelete(long key) {
        return getAndDelete(longKey(key), Durability.APPENDED);
    }

    /**
     * Removes a key and returns the value that it had, which stays readable like any other view; null if the key is absent.
     * Of several threads that call this for one value, one gets it.
     *
     * @throws CorruptionException if the value is damaged; it stays
     */
    @Nullable
    MemorySegment getAndDelete(byte[] key, Durability durability);

    default long deleteAll(byte[]... keys) {
        return deleteAll(List.of(keys), Durability.APPENDED);
    }

    default long deleteAll(Collection<byte[]> keys) {
        return deleteAll(keys, Durability.APPENDED);
    }

    /**
     * Removes keys as one {@link WriteBatch}: after a crash all of them are gone or none. Keys that are absent are none of
     * its business.
     *
     * @return the LSN of the last deletion, or {@link #NOT_WRITTEN} if none of the keys was there
     * @throws IllegalArgumentException if they would take more than {@link WriteBatch#MAX_BYTES}
     */
    long deleteAll(Collection<byte[]> keys, Durability durability);

    /**
     * Removes all entries, in one step. It is one small record in the log, but it is applied entry by entry: writes to the
     * store wait, in proportion to their number, reads for nothing. What has expired goes too. The
     * memory of the index is given back; the space in the log, and the files of large values, as with other deletions.
     *
     * @return the LSN of the deletion, or {@link #NOT_WRITTEN} if there is nothing to remove
     */
    long clear(Durability durability);

    default long clear() {
        return clear(Durability.APPENDED);
    }

    // A value is read, written under its new key, and the old one deleted, in one batch that requires that the value is
    // still the one that was read; else all of it begins again. So who writes to a key all the time keeps others from
    // moving it. Values of more than 8 MiB are copied to a file of their own each time. When it expires goes along.

    default long rename(String key, String newKey) {
        return rename(
                key.getBytes(StandardCharsets.UTF_8), newKey.getBytes(StandardCharsets.UTF_8), Durability.APPENDED);
    }

    default long rename(byte[] key, byte[] newKey) {
        return rename(key, newKey, Durability.APPENDED);
    }

    /**
     * Gives the value of a key to another key, in one step; a value that the other key has is replaced. It expires when it
     * would have, as in all that follows.
     *
     * @return the LSN of the value under its new key, or {@link #NOT_WRITTEN} if the key is absent
     * @throws IllegalArgumentException if both keys are the same; nothing changes
     */
    long rename(byte[] key, byte[] newKey, Durability durability);

    /** As {@link #rename(byte[], byte[], Durability)}, but returns {@link #NOT_WRITTEN} as well if the new key is there. */
    long renameIfAbsent(byte[] key, byte[] newKey, Durability durability);

    default long copy(byte[] key, Keyspace target, byte[] newKey) {
        return copy(key, target, newKey, Durability.APPENDED);
    }

    /**
     * Copies a value to a key of this or another keyspace, which may be one of another store, and replaces what that key
     * has. Within a store the value is the source's at the moment at which the copy takes effect.
     *
     * @return the LSN of the copy in the target's store, or {@link #NOT_WRITTEN} if the key is absent
     * @throws IllegalArgumentException if both are the same key of the same keyspace; nothing changes
     */
    long copy(byte[] key, Keyspace target, byte[] newKey, Durability durability);

    default long move(byte[] key, Keyspace target, byte[] newKey) {
        return move(key, target, newKey, Durability.APPENDED);
    }

    /**
     * Moves a value to a key of this or another keyspace, and replaces what that key has.
     *
     * <p>To a keyspace of the same store in one step. To one of <b>another store</b> in two: the copy is made durable there,
     * whatever durability is asked for, then the key is deleted here unless it was written meanwhile, in which case the new
     * value is copied too. A crash in between leaves both; none leaves neither. If the target's store refuses (it failed,
     * is closed or full), its exception passes and this keyspace is as it was. If somebody deletes the key here meanwhile,
     * the copy there is removed again, but not what it replaced.
     *
     * @return the LSN of the value in the target's store, or {@link #NOT_WRITTEN} if the key is absent
     * @throws IllegalArgumentException if both are the same key of the same keyspace; nothing changes
     */
    long move(byte[] key, Keyspace target, byte[] newKey, Durability durability);

    /**
     * Sets a value to all that a stream yields, of any length, without holding it in memory. The calling thread reads
     * the stream and keeps nobody else waiting; if the stream throws, nothing of it is stored or visible. The stream is
     * not closed.
     *
     * @throws java.io.UncheckedIOException with the stream's own exception
     */
    long putStream(byte[] key, InputStream source, Durability durability);

    default long putStream(String key, InputStream source, Durability durability) {
        return putStream(key.getBytes(StandardCharsets.UTF_8), source, durability);
    }

    default long putStream(long key, InputStream source, Durability durability) {
        return putStream(longKey(key), source, durability);
    }

    /**
     * As {@link #putStream(byte[], InputStream, Durability)}, of a value that expires. The time to live begins when the
     * stream has ended: a value of which the source was slow is there for as long as any other.
     *
     * @throws IllegalArgumentException if the time to live is not above zero, or ends beyond what can be stored; nothing
     *     was read
     */
    long putStream(byte[] key, InputStream source, Duration timeToLive, Durability durability);

    default long putStream(String key, InputStream source, Duration timeToLive, Durability durability) {
        return putStream(key.getBytes(StandardCharsets.UTF_8), source, timeToLive, durability);
    }

    default long putStream(long key, InputStream source, Duration timeToLive, Durability durability) {
        return putStream(longKey(key), source, timeToLive, durability);
    }

    /** As {@link #putStream(byte[], InputStream, Durability)}, of a value that expires at a moment. */
    long putStream(byte[] key, InputStream source, Instant expiresAt, Durability durability);

    /**
     * As {@link #putStream(byte[], InputStream, Durability)}, from a channel's position to its end.
     *
     * @throws IllegalArgumentException if the channel is in non-blocking mode
     */
    long putStream(byte[] key, ReadableByteChannel source, Durability durability);

    default long putStream(String key, ReadableByteChannel source, Durability durability) {
        return putStream(key.getBytes(StandardCharsets.UTF_8), source, durability);
    }

    default long putStream(long key, ReadableByteChannel source, Durability durability) {
        return putStream(longKey(key), source, durability);
    }

    /** As {@link #putStream(byte[], InputStream, Duration, Durability)}, from a channel's position to its end. */
    long putStream(byte[] key, ReadableByteChannel source, Duration timeToLive, Durability durability);

    default long putStream(String key, ReadableByteChannel source, Duration timeToLive, Durability durability) {
        return putStream(key.getBytes(StandardCharsets.UTF_8), source, timeToLive, durability);
    }

    default long putStream(long key, ReadableByteChannel source, Duration timeToLive, Durability durability) {
        return putStream(longKey(key), source, timeToLive, durability);
    }

    /**
     * As {@link #putStream(byte[], InputStream, Durability)}, from a file. It is read once, from its beginning to where it
     * ends then, and never mapped: if others change, cut or extend it meanwhile, the value is what was read.
     *
     * @throws IllegalArgumentException if it is something else than a regular file
     * @throws java.io.UncheckedIOException if it is absent or cannot be read
     */
    long putFile(byte[] key, Path source, Durability durability);

    default long putFile(String key, Path source, Durability durability) {
        return putFile(key.getBytes(StandardCharsets.UTF_8), source, durability);
    }

    default long putFile(long key, Path source, Durability durability) {
        return putFile(longKey(key), source, durability);
    }

    /** As {@link #putFile(byte[], Path, Durability)}, of a value that expires, counted from when the file was read. */
    long putFile(byte[] key, Path source, Duration timeToLive, Durability durability);

    default long putFile(String key, Path source, Duration timeToLive, Durability durability) {
        return putFile(key.getBytes(StandardCharsets.UTF_8), source, timeToLive, durability);
    }

    default long putFile(long key, Path source, Duration timeToLive, Durability durability) {
        return putFile(longKey(key), source, timeToLive, durability);
    }

    /**
     * As {@link #putStream(byte[], InputStream, Durability)}, for a value that is written instead of read: stored if the
     * writer returns, and dropped, with its exception passed on, if it throws. If the writer abandons the stream,
     * nothing is stored.
     *
     * @return the LSN, or {@link #NOT_WRITTEN} if the stream was abandoned
     */
    default <E extends Exception> long putStream(byte[] key, ValueWriter<E> writer, Durability durability) throws E {
        Objects.requireNonNull(writer, "writer");
        return written(writer, outputStream(key, durability));
    }

    default <E extends Exception> long putStream(String key, ValueWriter<E> writer, Durability durability) throws E {
        return putStream(key.getBytes(StandardCharsets.UTF_8), writer, durability);
    }

    default <E extends Exception> long putStream(long key, ValueWriter<E> writer, Durability durability) throws E {
        return putStream(longKey(key), writer, durability);
    }

    private static <E extends Exception> long written(ValueWriter<E> writer, ValueOutputStream target) throws E {
        boolean written = false;
        try {
            writer.writeTo(target);
            written = true;
        } finally {
            if (!written) {
                target.abandon();
            }
        }
        target.close();
        return target.isAbandoned() ? NOT_WRITTEN : target.version();
    }

    /** As {@link #putStream(byte[], ValueWriter, Durability)}, of a value that expires, counted from when it is written. */
    default <E extends Exception> long putStream(
            byte[] key, ValueWriter<E> writer, Duration timeToLive, Durability durability) throws E {
        Objects.requireNonNull(writer, "writer");
        return written(writer, outputStream(key, timeToLive, durability));
    }

    default <E extends Exception> long putStream(
            String key, ValueWriter<E> writer, Duration timeToLive, Durability durability) throws E {
        return putStream(key.getBytes(StandardCharsets.UTF_8), writer, timeToLive, durability);
    }

    default <E extends Exception> long putStream(
            long key, ValueWriter<E> writer, Duration timeToLive, Durability durability) throws E {
        return putStream(longKey(key), writer, timeToLive, durability);
    }

    /** A stream to write a value to, which is set when the stream is closed. There may be any number of them at once. */
    ValueOutputStream outputStream(byte[] key, Durability durability);

    default ValueOutputStream outputStream(String key, Durability durability) {
        return outputStream(key.getBytes(StandardCharsets.UTF_8), durability);
    }

    default ValueOutputStream outputStream(long key, Durability durability) {
        return outputStream(longKey(key), durability);
    }

    /**
     * As {@link #outputStream(byte[], Durability)}, of a value that expires. The time to live begins when the stream is
     * closed.
     *
     * @throws IllegalArgumentException if the time to live is not above zero, or ends beyond what can be stored
     */
    ValueOutputStream outputStream(byte[] key, Duration timeToLive, Durability durability);

    default ValueOutputStream outputStream(String key, Duration timeToLive, Durability durability) {
        return outputStream(key.getBytes(StandardCharsets.UTF_8), timeToLive, durability);
    }

    default ValueOutputStream outputStream(long key, Duration timeToLive, Durability durability) {
        return outputStream(longKey(key), timeToLive, durability);
    }

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
