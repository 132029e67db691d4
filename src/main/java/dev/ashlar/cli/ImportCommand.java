package dev.ashlar.cli;

import dev.ashlar.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code ashlar import}: files into a keyspace. */
@Command(
        name = "import",
        header = "Stores a file, every file below a directory, or every file in a zip or jar.",
        description = {
            "Store and keyspace are created if need be.",
            "",
            "The key of a file is its path relative to PATH, with / between the parts, in the bytes that it has on disk; "
                    + "the key of a single file is its name. Symbolic links to files are followed, those to directories "
                    + "are not. A file that cannot be read is reported (exit code 2) and does not keep the others from "
                    + "being stored. When the command returns, everything is on the device."
        },
        footer = {
            "  ashlar import data docs ./docs",
            "  ashlar import data sources $JAVA_HOME/lib/src.zip",
            "  ashlar import data pictures cat.jpeg"
        })
final class ImportCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(index = "1", paramLabel = "KEYSPACE", description = "Name of the keyspace.")
    private String keyspace = "";

    @Parameters(index = "2", paramLabel = "PATH", description = "A file, a directory, a zip or a jar.")
    private Path path = Path.of("");

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    ImportCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if (!Files.exists(path)) {
            throw Failure.notFound("there is no file or directory " + Escapes.show(path.toString()));
        }
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
