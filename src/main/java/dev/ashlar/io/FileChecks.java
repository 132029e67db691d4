package dev.ashlar.io;

import dev.ashlar.StorageException;
import java.lang.foreign.MemorySegment;

/** The checks of arguments and state that the files of all storages make alike, before they call anything. */
final class FileChecks {
    private FileChecks() {}

    /** The part to write. */
    static MemorySegment source(MemorySegment source, long offset, long length, long position) {
        if (!source.isNative()) {
            throw new IllegalArgumentException("only native memory can be written, this is a heap segment");
        }
        notNegative("position", position);
        return source.asSlice(offset, length);
    }

    /** The part to read into. */
    static MemorySegment target(MemorySegment target, long offset, long length, long position) {
        if (!target.isNative() || target.isReadOnly()) {
            throw new IllegalArgumentException("only writable native memory can be read into");
        }
        notNegative("position", position);
        return target.asSlice(offset, length);
    }

    static void notNegative(String what, long value) {
        if (value < 0) {
            throw new IllegalArgumentException(what + " is negative: " + value);
        }
    }

    /** A mapping has at least one byte: there is no such thing as an empty one. */
    static void mappingSize(long size) {
        if (size < 1) {
            throw new IllegalArgumentException("a mapping needs at least 1 byte, not " + size);
        }
    }

    /** Nothing is ever mapped beyond the end: touching such a page ends the process. */
    static void mappingWithin(String file, long size, long fileSize, String place) {
        if (size > fileSize) {
            throw new StorageException(
                    "mmap",
                    file,
                    StorageException.UNKNOWN_ERRNO,
                    "expected at least " + size + " bytes to map, found a file of " + fileSize + place
                            + ". It was cut short by something else, or copied incompletely: restore it from a"
                            + " backup.");
        }
    }

    static StorageException notWritable(String operation, String file) {
        return new StorageException(
                operation, file, Errno.EBADF, Errno.describe(Errno.EBADF) + ", the file was opened for reading only.");
    }

    static StorageException closed(String operation, String file) {
        return new StorageException(
                operation, file, Errno.EBADF, Errno.describe(Errno.EBADF) + ", the file was closed before.");
    }
}
