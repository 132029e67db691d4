package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What can be asked of a keyspace, as it is ({@link Keyspace}) or as it was ({@link Snapshot#keyspace}). All methods may
 * be called from any thread; none waits for a writer.
 */
public interface KeyspaceReader {
    String name();

    KeyspaceOptions options();

    /** Number of keys, those included that have expired and were not swept yet ({@link Store#removeExpired}). */
    long size();

    default boolean isEmpty() {
        return size() == 0;
    }

    /**
     * The value of a key, in place, or null if the key is absent. The view is read-only, aligned to {@link
     * KeyspaceOptions#alignment()}, and stays valid and unchanged for as long as it is held.
     *
     * @throws CorruptionException if the value's bytes are not those that were written
     */
    @Nullable
    MemorySegment get(byte[] key);

    /** As {@link #get(byte[])}; the key may be in any memory. */
    @Nullable
    MemorySegment get(MemorySegment key);

    default @Nullable MemorySegment get(String key) {
        return get(key.getBytes(StandardCharsets.UTF_8));
    }

    default @Nullable MemorySegment get(long key) {
        return get(Keyspace.longKey(key));
    }

    boolean contains(byte[] key);

    default boolean contains(String key) {
        return contains(key.getBytes(StandardCharsets.UTF_8));
    }

    default boolean contains(long key) {
        return contains(Keyspace.longKey(key));
    }

    /** When the value of a key expires; null if it does not, or if the key is absent. */
    @Nullable
    Instant expiresAt(byte[] key);

    default @Nullable Instant expiresAt(String key) {
        return expiresAt(key.getBytes(StandardCharsets.UTF_8));
    }

    default @Nullable Instant expiresAt(long key) {
        return expiresAt(Keyspace.longKey(key));
    }

    /** A new cursor, for one thread at a time, which finds values without allocating anything. */
    Cursor cursor();

    /**
     * Goes through the entries in the order of the log, the oldest first. That is the order of writing, except that
     * compaction moves entries to the end. Takes time in proportion to the log, not to the keyspace.
     */
    Scan scan();

    /**
     * Goes through the entries in the opposite order, the newest first, as of one moment: the snapshot's, or that of the
     * call. It holds a snapshot until it is closed.
     */
    Scan scanBackward();
}
