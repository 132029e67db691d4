package dev.ashlar.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Files that are written once, and on the device when that is said: each file when it is complete, the directories that
 * got new names with {@link #syncDirectories}.
 */
final class ExportedFiles {
    /** What makes something durable. */
    interface Sync {
        Sync DEVICE = new Sync() {};

        default void file(Path file, FileChannel channel) throws IOException {
            channel.force(true);
        }

        default void directory(Path directory) throws IOException {
            if (!directory.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                return; // where a directory cannot be opened, there is no way to sync it, nor a need
            }
            try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
                channel.force(true);
            } catch (IOException e) {
                // A file system that does not know of syncing directories says so in this way.
                if (!String.valueOf(e.getMessage()).contains("Invalid argument")) {
                    throw e;
                }
            }
        }
    }

    /** Writes the content of a file. */
    interface Content {
        void writeTo(OutputStream target) throws IOException;
    }

    private final Sync sync;
    private final Set<Path> directories = new LinkedHashSet<>();

    ExportedFiles(Sync sync) {
        this.sync = sync;
    }

    /** Creates a directory with all above it, if need be. */
    void createDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path absolute = directory.toAbsolutePath();
        for (Path parent = absolute.getParent(); parent != null; parent = parent.getParent()) {
            directories.add(parent);
            if (Files.isDirectory(parent)) {
                break; // what is above it has no new names
            }
        }
        Files.createDirectories(absolute);
    }

    /**
     * Creates a file that is not there yet; if that fails half-way there is none.
     *
     * @throws java.nio.file.FileAlreadyExistsException if it is there
     */
    void create(Path file, Content content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            boolean whole = false;
            try {
                content.writeTo(Channels.newOutputStream(channel));
                sync.file(file, channel);
                whole = true;
            } finally {
                if (!whole) {
                    Files.deleteIfExists(file);
                }
            }
        }
        directories.add(parent(file));
    }

    /** Gives a file its name, in place of another that has it. */
    void rename(Path file, Path name) throws IOException {
        Files.move(file, name, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        directories.add(parent(name));
    }

    private static Path parent(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        return parent == null ? file.toAbsolutePath() : parent;
    }

    /** Makes all names durable. Nothing is certain before this returns. */
    void syncDirectories() throws IOException {
        for (Path directory : directories) {
            sync.directory(directory);
        }
        directories.clear();
    }
}
