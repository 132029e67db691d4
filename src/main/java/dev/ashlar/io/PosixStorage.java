package dev.ashlar.io;

import dev.ashlar.StorageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Storage} on Linux that calls the operating system itself (FFM): real allocation of blocks, error numbers,
 * plain descriptors that no interrupt closes, and locks that belong to the open file and not to the process. It needs
 * native access; {@link Storages#open} chooses it where it can run.
 */
final class PosixStorage implements Storage {
    /** As the JDK creates files and directories: the umask decides. */
    private static final int FILE_MODE = 0666;

    private static final int DIRECTORY_MODE = 0777;

    private final DirectoryTree tree;

    /** @param root an existing directory of the default file system */
    PosixStorage(Path root) {
        this.tree = new DirectoryTree(root);
    }

    @Override
    public String describe() {
        return tree.root().toString();
    }

    @Override
    public StorageFile create(String name) {
        int number = open(name, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL, "creating it");
        return new PosixFile(name, tree.place(), true, number);
    }

    @Override
    public StorageFile open(String name) {
        return new PosixFile(name, tree.place(), false, open(name, Libc.O_RDONLY, "opening it for reading"));
    }

    @Override
    public StorageFile openForWriting(String name) {
        return new PosixFile(name, tree.place(), true, open(name, Libc.O_RDWR, "opening it for writing"));
    }

    @Override
    public boolean exists(String name) {
        return tree.exists(name);
    }

    @Override
    public List<String> list(String directory) {
        return tree.list(directory);
    }

    @Override
    public void createDirectory(String name) {
        int result;
        try (Arena arena = Arena.ofConfined()) {
            result = Libc.mkdir(pathOf(name, arena), DIRECTORY_MODE);
        }
        if (result == -Errno.EEXIST && tree.isDirectory(name)) {
            return;
        }
        check("mkdir", name, result, "creating the directory");
    }

    @Override
    public void rename(String from, String to) {
        int result;
        try (Arena arena = Arena.ofConfined()) {
            result = Libc.rename(pathOf(from, arena), pathOf(to, arena));
        }
        check("rename", from, result, "renaming it to " + to);
    }

    @Override
    public void unlink(String name) {
        int result;
        try (Arena arena = Arena.ofConfined()) {
            result = Libc.unlink(pathOf(name, arena));
        }
        check("unlink", name, result, "removing it");
    }

    @Override
    public void syncDirectory(String directory) {
        Descriptor descriptor =
                new Descriptor(open(directory, Libc.O_RDONLY, "opening the directory to sync it"), directory);
        int number = descriptor.enter("fsync");
        try {
            int result;
            do {
                result = Libc.fsync(number);
            } while (result == -Errno.EINTR);
            // EINVAL: this file system has no such thing as syncing a directory (PostgreSQL ignores it too). Every
            // other error means that names may be lost.
            if (result < 0 && result != -Errno.EINVAL) {
                throw Errno.syncFailure("fsync", directory, -result, null);
            }
        } finally {
            descriptor.leave();
            descriptor.close();
        }
    }

    @Override
    public @Nullable StorageLock tryLock(String name) {
        return tryLock(name, false);
    }

    @Override
    public @Nullable StorageLock tryLockForReading(String name) {
        return tryLock(name, true);
    }

    private @Nullable StorageLock tryLock(String name, boolean shared) {
        Object claim;
        try {
            claim = ProcessLocks.claim(tree.resolve(name), !shared);
        } catch (IOException e) {
            throw Errno.failure("lock", name, e, "creating the lock file" + tree.place());
        }
        if (claim == null) {
            return null;
        }
        boolean locked = false;
        try {
            Descriptor descriptor =
                    new Descriptor(open(name, shared ? Libc.O_RDONLY : Libc.O_RDWR, "opening it to lock it"), name);
            locked = lock(descriptor, name, shared);
            return locked ? new PosixLock(descriptor, claim) : null;
        } finally {
            if (!locked) {
                ProcessLocks.release(claim);
            }
        }
    }

    /** Locks, or closes the descriptor. */
    private boolean lock(Descriptor descriptor, String name, boolean shared) {
        int result;
        int number = descriptor.enter("fcntl");
        try {
            do {
                result = Libc.tryLock(number, shared);
            } while (result == -Errno.EINTR);
        } finally {
            descriptor.leave();
        }
        if (result >= 0) {
            return true;
        }
        descriptor.close();
        if (result == -Errno.EAGAIN || result == -Errno.EACCES) {
            return false;
        }
        throw Errno.failure("fcntl", name, -result, "locking it (F_OFD_SETLK)" + tree.place(), null);
    }

    @Override
    public boolean survivesInterrupts() {
        return true;
    }

    @Override
    public @Nullable AddressRange reserve(long bytes, long alignment) {
        return AddressRange.reserve(bytes, alignment);
    }

    @Override
    public void close() {
        // holds nothing: paths are absolute, files and locks belong to who opened them
    }

    private int open(String name, int flags, String what) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = pathOf(name, arena);
            int result;
            do {
                result = Libc.open(path, flags | Libc.O_CLOEXEC, FILE_MODE);
            } while (result == -Errno.EINTR);
            return check("open", name, result, what);
        }
    }

    private int check(String operation, String name, int result, String what) {
        if (result < 0) {
            throw Errno.failure(operation, name, -result, what + tree.place(), null);
        }
        return result;
    }

    /**
     * The path as a C string. The URI is the one public form of a path that keeps its bytes as they are; the string was
     * decoded with the charset of the locale and cannot always be encoded again.
     */
    private MemorySegment pathOf(String name, Arena arena) {
        String uri = tree.resolve(name).toUri().getRawPath();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(uri.length() + 1);
        for (int i = 0; i < uri.length(); i++) {
            char c = uri.charAt(i);
            if (c == '%') {
                bytes.write(Integer.parseInt(uri, i + 1, i + 3, 16));
                i += 2;
            } else if (c != '/' || i == 0 || i < uri.length() - 1) { // a directory's URI ends with a slash
                bytes.write(c);
            }
        }
        bytes.write(0);
        return arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes.toByteArray());
    }

    /** Closing the descriptor releases the lock; only then may another attempt of this process open the file. */
    private static final class PosixLock implements StorageLock {
        private final Descriptor descriptor;
        private final Object claim;
        private final AtomicBoolean open = new AtomicBoolean(true);

        PosixLock(Descriptor descriptor, Object claim) {
            this.descriptor = descriptor;
            this.claim = claim;
        }

        @Override
        public void close() throws StorageException {
            if (open.getAndSet(false)) {
                try {
                    descriptor.close();
                } finally {
                    ProcessLocks.release(claim);
                }
            }
        }
    }
}
