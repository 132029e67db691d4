package dev.ashlar.cli;

import dev.ashlar.KeyspaceReader;
import dev.ashlar.Scan;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.interchange.ExportOptions;
import dev.ashlar.interchange.ExportReport;
import dev.ashlar.interchange.SimdRDrive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar export}: a keyspace into files. */
@Command(
        name = "export",
        header = "Writes a keyspace as files, as lines of JSON, or as a store of simd-r-drive.",
        description = {
            "Entries are written in the order of the log, as they were when the command began. 'import' is the inverse. "
                    + "Values that have expired are left out; when the others will is in lines of JSON, and nowhere else. "
                    + "When the command returns, what it wrote is on the device.",
            "",
            "--to dir: a file for each value below the directory PATH, which must be absent or empty. A key is a relative "
                    + "path with / between the parts; keys that are no safe name (empty, absolute, with a part that is "
                    + "empty, . or .., or a zero byte), or whose file another key has taken, are reported (exit code 2) "
                    + "and do not keep the others from being written.",
            "",
            "--to jsonl: a line {\"key\":…,\"value\":…} for each entry, with expiresAt if it expires. A key that is not UTF-8 is in keyBase64 instead of "
                    + "key, a value that is not UTF-8, or longer than 64 KiB, in valueBase64 instead of value. PATH may be "
                    + "- for standard output.",
            "",
            "--to simd-r-drive: the file that version 0.15 and later writes. It holds the hashes of keys, and no value that "
                    + "is empty or a single zero byte: with one of those, or two keys of one hash, nothing is written."
        },
        footer = {
            "  ashlar export data docs ./copy --to dir",
            "  ashlar export data docs docs.jsonl --to jsonl",
            "  ashlar export data docs - --to jsonl | jq -r .key",
            "  ashlar export data ticks ticks.bin --to simd-r-drive --long-keys"
        })
final class ExportCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(index = "1", paramLabel = "KEYSPACE", description = "Name of the keyspace.")
    private String keyspace = "";

    @Parameters(index = "2", paramLabel = "PATH", description = "What is written.")
    private Path path = Path.of("");

    @Option(
            names = "--to",
            required = true,
            paramLabel = "FORMAT",
            description = "What PATH becomes: dir, jsonl or simd-r-drive.")
    private ExportFormat to = ExportFormat.DIR;

    @Option(
            names = "--long-keys",
            description = "Keys are long keys: numbers in jsonl, and the hashes themselves in simd-r-drive.")
    private boolean longKeys;

    @Option(names = "--replace", description = "Replace the file PATH if it is there (not a directory).")
    private boolean replace;

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    ExportCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if (to == ExportFormat.DIR && (longKeys || replace)) {
            throw Failure.usage("--long-keys and --replace are not about --to=" + to);
        }
        boolean standardOutput = to == ExportFormat.JSONL && path.toString().equals("-");
        if (standardOutput && json()) {
            throw Failure.usage("standard output cannot be both the lines and the report: leave out --json");
        }
        if (!standardOutput) {
            ImportSource.requireOutside(path, store.directory(), "a store is not exported into itself");
        }
        try (Store open = store.openExisting(output())) {
            store.existing(open, keyspace);
            try (Snapshot snapshot = open.snapshot()) {
                KeyspaceReader source = snapshot.keyspace(keyspace);
                long total = progressOption.wanted(output()) ? bytes(source) : 0;
                try (Progress progress = progressOption.bytes("exporting", total, output())) {
                    if (to == ExportFormat.SIMD_R_DRIVE) {
                        return exportDrive(snapshot, progress);
                    }
                    return export(source, progress, standardOutput);
                }
            }
        }
    }

    /** Bytes of all values, of headers alone. */
    private static long bytes(KeyspaceReader source) {
        long bytes = 0;
        try (Scan scan = source.scan()) {
            while (Exporter.next(scan, _ -> {})) {
                bytes += scan.size();
            }
        }
        return bytes;
    }

    private int export(KeyspaceReader source, Progress progress, boolean standardOutput) throws IOException {
        long start = System.nanoTime();
        Exporter exporter = new Exporter(source, progress, output());
        if (to == ExportFormat.DIR) {
            exporter.toDirectory(path);
        } else if (standardOutput) {
            exporter.toLines(output().bytes(), longKeys);
        } else {
            exporter.toLines(path, longKeys, replace);
        }
        progress.finish();
        if (!standardOutput) {
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("failed", exporter.failed());
            report(exporter.entries(), exporter.bytes(), figures, System.nanoTime() - start);
        }
        return exporter.failed() == 0 ? ExitCode.OK : ExitCode.REFUSED;
    }

    private int exportDrive(Snapshot snapshot, Progress progress) throws IOException {
        if (!replace && Files.exists(path)) {
            throw Exporter.exists(path);
        }
        ExportReport report = SimdRDrive.exportFile(
                snapshot,
                keyspace,
                path,
                ExportOptions.DEFAULT
                        .withLongKeysAsHashes(longKeys)
                        .withReplace(replace)
                        .withProgress(progress::to));
        progress.finish();
        if (report.zeroValues() > 0) {
            output().warn(Units.count(report.zeroValues()) + " values are nothing but zeros, the first that of '"
                    + Escapes.show(report.zeroValueKeys().getFirst())
                    + "'; simd-r-drive reads them, but its compaction fails on them");
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("fileBytes", report.fileBytes());
        figures.put("zeroValues", report.zeroValues());
        report(report.entries(), report.bytes(), figures, report.elapsed().toNanos());
        return ExitCode.OK;
    }

    private void report(long entries, long bytes, Map<String, Object> figures, long elapsedNanos) {
        if (json()) {
            Map<String, Object> members = Json.object("keyspace", keyspace, "entries", entries, "bytes", bytes);
            members.putAll(figures);
            members.put("elapsedNanos", elapsedNanos);
            output().json(members);
            return;
        }
        Table table = new Table("", "").row("entries written", Units.count(entries));
        if (figures.get("failed") instanceof Long failed) {
            table.row("not written", Units.count(failed));
        }
        table.row("bytes", Units.bytes(bytes));
        if (figures.get("fileBytes") instanceof Long fileBytes) {
            table.row("bytes of the file", Units.bytes(fileBytes));
        }
        Duration elapsed = Duration.ofNanos(elapsedNanos);
        table.row("time", Units.time(elapsed))
                .row("throughput", Units.bytesPerSecond(bytes, elapsed))
                .print(output());
    }
}
