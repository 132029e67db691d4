package dev.ashlar.cli;

import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorStats;
import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ashlar vectors stat}: figures of a collection. */
@Command(
        name = "stat",
        header = "Shows what a vector collection is and what it consists of.",
        description = "Rows are in segments, where they are searched fastest, or still in the log alone.",
        footer = {"  ashlar vectors stat data points", "  ashlar vectors stat data points --json | jq .stats.rows"})
final class VectorsStatCommand extends VectorsAction {
    VectorsStatCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            VectorCollection source = existing(open);
            VectorOptions options = source.options();
            VectorStats stats = source.stats();
            if (json()) {
                Map<String, Object> members = VectorSettings.describe(collection(), options);
                members.put("rowBytes", options.rowBytes());
                members.put("stride", options.stride());
                members.put("stats", Json.of(stats));
                output().json(members);
                return ExitCode.OK;
            }
            new Table("", "<")
                    .row("vector collection", Escapes.show(collection()))
                    .row("rows", Units.count(stats.rows()))
                    .row("dimension", Units.count(options.dimension()))
                    .row("type", VectorSettings.show(options.type()))
                    .row("metric", VectorSettings.show(options.metric()))
                    .row("NaN and infinities", VectorSettings.show(options.nonFinite()))
                    .row("bytes of a row", Units.count(options.rowBytes()))
                    .row("and with its padding", Units.count(options.stride()))
                    .row("rows in the log alone", Units.count(stats.pendingRows()))
                    .row("segments", Units.count(stats.segments()) + ", " + Units.bytes(stats.segmentBytes()))
                    .row("rows in segments", Units.count(stats.segmentRows()))
                    .row("dead ones among them", Units.count(stats.deadRows()))
                    .print(output());
        }
        return ExitCode.OK;
    }
}
