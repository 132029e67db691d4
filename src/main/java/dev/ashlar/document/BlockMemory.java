package dev.ashlar.document;

import dev.ashlar.io.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The native memory of a {@link BlockCache}, and which block goes when another needs room. One lock: it is taken by misses, each
 * of which decompresses a block besides, and never while one does.
 */
final class BlockMemory implements AutoCloseable {
    static final long MIN_CAPACITY = 512 << 10;

    private static final int MIN_PIECE = 4096;
    private static final int MIN_SLAB = 64 << 10;
    private static final int MAX_SLAB = 1 << 20;

    /** Each slab has pieces of one size, so there have to be some, and each is a mapping, of which a process has not many. */
    private static final int SLABS = 32;

    private static final int MAX_SLABS = 8192;

    private final long capacity;
    private final int slabBytes;

    /** All of them, in the order in which the hand visits them. */
    private final List<Slab> slabs = new ArrayList<>();

    private final Map<Integer, ArrayDeque<Slab>> withRoom = new HashMap<>();
    private final ArrayDeque<Slab> empty = new ArrayDeque<>();

    /** Slabs for one block that have none now, by their size: so that not each large block is mapped and unmapped. */
    private final TreeMap<Integer, ArrayDeque<Slab>> spare = new TreeMap<>();

    private int handSlab;
    private int handPiece;
    private long bytes;
    private long outsideBytes;
    private long blocks;
    private long evictions;
    private boolean closed;

    BlockMemory(long capacity) {
        this.capacity = capacity;
        long wanted = Math.min(MAX_SLAB, Long.highestOneBit(capacity / SLABS));
        long least = Math.min(1 << 30, Long.highestOneBit(capacity / MAX_SLABS));
        this.slabBytes = (int) Math.max(MIN_SLAB, Math.max(wanted, least));
    }

    /** Memory that is cut into pieces of one size, each of which one block has, or none. */
    static final class Slab {
        private final MemorySegment memory;
        private final ByteBuffer bytes;

        private final Arena arena;

        /** For one block at a time, never cut. */
        private final boolean single;

        /** Not part of what is bounded. */
        private final boolean outside;

        private int pieceBytes;
        private @Nullable CachedBlock[] pieces;
        private int used;

        private Slab(MemorySegment memory, Arena arena, boolean single, boolean outside) {
            this.memory = memory;
            this.bytes = memory.asByteBuffer();
            this.arena = arena;
            this.single = single;
            this.outside = outside;
            this.pieceBytes = (int) memory.byteSize();
            this.pieces = new @Nullable CachedBlock[1];
        }

        MemorySegment memory() {
            return memory;
        }

        ByteBuffer bytes() {
            return bytes;
        }

        int pieceBytes() {
            return pieceBytes;
        }

        private void cut(int into) {
            pieceBytes = into;
            pieces = new @Nullable CachedBlock[(int) (memory.byteSize() / into)];
        }

        private boolean isFull() {
            return used == pieces.length;
        }

        private int firstFree() {
            for (int i = 0; i < pieces.length; i++) {
                if (pieces[i] == null) {
                    return i;
                }
            }
            throw new IllegalStateException("the slab has no room");
        }
    }

    /** The size of the pieces for a block: powers of two, and one and a half times those. */
    static int pieceFor(int length) {
        if (length <= MIN_PIECE) {
            return MIN_PIECE;
        }
        int power = Integer.highestOneBit(length - 1);
        int middle = power + (power >> 1);
        return length <= middle ? middle : power << 1;
    }

    /**
     * Gives a block memory, for which others may have to go.
     *
     * @param apart whether it is not worth that
     * @throws dev.ashlar.StorageException if there is no memory
     */
    synchronized void place(CachedBlock block, int length, boolean apart) {
        if (closed) {
            throw new IllegalStateException("the cache of blocks is closed");
        }
        Slab slab = apart ? null : length > slabBytes ? ownSlab(pieceFor(length)) : slabFor(pieceFor(length));
        if (slab == null) {
            slab = allocate(length, true, true);
            outsideBytes += slab.memory.byteSize();
            block.keptApart();
        }
        int piece = slab.firstFree();
        slab.pieces[piece] = block;
        slab.used++;
        if (!slab.single && slab.isFull()) {
            roomOf(slab.pieceBytes).remove(slab);
        }
        block.placed(slab, piece, length);
        blocks++;
    }

    private ArrayDeque<Slab> roomOf(int pieceBytes) {
        return withRoom.computeIfAbsent(pieceBytes, size -> new ArrayDeque<>());
    }

    /** A slab with a free piece of that size; null if everything is pinned. */
    private @Nullable Slab slabFor(int pieceBytes) {
        while (true) {
            Slab slab = roomOf(pieceBytes).peekFirst();
            if (slab != null) {
                return slab;
            }
            slab = empty.pollFirst();
            if (slab == null && fits(slabBytes)) {
                slab = allocate(slabBytes, false, false);
                bytes += slabBytes;
                slabs.add(slab);
            }
            if (slab != null) {
                slab.cut(pieceBytes);
                roomOf(pieceBytes).addFirst(slab);
                return slab;
            }
            if (!evict(pieceBytes)) {
                return null;
            }
        }
    }

