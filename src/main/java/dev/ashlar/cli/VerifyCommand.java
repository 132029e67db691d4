package dev.ashlar.cli;

import dev.ashlar.Damage;
import dev.ashlar.Store;
import dev.ashlar.StoreStats;
import dev.ashlar.VerificationReport;
import dev.ashlar.VerifyOptions;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
        footer = {"  ashlar verify data", "  ashlar verify data --rate 50MB/s", "  ashlar verify data --json"})
final class VerifyCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    @Option(
            names = "--rate",
            paramLabel = "RATE",
            description = "Read no more than this per second, such as 50MB/s (default: as fast as it goes).")
    private @Nullable String rate;

    VerifyCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        VerifyOptions options = VerifyOptions.DEFAULT.withBytesPerSecond(rate == null ? 0 : parse(rate));
        VerificationReport report;
        try (Store open = store.openExisting(output())) {
            StoreStats stats = open.stats();
            long total =
                    stats.logBytes() + stats.valueFileBytes() + stats.segmentBytes() + stats.documentSegmentBytes();
            try (Progress progress = progressOption.bytes("verifying", total, output())) {
                report = open.verify(options.withProgress(progress::to));
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

    private static long parse(String rate) {
        try {
            return Units.parseRate(rate);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
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
