package dev.ashlar.cli;

import dev.ashlar.CompactionReport;
import dev.ashlar.Store;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ashlar compact}: gives back the space of what was overwritten and deleted. */
@Command(
        name = "compact",
        header = "Gives the space of overwritten and deleted values back.",
        description = {
            "Compacts wherever that is worth the copying. An open store does this by itself, now and then; after large deletions one may want it at once."
        },
        footer = {"  ashlar compact data", "  ashlar compact data --json"})
final class CompactCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    CompactCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store.openExisting(output())) {
            long before = open.stats().logBytes() + open.stats().valueFileBytes();
            CompactionReport report = open.compact();
            long after = open.stats().logBytes() + open.stats().valueFileBytes();
            if (json()) {
                output().json(Json.object(
                        "chunks", report.chunks(),
                        "records", report.records(),
                        "bytesRelocated", report.bytesRelocated(),
                        "bytesFreed", report.bytesFreed(),
                        "bytesBefore", before,
                        "bytesAfter", after,
                        "elapsedNanos", report.elapsed().toNanos()));
            } else {
                new Table("", "")
                        .row("chunks given back", Units.count(report.chunks()))
                        .row("space given back", Units.bytes(report.bytesFreed()))
                        .row("records moved", Units.count(report.records()))
                        .row("bytes moved", Units.bytes(report.bytesRelocated()))
                        .row("size before", Units.bytes(before))
                        .row("size after", Units.bytes(after))
                        .row("time", Units.time(report.elapsed()))
                        .print(output());
            }
        }
        return ExitCode.OK;
    }
}
