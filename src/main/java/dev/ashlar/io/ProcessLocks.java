package dev.ashlar.io;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The lock files that this process holds or is trying to lock, whichever storage does it. It does not replace the lock
 * of the operating system; it keeps a second attempt of this process from even opening the file. The plain {@code
 * fcntl} lock that {@link java.nio.channels.FileChannel#tryLock()} takes belongs to the process and is dropped when
 * <em>any</em> descriptor of the file is closed: the attempt that was refused would, by closing its descriptor, release
 * the lock of the one that holds it.
 */
final class ProcessLocks {
    private static final Set<Object> HELD = ConcurrentHashMap.newKeySet();

    private ProcessLocks() {}

    /**
     * Claims a lock file. Opens nothing that exists.
     *
     * @param create whether to create it if it is absent
     * @return what to {@linkplain #release release}, after the descriptor is closed; null if it is claimed already
     */
    static @Nullable Object claim(Path file, boolean create) throws IOException {
        if (create) {
            createIfAbsent(file);
        }
        // Device and inode, so that links and mounts of the same file are seen as one; null where there is no such
        // thing.
        Object fileKey = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        Object key = fileKey != null ? fileKey : file.toRealPath();
        return HELD.add(key) ? key : null;
    }

    private static void createIfAbsent(Path file) throws IOException {
        try {
            Files.createFile(file);
        } catch (FileAlreadyExistsException _) {
            // the usual case
        }
    }

    static void release(Object key) {
        HELD.remove(key);
    }
}
