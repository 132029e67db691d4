package dev.ashlar.cli;

import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorQuery;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar vectors search}: the nearest rows. */
@Command(
        name = "search",
        header = "Finds the vectors that are nearest to one.",
        description = {
            "Compares it with all of them, exactly, and prints ids and scores, the nearest first; of equally near ones that "
                    + "with the lower id. Which scores are near depends on the metric: the highest of cosine, dot-product "
                    + "and jaccard, the lowest of squared-euclidean and hamming.",
            "With --like ID, it is the vector of that row, which is then not among the results."
        },
        footer = {
            "  ashlar vectors search data points '[0.5,-1,2]' -k 3",
            "  ashlar vectors search data words --like 42",
            "  ashlar vectors search data words --like=-7 --among 1,2,3,5,8",
            "  ashlar vectors search data words --like 42 --json | jq '.hits[].id'"
        })
final class VectorsSearchCommand extends VectorsAction {
    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "VECTOR",
            description = "A JSON array, or of bits hexadecimal digits.")
    private @Nullable String vector;

    @Option(names = "--like", paramLabel = "ID", description = "Search for what is near to this row.")
    private @Nullable Long like;

    @Option(names = "-k", paramLabel = "K", description = "How many rows (default: ${DEFAULT-VALUE}).")
    private int count = 10;

    @Option(
            names = "--among",
            paramLabel = "ID",
            split = ",",
            description = "Only these rows, separated by commas. Ids that are not there are passed over.")
    private long @Nullable [] among;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "How many threads search (default: as many as there are processors).")
    private int threads;

    VectorsSearchCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if ((vector == null) == (like == null)) {
            throw Failure.usage("search for either a VECTOR or --like ID");
        }
        VectorQuery settings;
        try {
            settings = VectorQuery.of(MemorySegment.NULL).k(count).parallelism(threads);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
        try (Store open = store().openExisting(output())) {
            VectorCollection source = existing(open);
            VectorQuery query =
                    new VectorQuery(target(source), count, filter(), among, settings.parallelism(), null, null);
            long start = System.nanoTime();
            List<VectorHit> hits;
            try {
                hits = source.search(query);
            } catch (IllegalArgumentException e) {
                throw Failure.usage(Errors.describe(e));
            }
            print(source, hits, Duration.ofNanos(System.nanoTime() - start));
        }
        return ExitCode.OK;
    }

    private MemorySegment target(VectorCollection source) throws IOException {
        if (like != null) {
            MemorySegment row = source.get(like);
            if (row == null) {
                throw noSuchRow(like);
            }
            return row;
        }
        return VectorArgument.row(vector == null ? "" : vector, source.options());
    }

    private java.util.function.@Nullable LongPredicate filter() {
        if (like == null) {
            return null;
        }
        long itself = like;
        return id -> id != itself;
    }

    private void print(VectorCollection source, List<VectorHit> hits, Duration elapsed) {
        Metric metric = source.options().metric();
        if (json()) {
            List<Map<String, Object>> described = hits.stream()
                    .map(hit -> Json.object("id", hit.id(), "score", hit.score(), "version", hit.version()))
                    .toList();
            output().json(Json.object(
                    "collection",
                    collection(),
                    "metric",
                    VectorSettings.show(metric),
                    "hits",
                    described,
                    "elapsedNanos",
                    elapsed.toNanos()));
            return;
        }
        Table table = new Table("id", VectorSettings.show(metric));
        for (VectorHit hit : hits) {
            table.row(hit.id(), metric == Metric.HAMMING ? Long.toString((long) hit.score()) : hit.score());
        }
        table.print(output());
    }
}
