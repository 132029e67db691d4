package dev.ashlar;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Documents with the fields of a schema, compressed, and visible as they are committed. A collection is a view of the log that
 * keyspaces and vector collections stand on: one order of writes, one {@link WriteBatch}, one snapshot.
 *
 * <pre>
 *   add, upsert, delete ──► pending: in the log, as durable as asked for ──► workers: compressed segments
 *                                                                              │
 *                                   commit: one frame in the log ──────────────┴──► visible to the next snapshot
 * </pre>
 *
 * <p><b>Pending.</b> What is added is checked on the calling thread, written to the log, and <i>pending</i>: readers do not see
 * it. It survives a crash like any write, and is pending still when the store is opened again. It becomes visible with the next
 * {@linkplain #commit commit}, all at once, or goes with {@link #discardPending}.
 *
 * <p><b>Primary keys</b>, if the schema has one, are exact: {@link #add} refuses a key that is committed, prepared or pending
 * unless its deletion is pending; {@link #upsert} replaces what has the key. Of several writes to one key before a commit the
 * last one counts.
 *
 * <p><b>Two phases.</b> {@link #prepareCommit} makes files of everything that was added before the call, durably; {@link
 * PreparedCommit#commit} makes it visible with one record of the log, alone or in a {@link WriteBatch} with writes to other
 * views. In between anything can happen that has to succeed or fail with it. Adding goes on meanwhile, for the commit after it.
 *
 * <p>All methods may be called from any thread. Writes throw {@link StoreClosedException} after the store was closed, {@link
 * StoreFailedException} after it failed and {@link StoreFullException} when there is no room; then nothing was written.
 */
public interface DocumentCollection {
    String name();

    /** The present schema: that of the last {@link #addFields}. */
    DocumentSchema schema();

    DocumentOptions options();

    /**
     * Adds fields at the end of the schema, durably. Documents that were added before have none of them.
     *
     * @return the new schema
     * @throws IllegalArgumentException if there is a field of one of these names that is not the same
     */
    DocumentSchema addFields(DocumentField... fields);

    /** An empty document, to be filled in and added; it can be used again. For one thread at a time. */
    DocumentBuilder document();

    // ------------------------------------------------------------------------------------------------------- adding

    /** Adds a document; returns when it is {@link Durability#APPENDED}. */
    default long add(DocumentBuilder document) {
        return add(document, Durability.APPENDED);
    }

    /** Adds a document of a map from field names to values; see {@link DocumentBuilder#set(Map)}. */
    default long add(Map<String, ?> fields) {
        return add(document().set(fields), Durability.APPENDED);
    }

    /** Adds a document of a record, whose components are named as fields; see {@link DocumentBuilder#set(Record)}. */
    default long add(Record fields) {
        return add(document().set(fields), Durability.APPENDED);
    }

    /**
     * Adds a document.
     *
     * @return the LSN of its record
     * @throws InvalidDocumentException if it is none of the schema
     * @throws DuplicateKeyException if there is a document with its key
     */
    long add(DocumentBuilder document, Durability durability);

    /** As {@link #add(DocumentBuilder, Durability)}; the document is encoded before this returns. */
    CompletableFuture<Long> addAsync(DocumentBuilder document, Durability durability);

    /**
     * As {@link #add(DocumentBuilder, Durability)}, but waits no longer than this for room among the writes under way.
     *
     * @return {@link Keyspace#NOT_WRITTEN} if there was no room in that time
     */
    long tryAdd(DocumentBuilder document, Duration patience, Durability durability);

    /**
     * Adds many documents, each for itself: one that is invalid, or whose key is taken, is refused and the others are
     * added. They are written together, some hundreds of kilobytes at a time.
     *
     * @param documents builders, maps or records. A builder is read before the next element is asked for, so it can be one and the
     *     same
     * @return a result for each, in order
     */
    List<AddResult> addAll(Iterable<?> documents, Durability durability);

    /** Adds a document in place of what has its key, if anything has. */
    default long upsert(DocumentBuilder document) {
        return upsert(document, Durability.APPENDED);
    }

    default long upsert(Map<String, ?> fields) {
        return upsert(document().set(fields), Durability.APPENDED);
    }

    default long upsert(Record fields) {
        return upsert(document().set(fields), Durability.APPENDED);
    }

    /** @throws IllegalStateException if the schema has no primary key */
    long upsert(DocumentBuilder document, Durability durability);

    CompletableFuture<Long> upsertAsync(DocumentBuilder document, Durability durability);

    /**
     * Deletes the document with a key, with the next commit.
     *
     * @return the LSN of the deletion, or {@link Keyspace#NOT_WRITTEN} if there is no such document
     * @throws IllegalStateException if the schema has no primary key of this type
     */
    default long delete(String key) {
        return delete(key, Durability.APPENDED);
    }

    long delete(String key, Durability durability);

    default long delete(long key) {
        return delete(key, Durability.APPENDED);
    }

    long delete(long key, Durability durability);

    /** What there is under a key at this moment, pending writes included. */
    DocumentStatus status(String key);

    DocumentStatus status(long key);

    // --------------------------------------------------------------------------------------------------- committing

    /**
     * Makes everything visible that was added before the call, durably.
     *
     * @return the LSN of the commit, or {@link Keyspace#NOT_WRITTEN} if there was nothing to commit
     * @throws AshlarException if it failed: everything is pending as before, and another try may succeed
     */
    default long commit() {
        return commit(Durability.DURABLE);
    }

    /** As {@link #commit()}; with {@link Durability#APPENDED} a loss of power may leave everything pending. */
    long commit(Durability durability);

    /**
     * The first of two phases: makes files of everything that was added before the call, durably, so that little can fail
     * afterwards.
     *
     * @throws IllegalStateException if another commit is prepared: finish it first
     * @throws WriteTimeoutException if the workers did not get done within {@link DocumentOptions#commitTimeout()}
     * @throws AshlarException if it failed: everything is pending as before, and another try may succeed
     */
    PreparedCommit prepareCommit();

    /** As {@link #prepareCommit()}, but waits no longer than this. */
    PreparedCommit prepareCommit(Duration patience);

    /**
     * Drops everything that was added before the call and is not committed, durably.
     *
     * @return the LSN of that, or {@link Keyspace#NOT_WRITTEN} if nothing was pending
     * @throws IllegalStateException if a commit is prepared: abort it
     */
    long discardPending();

    /**
     * Builds segments of everything that is pending, without committing it. It happens by itself when documents have used up
     * a worker's memory.
     */
    void flush();

    // ------------------------------------------------------------------------------------------------------ reading

    /** What is committed now, to be read while it changes. Close it. */
    DocumentSnapshot snapshot();

    /** The committed document with a key, or null; copied, so that it stays as it is. */
    @Nullable
    Document get(String key);

    @Nullable
    Document get(long key);

    // ------------------------------------------------------------------------------------------------------ merging

    /**
     * Waits until no merge is due or under way.
     *
     * @throws IllegalStateException if a commit is prepared: merges wait until it has ended
     */
    void waitForMerges();

    /** Stops merges that are under way; what they had written is removed. They begin anew when the next commit makes them due. */
    void abortMerges();

    /**
     * Merges until there are no more than so many segments, and no dead documents in any, and waits for it.
     *
     * @param segments at least 1
     * @throws IllegalStateException if a commit is prepared: merges wait until it has ended
     */
    void forceMerge(int segments);

    DocumentStats stats();
}
