package dev.ashlar.cli;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreStats;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ashlar stat}: figures of a store, and what opening it found. */
@Command(
        name = "stat",
        header = "Shows what a store holds and how much room it takes.",
        description = "Also shows what recovery found when the store was opened just now.",
        footer = {"  ashlar stat data", "  ashlar stat data --json | jq .stats.liveBytes"})
final class StatCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    StatCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store.openExisting(output())) {
            List<Map<String, Object>> keyspaces = new ArrayList<>();
            Table table = new Table("keyspace", "keys", "alignment");
            for (String name : open.keyspaces()) {
                Keyspace keyspace = open.keyspace(name);
                long keys = keyspace.size();
                keyspaces.add(Json.of(name, keys, keyspace.options()));
                table.row(
                        Escapes.show(name),
                        Units.count(keys),
                        keyspace.options().alignment());
            }
            if (json()) {
                output().json(Json.object(
                        "directory", open.directory().toString(),
                        "id", open.id().toString(),
                        "stats", Json.of(open.stats()),
                        "keyspaces", keyspaces,
                        "vectorCollections", VectorsListCommand.describe(open),
                        "documentCollections", DocumentsListCommand.describe(open),
                        "recovery", Json.of(open.recovery())));
                return ExitCode.OK;
            }
            figures(open).print(output());
            output().line("");
            table.print(output());
            output().line("");
            if (!open.vectorCollections().isEmpty()) {
                VectorsListCommand.table(open).print(output());
                output().line("");
            }
            if (!open.documentCollections().isEmpty()) {
                DocumentsListCommand.table(open).print(output());
                output().line("");
            }
            RecoveryTable.of(open.recovery()).print(output());
        }
        return ExitCode.OK;
    }

    private static Table figures(Store open) {
        StoreStats stats = open.stats();
        return new Table("store", "<" + Escapes.show(open.directory().toString()))
                .row("id", open.id())
                .row("keys", Units.count(stats.records()))
                .row("live records", Units.bytes(stats.liveBytes()))
                .row("log", Units.bytes(stats.logBytes()) + " in " + files(stats.chunks()))
                .row("value files", Units.bytes(stats.valueFileBytes()) + " in " + files(stats.valueFiles()))
                .row("segments of vectors", Units.bytes(stats.segmentBytes()) + " in " + files(stats.segments()))
                .row(
                        "segments of documents",
                        Units.bytes(stats.documentSegmentBytes()) + " in " + files(stats.documentSegments()))
                .row("retired, not yet gone", Units.bytes(stats.retiredBytes()))
                .row("indexes in memory", Units.bytes(stats.indexBytes()))
                .row("end of the log (LSN)", stats.appendedLsn())
                .row("durable up to (LSN)", stats.durableLsn())
                .row("replay from (LSN)", stats.checkpointLsn())
                .row("storage", stats.storage())
                .row("kernels", stats.simd());
    }

    private static String files(int number) {
        return Units.count(number) + (number == 1 ? " file" : " files");
    }
}
