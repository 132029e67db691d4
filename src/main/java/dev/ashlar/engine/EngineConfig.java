package dev.ashlar.engine;

import java.util.UUID;
import java.util.function.Supplier;

/**
 * What tests and simulations set and users cannot.
 *
 * @param threaded false: no threads, everything runs on the calling thread, deterministically
 * @param hashMask all ones; fewer make keys collide
 * @param seed of the key hash of a store that is created; 0 = random
 * @param newStoreId id of a store that is created
 */
record EngineConfig(boolean threaded, long hashMask, long seed, Supplier<UUID> newStoreId) {
    static final EngineConfig DEFAULT = new EngineConfig(true, -1L, 0, UUID::randomUUID);
}
