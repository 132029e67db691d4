package dev.ashlar.document;

import dev.ashlar.io.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Memory of one reader into which blocks are decompressed one after the other, past any cache. For one thread at a time. It grows
 * to the largest block.
 */
public final class BlockBuffer implements DocumentBlock, AutoCloseable {
    private static final long FIRST = 64 << 10;

    private @Nullable Arena arena;
    private MemorySegment memory = MemorySegment.NULL;
    private ByteBuffer bytes = ByteBuffer.allocate(0);
    private int documents;

    /**
     * Reads a block. What was read before is no longer valid.
     *
     * @throws dev.ashlar.CorruptionException if the block is damaged
     * @throws dev.ashlar.StorageException if it cannot be read
     */
    public void read(SegmentFile from, int block) {
        documents = 0;
        int needed = from.rawLengthOf(block);
        if (memory.byteSize() < needed) {
            close();
            Arena larger = Arena.ofShared();
            arena = larger;
            memory = OffHeap.allocate(Math.max(FIRST, SegmentFormat.align(needed, FIRST)), 64, larger);
            bytes = memory.asByteBuffer();
        }
        BlockReader.read(from, block, memory, bytes, 0, needed);
        documents = from.documentsOf(block);
    }

    @Override
    public MemorySegment memory() {
        return memory;
    }

    @Override
    public int documents() {
        return documents;
    }

    @Override
    public long at(int index) {
        check(index);
        return SegmentFormat.documentAt(memory, documents, index);
    }

    @Override
    public long length(int index) {
        return SegmentFormat.documentEnd(memory, documents, index) - at(index);
    }

    private void check(int index) {
        if (index < 0 || index >= documents) {
            throw new IndexOutOfBoundsException("document " + index + " of " + documents + " in the block");
        }
    }

    /** Frees the memory; the next read takes some again. */
    @Override
    public void close() {
        documents = 0;
        if (arena != null) {
            arena.close();
            arena = null;
            memory = MemorySegment.NULL;
        }
    }
}
