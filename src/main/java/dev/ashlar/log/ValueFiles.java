package dev.ashlar.log;

import dev.ashlar.CorruptionException;
import dev.ashlar.StorageException;
import dev.ashlar.StoreClosedException;
import dev.ashlar.io.Causes;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.simd.Xxh3;
import dev.ashlar.simd.Xxh3Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Files that hold one large value each, and are durable before the frame that names them is written.
 *
 * <pre>
 *    0 u64 magic "ASHLVALU"         40 u64 id, also in the file's name
 *    8 u32 format version           48 u64 length of the value
 *   12 u32 incompatible features    56 u64 XXH3-64 of the value
 *   16 u32 read-only features       64 u64 XXH3-64 of bytes 0..63
 *   20 u32 zero                     72..4095 zero
 *   24 u64, 32 u64 store id         4096 the value
 * </pre>
 *
 * The ids of files that a live record names are kept here; a file is removed when the record that superseded it is
 * durable. Mappings are made at the first read, in automatic arenas.
 */
public final class ValueFiles {
    public static final String DIRECTORY = "values";
    public static final int HEADER = 4096;
    static final long MAGIC = 0x554C_4156_4C48_5341L; // "ASHLVALU"
    private static final String SUFFIX = ".val";
    private static final int PIECE = 1 << 20;

    /** A value file that a live record names. */
    private static final class Live {
        final long length;
        volatile @Nullable MemorySegment mapping;
        volatile boolean verified;

        /** No live record names it; a snapshot may. */
        volatile boolean onlyShown;

        Live(long length, boolean verified) {
            this.length = length;
            this.verified = verified;
        }
    }

    /** A file to be removed once the frame at the LSN is durable. */
    private record Superseded(long id, long lsn) {}

    /** A finished value file: what the frame has to say about it. */
    public record Written(long id, long length, long hash) {}

    private final Storage storage;
    private final UUID store;
    private final ConcurrentHashMap<Long, Live> live = new ConcurrentHashMap<>();
    private final ConcurrentLinkedQueue<Superseded> superseded = new ConcurrentLinkedQueue<>();
    private final AtomicLong nextId;

    /** Files from this id on were written, and hashed, by this process. */
    private final long firstOwn;

    private final AtomicLong liveBytes = new AtomicLong();

    /** Those that are not closed yet. */
    private final Set<Writer> writers = ConcurrentHashMap.newKeySet();

    private volatile boolean ended;

    /** @param nextId above every id that was ever used */
    public ValueFiles(Storage storage, UUID store, long nextId) {
        this.storage = storage;
        this.store = store;
        this.nextId = new AtomicLong(nextId);
        this.firstOwn = nextId;
    }

    public static String fileName(long id) {
        return FileNames.of(DIRECTORY, id, SUFFIX);
    }

    /** The id that a directory entry's name says, or -1 if the file is not one of ours. */
    public static long idOf(String entry) {
        return FileNames.number(entry, SUFFIX);
    }

    public long nextId() {
        return nextId.get();
    }

    // ------------------------------------------------------------------------------------------------ which are live

    /** A live record names the file from now on. */
    public void retain(long id, long length) {
        nextId.accumulateAndGet(id + 1, Math::max);
        Live former = live.put(id, new Live(length, id >= firstOwn));
        liveBytes.addAndGet(former == null ? length : length - former.length);
    }

    /**
     * No live record names the file any longer. Its readers are not affected; {@link #removeSuperseded} removes it.
     *
     * @param lsn the frame that superseded the record
     */
    public void release(long id, long lsn) {
        Live former = live.remove(id);
        if (former != null) {
            liveBytes.addAndGet(-former.length);
            superseded.add(new Superseded(id, lsn));
        }
    }

    /** No live record names the file any longer, but a snapshot may: it stays until it is released. */
    public void keep(long id) {
        Live present = live.get(id);
        if (present != null) {
            present.onlyShown = true;
        }
    }

    /** No record names the file, nor ever will: {@link #removeSuperseded} removes it. */
    public void abandon(long id) {
        superseded.add(new Superseded(id, 0));
    }

    /** Whether {@link #removeSuperseded} would remove something. */
    public boolean hasRemovable(long durable) {
        Superseded head = superseded.peek();
        return head != null && head.lsn < durable;
    }

    /** Forgets everything, before the log is replayed from its beginning. */
    public void releaseAll() {
        live.clear();
        superseded.clear();
        liveBytes.set(0);
    }

    /** Removes the files whose superseding frames are durable; returns true if there were any. */
    public boolean removeSuperseded(long durable) {
        boolean any = false;
        for (Superseded head = superseded.peek(); head != null && head.lsn < durable; head = superseded.peek()) {
            superseded.remove();
            remove(head.id);
            any = true;
        }
        return any;
    }

