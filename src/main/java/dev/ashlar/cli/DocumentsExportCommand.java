package dev.ashlar.cli;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.Store;
import dev.ashlar.interchange.DocumentExportOptions;
import dev.ashlar.interchange.DocumentExportReport;
import dev.ashlar.interchange.DocumentLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar documents export}: a collection as lines of JSON. */
@Command(
        name = "export",
        header = "Writes the documents of a collection as lines of JSON.",
        description = {
            "Writes what was committed when the command began, each document as an object on a line. 'import' is the inverse, "
                    + "except for fields that are not stored. The file is there whole or not at all.",
            "A damaged document is reported (exit code 2) and does not keep the others from being written."
        },
        footer = {
            "  ashlar documents export data books books.jsonl",
            "  ashlar documents export data books - | jq -c 'select(.year > 1968)'"
        })
final class DocumentsExportCommand extends DocumentsAction {
    private static final Path STANDARD = Path.of("-");

    @Parameters(index = "2", paramLabel = "PATH", description = "The file that is written; - for standard output.")
    private Path path = STANDARD;

    @Option(names = "--replace", description = "Replace a file that is there.")
    private boolean replace;

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    DocumentsExportCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        boolean standard = path.equals(STANDARD);
        if (standard && json()) {
            throw Failure.usage("standard output cannot be both the lines and the report: leave out --json");
        }
        if (!standard) {
            ImportSource.requireOutside(path, store().directory(), "a store is not exported into itself");
        }
        try (Store open = store().openExisting(output())) {
            DocumentCollection source = existing(open);
            try (DocumentSnapshot snapshot = source.snapshot();
                    Progress progress =
                            progressOption.bytes("exporting", source.stats().rawBytes(), output())) {
                DocumentExportOptions options = DocumentExportOptions.DEFAULT
                        .goingOn(damaged -> output().error("not exported: " + Errors.describe(damaged)))
                        .withProgress(progress::to);
                DocumentExportReport[] report = new DocumentExportReport[1];
                if (standard) {
                    report[0] = DocumentLines.exportLines(snapshot, output().bytes(), options);
                } else {
                    Exporter.writeWhole(
                            new ExportedFiles(ExportedFiles.Sync.DEVICE),
                            path,
                            replace,
                            target -> report[0] = DocumentLines.exportLines(snapshot, target, options));
                }
                progress.finish();
                if (!standard) {
                    print(report[0], Files.size(path));
                }
                return report[0].damaged() == 0 ? ExitCode.OK : ExitCode.REFUSED;
            }
        }
    }

    private void print(DocumentExportReport report, long fileBytes) {
        if (json()) {
            output().json(Json.object(
                    "collection", collection(),
                    "documents", report.documents(),
                    "failed", report.damaged(),
                    "bytes", report.bytes(),
                    "fileBytes", fileBytes,
                    "elapsedNanos", report.elapsed().toNanos()));
            return;
        }
        new Table("", "")
                .row("documents written", Units.count(report.documents()))
                .row("not written", Units.count(report.damaged()))
                .row("bytes of the file", Units.bytes(fileBytes))
                .row("time", Units.time(report.elapsed()))
                .row("throughput", Units.bytesPerSecond(fileBytes, report.elapsed()))
                .print(output());
    }
}
