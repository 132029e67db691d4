package dev.ashlar;

import dev.ashlar.engine.Engine;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.LongConsumer;

/**
 * An open store: one directory, one log, and the views that stand on it. One process at a time has a store open; within
 * it every method may be called from any number of threads.
 *
 * <p>A store that is not closed loses nothing that was acknowledged; the next opening replays the end of the log.
 */
public interface Store extends AutoCloseable {
    /** Opens the store in a directory, or creates it there, with {@link StoreOptions#DEFAULT}. */
    static Store open(Path directory) {
        return open(directory, StoreOptions.DEFAULT);
    }

    /**
     * Opens the store in a directory, recovering it first if it was not closed.
     *
     * @throws StoreLockedException if it is open already, here or in another process
     * @throws UnsupportedFormatException if the directory holds something else, or a store of a newer format
     * @throws CorruptionException if both copies of the manifest are damaged
     * @throws StorageException if the directory cannot be read or written
     */
    static Store open(Path directory, StoreOptions options) {
        return Engine.open(directory, options);
    }

    /** As {@link #salvage(Path, Path, SalvageOptions)}, with {@link SalvageOptions#DEFAULT}. */
    static SalvageReport salvage(Path damaged, Path target) {
        return salvage(damaged, target, SalvageOptions.DEFAULT);
    }

    /**
     * Makes a new store of all that can still be read of a damaged one: when {@link #open} refuses it, or has lost what
     * the log may still have. Both manifests, the indexes, the catalog and any part of the log may be damaged or
     * missing. Nothing in the damaged directory is changed; it may be one that cannot be written.
     *
     * <p>Every record of the log that verifies is applied in the order of the log, also what stands behind a gap, where
     * opening would end. Values that are damaged are never copied.
     *
     * <p>Reads the log two to four times and each live value file twice; writes all intact records of the log to the new
     * store and compacts it, so at the most it takes as much room as the damaged log. Takes memory for the new store's
     * index (about 12 bytes a key, off the heap) and, on the heap, some 200 bytes for each key with a large value and
     * each stretch of damage, and some 100 for each row of a vector collection that is in a segment. Segments are read twice
     * as well. Of rows that are damaged no older ones are looked for, whatever the options say.
     *
     * @param damaged the directory of the store; nobody may have it open
     * @param target a directory that is absent or empty. Until all is done it has a file {@code SALVAGE-UNFINISHED} and
     *     cannot be opened; if the salvage fails, what it wrote is removed
     * @throws StoreLockedException if the damaged store is open, here or in another process
     * @throws UnsupportedFormatException if there is nothing of a store in the directory, or a store of a newer format
     * @throws CorruptionException if it cannot be told which store the files are of
     * @throws StorageException if the one directory cannot be read or the other not written, or is not empty
     * @throws IllegalArgumentException if one of the directories is in the other
     */
    static SalvageReport salvage(Path damaged, Path target, SalvageOptions options) {
        return Engine.salvage(damaged, target, options);
    }

    Path directory();

    /** Identifies the store for ever; every file of it carries it. */
    UUID id();

    /** The keyspace of that name, created with {@link KeyspaceOptions#DEFAULT} if there is none. */
    Keyspace keyspace(String name);

    /**
     * The keyspace of that name, created durably if there is none.
     *
     * @param name 1 to 255 bytes of UTF-8, any characters but controls
     * @throws IllegalArgumentException for an impossible name, or options that differ from the stored ones
     */
    Keyspace keyspace(String name, KeyspaceOptions options);

    /**
     * Removes a keyspace with all its entries, durably. Snapshots that were taken before still show it. Every handle of it
     * throws {@link IllegalStateException} from then on, also for writes that are under way; what was read stays readable.
     * The name is free for a new keyspace, with other options if you like. As with {@link Keyspace#clear}, writes wait some
     * tens of nanoseconds for each entry.
     *
     * <p>A store gives 65,535 numbers to keyspaces in its life, and none of them twice.
     *
     * @return false if there is no keyspace of that name
     */
    boolean dropKeyspace(String name);

    /** The names of all keyspaces, sorted. */
    List<String> keyspaces();

    /**
     * A vector collection that exists.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    VectorCollection vectors(String name);

    /**
     * A vector collection, created durably if there is none of that name. Keyspaces and vector collections have names of their
     * own: one of each may be called the same. A store that has or had vector collections cannot be opened by versions of Ashlar
     * that know none.
     *
     * @param name 1 to 255 bytes of UTF-8, any characters but controls
     * @throws IllegalArgumentException for an impossible name, or if there is a collection of that name with another dimension,
     *     type, metric or treatment of what is not finite
     */
    VectorCollection vectors(String name, VectorOptions options);

