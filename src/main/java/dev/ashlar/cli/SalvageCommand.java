package dev.ashlar.cli;

import dev.ashlar.SalvageOptions;
import dev.ashlar.SalvageReport;
import dev.ashlar.SalvageReport.LostValue;
import dev.ashlar.Store;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar salvage}: a new store of what is left of a damaged one. */
@Command(
        name = "salvage",
        header = "Makes a new store of all that can be read of a damaged one.",
        description = {
            "Use it when a store cannot be opened any more, or 'ashlar verify' lists damage and there is no backup. It reads "
                    + "what is left of the log, record by record, whatever became of the manifest and the indexes. The "
                    + "damaged store is not changed. Close it first.",
            "",
            "A key whose newest value is damaged is listed, and is absent from the new store; with --stale it gets the "
                    + "newest older value that is intact.",
            "",
            "Exit code 0: everything is in the new store. Exit code 2: something is lost, or may be; the new store is "
                    + "complete but for that."
        },
        footer = {"  ashlar salvage damaged new", "  ashlar salvage damaged new --json > report.json"})
final class SalvageCommand extends Action {
    /** Of each kind, as many are printed; --json has all. */
    private static final int SHOWN = 20;

    @Parameters(index = "0", paramLabel = "SOURCE", description = "Directory of the damaged store.")
    private Path source = Path.of("");

    @Parameters(index = "1", paramLabel = "TARGET", description = "Directory of the new store; absent or empty.")
    private Path target = Path.of("");

    @Option(names = "--stale", description = "Give keys whose newest value is damaged their newest older value.")
    private boolean stale;

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    SalvageCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        StoreArgument.requireDirectory(source);
        if (StoreArgument.isAbsentOrEmpty(source)) {
            throw Failure.notFound("there is no store in " + Escapes.show(source.toString()));
        }
        SalvageReport report;
        try (Bar bar = new Bar()) {
            report = Store.salvage(
                    source, target, SalvageOptions.DEFAULT.withStale(stale).withProgress(bar::at));
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
        if (json()) {
            output().json(json(report));
        } else {
            print(report);
        }
        return report.complete() ? ExitCode.OK : ExitCode.REFUSED;
    }

    /** The total is known when the first of it was read. */
    private final class Bar implements AutoCloseable {
        private Progress progress = Progress.NONE;
        private boolean begun;

        void at(long bytes, long total) {
            if (!begun) {
                begun = true;
                progress = progressOption.bytes("salvaging", total, output());
            }
            progress.to(bytes);
        }

        @Override
        public void close() {
            progress.close();
        }
    }

    // ------------------------------------------------------------------------------------------------------ for people

    private void print(SalvageReport report) {
        list("lost", "keys whose newest value is lost", report.lost(), SalvageCommand::show);
        list(
                "damaged",
                "damaged stretches; which keys they were of is not known",
                report.damaged(),
                StoreArgument::show);
        list("doubtful", "stretches that may be damage", report.doubtful(), StoreArgument::show);
        list("harmless", "damage that cost nothing", report.harmless(), StoreArgument::show);
        list("foreign", "files of other stores, not read", report.foreign(), Escapes::show);
        Table table = new Table("keyspace", "keys");
        for (Map.Entry<String, Long> each : report.recovered().entrySet()) {
            boolean renamed = report.renamed().contains(each.getKey());
            table.row(
                    Escapes.show(each.getKey()) + (renamed ? " (its name is lost)" : ""), Units.count(each.getValue()));
        }
        for (Map.Entry<String, Long> each : report.rows().entrySet()) {
            boolean renamed = report.renamed().contains(each.getKey());
            table.row(
                    Escapes.show(each.getKey()) + (renamed ? " (vectors; its name is lost)" : " (vectors)"),
                    Units.count(each.getValue()));
        }
        for (Map.Entry<String, Long> each : report.documents().entrySet()) {
            boolean renamed = report.renamed().contains(each.getKey());
            long pending = report.pendingDocuments().getOrDefault(each.getKey(), 0L);
            table.row(
                    Escapes.show(each.getKey()) + (renamed ? " (documents; its name is lost)" : " (documents)"),
                    Units.count(each.getValue()) + (pending == 0 ? "" : ", " + Units.count(pending) + " pending"));
        }
        table.print(output());
        output().line("");
        new Table("", "")
                .row("keys in the new store", Units.count(report.keys()))
                .row("superseded values", Units.count(report.superseded()))
                .row("keys lost", Units.count(report.lost().size()))
                .row("damaged stretches", Units.count(report.damaged().size()))
                .row("doubtful stretches", Units.count(report.doubtful().size()))
                .row("batches in part", Units.count(report.brokenBatches()))
                .row("manifest", report.manifest() ? "read" : "lost; done without")
                .row("chunk files read", Units.count(report.chunks()))
                .row("read", Units.bytes(report.bytes()))
                .row("time", Units.time(report.elapsed()))
                .print(output());
        output().line("");
        output().line(verdict(report));
    }