    public boolean isLive(long id) {
        return live.containsKey(id);
    }

    public int count() {
        return live.size();
    }

    public long bytes() {
        return liveBytes.get();
    }

    /** The lengths of those that live records name, by id. */
    public Map<Long, Long> lengths() {
        Map<Long, Long> lengths = new java.util.TreeMap<>();
        live.forEach((id, each) -> {
            if (!each.onlyShown) {
                lengths.put(id, each.length);
            }
        });
        return lengths;
    }

    /** Removes a file that no live record names. Its absence is no error: a crash may have interrupted the removal. */
    public void remove(long id) {
        if (storage.exists(fileName(id))) {
            StorageIo.removeIfPresent(storage, fileName(id));
        }
    }

    /**
     * Removes files that no live record names; returns their names. Called once, after the replay.
     *
     * <p>What the replay saw superseded is forgotten with it. Over the image of an index it meets records that are older
     * than the image's, and takes these for superseded until it comes to them again: a file of one of them would be
     * removed when it is superseded the next time, before that is durable.
     */
    public List<String> sweep() {
        List<String> swept = new ArrayList<>();
        for (String entry : storage.list(DIRECTORY)) {
            long id = idOf(entry);
            if (id >= 0 && !live.containsKey(id)) {
                storage.unlink(DIRECTORY + "/" + entry);
                swept.add(DIRECTORY + "/" + entry);
            }
        }
        superseded.clear();
        return swept;
    }

    /** Above every id in the directory. */
    public static long highestId(Storage storage) {
        long highest = 0;
        for (String entry : storage.list(DIRECTORY)) {
            highest = Math.max(highest, idOf(entry));
        }
        return highest;
    }

    // -------------------------------------------------------------------------------------------------------- reading

    /**
     * The value in a file, in place.
     *
     * @return null if the file is not live any more: look the key up again
     * @throws CorruptionException if the file is not what the record says
     */
    public @Nullable MemorySegment view(long id, long length, long hash, boolean verify) {
        Live each = live.get(id);
        if (each == null) {
            return null;
        }
        try {
            return view(each, id, length, hash, verify);
        } catch (CorruptionException e) {
            if (!isLive(id)) {
                return null; // it was superseded meanwhile, and has gone
            }
            throw e;
        }
    }

    private MemorySegment view(Live each, long id, long length, long hash, boolean verify) {
        MemorySegment mapping = each.mapping;
        // A record that names the file of another, and another length, is not what was written.
        if (mapping == null || mapping.byteSize() != HEADER + length) {
            mapping = map(id, length, hash);
            each.mapping = mapping;
        }
        if (verify && !each.verified) {
            verify(id, length, hash);
            each.verified = true;
        }
        return mapping.asSlice(HEADER, length);
    }

    private MemorySegment map(long id, long length, long hash) {
        String name = fileName(id);
        try (StorageFile file = open(name)) {
            checkHeader(file, id, length, hash);
            return file.map(HEADER + length, Arena.ofAuto());
        }
    }

    private StorageFile open(String name) {
        try {
            return storage.open(name);
        } catch (StorageException e) {
            if (!Causes.isAbsence(e)) {
                throw e; // it says nothing about the value
            }
            throw new CorruptionException(
                    name, 0, "the file of a value", "nothing", "The value is lost without a backup.");
        }
    }

