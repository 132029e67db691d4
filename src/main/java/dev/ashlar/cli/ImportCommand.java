package dev.ashlar.cli;

import dev.ashlar.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar import}: files into a keyspace. */
@Command(
        name = "import",
        header = "Stores files, lines of JSON, or what is in a store of simd-r-drive.",
        description = {
            "Store and keyspace are created if need be. When the command returns, everything is on the device.",
            "",
            "--from files (a file, every file below a directory, or every file in a zip or jar): the key of a file is its path relative to PATH, with / between the parts, in the bytes that it has on disk; "
                    + "the key of a single file is its name. Symbolic links to files are followed, those to directories "
                    + "are not. A file that cannot be read is reported (exit code 2) and does not keep the others from "
                    + "being stored.",
            "",
            "--from jsonl: each line is an object with key, a string or an integer for a long key, or keyBase64, and "
                    + "with value or valueBase64. One with expiresAt expires then; if that has passed it is "
                    + "skipped and counted, and what the key has stays. PATH may be - for standard input.",
            "",
            "--from simd-r-drive: each entry is stored, each deletion deletes, in the order of the file, of any version. "
                    + "The file has hashes and not keys: an entry is stored under the hash as a long key, or with "
                    + "--keys under that key of a list which has its hash. The file is verified first; if it is "
                    + "damaged, it is refused, or with --salvage what is whole is stored and the rest reported (exit "
                    + "code 2)."
        },
        footer = {
            "  ashlar import data docs ./docs",
            "  ashlar import data sources $JAVA_HOME/lib/src.zip",
            "  ashlar import data pictures cat.jpeg",
            "  ashlar export data docs - --to jsonl | ashlar import other docs - --from jsonl",
            "  ashlar import data drive old.bin --from simd-r-drive --keys keys.txt"
        })
final class ImportCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(index = "1", paramLabel = "KEYSPACE", description = "Name of the keyspace.")
    private String keyspace = "";

    @Parameters(index = "2", paramLabel = "PATH", description = "What is read.")
    private Path path = Path.of("");

    @Option(
            names = "--from",
            paramLabel = "FORMAT",
            description = "What PATH is: files, jsonl or simd-r-drive (default: ${DEFAULT-VALUE}).")
    private ImportFormat from = ImportFormat.FILES;

    @Option(
            names = "--keys",
            paramLabel = "FILE",
            description = "simd-r-drive: a list of keys, one a line, written as --key-as says. Empty lines are "
                    + "passed over; a key that ends in CR is written escaped.")
    private @Nullable Path keys;

    @Mixin
    private KeyOption keyOption = new KeyOption();

    @Option(names = "--salvage", description = "simd-r-drive: store what is whole of a damaged file.")
    private boolean salvage;

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    ImportCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if (from != ImportFormat.SIMD_R_DRIVE && (keys != null || salvage)) {
            throw Failure.usage("--keys and --salvage are about --from=" + ImportFormat.SIMD_R_DRIVE);
        }
        if (keys == null && keyOption.form() != KeyForm.TEXT) {
            throw Failure.usage("--key-as is about the list that --keys names");
        }
        boolean standardInput = from == ImportFormat.JSONL && path.toString().equals("-");
        if (!standardInput && !Files.exists(path)) {
            throw Failure.notFound("there is no file or directory " + Escapes.show(path.toString()));
        }
        if (standardInput) {
            return importLines(output().in());
        }
        return switch (from) {
            case FILES -> importFiles();
            case JSONL -> {
                try (InputStream lines = Files.newInputStream(path)) {
                    yield importLines(lines);
                }
            }
            case SIMD_R_DRIVE ->
                new DriveImport(output(), store, keyspace, path, progressOption)
                        .run(keys, keyOption.form(), salvage, json());
        };
    }

    private int importLines(InputStream lines) throws IOException {
        long total = path.toString().equals("-") || !progressOption.wanted(output()) ? 0 : Files.size(path);
        try (Store open = store.openOrCreate(output());
                Progress progress = progressOption.bytes("importing", total, output())) {
            BulkWriter writer = new BulkWriter(StoreArgument.existingOrNew(open, keyspace));
            CountingStream counted = new CountingStream(lines);
            long[] done = new long[3];
            long start = System.nanoTime();
            try {
                JsonLines.read(counted, (key, value, expiresAt) -> {
                    if (expiresAt != null && !expiresAt.isAfter(Instant.now())) {
                        done[2]++;
                    } else {
                        done[0]++;
                        done[1] += writer.put(key, value, expiresAt);
                    }
                    progress.to(counted.count());
                });
            } catch (BadLineException e) {
                throw Failure.refused(e.getMessage() + ". What stands before is stored.");
            } finally {
                writer.finish();
                open.sync();
            }
            progress.finish();
            reportLines(done[0], done[1], done[2], Duration.ofNanos(System.nanoTime() - start));
            return ExitCode.OK;
        }
    }

    private void reportLines(long entries, long bytes, long skipped, Duration elapsed) {
        if (json()) {
            output().json(Json.object(
                    "keyspace", keyspace,
                    "entries", entries,
                    "bytes", bytes,
                    "skipped", skipped,
                    "elapsedNanos", elapsed.toNanos()));
            return;
        }
        new Table("", "")
                .row("entries stored", Units.count(entries))
                .row("skipped, expired", Units.count(skipped))
                .row("bytes", Units.bytes(bytes))
                .row("time", Units.time(elapsed))
                .row("throughput", Units.bytesPerSecond(bytes, elapsed))
                .print(output());
    }

    private int importFiles() throws IOException {
        // The source first: where there is nothing to import, no store is created.
        try (ImportSource source = ImportSource.of(path, store.directory());
                Store open = store.openOrCreate(output())) {
            long total = progressOption.wanted(output()) ? source.bytes() : 0;
            BulkWriter writer = new BulkWriter(StoreArgument.existingOrNew(open, keyspace));
            try (Progress progress = progressOption.bytes("importing", total, output())) {
                Importer importer = new Importer(writer, progress, output());
                long start = System.nanoTime();
                source.forEach(importer);
                writer.finish();
                open.sync();
                progress.finish();
                report(importer, Duration.ofNanos(System.nanoTime() - start));
                return importer.failed() == 0 ? ExitCode.OK : ExitCode.REFUSED;
            }
        }
    }

    private void report(Importer importer, Duration elapsed) {
        if (json()) {
            output().json(Json.object(
                    "keyspace", keyspace,
                    "files", importer.files(),
                    "bytes", importer.bytes(),
                    "failed", importer.failed(),
                    "skipped", importer.skipped(),
                    "elapsedNanos", elapsed.toNanos()));
            return;
        }
        new Table("", "")
                .row("files stored", Units.count(importer.files()))
                .row("failed", Units.count(importer.failed()))
                .row("skipped", Units.count(importer.skipped()))
                .row("bytes", Units.bytes(importer.bytes()))
                .row("time", Units.time(elapsed))
                .row("throughput", Units.bytesPerSecond(importer.bytes(), elapsed))
                .print(output());
    }
}
