package dev.ashlar.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A {@link Storage} over plain NIO: it needs no native access and runs wherever Java does, apart from Windows, where
 * mapped files cannot be unlinked. Allocation writes zeros, and an interrupt closes the file it hits.
 */
final class ChannelStorage implements Storage {
    /**
     * Channels of lock files that code outside of {@link ProcessLocks} (another class loader with Ashlar in it, say)
     * holds in this JVM. They stay open until an attempt succeeds: to close one would drop that lock, which belongs to
     * the process. At most one per file.
     */
    private static final Map<Object, FileChannel> LEFT_OPEN = new ConcurrentHashMap<>();

    private final DirectoryTree tree;

    /** @param root an existing directory */
    ChannelStorage(Path root) {
        this.tree = new DirectoryTree(root);
    }

    @Override
    public String describe() {
        return tree.root().toString();
    }

    @Override
    public StorageFile create(String name) {
        return open(
                name,
                true,
                "creating it",
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
    }

    @Override
    public StorageFile open(String name) {
        return open(name, false, "opening it for reading", StandardOpenOption.READ);
    }

    @Override
    public StorageFile openForWriting(String name) {
        return open(name, true, "opening it for writing", StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    private StorageFile open(String name, boolean writable, String what, OpenOption... options) {
        Path path = tree.resolve(name);
        try {
            return new ChannelFile(name, path, tree.place(), writable, FileChannel.open(path, options));
        } catch (IOException e) {
            throw Errno.failure("open", name, e, what + tree.place());
        }
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
        try {
            Files.createDirectory(tree.resolve(name));
        } catch (FileAlreadyExistsException e) {
            if (!tree.isDirectory(name)) {
                throw Errno.failure("mkdir", name, e, "creating the directory" + tree.place());
            }
        } catch (IOException e) {
            throw Errno.failure("mkdir", name, e, "creating the directory" + tree.place());
        }
    }

    @Override
    public void rename(String from, String to) {
        try {
            Files.move(tree.resolve(from), tree.resolve(to), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw Errno.failure("rename", from, e, "renaming it to " + to + tree.place());
        }
    }

    @Override
    public void unlink(String name) {
        if (tree.isDirectory(name)) { // which Files.delete would remove if it is empty
            throw Errno.failure("unlink", name, Errno.EISDIR, "removing it" + tree.place(), null);
        }
        try {
            Files.delete(tree.resolve(name));
        } catch (IOException e) {
            throw Errno.failure("unlink", name, e, "removing it" + tree.place());
        }
    }

    @Override
    public void syncDirectory(String directory) {
        FileChannel channel;
        try {
            channel = FileChannel.open(tree.resolve(directory), StandardOpenOption.READ);
        } catch (IOException e) {
            throw Errno.failure("open", directory, e, "opening the directory to sync it" + tree.place());
        }
        try (channel) {
            channel.force(true);
        } catch (IOException e) {
            // This file system has no such thing as syncing a directory; see PosixStorage.
            if (!String.valueOf(e.getMessage()).contains("Invalid argument")) {
                throw Errno.syncFailure("sync", directory, Errno.of(e), e);
            }
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
        Path path = tree.resolve(name);
        try {
            Object claim = ProcessLocks.claim(path, !shared);
            return claim == null ? null : lock(name, path, claim, shared);
        } catch (IOException e) {
            throw Errno.failure("lock", name, e, "locking it" + tree.place());
        }
    }

    private static @Nullable StorageLock lock(String name, Path path, Object claim, boolean shared) throws IOException {
        FileChannel channel = LEFT_OPEN.remove(claim);
        boolean locked = false;
        try {
            if (channel == null || !channel.isOpen()) {
                channel = shared
                        ? FileChannel.open(path, StandardOpenOption.READ)
                        : FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
            }
            locked = channel.tryLock(0, Long.MAX_VALUE, shared) != null;
            return locked ? new ChannelLock(name, channel, claim) : null;
        } catch (OverlappingFileLockException _) {
            LEFT_OPEN.put(claim, channel);
            channel = null;
            return null;
        } finally {
            if (!locked) {
                new ChannelLock(name, channel, claim).close();
            }
        }
    }

    @Override
    public boolean survivesInterrupts() {
        return false;
    }

    @Override
    public void close() {
        // holds nothing: files and locks belong to who opened them
    }

    /** Closing the channel releases the lock; only then may another attempt of this process open the file. */
    private static final class ChannelLock implements StorageLock {
        private final String name;
        private final @Nullable FileChannel channel;
        private final Object claim;
        private final AtomicBoolean open = new AtomicBoolean(true);

        /** @param channel null if there is nothing to close */
        ChannelLock(String name, @Nullable FileChannel channel, Object claim) {
            this.name = name;
            this.channel = channel;
            this.claim = claim;
        }

        @Override
        public void close() {
            if (!open.getAndSet(false)) {
                return;
            }
            try {
                if (channel != null) {
                    channel.close();
                }
            } catch (IOException e) {
                throw Errno.failure("close", name, e, "releasing the lock");
            } finally {
                ProcessLocks.release(claim);
            }
        }
    }
}
