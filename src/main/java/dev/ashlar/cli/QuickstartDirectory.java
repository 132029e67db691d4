package dev.ashlar.cli;

import dev.ashlar.Store;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where quickstart works: a directory that the user has named, or a temporary one that goes with it. */
final class QuickstartDirectory implements AutoCloseable {
    /** All keyspaces of quickstart begin with this; a store with any other belongs to somebody else. */
    static final String PREFIX = "quickstart.";

    private static final int DELETE_ATTEMPTS = 10;

    private final Path path;
    private final @Nullable Thread deletion;

    private QuickstartDirectory(Path path, @Nullable Thread deletion) {
        this.path = path;
        this.deletion = deletion;
    }

    static QuickstartDirectory of(@Nullable Path wanted) throws IOException {
        if (wanted != null) {
            StoreArgument.requireDirectory(wanted);
            return new QuickstartDirectory(wanted, null);
        }
        Path temporary = Files.createTempDirectory("ashlar-quickstart-");
        // Ctrl-C runs no finally block, and half a gigabyte in /tmp is no way to say goodbye.
        Thread deletion = new Thread(() -> deleteQuietly(temporary), "ashlar-quickstart-deletion");
        Runtime.getRuntime().addShutdownHook(deletion);
        return new QuickstartDirectory(temporary, deletion);
    }

    Path path() {
        return path;
    }

    boolean temporary() {
        return deletion != null;
    }

    String shown() {
        return Escapes.show(path.toString());
    }

    /** Refuses a store that holds anything but an earlier quickstart. */
    static void requireOwn(Store store) {
        requireOwn(store, "keyspace", store.keyspaces());
        requireOwn(store, "vector collection", store.vectorCollections());
        requireOwn(store, "document collection", store.documentCollections());
    }

    private static void requireOwn(Store store, String what, List<String> names) {
        for (String name : names) {
            if (!name.startsWith(PREFIX)) {
                throw Failure.refused(
                        "the store in " + Escapes.show(store.directory().toString())
                                + " has a " + what + " '" + Escapes.show(name)
                                + "', so it is not from an earlier quickstart; choose another directory. Nothing was changed.");
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (deletion != null) {
            delete(path);
            try {
                Runtime.getRuntime().removeShutdownHook(deletion);
            } catch (IllegalStateException _) {
                // The process is ending already, and the hook finds nothing left to delete.
                return;
            }
        }
    }

    /** For the end of the process, when the store may still be at work and put a new file into its directories. */
    private static void deleteQuietly(Path directory) {
        IOException problem = null;
        for (int attempt = 0; attempt < DELETE_ATTEMPTS; attempt++) {
            try {
                delete(directory);
                return;
            } catch (IOException e) {
                problem = e;
            }
        }
        if (problem != null) {
            System.err.println("ashlar: the temporary directory could not be deleted: " + Errors.describe(problem));
        }
    }

    private static void delete(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path left, @Nullable IOException why) throws IOException {
                Files.deleteIfExists(left);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
