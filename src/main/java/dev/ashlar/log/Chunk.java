package dev.ashlar.log;

import dev.ashlar.CorruptionException;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * A chunk of the log as the process sees it: its mapping, how much of it is live, which of its records were verified.
 *
 * <p><b>Mappings.</b> Reads inside the engine and cursors go through {@link #segment()}, which at first belongs to an
 * arena that {@link #retire} closes, so that the blocks of a retired chunk return at once. When the first view leaves
 * the engine, the chunk is mapped again in an automatic arena ({@link #escapingSegment()}) and that mapping serves
 * everybody from then on: it lives as long as somebody can reach it. Whoever reads through {@link #segment()} must
 * expect {@link IllegalStateException} from an arena that was closed meanwhile, and look the record up again.
 */
public final class Chunk {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG;
    private static final VarHandle BITS = WORD.varHandle();
    private static final VarHandle LIVE_RECORDS = field("liveRecords");
    private static final VarHandle LIVE_BYTES = field("liveBytes");

    private final Storage storage;
    private final long base;
    private final long capacity;
    private final int slot;

    /** Bytes of the file that exist: less than the capacity only if the file was cut short by somebody. */
    private final long available;

    private volatile MemorySegment segment;
    private @Nullable Arena closable;
    private volatile @Nullable MemorySegment escaping;

    /** LSN behind the last frame; moves only while the chunk is the log's last. */
    private volatile long end;

    /** Frames from this offset on were written by this process, which hashed them itself. */
    private volatile long trustedFrom;

    private volatile @Nullable MemorySegment verified;

    // Written by the appender (or by recovery, before there is one), read by anybody.
    @SuppressWarnings("UnusedVariable") // through its VarHandle
    private long liveRecords;

    @SuppressWarnings("UnusedVariable") // through its VarHandle
    private long liveBytes;

    private volatile boolean damaged;

    /**
     * Maps an existing chunk file.
     *
     * @param file the file, or null if it is missing: then every record in it is damaged
     * @param end LSN behind the last frame, as far as it is known
     * @param written what this process has written itself begins at this LSN
     */
    Chunk(Storage storage, @Nullable StorageFile file, long base, long capacity, int slot, long end, long written) {
        this.storage = storage;
        this.base = base;
        this.capacity = capacity;
        this.slot = slot;
        this.end = end;
        this.trustedFrom = written - base;
        this.available = file == null ? 0 : Math.min(capacity, file.size());
        Arena arena = Arena.ofShared();
        try {
            this.segment = file == null || available == 0 ? MemorySegment.NULL : file.map(available, arena);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
        this.closable = arena;
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
        return ChunkLayout.fileName(base);
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

    /** The present mapping, for reads that do not outlast the call. */
    public MemorySegment segment() {
        return segment;
    }

    /** Whether a segment is the present mapping. Once it is not, it may be closed. */
    public boolean isCurrent(MemorySegment mapping) {
        return segment.scope().equals(mapping.scope());
    }

    /** A mapping whose slices may be kept for ever. */
    public MemorySegment escapingSegment() {
        MemorySegment present = escaping;
        return present != null ? present : mapForEscape();
    }

    private synchronized MemorySegment mapForEscape() {
        MemorySegment present = escaping;
        if (present != null) {
            return present;
        }
        if (available == 0) {
            escaping = MemorySegment.NULL;
            return MemorySegment.NULL;
        }
        MemorySegment mapping;
        try (StorageFile file = storage.open(file())) {
            mapping = file.map(available, Arena.ofAuto());
        }
        escaping = mapping;
        segment = mapping;
        closeArena();
        return mapping;
    }

    /** True if views may keep the blocks of this chunk after it was retired. */
    public boolean escaped() {
        return escaping != null;
    }

    /** Unmaps the chunk as far as no view has escaped. The chunk must not be reachable through an index any more. */
    synchronized void retire() {
        closeArena();
    }

    /** The store is closed, or could not be opened. */
    public synchronized void unmap() {
        closeArena();
    }

    private void closeArena() {
        Arena arena = closable;
        closable = null;
        if (arena != null) {
            arena.close();
        }
    }

    // ------------------------------------------------------------------------------------------------- verification

    /** Whether the record at an offset was verified since the chunk was opened, or written by this process. */
    public boolean isVerified(long offset) {
        if (offset >= trustedFrom) {
            return true;
        }
        MemorySegment bits = verified;
        return bits != null && ((long) BITS.getAcquire(bits, offset >>> 12 << 3) & 1L << (offset >>> 6)) != 0;
    }

    public void markVerified(long offset) {
        MemorySegment bits = verified;
        if (bits == null) {
            bits = allocateBits();
        }
        long ignored = (long) BITS.getAndBitwiseOrRelease(bits, offset >>> 12 << 3, 1L << (offset >>> 6));
    }

    private synchronized MemorySegment allocateBits() {
        MemorySegment bits = verified;
        if (bits == null) {
            bits = OffHeap.allocate(capacity >>> 9, 64, Arena.ofAuto());
            verified = bits;
        }
        return bits;
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

    /** Whether an intact header stands at an offset of {@link #segment()}. */
    public boolean headerVerifies(MemorySegment mapping, long offset, long salt) {
        return FrameLayout.headerVerifies(mapping, offset, mapping.byteSize(), base + offset, salt);
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

    /** Before the log is replayed from its beginning. */
    public void clearLive() {
        LIVE_RECORDS.setOpaque(this, 0L);
        LIVE_BYTES.setOpaque(this, 0L);
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
