package dev.ashlar.log;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.ashlar.io.OffHeap;
import dev.ashlar.io.StorageFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Each chunk in a mapping of its own, wherever the storage puts it: what plain NIO can do, and simulated storages. A
 * mapping lives as long as somebody can reach it, so a chunk's blocks return after a collection at the earliest.
 */
final class SegmentedMemory extends LogMemory {
    private static final VarHandle WORD = ValueLayout.JAVA_LONG.varHandle();

    /** A chunk's bytes, and bits for each 64 of them. */
    private record Mapped(
            MemorySegment bytes, long base, MemorySegment verified, MemorySegment dead, MemorySegment held) {}

    private volatile @Nullable Mapped[] slots = new Mapped[16];

    private SegmentedMemory() {}

    static LogMemory create() {
        return new SegmentedMemory();
    }

    private @Nullable Mapped mapped(long position) {
        @Nullable Mapped[] present = slots;
        int slot = Position.chunkSlot(position);
        return slot < present.length ? present[slot] : null;
    }

    private synchronized void set(int slot, @Nullable Mapped mapped) {
        @Nullable Mapped[] next = Arrays.copyOf(slots, Math.max(slots.length, Integer.highestOneBit(slot) * 2));
        next[slot] = mapped;
        slots = next;
    }

    @Override
    public MemorySegment segment(long position) {
        Mapped mapped = mapped(position);
        return mapped == null ? MemorySegment.NULL : mapped.bytes;
    }

    @Override
    public long at(long position) {
        return Position.offset(position);
    }

    @Override
    public MemorySegment resolve(MemorySegment held) {
        return held;
    }

    @Override
    public boolean isOneSegment() {
        return false;
    }

    @Override
    public boolean covers(MemorySegment segment, long at, long bytes) {
        return bytes <= segment.byteSize() - at;
    }

    @Override
    public long base(long position) {
        Mapped mapped = mapped(position);
        return mapped == null ? 0 : mapped.base;
    }

    @Override
    public boolean isVerified(long position) {
        Mapped mapped = mapped(position);
        return mapped != null && ((long) WORD.getAcquire(mapped.verified, wordOf(position)) & bitOf(position)) != 0;
    }

    @Override
    void markVerified(long position) {
        Mapped mapped = mapped(position);
        if (mapped != null) {
            long ignored = (long) WORD.getAndBitwiseOrRelease(mapped.verified, wordOf(position), bitOf(position));
        }
    }

    @Override
    public long verifiedBits(long position) {
        Mapped mapped = mapped(position);
        return mapped == null ? 0 : (long) WORD.getAcquire(mapped.verified, wordOf(position));
    }

    @Override
    public long deadBits(long position) {
        Mapped mapped = mapped(position);
        return mapped == null ? 0 : mapped.dead.get(JAVA_LONG, wordOf(position));
    }

    @Override
    public long heldBits(long position) {
        Mapped mapped = mapped(position);
        return mapped == null ? 0 : (long) WORD.getAcquire(mapped.held, wordOf(position));
    }

    @Override
    public void markDead(long position) {
        Mapped mapped = mapped(position);
        if (mapped != null) {
            long word = wordOf(position);
            // Who finds the record dead finds what was done before.
            WORD.setRelease(mapped.dead, word, mapped.dead.get(JAVA_LONG, word) | bitOf(position));
        }
    }

    @Override
    public boolean isKnownDead(long position) {
        Mapped mapped = mapped(position);
        return mapped != null && (mapped.dead.get(JAVA_LONG, wordOf(position)) & bitOf(position)) != 0;
    }

    @Override
    public void markHeld(long position) {
        Mapped mapped = mapped(position);
        if (mapped != null && wordOf(position) < mapped.held.byteSize()) {
            long ignored = (long) WORD.getAndBitwiseOrRelease(mapped.held, wordOf(position), bitOf(position));
        }
    }

    @Override
    public boolean isHeld(long position) {
        Mapped mapped = mapped(position);
        return mapped != null && ((long) WORD.getAcquire(mapped.held, wordOf(position)) & bitOf(position)) != 0;
    }

    private static long wordOf(long position) {
        return Position.offset(position) >>> 12 << 3;
    }

    private static long bitOf(long position) {
        return 1L << (position >>> 3);
    }

    @Override
    void map(Chunk chunk, StorageFile file, long bytes) {
        set(chunk, file.map(bytes, Arena.ofAuto()));
    }

    @Override
    void mapNothing(Chunk chunk) {
        set(chunk, MemorySegment.NULL);
    }

    private void set(Chunk chunk, MemorySegment bytes) {
        set(chunk.slot(), new Mapped(bytes, chunk.base(), bits(chunk), bits(chunk), bits(chunk)));
    }

    private static MemorySegment bits(Chunk chunk) {
        return OffHeap.allocate(Math.max(8, chunk.capacity() >>> 9), 8, Arena.ofAuto());
    }

    @Override
    MemorySegment window(Chunk chunk, long bytes) {
        return segment(chunk.position(chunk.base()));
    }

    @Override
    MemorySegment lend(Chunk chunk, long bytes, Runnable whenReturned) {
        return segment(chunk.position(chunk.base()));
    }

    /** The mapping goes when nobody can reach it any more. */
    @Override
    synchronized void unmap(Chunk chunk) {
        Mapped mapped = mapped(chunk.position(chunk.base()));
        if (mapped != null && mapped.base == chunk.base()) {
            set(chunk.slot(), null);
        }
    }

    @Override
    int slots() {
        return Position.MAX_CHUNKS;
    }

    @Override
    void noMoreChunks() {
        // Each mapping goes by itself.
    }
}
