package dev.ashlar.engine;

import dev.ashlar.Keyspace;
import dev.ashlar.SalvageOptions;
import dev.ashlar.SalvageReport;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.io.Storage;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkImage;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Opens stores in ways that users cannot: on any storage, with colliding hashes, without threads. */
public final class TestEngines {
    /** Of a store that {@link #small} creates. */
    public static final UUID SMALL_STORE = new UUID(1, 2);

    /** Of 18 rows of 1 KiB, or 64 of a quarter. */
    private static final long SMALL_SEGMENT = 32 << 10;

    private TestEngines() {}

    /** An engine as users have it, on a storage of the test's, which the store closes with itself. */
    public static Store open(Path directory, Storage storage, StoreOptions options) {
        return open(directory, storage, options, EngineConfig.DEFAULT);
    }

    /** The same, with chunks that are as small as wanted as long as the log is. */
    public static Store open(Path directory, Storage storage, StoreOptions options, long leastChunkBytes) {
        return open(directory, storage, options, new EngineConfig(true, -1L, 0, UUID::randomUUID, leastChunkBytes));
    }

    /** With hashes of which only the bits of the mask count. */
    public static Store withHashMask(Path directory, Storage storage, StoreOptions options, long hashMask) {
        return open(
                directory,
                storage,
                options,
                new EngineConfig(true, hashMask, 0, UUID::randomUUID, ChunkLayout.MIN_CAPACITY));
    }

    /** Without threads: everything runs on the calling thread, the same in each run. */
    public static Store inline(Path directory, Storage storage, StoreOptions options, long hashMask) {
        return open(
                directory,
                storage,
                options,
                new EngineConfig(false, hashMask, 42, () -> new UUID(1, 2), ChunkLayout.MIN_CAPACITY));
    }

    /**
     * The same each time but for its threads, if it has any; with chunks that are as small as wanted as long as the log
     * is, and files of their own for values above a limit.
     */
    public static Store small(
            Path directory,
            Storage storage,
            StoreOptions options,
            boolean threaded,
            long leastChunkBytes,
            int mostInlineBytes) {
        return open(directory, storage, options, small(threaded, leastChunkBytes, mostInlineBytes));
    }

    private static EngineConfig small(boolean threaded, long leastChunkBytes, int mostInlineBytes) {
        return new EngineConfig(
                threaded,
                -1L,
                42,
                () -> SMALL_STORE,
                leastChunkBytes,
                ChunkLayout.MAX_CAPACITY,
                SMALL_SEGMENT,
                mostInlineBytes);
    }

    /** Salvages without threads, from a storage that it closes into a new {@link #small} store. */
    public static SalvageReport salvage(
            Storage damaged,
            Supplier<Storage> target,
            StoreOptions options,
            long leastChunkBytes,
            int mostInlineBytes) {
        try (damaged) {
            EngineConfig config = small(false, leastChunkBytes, mostInlineBytes);
            return Salvage.run(
                    damaged, SalvageOptions.DEFAULT, new Salvage.Target(Path.of("salvaged"), target, options, config));
        }
    }

    /** Whether a storage says that it holds what an interrupted salvage has left; such a store is not opened. */
    public static boolean isUnfinished(Storage storage) {
        return storage.exists(Opening.UNFINISHED);
    }

    /** As users have it, with chunks and segments of at most so many bytes, so that they come and go all the time. */
    public static Store withSmallChunks(Path directory, Storage storage, StoreOptions options, long mostChunkBytes) {
        return open(
                directory,
                storage,
                options,
                new EngineConfig(
                        true,
                        -1L,
                        0,
                        UUID::randomUUID,
                        64 << 10,
                        mostChunkBytes,
                        mostChunkBytes,
                        FrameLayout.MAX_INLINE_VALUE));
    }

    /** The same; a store that is created has this id. */
    public static Store inline(
            Path directory, Storage storage, StoreOptions options, UUID store, long leastChunkBytes) {
        return open(directory, storage, options, new EngineConfig(false, -1L, 42, () -> store, leastChunkBytes));
    }

    private static Store open(Path directory, Storage storage, StoreOptions options, EngineConfig config) {
        boolean opened = false;
        try {
            Store store = Engine.open(directory, storage, options, config);
            opened = true;
            return store;
        } finally {
            if (!opened) {
                storage.close();
            }
        }
    }

    /** Does what the maintenance thread would do now. */
    public static void tick(Store store) {
        Maintenance maintenance = ((Engine) store).maintenance();
        maintenance.call(() -> {
            maintenance.tick();
            return true;
        });
    }

    /** Whether the log holds nothing that clears or drops a keyspace, or the manifest says that it may. */
    public static boolean announcesRemovals(Store store, Storage storage) {
        Engine engine = (Engine) store;
        if (engine.maintenance().announces(Feature.REMOVAL)) {
            return true;
        }
        ChunkImage image = new ChunkImage(storage, engine.records().salt());
        for (Chunk chunk : engine.records().chunks().all()) {
            image.load(chunk, chunk.end());
            long lsn = chunk.base() + ChunkLayout.HEADER;
            while (lsn < chunk.end() && image.headerVerifies(lsn, chunk.end())) {
                byte type = FrameLayout.type(image.bytes(), image.at(lsn));
                boolean ofCatalog = FrameLayout.space(image.bytes(), image.at(lsn)) == 0;
                if (type == FrameLayout.CLEAR || type == FrameLayout.DELETE && ofCatalog) {
                    return false;
                }
                lsn = image.endOf(lsn);
            }
        }
        return true;
    }

    /** The layout of a keyspace's values, as it is stored; null if there is none. */
    public static byte[] layout(Store store, String keyspace) {
        Engine engine = (Engine) store;
        return engine.properties().layout(engine.keyspace(keyspace).space());
    }

    /** Whether the manifest says that keyspaces may have properties, such as a layout. */
    public static boolean announcesProperties(Store store) {
        return ((Engine) store).maintenance().announces(Feature.PROPERTIES);
    }

    /** Whether the manifest says that there may be records that expire. */
    public static boolean announcesExpiry(Store store) {
        return ((Engine) store).maintenance().announces(Feature.EXPIRY);
    }

    /** Whether the manifest says that there may be vector collections. */
    public static boolean announcesVectors(Store store) {
        return ((Engine) store).maintenance().announces(Feature.VECTORS);
    }

    /** Whether the manifest says that there may be document collections. */
    public static boolean announcesDocuments(Store store) {
        return ((Engine) store).maintenance().announces(Feature.DOCUMENTS);
    }

    /** Publishes the manifest and nothing else: no sync, no checkpoint. */
    public static void publishManifest(Store store) {
        Maintenance maintenance = ((Engine) store).maintenance();
        maintenance.call(() -> {
            maintenance.publish(false);
            return true;
        });
    }

    /** The end of the log of a store that nobody writes to, with the mark that an idle log gets from the sync thread. */
    public static long idleEnd(Store store) {
        store.sync();
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (!((Engine) store).isMarked()) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("no mark after a minute; is somebody writing?");
            }
            LockSupport.parkNanos(1_000_000);
        }
        return store.appendedLsn();
    }

    /** Appends a frame that carries the watermark and nothing else. */
    public static void mark(Store store) {
        ((Engine) store).appender().tryAppendMark(() -> {});
    }

    /** Takes the appender's role, so that nobody else has it, while something runs. */
    public static void whileNobodyAppends(Store store, Runnable action) {
        ((Engine) store).appender().exclusively(() -> {
            action.run();
            return true;
        });
    }

    public static Space space(Keyspace keyspace) {
        return ((KeyspaceHandle) keyspace).space();
    }
}
