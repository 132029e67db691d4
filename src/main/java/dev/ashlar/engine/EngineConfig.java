package dev.ashlar.engine;

import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * What tests and simulations set and users cannot.
 *
 * @param threaded false: no threads, everything runs on the calling thread, deterministically
 * @param hashMask all ones; fewer make keys collide
 * @param seed of the key hash of a store that is created; 0 = random
 * @param newStoreId id of a store that is created
 * @param leastChunkBytes the capacity of chunks as long as the log is not larger; a power of two from 4,096. Small, so
 *     that simulations open many stores at the cost of what was written, and cross the ends of chunks
 * @param mostChunkBytes the capacity of chunks however large the log is, unless a frame needs more; a power of two.
 *     Small, so that chunks retire all the time
 * @param mostSegmentBytes the size of segments of vector collections, unless a row needs more; from it follow when they are
 *     built and merged. Small, so that this happens to a few dozen rows
 * @param mostInlineBytes values above this go to files of their own; small, so that simulations reach those files often
 */
record EngineConfig(
        boolean threaded,
        long hashMask,
        long seed,
        Supplier<UUID> newStoreId,
        long leastChunkBytes,
        long mostChunkBytes,
        long mostSegmentBytes,
        int mostInlineBytes) {
    static final EngineConfig DEFAULT = new EngineConfig(true, -1L, 0, UUID::randomUUID, ChunkLayout.MIN_CAPACITY);

    /** With chunks that become as large as users have them, and their large values. */
    EngineConfig(boolean threaded, long hashMask, long seed, Supplier<UUID> newStoreId, long leastChunkBytes) {
        this(
                threaded,
                hashMask,
                seed,
                newStoreId,
                leastChunkBytes,
                ChunkLayout.MAX_CAPACITY,
                ChunkLayout.MAX_CAPACITY,
                FrameLayout.MAX_INLINE_VALUE);
    }
}
