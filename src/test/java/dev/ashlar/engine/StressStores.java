package dev.ashlar.engine;

import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.io.Storage;
import dev.ashlar.io.Storages;
import dev.ashlar.log.FrameLayout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** Stores that are cheap to open, with threads, and with chunks so small that they retire all the time. */
public final class StressStores {
    static final StoreOptions SMALL =
            StoreOptions.DEFAULT.withRingSlots(64).withBufferBytes(32 << 20).withAutoCompaction(false);

    private StressStores() {}

    static Path newDirectory() {
        try {
            return Files.createTempDirectory("stress");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Store open(StoreOptions options) {
        return open(newDirectory(), options, -1L, 4 << 10);
    }

    /**
     * @param hashMask which bits of hashes count
     * @param chunkBytes a power of two
     */
    public static Store open(Path directory, StoreOptions options, long hashMask, long chunkBytes) {
        Storage storage = Storages.open(directory, true);
        boolean opened = false;
        try {
            Store store = Engine.open(
                    directory,
                    storage,
                    options,
                    new EngineConfig(
                            true,
                            hashMask,
                            0,
                            UUID::randomUUID,
                            chunkBytes,
                            chunkBytes,
                            chunkBytes,
                            FrameLayout.MAX_INLINE_VALUE));
            opened = true;
            return store;
        } finally {
            if (!opened) {
                storage.close();
            }
        }
    }
}
