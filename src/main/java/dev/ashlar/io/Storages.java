package dev.ashlar.io;

import dev.ashlar.StorageException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Opens the storage of a directory: the fast one where it can run, the portable one elsewhere, silently. The system
 * property {@value #PROPERTY} decides otherwise: {@code posix} or {@code channel} instead of {@code auto}.
 */
public final class Storages {
    /** {@code auto} (default), {@code posix} or {@code channel}; read at every call of {@link #open}. */
    public static final String PROPERTY = "ashlar.io";

    private Storages() {}

    /** Opens an existing directory. */
    public static Storage open(Path directory) {
        return open(directory, false);
    }

    /**
     * Opens a directory.
     *
     * @param create whether to create it, and missing parents, if it is absent. What was created is durable when this
     *     returns, as far as the parents can be opened for a sync by this process.
     * @throws StorageException if it is absent and not to be created, or is not a directory, or may not be read and
     *     written by this process
     */
    public static Storage open(Path directory, boolean create) {
        Path path = directory.toAbsolutePath().normalize();
        boolean posix = choosesPosix(path);
        if (create) {
            createDirectories(path, posix);
        }
        requireDirectory(path);
        requireAccess(path);
        return storage(path, posix);
    }

    private static void requireDirectory(Path path) {
        if (!Files.isDirectory(path)) {
            throw Files.exists(path)
                    ? Errno.failure("open", path.toString(), Errno.ENOTDIR, "expected a directory, found a file", null)
                    : new StorageException(
                            "open",
                            path.toString(),
                            Errno.ENOENT,
                            Errno.describe(Errno.ENOENT) + ", opening the directory. Check the path, or ask for it to"
                                    + " be created.");
        }
    }

    /**
     * Opens an existing directory that is going to be read and not changed; it may be one that this process cannot write.
     *
     * @throws StorageException if it is absent, is not a directory, or may not be read
     */
    public static Storage openForReading(Path directory) {
        Path path = directory.toAbsolutePath().normalize();
        requireDirectory(path);
        if (!Files.isReadable(path) || !Files.isExecutable(path)) {
            throw Errno.failure(
                    "open",
                    path.toString(),
                    Errno.EACCES,
                    "expected a directory that this process may read and search, found one it may not",
                    null);
        }
        return storage(path, choosesPosix(path));
    }

    private static Storage storage(Path path, boolean posix) {
        return posix ? new PosixStorage(path) : new ChannelStorage(path);
    }

    /**
     * Level by level, so that a name is durable before one is created under it. The parent is synced even if nothing
     * was missing: the process that created the directory may have died before it came to that.
     */
    private static void createDirectories(Path path, boolean posix) {
        Deque<Path> missing = new ArrayDeque<>();
        missing.push(path);
        for (Path p = path.getParent(); p != null && !Files.exists(p); p = p.getParent()) {
            missing.push(p);
        }
        for (Path level : missing) {
            Path parent = level.getParent();
            if (parent == null) {
                return; // the root of the file system
            }
            try (Storage storage = storage(parent, posix)) {
                if (!Files.exists(level)) {
                    storage.createDirectory(String.valueOf(level.getFileName()));
                }
                syncIfPermitted(storage);
            }
        }
    }

    /** A parent that this process may write but not read cannot be opened, so not be synced: its owner wants it so. */
    private static void syncIfPermitted(Storage storage) {
        try {
            storage.syncDirectory("");
        } catch (StorageException e) {
            if (e.errno() != Errno.EACCES) {
                throw e;
            }
        }
    }

    private static void requireAccess(Path path) {
        boolean readable = Files.isReadable(path) && Files.isExecutable(path);
        boolean writable = Files.isWritable(path);
        if (!readable || !writable) {
            throw Errno.failure(
                    "open",
                    path.toString(),
                    Errno.EACCES,
                    "expected a directory that this process may read, search and write, found one it may not "
                            + (readable ? "write (or a file system that is mounted read-only)" : "read and search"),
                    null);
        }
    }

    private static boolean choosesPosix(Path path) {
        String choice = System.getProperty(PROPERTY, "auto");
        boolean local = path.getFileSystem() == FileSystems.getDefault();
        return switch (choice) {
            case "auto" -> local && NativeAccess.isAvailable();
            case "channel" -> false;
            case "posix" -> {
                // Native access that is not enabled is the JVM's to warn about, or to refuse: the user asked for it.
                if (!local || !NativeAccess.isPlatformSupported() || !NativeAccess.linksToLibc()) {
                    throw new StorageException(
                            "open",
                            path.toString(),
                            StorageException.UNKNOWN_ERRNO,
                            "-D" + PROPERTY + "=posix needs Linux on x86-64 or AArch64 and native access. Use auto, or"
                                    + " add --enable-native-access=dev.ashlar (ALL-UNNAMED on the class path).");
                }
                yield true;
            }
            default ->
                throw new IllegalArgumentException(
                        "-D" + PROPERTY + " must be auto, posix or channel, not \"" + choice + "\"");
        };
    }
}
