package dev.ashlar.interchange;

import dev.ashlar.io.OffHeap;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A file that is written from its beginning to its end, through a buffer. For one thread. */
final class VectorOutput implements AutoCloseable {
    private static final long BUFFER_BYTES = 1 << 20;

    private final StorageFile file;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer;
    private int gathered;
    private long written;

    VectorOutput(StorageFile file) {
        this.file = file;
        this.buffer = OffHeap.allocate(BUFFER_BYTES, 64, arena);
    }

    /**
     * Makes room for what is written next.
     *
     * @param length at most a megabyte
     * @return where in {@link #buffer()} it is to be put
     */
    int next(int length) {
        if (length > BUFFER_BYTES - gathered) {
            flush();
        }
        int at = gathered;
        gathered += length;
        return at;
    }

    MemorySegment buffer() {
        return buffer;
    }

    /** How long the file is, with what is still in the buffer. */
    long length() {
        return written + gathered;
    }

    void flush() {
        StorageIo.writeFully(file, buffer, 0, gathered, written);
        written += gathered;
        gathered = 0;
    }

    /** Writes over the beginning of the file, after a flush. */
    void overwrite(byte[] head) {
        MemorySegment.copy(MemorySegment.ofArray(head), 0, buffer, 0, head.length);
        StorageIo.writeFully(file, buffer, 0, head.length, 0);
    }

    /** Releases the buffer; the file stays open. */
    @Override
    public void close() {
        arena.close();
    }
}
