package dev.ashlar;

import java.util.List;

/**
 * A store as it was at one moment: all that was applied before it, and nothing that came after. A {@link WriteBatch} is
 * in it as a whole or not at all. Taking one is cheap and copies nothing; readers and writers go on.
 *
 * <p>While it is open, what it shows stays on the disk: chunks that were part of the log when it was taken are not
 * compacted, and each record that is overwritten or deleted for the first time since takes 32 bytes of memory, 64 at
 * times ({@link StoreStats#snapshotBytes}). So close it. It does not survive the process. Views that were read through
 * it stay valid after it is closed.
 *
 * <p>All methods may be called from any thread.
 */
public interface Snapshot extends AutoCloseable {
    /** Every write with a lower log sequence number is in it, and none with this one or a higher. */
    long lsn();

    /** The names of the keyspaces that there were, sorted. */
    List<String> keyspaces();

    /**
     * A keyspace as it was. It throws {@link IllegalStateException} once the snapshot is closed.
     *
     * @throws IllegalArgumentException if there was none of that name
     */
    KeyspaceReader keyspace(String name);

    /** The names of the vector collections that there were, sorted. */
    List<String> vectorCollections();

    /**
     * A vector collection as it was. It throws {@link IllegalStateException} once the snapshot is closed.
     *
     * @throws IllegalArgumentException if there was none of that name
     */
    VectorReader vectors(String name);

    /** The names of the document collections that there were, sorted. */
    List<String> documentCollections();

    /**
     * The documents that were committed. Closing them is not needed; they end with this snapshot.
     *
     * @throws IllegalArgumentException if there was no collection of that name
     */
    DocumentSnapshot documents(String name);

    /** Lets go of what only this snapshot shows. Closing twice is the same as once. */
    @Override
    void close();
}
