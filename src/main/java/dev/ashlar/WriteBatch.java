package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * Writes to any of a store's views that take effect together: after a crash all of them are there or none. They are
 * applied in the order in which they were added, so that of several writes to one key the last one wins. A plain read on
 * another thread may see a batch half applied.
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

    WriteBatch delete(Keyspace keyspace, byte[] key);

    default WriteBatch delete(Keyspace keyspace, String key) {
        return delete(keyspace, key.getBytes(StandardCharsets.UTF_8));
    }

    /** Number of writes added since the last commit. */
    int size();

    /** Bytes of log that the batch will take, at most. */
    long bytes();

    /** Forgets all writes added since the last commit. */
    void clear();

    /**
     * Applies the batch.
     *
     * @return the LSN of its last record; {@link Keyspace#NOT_WRITTEN} if it came to nothing (it was empty, or held
     *     only deletions of absent keys)
     */
    long commit(Durability durability);

    default long commit() {
        return commit(Durability.APPENDED);
    }

    CompletableFuture<Long> commitAsync(Durability durability);

    @Override
    void close();
}
