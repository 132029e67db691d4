package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * Writes to any of a store's views that take effect together: after a crash all of them are there or none. They are
 * applied in the order in which they were added, so that of several writes to one key the last one wins. A plain read on
 * another thread may see a batch half applied.
 *
 * <p>A batch may <b>require</b> that keys still are as they were read: {@link #requireVersion}, {@link #requireAbsent}.
 * All that it requires, of any number of keys and keyspaces, is compared with the state before the batch, at the one
 * moment at which the batch takes effect. If anything does not hold, nothing is written and the commit returns {@link
 * Keyspace#NOT_WRITTEN}. So what was decided on what was read is atomic without a lock: read, decide, commit, and if it was
 * refused begin again.
 *
 * <pre>{@code
 *   Cursor from = accounts.cursor(), to = accounts.cursor();
 *   try (WriteBatch batch = store.batch()) {
 *       long lsn;
 *       do {
 *           if (!from.find(alice) || !to.find(bob) || from.getLong(0) < amount) return false;
 *           batch.requireVersion(accounts, alice, from.version());
 *           batch.requireVersion(accounts, bob, to.version());
 *           batch.put(accounts, alice, bytes(from.getLong(0) - amount));
 *           batch.put(accounts, bob, bytes(to.getLong(0) + amount));
 *           lsn = batch.commit(Durability.DURABLE);
 *       } while (lsn == Keyspace.NOT_WRITTEN);
 *   }
 * }</pre>
 *
 * <p>For one thread at a time. Keys and values are copied when they are added. After a commit the batch is empty and can
 * be used again. Closing a batch that was not committed forgets it.
 */
public interface WriteBatch extends AutoCloseable {
    /** The most that one batch may hold, in bytes of log. */
    long MAX_BYTES = 1L << 30;

    /** @throws IllegalArgumentException if the keyspace is of another store, or the batch would become too large */
    WriteBatch put(Keyspace keyspace, byte[] key, byte[] value);

    WriteBatch put(Keyspace keyspace, byte[] key, MemorySegment value);

    WriteBatch put(Keyspace keyspace, MemorySegment key, MemorySegment value);

    default WriteBatch put(Keyspace keyspace, String key, byte[] value) {
        return put(keyspace, key.getBytes(StandardCharsets.UTF_8), value);
    }

    default WriteBatch put(Keyspace keyspace, long key, byte[] value) {
        return put(keyspace, Keyspace.longKey(key), value);
    }

    /**
     * A put that expires; see {@link Keyspace#put(byte[], byte[], Duration)}. The time to live begins with this call.
     *
     * @throws IllegalArgumentException if the time to live is not above zero, or ends beyond what can be stored
     */
    WriteBatch put(Keyspace keyspace, byte[] key, byte[] value, Duration timeToLive);

    WriteBatch put(Keyspace keyspace, byte[] key, MemorySegment value, Duration timeToLive);

    default WriteBatch put(Keyspace keyspace, String key, byte[] value, Duration timeToLive) {
        return put(keyspace, key.getBytes(StandardCharsets.UTF_8), value, timeToLive);
    }

    default WriteBatch put(Keyspace keyspace, long key, byte[] value, Duration timeToLive) {
        return put(keyspace, Keyspace.longKey(key), value, timeToLive);
    }

    /** A put that expires at a moment; see {@link Keyspace#put(byte[], byte[], Instant, Durability)}. */
    WriteBatch put(Keyspace keyspace, byte[] key, byte[] value, Instant expiresAt);

    WriteBatch delete(Keyspace keyspace, byte[] key);

    default WriteBatch delete(Keyspace keyspace, String key) {
        return delete(keyspace, key.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Removes all entries that the keyspace has then, those included that were added to the batch before; see {@link
     * Keyspace#clear}.
     */
    WriteBatch clear(Keyspace keyspace);

    /**
     * Requires that a key has a version when the batch is committed, before any of its writes.
     *
     * @param version the LSN that the write of the value returned, or {@link Cursor#version()}
     * @throws IllegalArgumentException if the keyspace is of another store, or the batch would become too large
     */
    WriteBatch requireVersion(Keyspace keyspace, byte[] key, long version);

    /** Requires that a key is absent, or has expired, when the batch is committed, before any of its writes. */
    WriteBatch requireAbsent(Keyspace keyspace, byte[] key);

    /**
     * Sets a row of a vector collection; see {@link VectorCollection} about what a vector is given as.
     *
     * @throws IllegalArgumentException if it is not one of the collection, or that is of another store; the batch is as before
     */
    WriteBatch put(VectorCollection vectors, long id, float[] vector);

    WriteBatch put(VectorCollection vectors, long id, byte[] vector);

    WriteBatch put(VectorCollection vectors, long id, MemorySegment vector);

    WriteBatch delete(VectorCollection vectors, long id);

    /** Removes all rows that the collection has then; see {@link #clear(Keyspace)}. */
    WriteBatch clear(VectorCollection vectors);

    /** Requires that a row has a version; see {@link #requireVersion(Keyspace, byte[], long)}. */
    WriteBatch requireVersion(VectorCollection vectors, long id, long version);

    /** Requires that there is no row with an id; see {@link #requireAbsent(Keyspace, byte[])}. */
    WriteBatch requireAbsent(VectorCollection vectors, long id);

    /**
     * Adds a document, which is pending when the batch has taken effect; see {@link DocumentCollection#add}.
     *
     * @throws InvalidDocumentException if it is none of the collection's schema
     * @throws DuplicateKeyException if its key is taken now, or the batch has a document with it already. If it is taken when the batch takes effect, or something else of the
     *     collection was committed meanwhile, that is a requirement that does not hold: commit returns {@link
     *     Keyspace#NOT_WRITTEN}
     */
    WriteBatch add(DocumentCollection documents, DocumentBuilder document);

    /** Adds a document in place of what has its key; see {@link DocumentCollection#upsert}. */
    WriteBatch upsert(DocumentCollection documents, DocumentBuilder document);

    /** Deletes the document with a key, if there is one; see {@link DocumentCollection#delete}. */
    WriteBatch delete(DocumentCollection documents, String key);

    WriteBatch delete(DocumentCollection documents, long key);

    /**
     * Makes a prepared commit visible together with the rest of the batch. If the batch is refused or fails, it is prepared as
     * before; if the batch is forgotten, too.
     *
     * @throws IllegalStateException if it has ended, or is in a batch already
     * @throws IllegalArgumentException if it is of another store
     */
    WriteBatch publish(PreparedCommit prepared);

    /** Number of writes added since the last commit; what the batch requires does not count. */
    int size();

    /** Bytes of log that the batch will take, at most; what it requires counts as if it were written. */
    long bytes();

    /** Forgets all that was added since the last commit. */
    void clear();

    /**
     * Applies the batch. It is empty afterwards, whether it was written or refused; if this throws, it is as before.
     *
     * @return the LSN of its last record; {@link Keyspace#NOT_WRITTEN} if something that it requires does not hold, or it
     *     came to nothing (it was empty, or held only deletions of absent keys)
     */
    long commit(Durability durability);

    default long commit() {
        return commit(Durability.APPENDED);
    }

    /** As {@link #commit(Durability)}, but returns at once with a future of what that would return. */
    CompletableFuture<Long> commitAsync(Durability durability);

    /**
     * As {@link #commitAsync}, but tells a callback. An empty batch is told of on the calling thread, at once.
     *
     * @param tag whatever the callback knows this commit by
     */
    void commit(Durability durability, WriteCallback callback, long tag);

    @Override
    void close();
}
