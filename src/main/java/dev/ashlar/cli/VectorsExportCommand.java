package dev.ashlar.cli;

import dev.ashlar.CorruptionException;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.VectorReader;
import dev.ashlar.VectorScan;
import dev.ashlar.interchange.VectorExportOptions;
import dev.ashlar.interchange.VectorExportReport;
import dev.ashlar.interchange.VectorFileFormat;
import dev.ashlar.interchange.VectorFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar vectors export}: a collection into a file. */
@Command(
        name = "export",
        header = "Writes a vector collection to a file.",
        description = {
            "Vectors are written as they were when the command began. 'import' is the inverse. The file is there whole or not at "
                    + "all.",
            "",
            "fvecs, bvecs, ivecs, npy: in ascending order of the ids, which --ids writes to a file of their own. npy takes every "
                    + "type, fvecs float32, bvecs bits and what fits an unsigned byte, ivecs what is an integer; otherwise "
                    + "nothing is written.",
            "",
            "jsonl: a line {\"id\":…,\"vector\":[…]} for each vector, of bits {\"id\":…,\"bits\":\"…\"}, in no order that means "
                    + "anything. PATH may be - for standard output. A damaged vector is reported (exit code 2) and does not "
                    + "keep the others from being written."
        },
        footer = {
            "  ashlar vectors export data words words.npy --ids ids.npy",
            "  ashlar vectors export data sift sift.fvecs",
            "  ashlar vectors export data sift8 sift.bvecs --shift-bytes --replace",
            "  ashlar vectors export data words - | jq -c '.id'"
        })
final class VectorsExportCommand extends VectorsAction {
    @Parameters(index = "2", paramLabel = "PATH", description = "The file that is written.")
    private Path path = Path.of("");

    @Option(
            names = "--to",
            paramLabel = "FORMAT",
            description = "What PATH becomes: fvecs, bvecs, ivecs, npy or jsonl (default: what its name ends with).")
    private @Nullable VectorFormat to;

    @Option(
            names = "--ids",
            paramLabel = "FILE",
            description = "Write the ids there: a NumPy array of <i8 if the name ends with .npy, else int64, "
                    + "little-endian.")
    private @Nullable Path ids;

    @Option(names = "--shift-bytes", description = "bvecs: add 128 to each int8 to make it an unsigned byte.")
    private boolean shiftBytes;

    @Option(names = "--replace", description = "Replace files that are there.")
    private boolean replace;

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    VectorsExportCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        VectorFormat format = VectorFormat.of(to, "--to", path);
        boolean standard = path.equals(VectorFormat.STANDARD);
        if (format == VectorFormat.JSONL && (ids != null || shiftBytes)) {
            throw Failure.usage("--ids and --shift-bytes are not about --to=" + format + ", whose lines have ids");
        }
        if (standard && json()) {
            throw Failure.usage("standard output cannot be both the lines and the report: leave out --json");
        }
        if (!standard) {
            ImportSource.requireOutside(path, store().directory(), "a store is not exported into itself");
        }
        if (ids != null) {
            ImportSource.requireOutside(ids, store().directory(), "a store is not exported into itself");
        }
        try (Store open = store().openExisting(output())) {
            existing(open);
            try (Snapshot snapshot = open.snapshot()) {
                VectorReader source = snapshot.vectors(collection());
                long total = source.size() * source.options().rowBytes();
                try (Progress progress = progressOption.bytes("exporting", total, output())) {
                    VectorFileFormat file = format.file();
                    if (file == null) {
                        return exportLines(source, standard, progress);
                    }
                    export(snapshot, file, progress);
                    return ExitCode.OK;
                }
            }
        }
    }

    private void export(Snapshot snapshot, VectorFileFormat format, Progress progress) {
        for (Path written : ids == null ? new Path[] {path} : new Path[] {path, ids}) {
            if (!replace && Files.exists(written)) {
                throw Exporter.exists(written);
            }
        }
        VectorExportOptions options = VectorExportOptions.DEFAULT
                .withFormat(format)
                .withShiftBytes(shiftBytes)
                .withReplace(replace)
                .withProgress(progress::to);
        VectorExportReport report =
                VectorFiles.exportFile(snapshot, collection(), path, ids == null ? options : options.withIds(ids));
        progress.finish();
        report(VectorFormat.valueOf(format.name()), report.rows(), 0, report.fileBytes(), report.elapsed());
    }

    private int exportLines(VectorReader source, boolean standard, Progress progress) throws IOException {
        long start = System.nanoTime();
        long[] done = new long[2];
        if (standard) {
            writeLines(source, output().bytes(), progress, done);
        } else {
            Exporter.writeWhole(
                    new ExportedFiles(ExportedFiles.Sync.DEVICE),
                    path,
                    replace,
                    target -> writeLines(source, target, progress, done));
        }
        progress.finish();
        if (!standard) {
            Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
            report(VectorFormat.JSONL, done[0], done[1], Files.size(path), elapsed);
        }
        return done[1] == 0 ? ExitCode.OK : ExitCode.REFUSED;
    }

    /** @param done counts those that were written, and those that were damaged */
    private void writeLines(VectorReader source, OutputStream target, Progress progress, long[] done)
            throws IOException {
        try (VectorScan scan = source.scan();
                VectorLines.Writer writer = new VectorLines.Writer(target, source.options())) {
            while (next(scan, done)) {
                try {
                    writer.write(scan.id(), scan.row());
                    done[0]++;
                } catch (CorruptionException e) {
                    done[1]++;
                    output().error("not exported: row " + scan.id() + ": " + Errors.describe(e));
                }
                progress.by(source.options().rowBytes());
            }
        }
    }

    private boolean next(VectorScan scan, long[] done) {
        while (true) {
            try {
                return scan.next();
            } catch (CorruptionException e) {
                done[1]++;
                output().error("not exported: " + Errors.describe(e));
            }
        }
    }

    private void report(VectorFormat format, long rows, long failed, long fileBytes, Duration elapsed) {
        if (json()) {
            output().json(Json.object(
                    "collection",
                    collection(),
                    "format",
                    format.toString(),
                    "rows",
                    rows,
                    "failed",
                    failed,
                    "fileBytes",
                    fileBytes,
                    "elapsedNanos",
                    elapsed.toNanos()));
            return;
        }
        new Table("", "")
                .row("vectors written", Units.count(rows))
                .row("not written", Units.count(failed))
                .row("bytes of the file", Units.bytes(fileBytes))
                .row("time", Units.time(elapsed))
                .row("throughput", Units.bytesPerSecond(fileBytes, elapsed))
                .print(output());
    }
}
