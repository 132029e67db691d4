package dev.ashlar.document;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Decompressed blocks of segments, in native memory, bounded in bytes. Safe for any thread.
 *
 * <p>A block is read once, whoever asks for it meanwhile waits for that one, and gets the same error if it fails; errors are not
 * remembered. It is read in place as long as it is {@linkplain Blocks#pin pinned}. A hit takes no lock and makes no garbage: it
 * counts the block's pins up and looks at nothing that all share.
 *
 * <pre>
 *   Blocks, one for each segment: table by block ──► CachedBlock: pins, use ──► a piece of a slab
 *   slabs, 64 KiB to 1 MiB (more above 8 GiB), each cut into pieces of one size; larger blocks have a slab of their own
 * </pre>
 *
 * <p>Eviction is by the clock: a hand goes round all pieces, counts uses down, and takes what is unpinned and at zero. A block
 * begins at zero, so a scan, which uses each block once, drives out other scans and not what is in use. If the piece found is of
 * another size than needed, its slab is emptied and cut anew. A block that finds no room, because the rest is pinned, or that
 * would take more than an eighth of it, gets memory of its own until it is unpinned.
 */
public final class BlockCache implements AutoCloseable {
    /** Blocks that would take a larger part of the capacity than 1/8 are not kept. */
    private static final int LARGEST_SHIFT = 3;

    private final BlockMemory memory;
    private final long capacity;
    private final LongAdder hits = new LongAdder();
    private final LongAdder misses = new LongAdder();
    private final LongAdder waits = new LongAdder();

    /** @param capacity in bytes, at least 512 KiB */
    public BlockCache(long capacity) {
        if (capacity < BlockMemory.MIN_CAPACITY) {
            throw new IllegalArgumentException(
                    "a cache of blocks has at least " + BlockMemory.MIN_CAPACITY + " bytes, not " + capacity);
        }
        this.capacity = capacity;
        this.memory = new BlockMemory(capacity);
    }

    public long capacity() {
        return capacity;
    }

    /**
     * The blocks of a segment in this cache. Ask once for each segment that is opened, and close it before the segment is.
     *
     * @param file is not retained: who pins a block knows that it is open
     */
    public Blocks of(SegmentFile file) {
        return new Blocks(this, file);
    }

    /** What it has done so far; of several figures at different moments. */
    public BlockCacheStats stats() {
        return memory.stats(hits.sum(), misses.sum(), waits.sum());
    }

    /** Frees what is not pinned, and the rest when it is unpinned. Nothing may be pinned any more. */
    @Override
    public void close() {
        memory.close();
    }

    /** The blocks of one segment. Safe for any thread. */
    public static final class Blocks implements AutoCloseable {
        private final BlockCache cache;
        private final SegmentFile file;
        private final AtomicReferenceArray<@Nullable CachedBlock> table;
        private volatile boolean closed;

        private Blocks(BlockCache cache, SegmentFile file) {
            this.cache = cache;
            this.file = file;
            this.table = new AtomicReferenceArray<>(file.blocks());
        }

        /**
         * A block, read if it is not there. It stays as it is until it is {@link CachedBlock#unpin unpinned}, once for each time it
         * was pinned.
         *
         * @throws dev.ashlar.CorruptionException if it is damaged
         * @throws dev.ashlar.StorageException if it cannot be read, or there is no memory
         * @throws IllegalStateException if this, or the cache, is closed
         */
        public CachedBlock pin(int block) {
            CachedBlock found = table.get(block);
            if (found != null && found.tryPin()) {
                if (found.isReady()) {
                    cache.hits.increment();
                    return found;
                }
                return await(found);
            }
            return miss(block);
        }

        private CachedBlock await(CachedBlock found) {
            cache.waits.increment();
            Throwable failure = found.await();
            if (failure == null) {
                return found;
            }
            found.unpin();
            throw failed(failure);
        }

        private CachedBlock miss(int block) {
            CachedBlock made = new CachedBlock(cache.memory, this, block, file.documentsOf(block));
            while (true) {
                if (closed) {
                    throw new IllegalStateException("the blocks of " + file.name() + " are closed");
                }
                CachedBlock present = table.compareAndExchange(block, null, made);
                if (present == null) {
                    break;
                }
                if (present.tryPin()) {
                    return await(present);
                }
                // It is being evicted, and taken out by whoever does that: this helps.
                table.compareAndSet(block, present, null);
            }
            cache.misses.increment();
            load(made, block);
            if (closed) {
                made.freeWhenUnpinned(); // it came too late to be found by close
            }
            return made;
        }

        private void load(CachedBlock made, int block) {
            // Whoever keeps the file open may let go of it on another thread, and decompressing looks at memory of it.
            boolean retained = file.tryRetain();
            try {
                if (!retained) {
                    throw new IllegalStateException("the blocks of " + file.name() + " are closed");
                }
                int length = file.rawLengthOf(block);
                cache.memory.place(made, length, length > cache.capacity >>> LARGEST_SHIFT);
                BlockReader.read(file, block, made.slabMemory(), made.slabBytes(), made.slabOffset(), length);
                made.ready();
            } catch (RuntimeException | Error e) {
                table.compareAndSet(block, made, null);
                made.freeWhenUnpinned();
                made.failed(e);
                made.unpin();
                throw e;
            } finally {
                if (retained) {
                    file.release();
                }
            }
        }

        /** What happened on another thread, as an exception of this one. */
        private static RuntimeException failed(Throwable failure) {
            if (failure instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) failure;
        }

        /** A block that is about to lose its memory. */
        void forget(int block, CachedBlock gone) {
            table.compareAndSet(block, gone, null);
        }

        /** Frees all blocks of the segment; those that are pinned when they are unpinned. Nothing can be pinned afterwards. */
        @Override
        public void close() {
            closed = true;
            for (int i = 0; i < table.length(); i++) {
                CachedBlock block = table.get(i);
                if (block != null) {
                    block.freeWhenUnpinned();
                }
            }
        }
    }
}
