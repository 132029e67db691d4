package dev.ashlar.log;

import dev.ashlar.CorruptionException;
import dev.ashlar.io.StorageFile;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A chunk of the log as the process sees it: its bytes, how much of it is live, which of its records were verified.
 *
 * <p><b>Bytes.</b> Hot code reads them through {@link LogMemory}, everything else through {@link #segment()}, and what
 * leaves the engine is a slice of {@link #escapingSegment()}. All three show the same mapping. When the chunk retires, it
 * goes at once if none of it has escaped, so that its blocks return; else when the last slice can no longer be reached.
 */
public final class Chunk {
    private static final VarHandle LIVE_RECORDS = field("liveRecords");
    private static final VarHandle LIVE_BYTES = field("liveBytes");
    private static final VarHandle EARLIEST_EXPIRY = field("earliestExpiry");

    /**
     * From here on bases are not of chunks of the log but of segments, which are chunks in everything but this: the records in
     * them were gathered out of the log, and have no LSNs but those under which they were written. All of the log is below.
     */
    public static final long SEGMENTS = 1L << 62;

    /** An expiry that no record has. */
    public static final long NEVER = Long.MAX_VALUE;

    private final Chunks chunks;
    private final LogMemory memory;
    private final String file;
    private final long base;
    private final long capacity;
    private final int slot;

    /** What exists of the file; empty if it is missing, shorter than the capacity if somebody cut it. */
    private volatile MemorySegment segment;

    private volatile @Nullable MemorySegment escaping;
    private boolean escaped;
    private boolean retired;
    private final boolean isMapped;

    /** LSN behind the last frame; moves only while the chunk is the log's last. */
    private volatile long end;

    /** Frames from this offset on were written by this process, which hashed them itself. */
    private volatile long trustedFrom;

    // Written by the appender (or by recovery, before there is one), read by anybody.
    @SuppressWarnings("UnusedVariable") // through its VarHandle
    private long liveRecords;

    @SuppressWarnings("UnusedVariable") // through its VarHandle
    private long liveBytes;

    @SuppressWarnings("UnusedVariable") // through its VarHandle; by the appender and by maintenance
    private long earliestExpiry = NEVER;

    private volatile boolean damaged;

    /** Records that open snapshots show and no index refers to any longer: the chunk has to stay for them. */
    private final AtomicLong shown = new AtomicLong();

    /** LSN of the last frame that superseded a record of this chunk whose value is in a file; 0 if there was none. */
    private volatile long fileReleasedAt;

    /** Bytes of deletions in this chunk that this process has met. By the appender, or by recovery. */
    private volatile long deletionBytes;

    private volatile boolean hasRows;
    private final AtomicInteger pins = new AtomicInteger();

    /** The end of the log when rows of this chunk were last moved to a segment; 0 if none were. */
    private volatile long rowsMovedAt;

    /** Of a segment, set before anybody finds a place in it. */
    private long rowsAt;

    /**
     * Maps an existing chunk file.
     *
     * @param slot taken for it in {@code chunks}
     * @param name of the file, in the store
     * @param file the file, or null if it is missing: then every record in it is damaged
     * @param end LSN behind the last frame, as far as it is known
     * @param written what this process has written itself begins at this LSN
     */
    Chunk(
            Chunks chunks,
            String name,
            @Nullable StorageFile file,
            long base,
            long capacity,
            int slot,
            long end,
            long written) {
        this.file = name;
        this.chunks = chunks;
        this.memory = chunks.memory();
        this.base = base;
        this.capacity = capacity;
        this.slot = slot;
        this.end = end;
        this.trustedFrom = written - base;
        long available = file == null ? 0 : Math.min(capacity, file.size());
        if (file == null || available == 0) {
            this.segment = MemorySegment.NULL;
            this.isMapped = false;
        } else {
            memory.map(this, file, available);
            this.isMapped = true;
            this.segment = memory.window(this, available);
        }
    }

    public LogMemory memory() {
        return memory;
    }

    public long base() {
        return base;
    }

    public long capacity() {
        return capacity;
    }

    public int slot() {
        return slot;
    }

    public long end() {
        return end;
    }

    void end(long lsn) {
        end = lsn;
    }

    public String file() {
        return file;
    }

    /** Whether this is a segment. */
    public boolean isSegment() {
        return base >= SEGMENTS;
    }

    /** LSN of the first byte after the chunk. */
    public long limit() {
        return base + capacity;
    }

    public boolean contains(long lsn) {
        return lsn >= base && lsn < base + capacity;
    }

    public long position(long lsn) {
        return Position.of(slot, lsn - base);
    }

    /** The bytes, for reads that do not outlast the call; zeros, or none, once the chunk has retired. */
    public MemorySegment segment() {
        return segment;
    }

    /** The bytes, to be cut into slices that are kept for ever; null once the chunk has retired. */
    public @Nullable MemorySegment escapingSegment() {
        MemorySegment present = escaping;
        return present != null ? present : lend();
    }

    private synchronized @Nullable MemorySegment lend() {
        if (!retired && escaping == null) {
            escaping = segment.byteSize() == 0 ? segment : memory.lend(this, segment.byteSize(), this::giveBack);
            escaped = true;
        }
        return escaping;
    }

    /** True if views may keep the blocks of this chunk after it was retired. */
    public synchronized boolean escaped() {
        return escaped;
    }

    /** Takes the bytes away, now or when the last view has gone. Nobody finds the chunk any more, or all is closed. */
    void retire() {
        boolean lent;
        synchronized (this) {
            if (retired) {
                return;
            }
            retired = true;
            lent = escaping != null && segment.byteSize() != 0 && memory.isOneSegment();
            // Or it would be reachable for as long as what waits for it to be unreachable.
            escaping = null;
            if (!memory.isOneSegment()) {
                segment = MemorySegment.NULL;
            }
        }
        if (!lent) {
            giveBack();
        }
    }

    /** Nothing of the chunk is read by those who would mind. */
    private void giveBack() {
        // Nobody finds the chunk any more, so who reads zeros in it meets another epoch.
        memory.advanceEpoch();
        if (isMapped || !memory.isOneSegment()) {
            memory.unmap(this);
        }
        chunks.releaseSlot(slot);
    }

    // ------------------------------------------------------------------------------------------------- verification

    /** Whether the record at an offset was verified since the chunk was opened, or written by this process. */
    public boolean isVerified(long offset) {
        return isOwn(offset) || memory.isVerified(Position.of(slot, offset));
    }

    /** Whether this process has written the record at an offset. */
    public boolean isOwn(long offset) {
        return offset >= trustedFrom;
    }

    public void markVerified(long offset) {
        memory.markVerified(Position.of(slot, offset));
    }

    /** This process appends from here on. */
    void trustFrom(long lsn) {
        trustedFrom = lsn - base;
    }

    /** What is thrown for a record that is not what was written. */
    public CorruptionException corruption(long offset, String expected, String found) {
        return new CorruptionException(
                file(),
                offset,
                expected,
                found,
                "The record is lost unless there is a backup; others are not affected. 'ashlar verify' lists all damage.");
    }

    /** Whether an intact header stands at an offset of the chunk's bytes. */
    public boolean headerVerifies(MemorySegment bytes, long offset, long salt) {
        if (!isSegment()) {
            return FrameLayout.headerVerifies(bytes, offset, bytes.byteSize(), base + offset, salt);
        }
        // The payload of a row stands apart, and may be missing where the file was cut.
        return offset + FrameLayout.MIN_FRAME <= bytes.byteSize()
                && FrameLayout.flags(FrameLayout.head(bytes, offset)) == (FrameLayout.RELOCATED | FrameLayout.BATCH_END)
                && FrameLayout.keyLength(bytes, offset) == Long.BYTES
                && FrameLayout.headerVerifies(bytes, offset, capacity, base + offset, salt);
    }

    // ------------------------------------------------------------------------------------------------------ liveness

    public long liveRecords() {
        return (long) LIVE_RECORDS.getOpaque(this);
    }

    public long liveBytes() {
        return (long) LIVE_BYTES.getOpaque(this);
    }

    /** Called by the appender, or by recovery. */
    public void addLive(long records, long bytes) {
        LIVE_RECORDS.setOpaque(this, (long) LIVE_RECORDS.get(this) + records);
        LIVE_BYTES.setOpaque(this, Math.max(0, (long) LIVE_BYTES.get(this) + bytes));
    }

    /** A deletion is in the chunk: it has to stay in the log as long as older chunks may hold what it deleted. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread at a time
    public void addDeletion(long bytes) {
        deletionBytes = deletionBytes + bytes;
    }

    public long deletionBytes() {
        return deletionBytes;
    }

    /** Before the log is replayed from its beginning. */
    public void clearLive() {
        LIVE_RECORDS.setOpaque(this, 0L);
        LIVE_BYTES.setOpaque(this, 0L);
    }

    /** Whether open snapshots show records of the chunk that no index refers to. */
    public boolean isShown() {
        return shown.get() > 0;
    }

    /** Counts such records; by the owner of the appender's role. */
    public void addShown(long records) {
        shown.addAndGet(records);
    }

    /** A frame supersedes a record of this chunk whose value is in a file. */
    public void fileReleased(long lsn) {
        fileReleasedAt = lsn;
    }

    /**
     * Where replay has to begin, or behind that, before the chunk may go. An image made before a value in a file was
     * superseded names the file; if the record that named it has gone, replaying what superseded it cannot tell which
     * file that concerns, and the file would stay for ever.
     */
    public long replayBeginsBehind() {
        return Math.max(isSegment() ? 0 : limit(), Math.max(fileReleasedAt + 1, rowsMovedAt));
    }

    /** Where the rows of a segment begin; 0 if it is none. */
    public long rowsAt() {
        return rowsAt;
    }

    public void rowsAt(long offset) {
        rowsAt = offset;
    }

    /** There are, or were, rows of vector collections in it. */
    public void markRows() {
        hasRows = true;
    }

    public boolean hasRows() {
        return hasRows;
    }

    /** Keeps the chunk from being compacted and retired while its file is read, or lets it go. By one thread. */
    public void pin(boolean pinned) {
        pins.addAndGet(pinned ? 1 : -1);
    }

    public boolean isPinned() {
        return pins.get() > 0;
    }

    /** Rows of this chunk have moved to a segment, at this end of the log: an image that began before does not know. */
    public void rowsMoved(long lsn) {
        rowsMovedAt = lsn;
    }

    /** See {@link #rowsMoved}: who looks for rows where they were before has to be gone before the chunk. */
    public long rowsMovedAt() {
        return rowsMovedAt;
    }

    // ------------------------------------------------------------------------------------------------------- expiry

    /** No record of the chunk expires before this, in milliseconds since 1970; {@link #NEVER} if none does. */
    public long earliestExpiry() {
        return (long) EARLIEST_EXPIRY.getVolatile(this);
    }

    /** A record of this chunk expires then. */
    public void expires(long millis) {
        for (long earliest = earliestExpiry(); millis < earliest; earliest = earliestExpiry()) {
            if (EARLIEST_EXPIRY.compareAndSet(this, earliest, millis)) {
                return;
            }
        }
    }

    /** Forgets when records expire, and returns what it was: whoever looks at all of them says it again. */
    public long takeEarliestExpiry() {
        return (long) EARLIEST_EXPIRY.getAndSet(this, NEVER);
    }

    /** A live record of this chunk is damaged: it stays where it is, as evidence. */
    public boolean damaged() {
        return damaged;
    }

    public void markDamaged() {
        damaged = true;
    }

    @Override
    public String toString() {
        return file() + " [" + base + ", " + end + ")";
    }

    private static VarHandle field(String name) {
        try {
            return MethodHandles.lookup().findVarHandle(Chunk.class, name, long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
