package dev.ashlar.cli;

import dev.ashlar.CompactionEstimate;
import dev.ashlar.CompactionReport;
import dev.ashlar.Store;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ashlar compact}: gives back the space of what was overwritten and deleted. */
@Command(
        name = "compact",
        header = "Gives the space of overwritten and deleted values back.",
        description = {
            "Compacts wherever that is worth the copying. An open store does this by itself, now and then; after large deletions one may want it at once."
        },
        footer = {"  ashlar compact data", "  ashlar compact data --dry-run", "  ashlar compact data --json"})
final class CompactCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Option(names = "--dry-run", description = "say what it would save, and do not do it")
    private boolean dryRun;

    CompactCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store.openExisting(output())) {
            if (dryRun) {
                estimate(open.estimateCompaction());
                return ExitCode.OK;
            }
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

    private void estimate(CompactionEstimate estimate) throws IOException {
        if (json()) {
            output().json(Json.object(
                    "chunks", estimate.chunks(),
                    "records", estimate.records(),
                    "bytesToRelocate", estimate.bytesToRelocate(),
                    "bytesToFree", estimate.bytesToFree(),
                    "bytesSaved", estimate.bytesSaved()));
        } else {
            new Table("", "")
                    .row("chunks to give back", Units.count(estimate.chunks()))
                    .row("their size", Units.bytes(estimate.bytesToFree()))
                    .row("records to move", Units.count(estimate.records()))
                    .row("bytes to move", Units.bytes(estimate.bytesToRelocate()))
                    .row("space saved", Units.bytes(estimate.bytesSaved()))
                    .print(output());
        }
    }
}
