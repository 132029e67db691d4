package dev.ashlar.keyspace;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.ashlar.io.OffHeap;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.Position;
import dev.ashlar.log.ValueFiles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Records that no index refers to any longer and that open snapshots still show. A snapshot is a log sequence number S;
 * it shows the records that were written below S and superseded, deleted or moved at S or above. Empty while no snapshot
 * is open.
 *
 * <pre>
 *   shard (of 256, by hash) ─► heads ─► newest entry ─► next ─► ...
 *   entry, 32 bytes:   0 key hash   8 position   16 LSN of what superseded it   24 next entry, counted from 1
 * </pre>
 *
 * <p>The writer adds a record here <i>before</i> it changes the index. So who looks into the index first and finds that
 * it has gone on finds the record here. Entries never change; a shard that grows is copied, in steps short enough for
 * the writer. The chunks of the records stay, see {@link Chunk#isShown}.
 */
public final class Superseded {
    /** No snapshot: every record is as it is now. */
    public static final long NOW = Long.MAX_VALUE;

    private static final int SHARDS = 256;
    private static final int FIRST_CAPACITY = 64;
    private static final int ENTRY = 32;
    private static final VarHandle HEAD = JAVA_INT.varHandle();

    /** A file that was named by a record that a snapshot may show. */
    private record KeptFile(long id, long lsn) {}

    private final Chunks chunks;
    private final LogMemory memory;
    private final ValueFiles valueFiles;

    private volatile @Nullable Shard[] shards = new Shard[SHARDS];
    private final Deque<KeptFile> keptFiles = new ArrayDeque<>();

    /** The highest snapshot that is open, 0 if none is. For the writer. */
    private long newest;

    private volatile long entries;

    Superseded(Chunks chunks, ValueFiles valueFiles) {
        this.chunks = chunks;
        this.memory = chunks.memory();
        this.valueFiles = valueFiles;
    }

    /** Memory that the entries take, in bytes. */
    public long bytes() {
        long bytes = 0;
        for (Shard shard : shards) {
            bytes += shard == null ? 0 : shard.bytes();
        }
        return bytes;
    }

    /** How many records there are that only snapshots show. */
    public long records() {
        return entries;
    }

    // -------------------------------------------------------------------------------------------------- the writer's

    /** From now on records below this LSN are kept. Only for the owner of the appender's role. */
    public void newest(long snapshot) {
        newest = snapshot;
    }

    /** Whether a record, or a version, of this LSN may have to be kept. */
    public boolean isShown(long lsn) {
        return lsn < newest;
    }

    /** Keeps a record that is about to be superseded. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread at a time
    public void add(long hash, Chunk chunk, long position, long supersededAt) {
        @Nullable Shard[] present = shards;
        int i = shardOf(hash);
        Shard shard = present[i];
        if (shard == null || shard.isFull()) {
            shard = shard == null ? new Shard(FIRST_CAPACITY) : shard.larger();
            present[i] = shard;
            shards = present; // publishes the element
        }
        shard.add(hash, position, supersededAt);
        chunk.addShown(1);
        entries = entries + 1; // volatile, so that who finds the record dead finds it here
    }

    /** Keeps the file of a value whose last live record has gone. */
    void keepFile(long id, long lsn) {
        valueFiles.keep(id);
        keptFiles.add(new KeptFile(id, lsn));
    }

    /**
     * Lets go of what no open snapshot shows.
     *
     * @param open the snapshots that are, in ascending order
     */
    public void retain(long[] open) {
        newest = open.length == 0 ? 0 : open[open.length - 1];
        @Nullable Shard[] kept = new Shard[SHARDS];
        for (int i = 0; i < SHARDS; i++) {
            Shard shard = shards[i];
            kept[i] = shard == null ? null : retain(shard, open);
        }
        shards = kept;
        long oldest = open.length == 0 ? NOW : open[0];
        for (KeptFile file = keptFiles.peek(); file != null && file.lsn < oldest; file = keptFiles.peek()) {
            keptFiles.remove();
            valueFiles.release(file.id, file.lsn);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread at a time
    private @Nullable Shard retain(Shard shard, long[] open) {
        Shard kept = null;
        for (int entry = 1; entry <= shard.count; entry++) {
            long position = shard.position(entry);
            if (isShown(lsnOf(position), shard.supersededAt(entry), open)) {
                kept = kept == null ? new Shard(FIRST_CAPACITY) : kept.isFull() ? kept.larger() : kept;
                kept.add(shard.hash(entry), position, shard.supersededAt(entry));
            } else {
                Chunk chunk = chunks.at(Position.chunkSlot(position));
                if (chunk != null) {
                    chunk.addShown(-1);
                }
                entries = entries - 1;
            }
        }
        return kept;
    }

    private static boolean isShown(long lsn, long supersededAt, long[] open) {
        for (long snapshot : open) {
            if (lsn < snapshot && snapshot <= supersededAt) {
                return true;
            }
        }
        return false;
    }

    // ------------------------------------------------------------------------------------------------- the readers'

    /** LSN of the record at a position of a chunk that is part of the store. */
    long lsnOf(long position) {
        return memory.lsnAt(position);
    }

    /** Where to look for records with this hash, or null if there are none. */
    @Nullable
    Shard shard(long hash) {
        return shards[shardOf(hash)];
    }

    /** The first entry of a shard, or the next after one, with this hash that a snapshot shows; 0 if there is none. */
    int next(Shard shard, int after, long hash, long snapshot) {
        int entry = after == 0 ? shard.head(hash) : shard.next(after);
        while (entry != 0) {
            if (shard.hash(entry) == hash
                    && shard.supersededAt(entry) >= snapshot
                    && lsnOf(shard.position(entry)) < snapshot) {
                return entry;
            }
            entry = shard.next(entry);
        }
        return 0;
    }

    /** Whether a snapshot shows the record at a position although no index refers to it any longer. */
    public boolean shows(long hash, long position, long snapshot) {
        Shard shard = shard(hash);
        if (shard == null) {
            return false;
        }
        for (int entry = next(shard, 0, hash, snapshot); entry != 0; entry = next(shard, entry, hash, snapshot)) {
            if (shard.position(entry) == position) {
                return true;
            }
        }
        return false;
    }

    private static int shardOf(long hash) {
        return (int) (hash >>> 56);
    }

    /** A hash table with chains. The writer adds, anybody reads. */
    static final class Shard {
        private final MemorySegment heads;
        private final MemorySegment entries;
        private final int capacity;
        private int count;

        Shard(int capacity) {
            this.capacity = capacity;
            this.heads = OffHeap.allocate((long) capacity * Integer.BYTES, 64, Arena.ofAuto());
            this.entries = OffHeap.allocate((long) capacity * ENTRY, 64, Arena.ofAuto());
        }

        boolean isFull() {
            return count == capacity;
        }

        long bytes() {
            return heads.byteSize() + entries.byteSize();
        }

        Shard larger() {
            Shard larger = new Shard(2 * capacity);
            for (int entry = 1; entry <= count; entry++) {
                larger.add(hash(entry), position(entry), supersededAt(entry));
            }
            return larger;
        }

        void add(long hash, long position, long supersededAt) {
            long at = (long) count * ENTRY;
            long head = headOf(hash);
            entries.set(JAVA_LONG, at, hash);
            entries.set(JAVA_LONG, at + 8, position);
            entries.set(JAVA_LONG, at + 16, supersededAt);
            entries.set(JAVA_INT, at + 24, heads.get(JAVA_INT, head));
            count++;
            HEAD.setRelease(heads, head, count);
        }

        int head(long hash) {
            return (int) HEAD.getAcquire(heads, headOf(hash));
        }

        private long headOf(long hash) {
            return (hash & capacity - 1) * Integer.BYTES;
        }

        private static long at(int entry) {
            return (entry - 1L) * ENTRY;
        }

        private long hash(int entry) {
            return entries.get(JAVA_LONG, at(entry));
        }

        long position(int entry) {
            return entries.get(JAVA_LONG, at(entry) + 8);
        }

        private long supersededAt(int entry) {
            return entries.get(JAVA_LONG, at(entry) + 16);
        }

        private int next(int entry) {
            return entries.get(JAVA_INT, at(entry) + 24);
        }
    }
}
