package dev.ashlar.log;

import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A copy of a chunk's bytes in private memory, where an I/O error is an exception and nothing changes under the reader:
 * what recovery, compaction, scans and verification read. One image is loaded with one chunk after the other. For one
 * thread at a time.
 */
public final class ChunkImage {
    private static final long ZERO_BLOCK = 4096;
    private static final MemorySegment ZEROS = Arena.global().allocate(ZERO_BLOCK, 64);

    /** How the bytes of a file get into memory: all at once, or with breaks, or past what cannot be read. */
    @FunctionalInterface
    public interface Source {
        /** As {@link StorageIo#readFully}, from the file's beginning to the memory's. */
        void read(StorageFile file, MemorySegment target, long length);
    }

    private final Storage storage;
    private final long salt;
    private final Source source;
    private final MemorySegment bytes = ChunkFiles.imageBuffer();
    private long base = -1;
    private long length;

    public ChunkImage(Storage storage, long salt) {
        this(storage, salt, (file, target, length) -> StorageIo.readFully(file, target, 0, length, 0));
    }

    public ChunkImage(Storage storage, long salt, Source source) {
        this.storage = storage;
        this.salt = salt;
        this.source = source;
    }

    /** Loads the bytes of a chunk from its beginning up to an LSN, or as many as there are. */
    public void load(Chunk chunk, long toLsn) {
        base = -1;
        length = 0;
        long wanted = Math.min(toLsn, chunk.limit()) - chunk.base();
        if (!storage.exists(chunk.file())) {
            base = chunk.base();
            return;
        }
        try (StorageFile file = storage.open(chunk.file())) {
            length = Math.min(wanted, file.size());
            source.read(file, bytes, length);
        }
        base = chunk.base();
    }

    public boolean holds(Chunk chunk) {
        return base == chunk.base();
    }

    public MemorySegment bytes() {
        return bytes;
    }

    public long base() {
        return base;
    }

    /** Bytes that were loaded. */
    public long length() {
        return length;
    }

    /** Offset of an LSN in {@link #bytes}. */
    public long at(long lsn) {
        return lsn - base;
    }

    /** Whether an intact header with its key, of a frame that ends at or below the limit, stands at an LSN. */
    public boolean headerVerifies(long lsn, long limitLsn) {
        long at = lsn - base;
        return at >= ChunkLayout.HEADER
                && FrameLayout.headerVerifies(bytes, at, Math.min(limitLsn - base, length), lsn, salt);
    }

    public boolean payloadVerifies(long lsn) {
        return FrameLayout.payloadVerifies(bytes, lsn - base);
    }

    /** LSN behind the frame at an LSN whose header verifies. */
    public long endOf(long lsn) {
        return base + FrameLayout.end(bytes, lsn - base);
    }

    /**
     * The first LSN at or behind the given one where a whole frame verifies, its payload included; the limit if there
     * is none.
     */
    public long resynchronise(long fromLsn, long limitLsn) {
        long limit = Math.min(limitLsn - base, length);
        long at = FrameLayout.alignUp(Math.max(fromLsn - base, ChunkLayout.HEADER), FrameLayout.GRANULE);
        while (at + FrameLayout.MIN_FRAME <= limit) {
            if (at % ZERO_BLOCK == 0
                    && at + ZERO_BLOCK <= limit
                    && MemorySegment.mismatch(bytes, at, at + ZERO_BLOCK, ZEROS, 0, ZERO_BLOCK) < 0) {
                at += ZERO_BLOCK;
                continue;
            }
            long lsn = base + at;
            if (bytes.get(FrameLayout.LONG, at) != 0
                    && FrameLayout.headerVerifies(bytes, at, limit, lsn, salt)
                    && FrameLayout.payloadVerifies(bytes, at)) {
                return lsn;
            }
            at += FrameLayout.GRANULE;
        }
        return limitLsn;
    }
}
