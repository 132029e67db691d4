package dev.ashlar.document;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A block in a {@link BlockCache}. Its methods may be called by whoever has it pinned, until it is unpinned: after that the memory
 * is another block's.
 */
public final class CachedBlock implements DocumentBlock {
    private static final int FREED = -1;

    private static final int LOADING = 0;
    private static final int READY = 1;
    private static final int FAILED = 2;

    /** A block that was used that often goes at the fourth visit of the hand at the latest. */
    static final int MOST_USES = 3;

    private final BlockMemory owner;
    private final BlockCache.Blocks blocks;
    private final int block;
    private final int documents;

    /** How often it is pinned; {@link #FREED} once its memory is no longer its own, which it is for ever. */
    private final AtomicInteger pins = new AtomicInteger(1);

    private volatile int state = LOADING;
    private volatile boolean freeWhenUnpinned;
    private @Nullable Throwable failure;

    /** Lost updates do no harm. */
    private int uses;

    private BlockMemory.@Nullable Slab slab;
    private int piece;
    private MemorySegment memory = MemorySegment.NULL;

    CachedBlock(BlockMemory owner, BlockCache.Blocks blocks, int block, int documents) {
        this.owner = owner;
        this.blocks = blocks;
        this.block = block;
        this.documents = documents;
    }

    // ------------------------------------------------------------------------------------------ for whoever has it
    // pinned

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
        if (index < 0 || index >= documents) {
            throw new IndexOutOfBoundsException("document " + index + " of " + documents + " in the block");
        }
        return SegmentFormat.documentAt(memory, documents, index);
    }

    @Override
    public long length(int index) {
        return SegmentFormat.documentEnd(memory, documents, index) - at(index);
    }

    /** Ends what {@link BlockCache.Blocks#pin} began. */
    public void unpin() {
        int left = pins.decrementAndGet();
        if (left < 0) {
            pins.incrementAndGet();
            throw new IllegalStateException("block " + block + " is not pinned");
        }
        if (left == 0 && freeWhenUnpinned) {
            free();
        }
    }

    // --------------------------------------------------------------------------------------------------- for the cache

    boolean tryPin() {
        int present = pins.get();
        while (present >= 0) {
            if (pins.compareAndSet(present, present + 1)) {
                if (uses < MOST_USES) {
                    uses++;
                }
                return true;
            }
            present = pins.get();
        }
        return false;
    }

    boolean isReady() {
        return state == READY;
    }

    synchronized void ready() {
        state = READY;
        notifyAll();
    }

    synchronized void failed(Throwable reason) {
        failure = reason;
        state = FAILED;
        notifyAll();
    }

    /** Waits until the block is read; an interrupt is kept for later. Returns why it could not be read, or null. */
    @Nullable
    Throwable await() {
        boolean interrupted = false;
        synchronized (this) {
            while (state == LOADING) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failure;
    }

    /** It goes when it is unpinned, and not before. */
    void keptApart() {
        freeWhenUnpinned = true;
    }

    /** From now on nothing keeps the block but pins. */
    void freeWhenUnpinned() {
        freeWhenUnpinned = true;
        free();
    }

    private void free() {
        if (tryTake()) {
            owner.release(this);
        }
    }

    /** Makes it nobody's if nobody has it pinned, and it is out of the table then; the caller gives its memory away. */
    boolean tryTake() {
        if (!pins.compareAndSet(0, FREED)) {
            return false;
        }
        blocks.forget(block, this);
        return true;
    }

    /** One visit of the hand: whether the block was not used since the last ones. */
    boolean isCold() {
        if (uses > 0) {
            uses--;
            return false;
        }
        return !isPinned();
    }

    boolean isPinned() {
        return pins.get() > 0;
    }

    void placed(BlockMemory.Slab in, int at, int length) {
        slab = in;
        piece = at;
        memory = in.memory().asSlice((long) at * in.pieceBytes(), length);
    }

    BlockMemory.@Nullable Slab slab() {
        return slab;
    }

    int piece() {
        return piece;
    }

    private BlockMemory.Slab place() {
        BlockMemory.Slab placed = slab;
        if (placed == null) {
            throw new IllegalStateException("the block has no memory");
        }
        return placed;
    }

    MemorySegment slabMemory() {
        return place().memory();
    }

    ByteBuffer slabBytes() {
        return place().bytes();
    }

    int slabOffset() {
        return piece * place().pieceBytes();
    }
}
