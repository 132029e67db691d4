package dev.ashlar.cli;

import dev.ashlar.CompactionReport;
import dev.ashlar.Store;
import java.io.IOException;

/** Gives back the space of what the mixed load has overwritten. */
final class CompactStep {
    private CompactStep() {}

    static void run(Store store, QuickstartReport report) throws IOException {
        report.tell("compacting");
        CompactionReport compaction = store.compact();
        report.measured(
                "compact: records and bytes moved",
                compaction.records(),
                compaction.bytesRelocated(),
                compaction.elapsed(),
                null);
        report.fact("compactionBytesFreed", compaction.bytesFreed());
        report.found("compaction gave back " + Units.bytes(compaction.bytesFreed()) + " in " + compaction.chunks()
                + " chunks of the log (the background may have been there before)");
    }
}
