package dev.ashlar.log;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.StorageException;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * The end of the log: frames are staged in memory and written with one write per group. Used by one thread at a time,
 * the appender.
 *
 * <pre>
 *   chunk file   ... written │ group: frames that are staged │ zeros ...
 *                            │                               │
 *                       groupStart                          end
 *   staging                  ├───────────────────────────────┤ index = LSN - stagingBase
 * </pre>
 *
 * A group that fits is written by {@link #writeStaged}. One that does not, because a batch spans chunks or is larger than the
 * staging buffer, is written in pieces; until {@link #commitGroup} it can be taken back as a whole by {@link
 * #abandonGroup}, which wipes its first header and goes on in a new chunk.
 */
public final class LogWriter {
    private static final int STAGING = 24 << 20;

    private final ChunkFiles files;
    private final Chunks chunks;
    private final long salt;
    private final MemorySegment staging = OffHeap.allocate(STAGING, 4096, Arena.ofAuto());

    private Chunk chunk;

    private StorageFile file;

    /** LSN of the next frame. */
    private long next;

    /** Staged bytes are [stagedFrom, next); stagingBase is a multiple of 4,096 at or below stagedFrom. */
    private long stagedFrom;

    private long stagingBase;

    private long groupStart;
    private Chunk groupChunk;

    /** Where what stays is appended to. Written under the lock of {@link #left}, which the sync thread takes. */
    private StorageFile groupFile;

    /** Files that the present group has left, oldest first. It needs them if it is abandoned, so nobody else gets them. */
    private final List<StorageFile> groupLeft = new ArrayList<>();

    /** Bytes of the present group may be in its file: a write of it was begun. */
    private boolean groupTouched;

    /** Files that were left since the sync thread last took them, oldest first. */
    private final List<StorageFile> left = new ArrayList<>();

    /** Chunks begun inside the present group, to be wiped with it. */
    private final List<ChunkFiles.Prepared> begun = new ArrayList<>();

    /**
     * @param chunk the chunk to go on in, already part of the log
     * @param next the LSN to go on at
     */
    public LogWriter(ChunkFiles files, Chunks chunks, long salt, Chunk chunk, StorageFile file, long next) {
        this.files = files;
        this.chunks = chunks;
        this.salt = salt;
        this.chunk = chunk;
        this.file = file;
        this.groupChunk = chunk;
        this.groupFile = file;
        chunk.trustFrom(next);
        stageFrom(next);
        this.groupStart = next;
    }

    /** Starts a log that begins in a new chunk: after recovery, or in a new store. */
    public static LogWriter inNewChunk(ChunkFiles files, Chunks chunks, long salt, long predecessor, long end) {
        ChunkFiles.Prepared first = files.take(FrameLayout.MIN_FRAME, true);
        chunks.add(first.chunk());
        boolean begun = false;
        try {
            LogWriter writer = new LogWriter(
                    files,
                    chunks,
                    salt,
                    first.chunk(),
                    first.file(),
                    first.chunk().base() + ChunkLayout.HEADER);
            writer.stageChunkStart(predecessor, end, end);
            // Now, not with the first group: if there is none, the log still ends behind this frame.
            writer.writeStaged();
            writer.commitGroup();
            begun = true;
            return writer;
        } finally {
            if (!begun) {
                // The opening fails, and lets go of the chunk with all others; nobody else has its file.
                first.file().close();
            }
        }
    }

    public Chunk chunk() {
        return chunk;
    }

    /** LSN behind the last staged frame. */
    public long next() {
        return next;
    }

    public int stagedBytes() {
        return (int) (next - stagedFrom);
    }

    /** Whether a frame ends inside the present chunk and the staging buffer. */
    public boolean fits(int flags, int keyLength, long payloadLength, int alignmentShift) {
        long end = FrameLayout.end(next, flags, keyLength, payloadLength, alignmentShift);
        return end <= chunk.limit() && end - stagingBase <= STAGING;
    }

    /**
     * Stages a frame whose key and payload are given. {@link #fits} must hold.
     *
     * @param version with {@link FrameLayout#RELOCATED}: the LSN of the original
     * @param expiry with {@link FrameLayout#EXPIRES}: milliseconds since 1970
     * @return the frame's LSN
     */
    public long stage(
            byte type,
            int flags,
            int alignmentShift,
            int space,
            long version,
            long valueFile,
            long valueFileLength,
            long expiry,
            MemorySegment data,
            long keyAt,
            int keyLength,
            long payloadAt,
            int payloadLength,
            long payloadHash,
            long previous,
            long batchStart,
            long watermark) {
        long lsn = next;
        long at = lsn - stagingBase;
        FrameLayout.writeHeader(
                staging,
                at,
                lsn,
                type,
                flags,
                alignmentShift,
                keyLength,
                space,
                payloadLength,
                payloadHash,
                previous,
                batchStart,
                watermark);
        long extension = at + FrameLayout.HEADER;
        if ((flags & FrameLayout.RELOCATED) != 0) {
            staging.set(FrameLayout.LONG, extension, version);
            extension += 8;
        }
        if ((flags & FrameLayout.VALUE_FILE) != 0) {
            staging.set(FrameLayout.LONG, extension, valueFile);
            staging.set(FrameLayout.LONG, extension + 8, valueFileLength);
            extension += 16;
        }
        if ((flags & FrameLayout.EXPIRES) != 0) {
            staging.set(FrameLayout.LONG, extension, expiry);
            extension += 8;
        }
        copySmall(data, keyAt, extension, keyLength);
        long keyEnd = extension + keyLength;
        long payload = FrameLayout.payloadStart(at, flags, keyLength, payloadLength, alignmentShift);
        zero(keyEnd, payload);
        copySmall(data, payloadAt, payload, payloadLength);
        long end = FrameLayout.end(at, flags, keyLength, payloadLength, alignmentShift);
        zero(payload + payloadLength, end);
        FrameLayout.seal(staging, at, lsn, salt);
        next = stagingBase + end;
        return lsn;
    }

    /** A copy whose common case, a few words, costs less than a call into the copy stub. */
    private void copySmall(MemorySegment source, long from, long to, int length) {
        if (length > 64) {
            MemorySegment.copy(source, from, staging, to, length);
            return;
        }
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            staging.set(FrameLayout.LONG, to + i, source.get(FrameLayout.LONG, from + i));
        }
        for (; i < length; i++) {
            staging.set(JAVA_BYTE, to + i, source.get(JAVA_BYTE, from + i));
        }
    }

    private void zero(long from, long to) {
        if (to - from > 64) {
            staging.asSlice(from, to - from).fill((byte) 0);
            return;
        }
        long i = from;
        for (; i + 8 <= to; i += 8) {
            staging.set(FrameLayout.LONG, i, 0);
        }
        for (; i < to; i++) {
            staging.set(JAVA_BYTE, i, (byte) 0);
        }
    }

    /** Stages a frame that carries the watermark and nothing else; false if the chunk has no room for it. */
    public boolean stageMark(long watermark) {
        if (!fits(0, 0, 0, FrameLayout.MIN_ALIGNMENT_SHIFT)) {
            return false;
        }
        stage(
                FrameLayout.MARK,
                FrameLayout.BATCH_END,
                FrameLayout.MIN_ALIGNMENT_SHIFT,
                0,
                0,
                0,
                0,
                0,
                staging,
                0,
                0,
                0,
                0,
                FrameLayout.EMPTY_HASH,
                0,
                next,
                watermark);
        return true;
    }

    /** Writes what is staged; the group stays open. */
    public void writeStaged() {
        if (next > stagedFrom) {
            groupTouched = true;
            StorageIo.writeFully(file, staging, stagedFrom - stagingBase, next - stagedFrom, stagedFrom - chunk.base());
            stageFrom(next);
        }
    }

    /** The group is written and stays: readers may now be pointed at its frames. */
    public void commitGroup() {
        groupStart = next;
        if (!groupLeft.isEmpty()) {
            goOnIn(file);
        }
        groupChunk = chunk;
        groupTouched = false;
        begun.clear();
        chunk.end(next);
    }

    /**
     * Goes on in another chunk. The present one ends at the next LSN, which everything staged is written up to.
     *
     * @throws dev.ashlar.StoreFullException if there is no other chunk; the present one goes on being the last
     */
    public void roll(long frame, boolean makesRoom, long watermark) {
        ChunkFiles.Prepared fresh = files.take(frame, makesRoom);
        // From here on the chunk belongs to the log, so that nothing is lost if the write fails.
        try {
            writeStaged();
        } catch (RuntimeException | Error e) {
            begun.add(fresh);
            throw e;
        }
        enter(fresh, chunk.base(), next, watermark);
    }

    private void enter(ChunkFiles.Prepared fresh, long predecessor, long end, long watermark) {
        chunk.end(end);
        chunks.add(fresh.chunk());
        begun.add(fresh);
        chunk = fresh.chunk();
        groupLeft.add(file);
        file = fresh.file();
        stageFrom(chunk.base() + ChunkLayout.HEADER);
        stageChunkStart(predecessor, end, watermark);
    }

    /** The files that the group has left are for whoever syncs. */
    private void goOnIn(StorageFile last) {
        synchronized (left) {
            left.addAll(groupLeft);
            groupFile = last;
        }
        groupLeft.clear();
    }

    private void stageChunkStart(long predecessor, long end, long watermark) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment payload = arena.allocate(16, 8);
            payload.set(FrameLayout.LONG, 0, predecessor);
            payload.set(FrameLayout.LONG, 8, end);
            stage(
                    FrameLayout.CHUNK_START,
                    FrameLayout.BATCH_END,
                    FrameLayout.MIN_ALIGNMENT_SHIFT,
                    0,
                    0,
                    0,
                    0,
                    0,
                    payload,
                    0,
                    0,
                    0,
                    16,
                    dev.ashlar.simd.Xxh3.hash(payload, 0, 16, 0),
                    0,
                    next,
                    watermark);
        }
    }

    /**
     * Forgets the present group if none of it was written yet; false if some was, or may have been by a write that
     * failed: its frames would verify behind shorter ones that are written over its beginning.
     */
    public boolean takeBack() {
        if (groupTouched || chunk != groupChunk) {
            return false;
        }
        next = groupStart;
        return true;
    }

    /**
     * Takes the present group back after a write of it failed: wipes the header of its first frame, and of the chunks
     * that it began, durably, and goes on in a new chunk whose first frame says that its predecessor ended where the group began.
     *
     * @throws StorageException if that fails too: nothing is known about the end of the log any more
     */
    public void abandonGroup(long watermark) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment zeros = arena.allocate(FrameLayout.MIN_FRAME, 8);
            if (groupStart < groupChunk.limit()) {
                long room = Math.min(FrameLayout.MIN_FRAME, groupChunk.limit() - groupStart);
                StorageIo.writeFully(groupFile, zeros, 0, room, groupStart - groupChunk.base());
            }
            // Before the writers are told: a loss of power that took the wiping but not the frames would bring them
            // back.
            groupFile.sync();
            for (ChunkFiles.Prepared each : begun) {
                StorageIo.writeFully(each.file(), zeros, 0, FrameLayout.MIN_FRAME, ChunkLayout.HEADER);
                each.file().sync();
                if (chunks.holding(each.chunk().base()) == null) {
                    chunks.add(each.chunk());
                }
                each.chunk().end(each.chunk().base() + ChunkLayout.HEADER);
            }
        }
        synchronized (left) {
            begun.forEach(each -> left.add(each.file()));
        }
        begun.clear();
        groupLeft.clear();
        file = groupFile;
        ChunkFiles.Prepared fresh = files.take(FrameLayout.MIN_FRAME, true);
        chunk = groupChunk;
        enter(fresh, groupChunk.base(), groupStart, watermark);
        writeStaged();
        commitGroup();
    }

    private void stageFrom(long lsn) {
        next = lsn;
        stagedFrom = lsn;
        stagingBase = lsn & -4096L;
    }

    /**
     * The files that hold appended bytes which may not be durable.
     *
     * @param left files that the log does not go on in, oldest first: the caller syncs and closes them
     * @param current the file that is being appended to; of a group that is not complete, the one that it began in
     */
    public record Unsynced(List<StorageFile> left, StorageFile current) {}

    /**
     * Closes all files. Nothing is written any more. A chunk that a group was about to go on in when it failed is in none of
     * the lists, if taking the group back failed as well.
     */
    public void close() {
        Unsynced unsynced = takeUnsynced();
        unsynced.left().forEach(StorageFile::close);
        unsynced.current().close();
        begun.forEach(each -> each.file().close());
    }

    /** Takes what there is to sync. Any thread, but one at a time. */
    public Unsynced takeUnsynced() {
        synchronized (left) {
            Unsynced taken = new Unsynced(List.copyOf(left), groupFile);
            left.clear();
            return taken;
        }
    }
}
