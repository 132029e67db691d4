package dev.ashlar.io;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Allocation by writing zeros, for where {@code fallocate} does not exist. */
final class ZeroFill {
    /** Bounds both the memory it takes and how long one call keeps the device to itself. */
    private static final long PIECE_BYTES = 1 << 20;

    private ZeroFill() {}

    /**
     * Extends a file with zeros; if that fails its former length is restored.
     *
     * <p>It ends with a sync: some file systems (network ones above all) find out only then that there is no room.
     */
    static void extend(StorageFile file, long from, long to) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment zeros = arena.allocate(Math.min(PIECE_BYTES, to - from), 8);
            for (long position = from; position < to; position += zeros.byteSize()) {
                StorageIo.writeFully(file, zeros, 0, Math.min(zeros.byteSize(), to - position), position);
            }
            file.sync();
        } catch (RuntimeException | Error e) {
            restoreLength(file, from, e);
            throw e;
        }
    }

    /** Cuts a file back after a failed allocation. If that fails too, the first failure is the one to report. */
    static void restoreLength(StorageFile file, long length, Throwable failure) {
        try {
            file.truncate(length);
        } catch (RuntimeException e) {
            failure.addSuppressed(e);
        }
    }
}
