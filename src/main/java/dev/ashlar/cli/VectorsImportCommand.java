package dev.ashlar.cli;

import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.interchange.VectorFileFormat;
import dev.ashlar.interchange.VectorImportOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar vectors import}: a file into a collection. */
@Command(
        name = "import",
        header = "Stores the vectors of a file.",
        description = {
            "The whole file is checked first: if anything is wrong with it, nothing is stored. Store and collection are created if "
                    + "need be, with the dimension that the file has. When the command returns, everything is on the device.",
            "",
            "fvecs, bvecs, ivecs, npy: rows get ids that are counted from --first-id on, or those of --ids. Arrays of NumPy have "
                    + "two dimensions, are in C order, and consist of <f4, <f8, |i1 or |u1. Numbers must fit exactly; "
                    + "only <f8 is rounded, to the nearest float32. Bits are packed in bytes, the lowest bit first.",
            "",
            "jsonl: each line is an object with id, an integer, and vector, an array, or bits, hexadecimal digits. PATH may "
                    + "be - for standard input."
        },
        footer = {
            "  ashlar vectors import data sift sift_base.fvecs --metric squared-euclidean",
            "  ashlar vectors import data words glove.npy --ids ids.npy",
            "  ashlar vectors import data sift8 bigann.bvecs --type int8 --shift-bytes",
            "  ashlar vectors export data words - | ashlar vectors import other words -"
        })
final class VectorsImportCommand extends VectorsAction {
    @Parameters(index = "2", paramLabel = "PATH", description = "The file that is read.")
    private Path path = Path.of("");

    @Option(
            names = "--from",
            paramLabel = "FORMAT",
            description = "What PATH is: fvecs, bvecs, ivecs, npy or jsonl (default: what its name ends with).")
    private @Nullable VectorFormat from;

    @Option(
            names = "--ids",
            paramLabel = "FILE",
            description = "The ids: a NumPy array of <i8 if the name ends with .npy, else int64, little-endian.")
    private @Nullable Path ids;

    @Option(names = "--first-id", paramLabel = "N", description = "The id of the first row (default: 0).")
    private @Nullable Long firstId;

    @Option(
            names = "--shift-bytes",
            description = "Take 128 from each unsigned byte to make it an int8; else those above 127 are refused.")
    private boolean shiftBytes;

    @Option(
            names = "--dimension",
            paramLabel = "N",
            description = "Number of components (default: as in the file; of packed bits 8 in each byte).")
    private @Nullable Integer dimension;

    @Mixin
    private VectorSettings settings = new VectorSettings();

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    VectorsImportCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        VectorFormat format = VectorFormat.of(from, "--from", path);
        requireSense(format);
        if (dimension != null) {
            settings.options(dimension);
        }
        if (!path.equals(VectorFormat.STANDARD) && !Files.exists(path)) {
            throw Failure.notFound("there is no file " + Escapes.show(path.toString()));
        }
        long start = System.nanoTime();
        try (VectorSource source = source(format)) {
            StoreArgument.requireDirectory(store().directory());
            // Where there is nothing to import, neither a store nor a collection is created.
            boolean fresh = StoreArgument.isAbsentOrEmpty(store().directory());
            if (fresh) {
                source.examine(wanted(source));
            }
            try (Store open = store().openOrCreate(output());
                    Progress progress = progressOption.bytes("importing", 2 * source.bytes(), output())) {
                boolean created = !open.vectorCollections().contains(collection());
                if (created && !fresh) {
                    source.examine(wanted(source));
                }
                VectorCollection target = existingOrNew(
                        open,
                        created
                                ? wanted(source)
                                : present(open.vectors(collection()).options()));
                long rows = source.store(target, progress);
                progress.finish();
                report(format, rows, source.bytes(), created, Duration.ofNanos(System.nanoTime() - start));
            }
        }
        return ExitCode.OK;
    }

    private void requireSense(VectorFormat format) {
        if (format == VectorFormat.JSONL && (ids != null || firstId != null || shiftBytes)) {
            throw Failure.usage(
                    "--ids, --first-id and --shift-bytes are not about --from=" + format + ", whose lines have ids");
        }
        if (ids != null && firstId != null) {
            throw Failure.usage("rows get their ids either from --ids or counted from --first-id on");
        }
    }

    private VectorSource source(VectorFormat format) throws IOException {
        VectorFileFormat file = format.file();
        if (file == null) {
            return path.equals(VectorFormat.STANDARD) ? VectorLineSource.of(output().in()) : VectorLineSource.of(path);
        }
        VectorImportOptions options = VectorImportOptions.DEFAULT
                .withFormat(file)
                .withFirstId(firstId == null ? 0 : firstId)
                .withShiftBytes(shiftBytes);
        return new VectorFileSource(path, file, ids == null ? options : options.withIds(ids));
    }

    /** What a new collection is created with. */
    private VectorOptions wanted(VectorSource source) throws IOException {
        int components = dimension == null ? source.dimension(settings.type()) : dimension;
        if (components == 0) {
            throw Failure.refused("there are no vectors in " + Escapes.show(path.toString())
                    + " that could tell the dimension; say it with --dimension");
        }
        if (components > VectorOptions.MAX_DIMENSION) {
            String limit = Units.count(VectorOptions.MAX_DIMENSION);
            throw Failure.refused("the vectors of " + Escapes.show(path.toString()) + " have " + Units.count(components)
                    + " components; there can be at most " + limit);
        }
        return settings.options(components);
    }

    /** What the collection must have been created with. */
    private VectorOptions present(VectorOptions options) {
        VectorOptions wanted = settings.over(options);
        return dimension == null
                ? wanted
                : new VectorOptions(
                        dimension, wanted.type(), wanted.metric(), wanted.nonFinite(), wanted.verification());
    }

    private void report(VectorFormat format, long rows, long bytes, boolean created, Duration elapsed) {
        if (json()) {
            output().json(Json.object(
                    "collection",
                    collection(),
                    "format",
                    format.toString(),
                    "rows",
                    rows,
                    "bytes",
                    bytes,
                    "created",
                    created,
                    "elapsedNanos",
                    elapsed.toNanos()));
            return;
        }
        new Table("", "")
                .row("vectors stored", Units.count(rows))
                .row("bytes of the file", Units.bytes(bytes))
                .row("time", Units.time(elapsed))
                .row("throughput", Units.bytesPerSecond(bytes, elapsed))
                .print(output());
    }
}
