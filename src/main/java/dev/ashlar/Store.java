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

    /** The names of all keyspaces, sorted. */
    List<String> keyspaces();

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
     * Reads every record of the log and every value file and compares every checksum, also of what no key refers to any
     * longer. Reads and writes go on meanwhile.
     *
     * @param progress told from time to time how many bytes have been read
     */
    VerificationReport verify(LongConsumer progress);

    /** What opening found and did. */
    RecoveryReport recovery();

    StoreStats stats();

    /**
     * Completes the writes under way, syncs, checkpoints, and releases everything: afterwards there are no threads and
     * no open files. Views that were handed out stay readable. Closing twice is the same as once.
     */
    @Override
    void close();
}
