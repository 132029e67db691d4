package dev.ashlar.log;

import dev.ashlar.io.AddressRange;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * Where the bytes of the log can be read, by {@link Position}. Readers wait for nobody and hold nothing, so a chunk may
 * retire while one reads in it; they find out afterwards:
 *
 * <pre>{@code
 *   long epoch = memory.epoch();                    // before the position is looked up
 *   long position = …                               // from the index
 *   MemorySegment s = memory.segment(position);
 *   long at = memory.at(position);
 *   … s.get(…, at + …) …                            // never faults, whatever becomes of the chunk
 *   if (!memory.isUnchanged(epoch)) …               // look it up again: what was read may be zeros
 * }</pre>
 *
 * <p>Two kinds: {@link ContiguousMemory} where a storage reserves address space, {@link SegmentedMemory} elsewhere. A
 * process that is fast has met one of them only, so that calls are direct.
 */
public abstract sealed class LogMemory permits ContiguousMemory, SegmentedMemory {
    /** Bytes of address space for each slot of a chunk. */
    static final long SLOT_BYTES = ChunkLayout.MAX_CAPACITY;

    private static final long CLOSED = Long.MIN_VALUE;

    /** Negative once all is closed. */
    private volatile long epoch;

    /** @param slots that are needed at least */
    static LogMemory of(Storage storage, int slots) {
        AddressRange range = storage.reserve(ContiguousMemory.rangeBytes(slots), SLOT_BYTES);
        if (range != null) {
            long bytes = ContiguousMemory.bitsBytes(slots);
            MemorySegment bits = OffHeap.reserve(bytes, 1 << 20, Arena.ofAuto());
            if (bits.byteSize() == bytes) {
                return ContiguousMemory.over(range, bits, slots);
            }
            range.recycle();
        }
        // Through methods that return the common type, so that a process loads the class that it uses and no other.
        return SegmentedMemory.create();
    }

    /** How many slots there are. */
    abstract int slots();

    /** A number that changes before bytes of any chunk are taken away; negative once all of them are. */
    public final long epoch() {
        return epoch;
    }

    /** Whether everything that was read since {@link #epoch} returned this is what was there; never once all is closed. */
    public final boolean isUnchanged(long sinceEpoch) {
        VarHandle.loadLoadFence();
        return epoch == sinceEpoch && sinceEpoch >= 0;
    }

    /** @throws IllegalStateException if nothing can be read any more */
    public final void checkOpen() {
        if (epoch < 0) {
            throw new IllegalStateException("the log is closed");
        }
    }

    final synchronized void close() {
        epoch = CLOSED;
    }

    /** The chunks that are about to lose their bytes cannot be found through {@link Chunks} any more, or it is closed. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // under the lock
    final synchronized void advanceEpoch() {
        if (epoch >= 0) {
            epoch = epoch + 1;
        }
    }

    /** Memory that the record at a position is in. */
    public abstract MemorySegment segment(long position);

    /** Offset of the position in {@link #segment}. */
    public abstract long at(long position);

    /** A segment that {@link #segment} returned, to be read in again: as a constant where it can be only one. */
    public abstract MemorySegment resolve(MemorySegment held);

    /** Whether so many bytes of a segment can be read from an offset on; what they are is another question. */
    public abstract boolean covers(MemorySegment segment, long at, long bytes);

    /** Whether there is only one segment, {@link #resolve}'s, so that none need be kept. */
    public abstract boolean isOneSegment();

    /** Base of the chunk that the position is in; anything if that is none of the log's. */
    public abstract long base(long position);

    /**
     * LSN of the record at a position: where it stands in the log; of a row in a segment, where it was written first. Anything
     * if the position is in no chunk.
     */
    public final long lsnAt(long position) {
        long lsn = base(position) + Position.offset(position);
        return lsn < Chunk.SEGMENTS ? lsn : versionAt(position, lsn);
    }

    private long versionAt(long position, long lsn) {
        MemorySegment s = segment(position);
        long at = at(position);
        return covers(s, at, FrameLayout.MIN_FRAME) ? FrameLayout.version(s, at, lsn) : lsn;
    }

    /** Whether a position is in a segment, and not in the log. */
    public final boolean isInSegment(long position) {
        return base(position) >= Chunk.SEGMENTS;
    }

    /** Whether the record at a position was verified. */
    public abstract boolean isVerified(long position);

    abstract void markVerified(long position);

    // Of 64 lines at a time, the first of which begins at a multiple of 4,096 bytes.

    /** Which records that start in the 64 lines from a position on were verified. */
    public abstract long verifiedBits(long position);

    /** Which of them are known to be dead. */
    public abstract long deadBits(long position);

    /** Which of them an index referred to at opening. */
    public abstract long heldBits(long position);

    /** Notes that no index refers to the record at a position any more. For the writer of the indexes. */
    public abstract void markDead(long position);

    /** Whether that was noted; false says nothing of records that were there when the store was opened. */
    public abstract boolean isKnownDead(long position);

    /**
     * Notes that an index referred to a record that was there when the store was opened. Any thread. A position that is
     * none, which only an index can hold that was not written by this engine, is passed over.
     */
    public abstract void markHeld(long position);

    /** Whether that was noted. */
    public abstract boolean isHeld(long position);

    /**
     * Maps a chunk. A slot is used again only for chunks that this process has written, so nothing is wrong if a reader of
     * the former one marks a record as verified late.
     */
    abstract void map(Chunk chunk, StorageFile file, long bytes);

    /** As {@link #map} of a chunk whose file is gone or empty: what is noted of its records is known all the same. */
    abstract void mapNothing(Chunk chunk);

    /** The bytes of a mapped chunk, for reads that do not outlast it. */
    abstract MemorySegment window(Chunk chunk, long bytes);

    /**
     * The same, for slices that are kept for ever.
     *
     * @param whenReturned run when none is left; may never be run where the memory knows by itself
     */
    abstract MemorySegment lend(Chunk chunk, long bytes, Runnable whenReturned);

    /** No chunk is mapped after this. */
    abstract void noMoreChunks();

    /** Takes the bytes away. None of them is lent. */
    abstract void unmap(Chunk chunk);
}
