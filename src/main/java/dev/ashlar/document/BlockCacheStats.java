package dev.ashlar.document;

/**
 * What a {@link BlockCache} has done, and holds.
 *
 * @param hits blocks that were there
 * @param misses blocks that were read
 * @param waits blocks that another thread was reading already; neither hits nor misses
 * @param evictions blocks that made room
 * @param bytes native memory that is taken for blocks, at most the capacity
 * @param outsideBytes native memory of blocks that found no room and go when they are unpinned
 * @param blocks that can be hit
 */
public record BlockCacheStats(
        long hits, long misses, long waits, long evictions, long bytes, long outsideBytes, long blocks) {}
