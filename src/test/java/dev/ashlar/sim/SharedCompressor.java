package dev.ashlar.sim;

import dev.ashlar.Store;
import dev.ashlar.document.BlockCompressor;
import dev.ashlar.document.ZstdCompressor;
import dev.ashlar.engine.PendingDocuments;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * A compressor that stores which are never closed have together, for they would leave it behind. Stores of the rig have one
 * thread each, and this is for one thread, too: each has its own.
 */
final class SharedCompressor implements BlockCompressor {
    private static final ConcurrentMap<Long, BlockCompressor> ALL = new ConcurrentHashMap<>();

    private final BlockCompressor shared;

    private SharedCompressor(BlockCompressor shared) {
        this.shared = shared;
    }

    /** Blocks are compressed by it from now on, unless there is a dictionary. */
    static void giveTo(Store store) {
        PendingDocuments.compressWith(
                store,
                (level, dictionary) -> dictionary == null
                        ? new SharedCompressor(ALL.computeIfAbsent(
                                Thread.currentThread().threadId() * 100 + level, _ -> new ZstdCompressor(level, null)))
                        : new ZstdCompressor(level, dictionary));
    }

    @Override
    public long dictionaryId() {
        return 0;
    }

    @Override
    public int compress(ByteBuffer source, int at, int length, ByteBuffer target) {
        return shared.compress(source, at, length, target);
    }

    @Override
    public void begin(long length) {
        shared.begin(length);
    }

    @Override
    public boolean compress(ByteBuffer source, ByteBuffer target, boolean last) {
        return shared.compress(source, target, last);
    }

    @Override
    public void close() {
        // Others have it still.
    }
}
