package dev.ashlar.io;

import dev.ashlar.StorageException;
import java.lang.foreign.MemorySegment;

/**
 * Reads and writes that do all or fail: the one place where short counts and interrupted system calls of {@link
 * StorageFile#write} and {@link StorageFile#read} are tried again. Nothing else is: not a failed sync, not a full disk.
 */
public final class StorageIo {
    /** Progress of no byte, or a signal, this many times in a row is a failure and not bad luck. */
    private static final int MAX_IDLE_ROUNDS = 100;

    private StorageIo() {}

    /**
     * Writes all of {@code length} bytes.
     *
     * @throws StorageException if that fails; any part of the range may have been written then
     */
    public static void writeFully(
            StorageFile file, MemorySegment source, long sourceOffset, long length, long position) {
        long done = 0;
        int idle = 0;
        while (done < length) {
            long written = 0;
            try {
                written = file.write(source, sourceOffset + done, length - done, position + done);
            } catch (StorageException e) {
                retryOrThrow(e, ++idle);
                continue;
            }
            if (written > 0) {
                done += written;
                idle = 0;
            } else if (++idle >= MAX_IDLE_ROUNDS) {
                throw new StorageException(
                        "write",
                        file.name(),
                        StorageException.UNKNOWN_ERRNO,
                        "expected to write " + length + " bytes at " + position + ", wrote " + done
                                + " and then none in " + MAX_IDLE_ROUNDS + " attempts. Check the device and the"
                                + " file system.");
            }
        }
    }

    /**
     * Reads all of {@code length} bytes.
     *
     * @throws StorageException if that fails, or if the file ends before
     */
    public static void readFully(
            StorageFile file, MemorySegment target, long targetOffset, long length, long position) {
        long done = 0;
        int idle = 0;
        while (done < length) {
            long read;
            try {
                read = file.read(target, targetOffset + done, length - done, position + done);
            } catch (StorageException e) {
                retryOrThrow(e, ++idle);
                continue;
            }
            if (read <= 0) {
                throw new StorageException(
                        "read",
                        file.name(),
                        StorageException.UNKNOWN_ERRNO,
                        "expected " + length + " bytes at " + position + ", found only " + done + " before the end"
                                + " (the file has " + file.size() + " bytes). It was cut short by something else, or"
                                + " copied incompletely.");
            }
            done += read;
            idle = 0;
        }
    }

    /**
     * Removes a file that may have been removed by something else.
     *
     * @return whether it was there
     */
    public static boolean removeIfPresent(Storage storage, String name) {
        boolean present = storage.exists(name);
        if (present) {
            storage.unlink(name);
        }
        return present;
    }

    private static void retryOrThrow(StorageException e, int idle) {
        if (e.errno() != Errno.EINTR || idle >= MAX_IDLE_ROUNDS) {
            throw e;
        }
    }
}