    /** The names of all vector collections, sorted. */
    List<String> vectorCollections();

    /**
     * Removes a vector collection with all its rows, durably; as {@link #dropKeyspace}, whose numbers it shares.
     *
     * @return false if there is none of that name
     */
    boolean dropVectors(String name);

    /**
     * A document collection that exists, with {@link DocumentOptions#DEFAULT} unless it is open with others.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    DocumentCollection documents(String name);

    /**
     * A document collection, created durably if there is none of that name. Names are its kind's own, as with {@link
     * #vectors(String, VectorOptions)}. A store that has or had document collections cannot be opened by versions of Ashlar that
     * know none.
     *
     * @param name 1 to 255 bytes of UTF-8, any characters but controls
     * @param schema that of the collection if there is one, or that without its last fields
     * @param options of this opening; the last ones that were given count, for all handles
     * @throws IllegalArgumentException for an impossible name, or if the collection has another schema
     */
    DocumentCollection documents(String name, DocumentSchema schema, DocumentOptions options);

    /** As {@link #documents(String, DocumentSchema, DocumentOptions)}, with {@link DocumentOptions#DEFAULT}. */
    default DocumentCollection documents(String name, DocumentSchema schema) {
        return documents(name, schema, DocumentOptions.DEFAULT);
    }

    /** The names of all document collections, sorted. */
    List<String> documentCollections();

    /**
     * Removes a document collection with all its documents, durably; as {@link #dropKeyspace}, whose numbers it shares.
     * Snapshots that were taken before still show it.
     *
     * @return false if there is none of that name
     * @throws IllegalStateException if a commit of it is prepared
     */
    boolean dropDocuments(String name);

    /** A new, empty batch of writes to any of the store's views, which takes effect as one. */
    WriteBatch batch();

    /**
     * The store as it is now, to be read while it changes. Close it: what it shows takes space until then.
     */
    Snapshot snapshot();

    /**
     * Makes everything that was appended before the call durable.
     *
     * @return the log sequence number up to which the log is durable
     */
    long sync();

    /** The end of the log: every write with a lower log sequence number is visible to readers. */
    long appendedLsn();

    /** Every write that ends at or below this log sequence number survives a loss of power. */
    long durableLsn();

    /** Waits until {@link #durableLsn()} has reached a log sequence number, syncing if need be. */
    void awaitDurable(long lsn);

    /** Writes an image of all indexes, so that the next opening replays only what is written after this call. */
    void checkpoint();

    /**
     * Compacts everything that is worth compacting, now, and waits for it. Reads and writes go on meanwhile; while others
     * are at work it leaves them three quarters of the time, so it takes longer then.
     */
    CompactionReport compact();

    /** What {@link #compact} would do now. Looks at counters only. */
    CompactionEstimate estimateCompaction();

    /**
     * Removes every value that has expired by now from all keyspaces, and waits for it. Only chunks that may hold such
     * values are read. Reads and writes go on meanwhile; a value that is put meanwhile stays. Each removal is a write
     * like any deletion.
     *
     * @return how many were removed
     */
    long removeExpired();

    /**
     * Reads every record of the log, every value file and every segment of vector collections and compares every checksum,
     * also of what no key refers to any longer. Reads and writes go on meanwhile.
     *
     * @param progress told from time to time how many bytes have been read
     */
    default VerificationReport verify(LongConsumer progress) {
        return verify(VerifyOptions.DEFAULT.withProgress(progress));
    }

    /**
     * As {@link #verify(LongConsumer)}, and as fast as the options allow. The calling thread reads, with ordinary reads,
     * and holds up nobody: not writers, nor checkpoints and compaction. What was written after the call began is not
     * read; what compaction moves meanwhile was verified when it was moved, or stays where it is.
     *
     * @throws AshlarException if the thread is interrupted while it waits for its rate
     * @throws StoreClosedException if the store is closed meanwhile
     */
    VerificationReport verify(VerifyOptions options);

    /** What opening found and did. */
    RecoveryReport recovery();

    StoreStats stats();

    /**
     * Completes the writes under way, syncs, checkpoints, and releases everything: afterwards there are no threads and
     * no open files. Views that were handed out stay readable. Closing twice is the same as once; but who closes while
     * another thread is closing does not wait for it, and the directory is locked until that one has returned.
     */
    @Override
    void close();
}