    private void checkHeader(StorageFile file, long id, long length, long hash) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(80, 8);
            long size = file.size();
            boolean intact = length >= 0 && size == HEADER + length;
            if (intact) {
                StorageIo.readFully(file, s, 0, 72, 0);
                intact = s.get(FrameLayout.LONG, 0) == MAGIC && s.get(FrameLayout.LONG, 64) == Xxh3.hash(s, 0, 64, 0);
            }
            if (intact) {
                ChunkLayout.checkFormat(s, file.name());
                intact = s.get(FrameLayout.LONG, 24) == store.getMostSignificantBits()
                        && s.get(FrameLayout.LONG, 32) == store.getLeastSignificantBits()
                        && s.get(FrameLayout.LONG, 40) == id
                        && s.get(FrameLayout.LONG, 48) == length
                        && s.get(FrameLayout.LONG, 56) == hash;
            }
            if (!intact) {
                throw new CorruptionException(
                        file.name(),
                        0,
                        "a value file with id " + id + " and a value of " + length + " bytes",
                        "a file of " + size + " bytes with another header",
                        "The value is lost without a backup.");
            }
        }
    }

    /** Reads a file with ordinary reads and compares its checksum. */
    public void verify(long id, long length, long hash) {
        verify(id, length, hash, PIECE, _ -> {});
    }

    /**
     * As {@link #verify(long, long, long)}, in pieces.
     *
     * @param piece bytes to read at once, at most
     * @param read told of each piece after it was read
     */
    public void verify(long id, long length, long hash, int piece, LongConsumer read) {
        String name = fileName(id);
        try (StorageFile file = open(name);
                Arena arena = Arena.ofConfined()) {
            checkHeader(file, id, length, hash);
            MemorySegment buffer = arena.allocate(piece, 64);
            Xxh3Stream stream = new Xxh3Stream();
            for (long at = 0; at < length; at += piece) {
                long count = Math.min(piece, length - at);
                StorageIo.readFully(file, buffer, 0, count, HEADER + at);
                stream.update(buffer, 0, count);
                read.accept(count);
            }
            long found = stream.digest();
            if (found != hash) {
                throw new CorruptionException(
                        name,
                        HEADER,
                        "a value with XXH3-64 " + Long.toHexString(hash),
                        Long.toHexString(found),
                        "The value is damaged; others are not affected.");
            }
        }
    }

    // -------------------------------------------------------------------------------------------------------- writing

    /**
     * Starts a new file; the calling thread writes it while others go on.
     *
     * @throws StoreClosedException after {@link #endWriting}
     */
    public Writer create() {
        Writer writer = new Writer(nextId.getAndIncrement());
        writers.add(writer);
        boolean created = false;
        try {
            writer.create();
            created = true;
            return writer;
        } finally {
            if (!created) {
                writers.remove(writer);
            }
        }
    }

    /**
     * Closes all files that are still written, and removes those that are not finished: soon the directory may be
     * somebody else's. Nothing finished is named by a frame any more from now on.
     */
    public void endWriting() {
        ended = true;
        writers.forEach(Writer::close);
    }

    /** Writes one value file. For one thread, but for closing. Closing without {@link #finish} removes it. */
    public final class Writer implements AutoCloseable {
        private final long id;
        private final Xxh3Stream hash = new Xxh3Stream();
        private volatile @Nullable StorageFile file;
        private long length;
        private volatile boolean finished;
        private boolean closed;

        private Writer(long id) {
            this.id = id;
        }

        /** Whoever ends all writing finds the file, or it is not created any more. */
        private synchronized void create() {
            if (ended) {
                throw closedException();
            }
            file = storage.create(fileName(id));
        }

        private StorageFile file() {
            StorageFile present = file;
            if (present == null) {
                throw closedException();
            }
            return present;
        }

        private StoreClosedException closedException() {
            return new StoreClosedException("the store " + storage.describe() + " is closed; the value is not stored");
        }

        public long id() {
            return id;
        }

        public long length() {
            return length;
        }

        /** Appends bytes of private native memory. */
        public void append(MemorySegment source, long offset, long count) {
            StorageIo.writeFully(file(), source, offset, count, HEADER + length);
            hash.update(source, offset, count);
            length += count;
        }

        /** Makes the file and its directory entry durable. */
        public Written finish() {
            StorageFile present = file();
            long digest = hash.digest();
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment s = arena.allocate(HEADER, 8);
                s.set(FrameLayout.LONG, 0, MAGIC);
                s.set(FrameLayout.INT, 8, ChunkLayout.FORMAT_VERSION);
                s.set(FrameLayout.LONG, 24, store.getMostSignificantBits());
                s.set(FrameLayout.LONG, 32, store.getLeastSignificantBits());
                s.set(FrameLayout.LONG, 40, id);
                s.set(FrameLayout.LONG, 48, length);
                s.set(FrameLayout.LONG, 56, digest);
                s.set(FrameLayout.LONG, 64, Xxh3.hash(s, 0, 64, 0));
                StorageIo.writeFully(present, s, 0, HEADER, 0);
            }
            present.sync();
            storage.syncDirectory(DIRECTORY);
            finished = true;
            return new Written(id, length, digest);
        }

        /** Removes the file although it was finished: the write that should have named it failed. */
        public void discard() {
            finished = false;
        }

        /** Closes the file without finishing it, and leaves removing it to {@link #removeSuperseded}. */
        public synchronized void leave() {
            if (!closed) {
                abandon(id);
                finished = true;
                close();
            }
        }

        @Override
        public synchronized void close() {
            if (closed) {
                return;
            }
            closed = true;
            writers.remove(this);
            StorageFile present = file;
            if (present == null) {
                return;
            }
            try {
                present.close();
                if (!finished) {
                    remove(id);
                }
            } catch (StorageException e) {
                // What counts was synced before. What does not is tried again by who removes other files, and reports
                // it.
                if (!finished) {
                    abandon(id);
                }
            }
        }
    }
}
