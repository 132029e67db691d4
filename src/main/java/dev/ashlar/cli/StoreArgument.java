package dev.ashlar.cli;

import dev.ashlar.Damage;
import dev.ashlar.Keyspace;
import dev.ashlar.RecoveryReport;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Parameters;

/** The argument STORE, and how a command opens what it names. */
final class StoreArgument {
    @Parameters(index = "0", paramLabel = "STORE", description = "Directory of the store.")
    private Path directory = Path.of("");

    Path directory() {
        return directory;
    }

    /** Opens a store that must be there; nothing is created. */
    Store openExisting(Output output) throws IOException {
        requireDirectory(directory);
        if (isAbsentOrEmpty(directory)) {
            throw Failure.notFound("there is no store in " + shown() + ": the directory "
                    + (Files.exists(directory) ? "is empty" : "does not exist"));
        }
        // A command that ends in a moment should not begin to compact.
        return open(directory, StoreOptions.DEFAULT.withCreate(false).withAutoCompaction(false), output);
    }

    /** Opens a store, or creates it in a directory that is absent or empty. */
    Store openOrCreate(Output output) {
        return openOrCreate(directory, output);
    }

    static Store openOrCreate(Path directory, Output output) {
        requireDirectory(directory);
        return open(directory, StoreOptions.DEFAULT, output);
    }

    /** A keyspace that must be there. */
    Keyspace existing(Store store, String name) {
        List<String> names = store.keyspaces();
        if (!names.contains(name)) {
            String others = names.stream().limit(8).map(Escapes::show).collect(Collectors.joining(", "));
            throw Failure.notFound("there is no keyspace '" + Escapes.show(name) + "' in " + shown() + "; there "
                    + (names.isEmpty() ? "is none at all" : "are: " + others + (names.size() > 8 ? ", …" : "")));
        }
        return store.keyspace(name);
    }

    /** A keyspace that is created if need be. */
    static Keyspace existingOrNew(Store store, String name) {
        try {
            return store.keyspace(name);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
    }

    String shown() {
        return Escapes.show(directory.toString());
    }

    private static Store open(Path directory, StoreOptions options, Output output) {
        Store store = Store.open(directory, options);
        warn(store.recovery(), output);
        return store;
    }

    static void requireDirectory(Path directory) {
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw Failure.refused(Escapes.show(directory.toString()) + " is not a directory, so it cannot be a store");
        }
    }

    static boolean isAbsentOrEmpty(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return true;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            return !entries.iterator().hasNext();
        }
    }

    /** What recovery could not keep is said on every occasion: what was dropped is reported only once. */
    private static void warn(RecoveryReport report, Output output) {
        for (Damage damage : report.damaged()) {
            output.warn("damaged: " + show(damage));
        }
        for (Damage damage : report.dropped()) {
            output.warn("dropped behind the end of the log: " + show(damage));
        }
    }

    static String show(Damage damage) {
        return damage.file() + " at byte " + damage.position() + ", " + Units.count(damage.length()) + " bytes: "
                + damage.what();
    }
}
