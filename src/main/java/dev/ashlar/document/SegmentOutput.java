package dev.ashlar.document;

import dev.ashlar.io.OffHeap;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.simd.Xxh3Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;

/** The end of a file that is written from front to back, through one buffer. For one thread. */
final class SegmentOutput {
    static final int BUFFER = 512 << 10;

    private final StorageFile file;
    private final LongConsumer written;
    private final MemorySegment buffer;
    private final Xxh3Stream hash = new Xxh3Stream();
    private long flushed;
    private int filled;

    /** @param written is told of bytes that were written, after each write */
    SegmentOutput(StorageFile file, Arena arena, LongConsumer written) {
        this.file = file;
        this.written = written;
        this.buffer = OffHeap.allocate(BUFFER, 64, arena);
    }

    /** Where in the file the next byte goes. */
    long position() {
        return flushed + filled;
    }

    void append(MemorySegment source, long at, long length) {
        long done = 0;
        while (done < length) {
            if (filled == BUFFER) {
                flush();
            }
            long count = Math.min(length - done, BUFFER - filled);
            MemorySegment.copy(source, at + done, buffer, filled, count);
            filled += (int) count;
            done += count;
        }
    }

    /** Zeros up to a multiple of a power of two. */
    void align(long unit) {
        long zeros = SegmentFormat.align(position(), unit) - position();
        if (filled + zeros > BUFFER) {
            flush();
        }
        buffer.asSlice(filled, zeros).fill((byte) 0);
        filled += (int) zeros;
    }

    /**
     * Makes room for so many bytes, at most {@link #BUFFER}, which the caller puts into {@link #buffer} and then {@link #take}s.
     *
     * @return where in the buffer
     */
    int room(int length) {
        if (filled + length > BUFFER) {
            flush();
        }
        return filled;
    }

    MemorySegment buffer() {
        return buffer;
    }

    void take(int length) {
        filled += length;
    }

    /** Begins a part whose checksum is wanted. */
    void beginPart() {
        align(SegmentFormat.PART_ALIGNMENT);
        hash.reset();
    }

    /** Appends to the part that was begun. */
    void part(MemorySegment source, long at, long length) {
        hash.update(source, at, length);
        append(source, at, length);
    }

    /** The checksum of the part so far. */
    long partHash() {
        return hash.digest();
    }

    void flush() {
        if (filled > 0) {
            StorageIo.writeFully(file, buffer, 0, filled, flushed);
            flushed += filled;
            int count = filled;
            filled = 0;
            written.accept(count);
        }
    }
}
