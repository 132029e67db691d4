package dev.ashlar.engine;

import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.io.Storage;
import dev.ashlar.log.ChunkLayout;
import java.nio.file.Path;
import java.util.UUID;

/** Opens stores as only tests can: on a storage of their own, without threads. */
public final class TestEngine {
    private TestEngine() {}

    /**
     * Opens a store on which everything runs on the calling thread. Closing it, or failing to open it, closes the
     * storage.
     */
    public static Store open(Path directory, Storage storage, StoreOptions options) {
        try {
            return Engine.open(
                    directory,
                    storage,
                    options,
                    new EngineConfig(false, -1L, 0, UUID::randomUUID, ChunkLayout.MIN_CAPACITY));
        } catch (RuntimeException | Error e) {
            storage.close();
            throw e;
        }
    }
}
