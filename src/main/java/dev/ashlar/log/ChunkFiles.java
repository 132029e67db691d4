package dev.ashlar.log;

import dev.ashlar.StorageException;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes chunk files ahead of their use. A prepared chunk is allocated, has its header, and is durable with its directory
 * entry before its first frame, so that the appender only switches over.
 *
 * <p>The last prepared chunk is the reserve: it is given only to writes that make room (deletions, relocations), so that
 * a full disk can be emptied.
 */
public final class ChunkFiles {
    /** A chunk that is ready for its first frame, and the file to write it with. */
    public record Prepared(Chunk chunk, StorageFile file) {}

    private final Storage storage;
    private final Chunks chunks;
    private final UUID store;
    private final ArrayDeque<Prepared> prepared = new ArrayDeque<>();
    private final long leastCapacity;
    private final long mostCapacity;
    private long nextBase;

    /** Fair, so that the log gets a chunk that is ready between two that are being prepared. */
    private final ReentrantLock lock = new ReentrantLock(true);

    /**
     * @param nextBase above every LSN that any chunk present could hold
     * @param leastCapacity of chunks while the log is small
     * @param mostCapacity of chunks however large the log is, but for frames that need more
     */
    public ChunkFiles(
            Storage storage, Chunks chunks, UUID store, long nextBase, long leastCapacity, long mostCapacity) {
        this.storage = storage;
        this.chunks = chunks;
        this.store = store;
        this.leastCapacity = leastCapacity;
        this.mostCapacity = mostCapacity;
        this.nextBase = FrameLayout.alignUp(nextBase, ChunkLayout.UNIT);
    }

    /** Chunks from this base on do not exist yet. */
    public long nextBase() {
        return alone(() -> nextBase);
    }

    /** Prepares chunks until there are as many as wanted. Between two of them the log may take one. */
    public void prepare(int wanted) {
        boolean goesOn = true;
        while (goesOn) {
            goesOn = alone(() -> {
                if (prepared.size() < wanted) {
                    prepared.addLast(create(nextCapacity(0)));
                }
                return prepared.size() < wanted;
            });
        }
    }

