package dev.ashlar.io;

import dev.ashlar.StorageException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** Errors and checks as the real storages make them, for the simulated one, which is of another package. */
public final class SimErrors {
    public static final int ENOENT = Errno.ENOENT;
    public static final int EINTR = Errno.EINTR;
    public static final int EIO = Errno.EIO;
    public static final int EEXIST = Errno.EEXIST;
    public static final int EISDIR = Errno.EISDIR;
    public static final int ENOSPC = Errno.ENOSPC;

    private SimErrors() {}

    public static StorageException failure(String operation, String file, int errno, String what) {
        return Errno.failure(operation, file, errno, what, null);
    }

    public static StorageException syncFailure(String operation, String file, int errno) {
        return Errno.syncFailure(operation, file, errno, null);
    }

    public static StorageException closed(String operation, String file) {
        return FileChecks.closed(operation, file);
    }

    public static StorageException notWritable(String operation, String file) {
        return FileChecks.notWritable(operation, file);
    }

    public static MemorySegment source(MemorySegment source, long offset, long length, long position) {
        return FileChecks.source(source, offset, length, position);
    }

    public static MemorySegment target(MemorySegment target, long offset, long length, long position) {
        return FileChecks.target(target, offset, length, position);
    }

    public static void notNegative(String what, long value) {
        FileChecks.notNegative(what, value);
    }

    public static void mapping(String file, long size, long fileSize) {
        FileChecks.mappingSize(size);
        FileChecks.mappingWithin(file, size, fileSize, "");
    }

    /** Refuses names that could lead outside of the root. */
    public static void checkName(String name) {
        Path ignored = new DirectoryTree(Path.of("/")).resolve(name);
    }
}
