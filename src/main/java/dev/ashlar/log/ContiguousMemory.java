package dev.ashlar.log;

import dev.ashlar.StoreClosedException;
import dev.ashlar.io.AddressRange;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.RawMemory;
import dev.ashlar.io.StorageFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * All chunks side by side in one range of addresses, so that a position leads to its bytes by a shift and an addition.
 *
 * <pre>
 *   address = origin + 8 × position
 *   ├─ slot 0: chunk, 64 MiB ─┬─ slot 1: chunk │ zeros ─┬─ slot 2: zeros ─┬─ ... ─┬─ last slot ─┬─ zeros ─┤
 * </pre>
 *
 * <p>The number of slots is a power of two. Every position there can be, also a wrong one, has an address that can be read, and so have all bytes that its frame could
 * claim. A chunk that retires is replaced by zeros, in which no record is found.
 */
final class ContiguousMemory extends LogMemory {
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

    /** For plain loads from aligned addresses, whose alignment need not be checked. */
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    private final AddressRange range;
    private final int slots;

    /** Chunks whose places are taken; and whether there will be no more. */
    private int mapped;

    private boolean closed;

    /** Which records are verified; then, which are dead; then, which were held by an index at opening. */
    private final MemorySegment bits;

    private final long deadAt;
    private final long heldAt;
    private final MemorySegment bases;
    private final long positionMask;
    private final long origin;
    private final long bitsOrigin;
    private final long basesOrigin;

    /** Behind the last slot there is room for the largest frame, so that no damaged length leads out of the range. */
    static long rangeBytes(int slots) {
        return (slots + 1) * SLOT_BYTES;
    }

    /** Three for each 64 bytes of log; no two frames start in the same. */
    static long bitsBytes(int slots) {
        return 3 * slots * SLOT_BYTES / 64 / 8;
    }

    static LogMemory over(AddressRange range, MemorySegment bits, int slots) {
        return new ContiguousMemory(range, bits, slots);
    }

    private ContiguousMemory(AddressRange range, MemorySegment bits, int slots) {
        this.range = range;
        this.slots = slots;
        this.bits = bits;
        this.deadAt = bits.byteSize() / 3;
        this.heldAt = 2 * deadAt;
        this.positionMask = ((long) slots << Position.OFFSET_BITS) - 1;
        this.bases = OffHeap.allocate((long) slots * Long.BYTES, Long.BYTES, Arena.ofAuto());
        this.origin = range.address();
        this.bitsOrigin = bits.address();
        this.basesOrigin = bases.address();
    }

    @Override
    public MemorySegment segment(long position) {
        return RawMemory.ALL;
    }

    @Override
    public long at(long position) {
        return RawMemory.address(origin + ((position & positionMask) << 3));
    }

    @Override
    public MemorySegment resolve(MemorySegment held) {
        return RawMemory.ALL;
    }

    @Override
    public boolean isOneSegment() {
        return true;
    }

    @Override
    public boolean covers(MemorySegment segment, long at, long bytes) {
        return true;
    }

    @Override
    public long base(long position) {
        return RawMemory.ALL.get(
                LONG, RawMemory.address(basesOrigin + (long) Position.chunkSlot(position & positionMask) * Long.BYTES));
    }

    @Override
    public boolean isVerified(long position) {
        return (RawMemory.ALL.get(LONG, RawMemory.address(bitsOrigin + wordOf(position & positionMask)))
                        & bitOf(position))
                != 0;
    }

    @Override
    void markVerified(long position) {
        long ignored = (long) WORD.getAndBitwiseOrRelease(bits, wordOf(position), bitOf(position));
    }

    @Override
    public long verifiedBits(long position) {
        return bits.get(LONG, wordOf(position & positionMask));
    }

    @Override
    public long deadBits(long position) {
        return bits.get(LONG, deadAt + wordOf(position));
    }

    @Override
    public long heldBits(long position) {
        return bits.get(LONG, heldAt + wordOf(position));
    }

    @Override
    public void markDead(long position) {
        long at = deadAt + wordOf(position);
        // Who finds the record dead finds what was done before.
        WORD.setRelease(bits, at, bits.get(LONG, at) | bitOf(position));
    }

    @Override
    public boolean isKnownDead(long position) {
        return (bits.get(LONG, deadAt + wordOf(position)) & bitOf(position)) != 0;
    }

    @Override
    public void markHeld(long position) {
        if (Position.chunkSlot(position) < slots) {
            long ignored = (long) WORD.getAndBitwiseOrRelease(bits, heldAt + wordOf(position), bitOf(position));
        }
    }

    @Override
    public boolean isHeld(long position) {
        return (bits.get(LONG, heldAt + wordOf(position)) & bitOf(position)) != 0;
    }

    /** A position counts 8 bytes, a bit 64. */
    private static long wordOf(long position) {
        return position >>> 9 << 3;
    }

    private static long bitOf(long position) {
        return 1L << (position >>> 3);
    }

    private static long offset(Chunk chunk) {
        return chunk.slot() * SLOT_BYTES;
    }

    @Override
    int slots() {
        return slots;
    }

    @Override
    synchronized void map(Chunk chunk, StorageFile file, long bytes) {
        if (closed) {
            throw new StoreClosedException("the log was closed; no chunk is begun any more");
        }
        file.mapInto(range, offset(chunk), bytes);
        mapped++;
        WORD.setOpaque(bases, (long) chunk.slot() * Long.BYTES, chunk.base());
    }

    @Override
    void mapNothing(Chunk chunk) {
        // The bits of all slots are there from the beginning, and so are zeros in the place of the bytes.
    }

    @Override
    MemorySegment window(Chunk chunk, long bytes) {
        return range.window(offset(chunk), bytes);
    }

    @Override
    MemorySegment lend(Chunk chunk, long bytes, Runnable whenReturned) {
        return range.lend(offset(chunk), bytes, whenReturned);
    }

    @Override
    synchronized void unmap(Chunk chunk) {
        // The next chunk in this slot starts with records of which none is dead, or was held.
        bits.asSlice(deadAt + offset(chunk) / 512, chunk.capacity() / 512).fill((byte) 0);
        bits.asSlice(heldAt + offset(chunk) / 512, chunk.capacity() / 512).fill((byte) 0);
        range.clear(offset(chunk), chunk.capacity());
        mapped--;
        recycleIfUnused();
    }

    @Override
    synchronized void noMoreChunks() {
        closed = true;
        recycleIfUnused();
    }

    private void recycleIfUnused() {
        if (closed && mapped == 0) {
            range.recycle();
        }
    }
}
