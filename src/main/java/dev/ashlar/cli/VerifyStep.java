package dev.ashlar.cli;

import dev.ashlar.Store;
import dev.ashlar.StoreStats;
import dev.ashlar.VerificationReport;
import java.io.IOException;
import java.nio.file.Path;

/** Reads every record once more and compares every checksum; then looks at the files. */
final class VerifyStep {
    private VerifyStep() {}

    static void run(Store store, Path place, ProgressOption progressOption, QuickstartReport report)
            throws IOException {
        report.tell("verifying every checksum");
        StoreStats stats = store.stats();
        VerificationReport verification;
        long total = stats.logBytes() + stats.valueFileBytes() + stats.segmentBytes() + stats.documentSegmentBytes();
        try (Progress progress = progressOption.bytes("verifying", total, report.output())) {
            verification = store.verify(progress::to);
            progress.to(total);
        }
        if (!verification.intact()) {
            throw Failure.refused(
                    "damaged: " + StoreArgument.show(verification.damaged().getFirst()));
        }
        report.measured(
                "verify every record of the log",
                verification.records(),
                verification.bytes(),
                verification.elapsed(),
                null);
        report.found(Units.count(verification.records()) + " records of the log verified: none is damaged");
        report.verified(verification, store.stats(), FileSizes.of(place));
    }
}