    private <T> T alone(Supplier<T> action) {
        lock.lock();
        try {
            return action.get();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The chunk to go on in.
     *
     * @param frame size of the frame that has to fit
     * @param makesRoom the write may have the reserve
     * @throws dev.ashlar.StoreFullException if there is no chunk for it; nothing changed
     */
    public Prepared take(long frame, boolean makesRoom) {
        return alone(() -> takeAlone(frame, makesRoom));
    }

    private Prepared takeAlone(long frame, boolean makesRoom) {
        long least = ChunkLayout.HEADER + FrameLayout.MIN_FRAME + frame;
        int spare = prepared.size();
        if (spare > 0 && prepared.getFirst().chunk().capacity() < least) {
            // Only while the store is smaller than its largest frame: chunks made for small data are passed over.
            Prepared large = create(nextCapacity(least));
            try {
                discardAll();
            } catch (RuntimeException | Error e) {
                large.chunk().retire();
                remove(large.file(), e);
                throw e;
            }
            return large;
        }
        if (spare == 0 || spare == 1 && !makesRoom) {
            prepared.addLast(create(nextCapacity(least)));
        }
        return prepared.removeFirst();
    }

    /**
     * As large as the log is now, so that a store is never mostly preallocated; doubling up to 64 MiB. Chunks that a
     * recovery sealed almost empty count with what they hold, or a few crashes would make a small store large.
     */
    private long nextCapacity(long least) {
        long total = 0;
        for (Chunk chunk = chunks.first(); chunk != null; ) {
            Chunk next = chunks.after(chunk.base());
            long used = chunk.end() - chunk.base();
            total += next == null || used > chunk.capacity() / 2 ? chunk.capacity() : used;
            chunk = next;
        }
        for (Prepared each : prepared) {
            total += each.chunk().capacity();
        }
        long proportional = Math.min(mostCapacity, Long.highestOneBit(Math.max(total, 1)));
        long wanted = Math.max(proportional, Long.highestOneBit(Math.max(least, 1)) * 2);
        return Math.clamp(wanted, leastCapacity, ChunkLayout.MAX_CAPACITY);
    }

    private Prepared create(long capacity) {
        // The base is used up even if this fails: the name of a file that could not be removed is not used again.
        long base = nextBase;
        nextBase += capacity;
        String name = ChunkLayout.fileName(base);
        StorageFile file = storage.create(name);
        int slot = -1;
        try (Arena arena = Arena.ofConfined()) {
            file.allocate(capacity);
            MemorySegment header = arena.allocate(ChunkLayout.HEADER, 64);
            ChunkLayout.write(header, store, base, capacity);
            StorageIo.writeFully(file, header, 0, ChunkLayout.HEADER, 0);
            file.sync();
            storage.syncDirectory(ChunkLayout.DIRECTORY);
            slot = chunks.freeSlot();
            return new Prepared(
                    new Chunk(chunks, name, file, base, capacity, slot, base + ChunkLayout.HEADER, base), file);
        } catch (RuntimeException | Error e) {
            if (slot >= 0) {
                chunks.releaseSlot(slot);
            }
            remove(file, e);
            throw e;
        }
    }

    private void remove(StorageFile file, Throwable because) {
        try {
            file.close();
            storage.unlink(file.name());
        } catch (StorageException e) {
            because.addSuppressed(e);
        }
    }

    private void discardAll() {
        while (!prepared.isEmpty()) {
            discard(prepared.removeFirst());
        }
    }

    private void discard(Prepared each) {
        each.chunk().retire();
        each.file().close();
        storage.unlink(each.file().name());
    }

    /** Lets go of what was prepared. Its files are left to the next opening: this store may have failed. */
    public void release() {
        boolean ignored = alone(() -> {
            while (!prepared.isEmpty()) {
                Prepared each = prepared.removeFirst();
                each.chunk().retire();
                each.file().close();
            }
            return true;
        });
    }

    /** Removes what was prepared and not used; the log is closed. */
    public void close() {
        boolean ignored = alone(() -> {
            discardAll();
            return true;
        });
    }

    /**
     * Maps a chunk that the manifest or the directory names, and adds it to the log.
     *
     * @param slot the slot that the manifest says, or -1
     */
    public static Chunk openExisting(Storage storage, Chunks chunks, long base, long capacity, int slot, long end) {
        int taken = slot;
        if (slot < 0) {
            taken = chunks.freeSlot();
        } else {
            chunks.takeSlot(slot);
        }
        String name = ChunkLayout.fileName(base);
        Chunk chunk;
        if (storage.exists(name)) {
            try (StorageFile file = storage.open(name)) {
                chunk = new Chunk(chunks, name, file, base, capacity, taken, end, base + capacity);
            }
        } else {
            chunk = new Chunk(chunks, name, null, base, capacity, taken, end, base + capacity);
        }
        noteEmpty(chunk);
        chunks.add(chunk);
        return chunk;
    }

    private static void noteEmpty(Chunk chunk) {
        if (chunk.segment().byteSize() == 0) {
            chunk.memory().mapNothing(chunk);
        }
    }

    /** Adds a chunk to the log that is read through images only: nothing is mapped. */
    public static Chunk addUnmapped(Chunks chunks, long base, long capacity, long end) {
        Chunk chunk = new Chunk(
                chunks, ChunkLayout.fileName(base), null, base, capacity, chunks.freeSlot(), end, base + capacity);
        chunks.add(chunk);
        return chunk;
    }

    /**
     * Maps a segment, which is a chunk outside of the log, and makes it known by its slot.
     *
     * @param name of the file
     * @param file null if it is missing: then every row in it is damaged
     * @param slot the slot that the manifest says, or -1
     * @param own whether this process has written it, and so need not verify it
     */
    public static Chunk openSegment(
            Chunks chunks, String name, @Nullable StorageFile file, long base, long capacity, int slot, boolean own) {
        int taken = slot;
        if (slot < 0) {
            taken = chunks.freeSlot();
        } else {
            chunks.takeSlot(slot);
        }
        long end = base + capacity;
        Chunk chunk;
        try {
            chunk = new Chunk(chunks, name, file, base, capacity, taken, end, own ? base : end);
            noteEmpty(chunk);
        } catch (RuntimeException | Error e) {
            chunks.releaseSlot(taken);
            throw e;
        }
        chunks.addSegment(chunk);
        return chunk;
    }

    /** Zeroed memory for copies of chunks, large enough for any; committed as it is touched. */
    static MemorySegment imageBuffer() {
        return OffHeap.allocate(ChunkLayout.MAX_CAPACITY, 4096, Arena.ofAuto());
    }
}
