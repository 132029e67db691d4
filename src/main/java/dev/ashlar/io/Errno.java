package dev.ashlar.io;

import dev.ashlar.StorageException;
import dev.ashlar.StoreFullException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The error numbers of Linux in names, words and advice, and the one place that turns an error of the operating system
 * into an exception.
 */
final class Errno {
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int EIO = 5;
    static final int EBADF = 9;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EEXIST = 17;
    static final int ENOTDIR = 20;
    static final int EISDIR = 21;
    static final int EINVAL = 22;
    static final int EFBIG = 27;
    static final int ENOSPC = 28;
    static final int ENOSYS = 38;
    static final int EOPNOTSUPP = 95;
    static final int EDQUOT = 122;

    private Errno() {}

    /** {@code "ENOSPC (no space left on device)"}. */
    static String describe(int errno) {
        return switch (errno) {
            case 1 -> "EPERM (operation not permitted)";
            case ENOENT -> "ENOENT (no such file or directory)";
            case EINTR -> "EINTR (interrupted by a signal)";
            case EIO -> "EIO (input/output error)";
            case 6 -> "ENXIO (no such device)";
            case EBADF -> "EBADF (descriptor closed, or not open for this)";
            case EAGAIN -> "EAGAIN (temporarily unavailable, or locked)";
            case ENOMEM -> "ENOMEM (out of memory or of mappings)";
            case EACCES -> "EACCES (permission denied)";
            case 14 -> "EFAULT (bad address)";
            case 16 -> "EBUSY (device or file busy)";
            case EEXIST -> "EEXIST (file exists)";
            case 18 -> "EXDEV (on another file system)";
            case 19 -> "ENODEV (not supported by the device)";
            case ENOTDIR -> "ENOTDIR (not a directory)";
            case EISDIR -> "EISDIR (is a directory)";
            case EINVAL -> "EINVAL (invalid argument)";
            case 23 -> "ENFILE (too many open files in the system)";
            case 24 -> "EMFILE (too many open files in this process)";
            case 26 -> "ETXTBSY (file is being executed)";
            case EFBIG -> "EFBIG (file too large)";
            case ENOSPC -> "ENOSPC (no space left on device)";
            case 30 -> "EROFS (read-only file system)";
            case 31 -> "EMLINK (too many links)";
            case 36 -> "ENAMETOOLONG (file name too long)";
            case 37 -> "ENOLCK (no locks available)";
            case ENOSYS -> "ENOSYS (function not implemented)";
            case 39 -> "ENOTEMPTY (directory not empty)";
            case 40 -> "ELOOP (too many symbolic links)";
            case EOPNOTSUPP -> "EOPNOTSUPP (operation not supported)";
            case 116 -> "ESTALE (stale file handle)";
            case EDQUOT -> "EDQUOT (disk quota exceeded)";
            default -> "errno " + errno;
        };
    }

    /** True for the lack of space, of quota, or of file size. */
    static boolean isFull(int errno) {
        return errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    }

    /**
     * The exception for a failed operation: {@link StoreFullException} for a lack of space, {@link StorageException}
     * otherwise.
     *
     * @param what what was tried, with position and length: {@code "writing 64 bytes at 4096"}
     */
    static StorageException failure(String operation, String file, int errno, String what, @Nullable Throwable cause) {
        String detail = detail(errno, what, cause) + advice(operation, errno);
        return isFull(errno)
                ? new StoreFullException(operation, file, errno, detail, cause)
                : new StorageException(operation, file, errno, detail, cause);
    }

    /**
     * The exception for a failed sync. Never {@link StoreFullException}, whatever the number: that promises that
     * nothing was stored and that one may go on, and after a failed sync neither is known.
     */
    static StorageException syncFailure(String operation, String file, int errno, @Nullable Throwable cause) {
        String detail = detail(errno, "making writes durable", cause)
                + " What was written since the last successful sync may be lost; the outcome is indeterminate, and"
                + " trying again would report success over lost data."
                + advice(operation, errno);
        return new StorageException(operation, file, errno, detail, cause);
    }

