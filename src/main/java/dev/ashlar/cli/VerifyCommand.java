package dev.ashlar.cli;

import dev.ashlar.Damage;
import dev.ashlar.Store;
import dev.ashlar.StoreStats;
import dev.ashlar.VerificationReport;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ashlar verify}: reads everything and compares every checksum. */
@Command(
        name = "verify",
        header = "Reads everything, compares every checksum, and lists what is damaged.",
        description = {
            "Reads every record of the log and every value file, compares every checksum, and lists each damaged one "
                    + "(exit code 2). It repairs nothing and changes nothing.",
            "",
            "What is damaged costs itself only: everything else can be read, 'ashlar list' shows which keys are there, and "
                    + "writing a key again replaces its damaged value."
        },
        footer = {"  ashlar verify data", "  ashlar verify data --json"})
final class VerifyCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    VerifyCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        VerificationReport report;
        try (Store open = store.openExisting(output())) {
            StoreStats stats = open.stats();
            long total = stats.logBytes() + stats.valueFileBytes();
            try (Progress progress = progressOption.bytes("verifying", total, output())) {
                report = open.verify(progress::to);
                // Chunks are allocated ahead, and what is not written yet is not read.
                progress.to(total);
            }
        }
        if (json()) {
            output().json(Json.of(report));
        } else {
            print(report);
        }
        return report.intact() ? ExitCode.OK : ExitCode.REFUSED;
    }

    private void print(VerificationReport report) {
        for (Damage damage : report.damaged()) {
            output().line("damaged: " + StoreArgument.show(damage));
        }
        new Table("", "")
                .row("intact records", Units.count(report.records()))
                .row("damaged", Units.count(report.damaged().size()))
                .row("read", Units.bytes(report.bytes()))
                .row("time", Units.time(report.elapsed()))
                .row("throughput", Units.bytesPerSecond(report.bytes(), report.elapsed()))
                .print(output());
    }
}
