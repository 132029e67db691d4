package dev.ashlar.log;

import dev.ashlar.CorruptionException;
import dev.ashlar.StorageException;
import dev.ashlar.StoreClosedException;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;

/**
 * Bodies of a checkpoint's blocks, to be read after {@link CheckpointFile.Reader} has verified all of them, by any thread
 * and in any order. Each is verified again: it may come from the device a second time. The file stays readable when a
 * newer checkpoint replaces it.
 */
public final class CheckpointBodies implements AutoCloseable {
    private final StorageFile file;
    private volatile boolean closed;

    public CheckpointBodies(Storage storage, long id) {
        this.file = storage.open(CheckpointFile.fileName(id));
    }

    /**
     * Reads a body to where it belongs.
     *
     * @param position {@link CheckpointFile.Reader#bodyPosition}
     * @param hash {@link CheckpointFile.Reader#bodyHash}
     * @throws CorruptionException if it is not any more what it was; the target holds anything
     * @throws StoreClosedException if this was closed
     */
    public void read(long position, long length, long hash, MemorySegment target, long at) {
        try {
            StorageIo.readFully(file, target, at, length, position);
        } catch (StorageException e) {
            if (closed) {
                throw new StoreClosedException("the store was closed before its index was in memory");
            }
            throw e;
        }
        if (Xxh3.hashEarly(target, at, length) != hash) {
            throw new CorruptionException(
                    file.name(),
                    position,
                    "what stood there when the store was opened",
                    "something else",
                    "Close the store and open it again: that rebuilds the indexes from the log.");
        }
    }

    /** Lets no more reads in. Closing twice is harmless. */
    @Override
    public void close() {
        closed = true;
        file.close();
    }
}
