package dev.ashlar.cli;

import dev.ashlar.CorruptionException;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.Scan;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes the entries of a keyspace into a directory, or as lines of JSON, and counts. A damaged entry costs itself. What was
 * written is on the device when a method returns that was given a path.
 */
final class Exporter {
    private static final int BUFFER_BYTES = 1 << 16;

    private final KeyspaceReader source;
    private final Progress progress;
    private final Output output;
    private final ExportedFiles files;
    private long entries;
    private long bytes;
    private long failed;

    Exporter(KeyspaceReader source, Progress progress, Output output) {
        this(source, progress, output, ExportedFiles.Sync.DEVICE);
    }

    Exporter(KeyspaceReader source, Progress progress, Output output, ExportedFiles.Sync sync) {
        this.files = new ExportedFiles(sync);
        this.source = source;
        this.progress = progress;
        this.output = output;
    }

    /** Where an entry goes. */
    private interface Target {
        void write(byte[] key, MemorySegment value, @Nullable Instant expiresAt) throws IOException;
    }

    void toDirectory(Path directory) throws IOException {
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw Failure.refused(Escapes.show(directory.toString()) + " is not a directory");
        }
        if (!StoreArgument.isAbsentOrEmpty(directory)) {
            throw Failure.refused("the directory " + Escapes.show(directory.toString())
                    + " is not empty; files are written into one that is absent or empty");
        }
        files.createDirectories(directory);
        Path root = directory.toRealPath();
        forEach((key, value, _) -> {
            try {
                writeFile(SafeNames.resolve(root, key), value);
            } catch (SafeNames.UnsafeNameException | FileSystemException e) {
                failed(key, Errors.describe(e));
                return;
            }
            count(value);
        });
        files.syncDirectories();
    }

    private void writeFile(Path file, MemorySegment value) throws IOException {
        files.createDirectories(
                Objects.requireNonNull(file.getParent())); // it is below the directory that is exported to
        // Never over a file that is there: another key has that name, or one that this file system takes for the same.
        files.create(file, target -> new SegmentStream(value).transferTo(target));
    }

    /** Writes a file, which is there whole or not at all. */
    void toLines(Path file, boolean longKeys, boolean replace) throws IOException {
        writeWhole(files, file, replace, target -> toLines(target, longKeys));
    }

    /** Writes a file under another name first, so that it is there whole or not at all. */
    static void writeWhole(ExportedFiles files, Path file, boolean replace, ExportedFiles.Content content)
            throws IOException {
        if (Files.isDirectory(file)) {
            throw Failure.refused(Escapes.show(file.toString()) + " is a directory; name a file in it");
        }
        if (!replace && Files.exists(file)) {
            throw exists(file);
        }
        Path temporary = file.resolveSibling(file.getFileName() + ".new");
        try {
            files.create(temporary, content);
        } catch (java.nio.file.FileAlreadyExistsException e) {
            throw Failure.refused(Escapes.show(temporary.toString())
                    + " exists already: another export is under way, or one was killed; then remove the file");
        }
        files.rename(temporary, file);
        files.syncDirectories();
    }

    static Failure exists(Path file) {
        return Failure.refused(Escapes.show(file.toString()) + " exists already; --replace replaces it");
    }

    /** Writes lines and leaves the target open. */
    void toLines(OutputStream target, boolean longKeys) throws IOException {
        OutputStream buffered = new BufferedOutputStream(target, BUFFER_BYTES);
        try (JsonLines.Writer writer = new JsonLines.Writer(buffered, longKeys)) {
            forEach((key, value, expiresAt) -> {
                writer.write(key, value, expiresAt);
                count(value);
            });
        }
        buffered.flush();
    }

    private void forEach(Target target) throws IOException {
        try (Scan scan = source.scan()) {
            while (next(scan, this::damaged)) {
                byte[] key = scan.key().toArray(ValueLayout.JAVA_BYTE);
                long size = scan.size();
                MemorySegment value;
                Instant expiresAt;
                try {
                    value = scan.value();
                    expiresAt = scan.entry().expiresAt();
                } catch (CorruptionException e) {
                    failed(key, Errors.describe(e));
                    continue;
                }
                target.write(key, value, expiresAt);
                progress.by(size);
            }
        }
    }

    /** Goes to the next entry that can be read; what is passed over is told. */
    static boolean next(Scan scan, Consumer<CorruptionException> damaged) {
        while (true) {
            try {
                return scan.next();
            } catch (CorruptionException e) {
                damaged.accept(e);
            }
        }
    }

    private void damaged(CorruptionException damage) {
        failed++;
        output.error(Errors.describe(damage));
    }

    private void failed(byte[] key, String why) {
        failed++;
        output.error("not exported: " + Escapes.show(key) + ": " + why);
    }

    private void count(MemorySegment value) {
        entries++;
        bytes += value.byteSize();
    }

    long entries() {
        return entries;
    }

    long bytes() {
        return bytes;
    }

    long failed() {
        return failed;
    }
}
