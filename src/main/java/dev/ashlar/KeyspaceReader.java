package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
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

    /**
     * Looks many keys up, so that the waits for memory overlap: where the data is larger than the processor's caches, several
     * times as fast as one get after the other, from some ten keys on. Each key is as if it were looked up on its own: as a
     * whole it is of one moment only in a snapshot.
     *
     * @param values gets the value of each key as {@link #get(byte[])} returns it, in the place of the key; null if the key
     *     is absent
     * @return how many keys were found
     * @throws IllegalArgumentException if there are fewer places than keys; nothing was done
     * @throws CorruptionException if a value is damaged; some places are filled
     */
    int getAll(byte[][] keys, @Nullable MemorySegment[] values);

    /** As {@link #getAll(byte[][], MemorySegment[])}, of keys as {@link Keyspace#longKey} makes them. */
    int getAll(long[] keys, @Nullable MemorySegment[] values);

    /** As {@link #getAll(byte[][], MemorySegment[])}: the values in the order of the keys, null for those that are absent. */
    default List<@Nullable MemorySegment> getAll(List<byte[]> keys) {
        @Nullable MemorySegment[] values = new MemorySegment[keys.size()];
        int ignored = getAll(keys.toArray(new byte[0][]), values);
        return Collections.unmodifiableList(Arrays.asList(values));
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

    // ------------------------------------------------------------------------------------------------------ entries

    /**
     * The entry of a key, or null if the key is absent: what {@link #get(byte[])} returns, with all that is known of it.
     *
     * @throws CorruptionException if the value's bytes are not those that were written
     */
    @Nullable
    Entry entry(byte[] key);

    @Nullable
    Entry entry(MemorySegment key);

    default @Nullable Entry entry(String key) {
        return entry(key.getBytes(StandardCharsets.UTF_8));
    }

    default @Nullable Entry entry(long key) {
        return entry(Keyspace.longKey(key));
    }

    /**
     * The oldest entry in the order of the log, or null if there is none: that of the first write which still counts, unless
     * compaction has moved it. Passes over what is not live at the beginning of the log.
     *
     * @throws CorruptionException if it, or what may have been an entry before it, is damaged
     */
    @Nullable
    Entry firstEntry();

    /**
     * The newest entry in the order of the log, or null if there is none, as of one moment: that of the last write, unless
     * it was a deletion, or compaction has moved entries since. It walks the last chunk of the log, and those before it as
     * long as none of their records is live, and holds a snapshot meanwhile. So it is not for hot paths.
     *
     * @throws CorruptionException if what may have been the newest entry is damaged
     */
    @Nullable
    Entry lastEntry();

    // ---------------------------------------------------------------------------------------------------- iterating

    /**
     * Goes through the entries in the order of the log, the oldest first. That is the order of writing, except that
     * compaction moves entries to the end. Takes time in proportion to the log, not to the keyspace.
     */
    Scan scan();

    /**
     * As {@link #scan()}, but only the entries whose keys begin with these bytes. The keys are not in order, so this takes as
     * long as a whole scan; it does not read or verify the values of other keys.
     */
    Scan scan(byte[] prefix);

    default Scan scan(String prefix) {
        return scan(prefix.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Goes through the entries in the opposite order, the newest first, as of one moment: the snapshot's, or that of the
     * call. It holds a snapshot until it is closed.
     */
    Scan scanBackward();

    /** As {@link #scanBackward()}, but only the entries whose keys begin with these bytes; takes as long as for all. */
    Scan scanBackward(byte[] prefix);

    default Scan scanBackward(String prefix) {
        return scanBackward(prefix.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * The entries in the order of {@link #scan()}, as of one moment: the snapshot's, or that of the call. Each is in it
     * exactly once. In parallel it is split at the chunks of the log, so a log of one chunk is not split. The stream throws
     * {@link CorruptionException} where it meets damage, and ends with that; a scan can go on behind it.
     *
     * <p>The stream of a {@link Keyspace} holds a snapshot until it is closed or all entries were met, whichever is first.
     * So close it, unless it ends in an operation that takes all of them.
     */
    Stream<Entry> stream();

    /** As {@link #stream()}, but only the entries whose keys begin with these bytes; takes as long as for all. */
    Stream<Entry> stream(byte[] prefix);

    default Stream<Entry> stream(String prefix) {
        return stream(prefix.getBytes(StandardCharsets.UTF_8));
    }

    /** {@link #stream()}, parallel. */
    default Stream<Entry> parallelStream() {
        return stream().parallel();
    }

    /** Calls something with each entry of {@link #stream()}, in its order. */
    default void forEach(Consumer<? super Entry> action) {
        try (Stream<Entry> entries = stream()) {
            entries.forEachOrdered(action);
        }
    }
}