    /** As {@link #failure(String, String, int, String, Throwable)}, for an error of NIO. */
    static StorageException failure(String operation, String file, IOException cause, String what) {
        return failure(operation, file, of(cause), what, cause);
    }

    /**
     * The error number behind an exception of NIO, or {@link StorageException#UNKNOWN_ERRNO}. NIO keeps only the words
     * of the C library; they are recognised in English.
     */
    static int of(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> ENOENT;
            case FileAlreadyExistsException _ -> EEXIST;
            case AccessDeniedException _ -> EACCES;
            case NotDirectoryException _ -> ENOTDIR;
            case DirectoryNotEmptyException _ -> 39;
            default -> ofMessage(String.valueOf(e.getMessage()));
        };
    }

    private static int ofMessage(String message) {
        if (message.contains("No space left")) {
            return ENOSPC;
        } else if (message.contains("File too large")) {
            return EFBIG;
        } else if (message.contains("quota exceeded")) {
            return EDQUOT;
        } else if (message.contains("Input/output error")) {
            return EIO;
        } else if (message.contains("Read-only file system")) {
            return 30;
        } else if (message.contains("Too many open files in system")) {
            return 23;
        } else if (message.contains("Too many open files")) {
            return 24;
        } else if (message.contains("Is a directory")) {
            return EISDIR;
        } else if (message.contains("Map failed")) {
            return ENOMEM;
        }
        return StorageException.UNKNOWN_ERRNO;
    }

    private static String detail(int errno, String what, @Nullable Throwable cause) {
        String words = errno == StorageException.UNKNOWN_ERRNO ? String.valueOf(cause) : describe(errno);
        return words + ", " + what + ".";
    }

    private static String advice(String operation, int errno) {
        return switch (errno) {
            case ENOSPC -> " Free space on the device that holds the store, or move the store to a larger one.";
            case EDQUOT -> " Raise the disk quota of the user that runs this process, or free space within it.";
            case EFBIG ->
                " Raise the limit on file sizes of this process (ulimit -f), or use a file system that"
                        + " allows larger files.";
            case 24 -> " Raise the limit on open files of this process (ulimit -n, LimitNOFILE in systemd).";
            case 23 -> " Raise the limit on open files of the system (sysctl fs.file-max).";
            case EACCES, 1 ->
                " Check owner and permissions of the file and of every directory above it, and which user"
                        + " runs this process.";
            case 30 ->
                " The file system is mounted read-only; if nobody did that on purpose, the kernel did after an"
                        + " error: see its log (dmesg) and check the device.";
            case EIO ->
                " The device or the network behind it failed: see the kernel's log (dmesg), check the device,"
                        + " and have a backup at hand.";
            case ENOMEM -> operation.contains("map") ? mappingAdvice() : " The system is out of memory.";
            case 37 ->
                " The file system does not offer locks (some network file systems): put the store on a local" + " one.";
            case ENOTDIR -> " A part of the path is a file where a directory should be.";
            case 116 ->
                " The network file system has lost the file: it was removed on the server or the export" + " changed.";
            default -> "";
        };
    }

    private static String mappingAdvice() {
        return " The process may have too many mappings (vm.max_map_count is " + setting("max_map_count")
                + "; raise it with sysctl -w vm.max_map_count=1048576), its address space may be limited (ulimit -v"
                + " should be unlimited), or the system does not overcommit (vm.overcommit_memory is "
                + setting("overcommit_memory") + "; 0 is right).";
    }

    private static String setting(String name) {
        try {
            // In one read of many bytes: a second read of such a file, and readString makes one, yields nothing.
            return Files.readAllLines(Path.of("/proc/sys/vm", name)).getFirst().strip();
        } catch (IOException | RuntimeException _) {
            return "unknown here"; // only part of an explanation of another error, which must not be replaced
        }
    }
}
