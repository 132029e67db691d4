package dev.ashlar.cli;

import dev.ashlar.DocumentCollection;
import dev.ashlar.Store;
import dev.ashlar.interchange.DocumentImportOptions;
import dev.ashlar.interchange.DocumentImportReport;
import dev.ashlar.interchange.DocumentLines;
import dev.ashlar.interchange.JsonLineException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar documents import}: lines of JSON into a collection. */
@Command(
        name = "import",
        header = "Adds the documents of a file with lines of JSON.",
        description = {
            "Each line is a JSON object, a document. The collection must be there: 'ashlar documents create' makes it. Everything is "
                    + "committed at the end, and what was pending before with it. When the command returns, all of it "
                    + "is on the device.",
            "",
            "At a line that is no document of the collection, or whose key is taken, the import ends (exit code 2); what stands "
                    + "before it is pending, or committed if --commit-every came to it. With --skip such lines are "
                    + "reported and passed over, and the exit code at the end is 2."
        },
        footer = {
            "  ashlar documents import data books books.jsonl",
            "  zcat books.jsonl.gz | ashlar documents import data books - --upsert --skip --commit-every 100000",
            "  ashlar documents export data books - | ashlar documents import other books -"
        })
final class DocumentsImportCommand extends DocumentsAction {
    private static final Path STANDARD = Path.of("-");

    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "PATH",
            description = "The file that is read; - for standard input (default).")
    private Path path = STANDARD;

    @Option(names = "--upsert", description = "Put each document in place of the one with its key, if there is one.")
    private boolean upsert;

    @Option(names = "--skip", description = "Report lines that are refused, and go on.")
    private boolean skip;

    @Option(names = "--ignore-unknown", description = "Pass over members that are no fields of the collection.")
    private boolean ignoreUnknown;

    @Option(names = "--commit-every", paramLabel = "N", description = "Commit after every N documents too.")
    private @Nullable Long commitEvery;

    @Option(names = "--pending", description = "Do not commit at the end.")
    private boolean pending;

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    DocumentsImportCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if (commitEvery != null && commitEvery < 1) {
            throw Failure.usage("--commit-every is " + commitEvery + "; it must be 1 or more");
        }
        boolean standard = path.equals(STANDARD);
        if (!standard && !Files.exists(path)) {
            throw Failure.notFound("there is no file " + Escapes.show(path.toString()));
        }
        long total = standard || !progressOption.wanted(output()) ? 0 : Files.size(path);
        try (Store open = store().openExisting(output());
                InputStream lines = standard ? output().in() : Files.newInputStream(path);
                Progress progress = progressOption.bytes("importing", total, output())) {
            DocumentCollection target = existing(open);
            if (upsert && target.schema().primaryKey() == null) {
                throw Failure.usage("--upsert goes by the primary key, and the collection has none");
            }
            DocumentImportReport report = DocumentLines.importLines(lines, target, options(progress));
            long lsn = open.sync();
            progress.finish();
            report(report, lsn);
            return report.refused() == 0 ? ExitCode.OK : ExitCode.REFUSED;
        } catch (JsonLineException e) {
            throw Failure.refused(e.getMessage() + ". What stands before is "
                    + (commitEvery == null ? "pending" : "committed or pending")
                    + ": 'ashlar documents commit' makes it visible, 'ashlar documents discard' drops it. --skip goes on"
                    + " behind such lines.");
        }
    }

    private DocumentImportOptions options(Progress progress) {
        DocumentImportOptions options = DocumentImportOptions.DEFAULT
                .withUpsert(upsert)
                .withIgnoreUnknown(ignoreUnknown)
                .withCommitEvery(commitEvery == null ? 0 : commitEvery)
                .withProgress(progress::to);
        if (skip) {
            options = options.goingOn(refused -> output().error("not imported: " + refused.getMessage()));
        }
        return pending ? options.leavingPending() : options;
    }

    private void report(DocumentImportReport report, long lsn) {
        if (json()) {
            output().json(Json.object(
                    "collection", collection(),
                    "lines", report.lines(),
                    "documents", report.documents(),
                    "refused", report.refused(),
                    "commits", report.commits(),
                    "bytes", report.bytes(),
                    "lsn", lsn,
                    "elapsedNanos", report.elapsed().toNanos()));
            return;
        }
        new Table("", "")
                .row(pending ? "documents added, pending" : "documents added", Units.count(report.documents()))
                .row("lines refused", Units.count(report.refused()))
                .row("commits", Units.count(report.commits()))
                .row("bytes read", Units.bytes(report.bytes()))
                .row("time", Units.time(report.elapsed()))
                .row("throughput", Units.countPerSecond(report.documents(), report.elapsed()))
                .print(output());
    }
}
