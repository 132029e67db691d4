package dev.ashlar.interchange;

import dev.ashlar.StorageException;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.Storages;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file that is there whole or not at all: it is written under its name with {@code .new} behind it, and renamed when it is
 * on the device. For one thread.
 */
final class NewFile implements AutoCloseable {
    private final Path path;
    private final Storage storage;
    private final String name;
    private final String temporary;
    private @Nullable StorageFile file;

    private NewFile(Path path, Storage storage, String name) {
        this.path = path;
        this.storage = storage;
        this.name = name;
        this.temporary = name + ".new";
    }

    /**
     * Finds out whether a file can be written; creates nothing yet.
     *
     * @throws StorageException if it is there and is not to be replaced, or cannot be written
     */
    static NewFile at(Path target, boolean replace) {
        Path path = target.toAbsolutePath().normalize();
        Path directory = path.getParent();
        Path fileName = path.getFileName();
        if (directory == null || fileName == null) {
            throw exists(path, "is a directory", "Name a file.");
        }
        if (Files.isDirectory(path)) {
            throw exists(path, "is a directory", "Name a file in it.");
        }
        NewFile opened = new NewFile(path, Storages.open(directory), fileName.toString());
        try {
            opened.requireFree(replace);
            return opened;
        } catch (RuntimeException | Error e) {
            opened.close();
            throw e;
        }
    }

    private void requireFree(boolean replace) {
        if (!replace && storage.exists(name)) {
            throw exists(path, "exists already", "Remove it, or ask for it to be replaced.");
        }
        if (storage.exists(temporary)) {
            throw exists(
                    path.resolveSibling(temporary),
                    "exists already",
                    "Another export to " + name + " is under way, or one was killed: then remove the file.");
        }
    }

    private static StorageException exists(Path file, String what, String advice) {
        return new StorageException(
                "create", file.toString(), StorageException.UNKNOWN_ERRNO, "it " + what + ". " + advice);
    }

    /** The absolute path that it is going to have. */
    Path path() {
        return path;
    }

    /** Creates it, to be written. */
    StorageFile create() {
        StorageFile created = storage.create(temporary);
        file = created;
        return created;
    }

    /** Makes it durable and gives it its name, over what has it; it is not written any more. */
    void publish() {
        StorageFile written = file;
        if (written == null) {
            throw new IllegalStateException("nothing was created");
        }
        written.sync();
        written.close();
        storage.rename(temporary, name);
        file = null;
        storage.syncDirectory("");
    }

    /** Removes what was written if it was not published. */
    @Override
    public void close() {
        try (storage) {
            StorageFile left = file;
            if (left != null) {
                file = null;
                try (left) {
                    storage.unlink(temporary);
                }
            }
        }
    }
}