    /** A slab for one block; null if everything is pinned. */
    private @Nullable Slab ownSlab(int pieceBytes) {
        while (true) {
            Slab slab = spareFor(pieceBytes);
            if (slab == null && fits(pieceBytes)) {
                slab = allocate(pieceBytes, true, false);
                bytes += pieceBytes;
                slabs.add(slab);
            }
            if (slab != null) {
                return slab;
            }
            Slab whole = empty.pollFirst();
            if (whole != null) {
                drop(whole);
            } else if (!evict(pieceBytes)) {
                return null;
            }
        }
    }

    /** One of which at most half is wasted. */
    private @Nullable Slab spareFor(int pieceBytes) {
        for (ArrayDeque<Slab> each : spare.subMap(
                        pieceBytes, true, (int) Math.min(Integer.MAX_VALUE, 2L * pieceBytes), true)
                .values()) {
            if (!each.isEmpty()) {
                return each.removeFirst();
            }
        }
        return null;
    }

    /** Whether there is room for that much more, once spare slabs of other sizes have made way. */
    private boolean fits(long more) {
        for (ArrayDeque<Slab> each : spare.values()) {
            while (bytes + more > capacity && !each.isEmpty()) {
                drop(each.removeFirst());
            }
        }
        return bytes + more <= capacity;
    }

    private static Slab allocate(int length, boolean single, boolean outside) {
        Arena arena = Arena.ofShared();
        boolean made = false;
        try {
            long size = SegmentFormat.align(length, MIN_PIECE);
            Slab slab = new Slab(OffHeap.allocate(size, 64, arena), arena, single, outside);
            made = true;
            return slab;
        } finally {
            if (!made) {
                arena.close();
            }
        }
    }

    private void drop(Slab slab) {
        int at = slabs.indexOf(slab);
        slabs.remove(at);
        if (at < handSlab) {
            handSlab--;
        } else if (at == handSlab) {
            handPiece = 0;
        }
        bytes -= slab.memory.byteSize();
        slab.arena.close();
    }

    /**
     * Moves the hand on until it has made room.
     *
     * @param pieceBytes a block of that size can take the place of another; of others the whole slab has to go
     * @return false if everything is pinned
     */
    private boolean evict(int pieceBytes) {
        long visits = 0;
        for (Slab slab : slabs) {
            visits += slab.pieces.length;
        }
        // Each round counts the uses of a block down by one.
        for (visits *= CachedBlock.MOST_USES + 2; visits > 0; visits--) {
            Slab slab = slabUnderHand();
            CachedBlock block = slab.pieces[handPiece++];
            if (block != null && block.isCold() && (slab.pieceBytes == pieceBytes ? take(block) : emptied(slab))) {
                return true;
            }
        }
        return false;
    }

    /** The hand may stand behind the end: slabs go, and are cut anew with fewer pieces. */
    private Slab slabUnderHand() {
        if (handSlab < slabs.size() && handPiece >= slabs.get(handSlab).pieces.length) {
            handSlab++;
            handPiece = 0;
        }
        if (handSlab >= slabs.size()) {
            handSlab = 0;
            handPiece = 0;
        }
        return slabs.get(handSlab);
    }

    private boolean take(CachedBlock block) {
        boolean taken = block.tryTake();
        if (taken) {
            evictions++;
            vacate(block);
        }
        return taken;
    }

    /** Takes all blocks out of a slab, unless one of them is pinned. */
    private boolean emptied(Slab slab) {
        for (CachedBlock block : slab.pieces) {
            if (block != null && block.isPinned()) {
                return false;
            }
        }
        for (CachedBlock block : slab.pieces) {
            if (block != null && !take(block)) {
                return false;
            }
        }
        return true;
    }

    /** Ends a block that nobody has pinned any more, and nobody can. */
    synchronized void release(CachedBlock block) {
        vacate(block);
    }

    private void vacate(CachedBlock block) {
        Slab slab = block.slab();
        if (slab == null) {
            return; // it could not be placed
        }
        blocks--;
        boolean full = slab.isFull();
        slab.pieces[block.piece()] = null;
        slab.used--;
        if (slab.outside) {
            outsideBytes -= slab.memory.byteSize();
            slab.arena.close();
        } else if (closed) {
            if (slab.used == 0) {
                drop(slab);
            }
        } else if (slab.single) {
            spare.computeIfAbsent(slab.pieceBytes, size -> new ArrayDeque<>()).addFirst(slab);
        } else if (slab.used == 0) {
            roomOf(slab.pieceBytes).remove(slab);
            empty.addLast(slab);
        } else if (full) {
            roomOf(slab.pieceBytes).addLast(slab);
        }
    }

    synchronized BlockCacheStats stats(long hits, long misses, long waits) {
        return new BlockCacheStats(hits, misses, waits, evictions, bytes, outsideBytes, blocks);
    }

    @Override
    public synchronized void close() {
        closed = true;
        for (Slab slab : List.copyOf(slabs)) {
            if (slab.used == 0) {
                drop(slab);
            } else {
                for (CachedBlock block : slab.pieces.clone()) {
                    if (block != null) {
                        block.freeWhenUnpinned();
                    }
                }
            }
        }
    }
}