    private String verdict(SalvageReport report) {
        String to = Escapes.show(target.toString());
        if (report.complete()) {
            return "Nothing is lost. " + to + " has everything that " + Escapes.show(source.toString()) + " had.";
        }
        boolean certain = !report.lost().isEmpty() || !report.damaged().isEmpty();
        return to + " has all that could be read. "
                + (certain
                        ? "Some records are lost: see above."
                        : report.doubtful().isEmpty()
                                ? "Names of keyspaces are lost, but no record is."
                                : "No record is known to be lost, but it cannot be ruled out: see above.")
                + " Keep " + Escapes.show(source.toString()) + " until you have checked.";
    }

    private <T> void list(String word, String meaning, List<T> all, java.util.function.Function<T, String> show) {
        if (all.isEmpty()) {
            return;
        }
        output().line(Units.count(all.size()) + " " + meaning + ":");
        all.stream().limit(SHOWN).forEach(each -> output().line("  " + word + ": " + show.apply(each)));
        if (all.size() > SHOWN) {
            output().line("  … and " + Units.count(all.size() - SHOWN) + " more; --json lists all");
        }
        output().line("");
    }

    private static String show(LostValue lost) {
        return Escapes.show(lost.keyspace()) + " / " + Escapes.show(lost.key())
                + (lost.older() ? " (an older value is in the new store)" : "") + ", because "
                + StoreArgument.show(lost.where());
    }

    // ------------------------------------------------------------------------------------------------------- for
    // programs

    private static Map<String, Object> json(SalvageReport report) {
        return Json.object(
                "complete", report.complete(),
                "store", report.store().toString(),
                "manifest", report.manifest(),
                "chunks", report.chunks(),
                "bytes", report.bytes(),
                "keys", report.keys(),
                "recovered", report.recovered(),
                "rows", report.rows(),
                "documents", report.documents(),
                "pendingDocuments", report.pendingDocuments(),
                "superseded", report.superseded(),
                "renamed", report.renamed(),
                "lost", report.lost().stream().map(SalvageCommand::json).toList(),
                "damaged", Json.damages(report.damaged()),
                "doubtful", Json.damages(report.doubtful()),
                "harmless", Json.damages(report.harmless()),
                "foreign", report.foreign(),
                "brokenBatches", report.brokenBatches(),
                "elapsedNanos", report.elapsed().toNanos());
    }

    private static Map<String, Object> json(LostValue lost) {
        byte[] key = lost.key().toArray(ValueLayout.JAVA_BYTE);
        return Json.object(
                "keyspace",
                lost.keyspace(),
                "key",
                Escapes.show(key),
                "keyBase64",
                Base64.getEncoder().encodeToString(key),
                "older",
                lost.older(),
                "where",
                Json.damages(List.of(lost.where())).getFirst());
    }
}
