package dev.ashlar.cli;

import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ashlar quickstart}: everything that matters, once, on real input. */
@Command(
        name = "quickstart",
        header = "Shows Ashlar at work on the sources of your JDK, and checks all of it.",
        description = {
            "On the sources of the Java that runs it (lib/src.zip, or jrt:/ where that is missing), it stores every file with a vector of its words, reads all of it back in place and compares it with the original; "
                    + "searches for the files that are most like a well-known one; makes a document of each Java file, "
                    + "commits them in two phases and reads them back; writes "
                    + "telemetry and reads its numbers straight from mapped memory; lets a writer and a reader work "
                    + "side by side and measures their latencies; kills a writing process (SIGKILL) and checks that "
                    + "recovery has every write that it had acknowledged; verifies every checksum.",
            "",
            "It fails (exit code 2) if anything is not as it must be. Have 2 GiB of room on the disk for it."
        },
        footer = {
            "  ashlar quickstart",
            "  ashlar quickstart --dir=demo        keep the store, to look into it with the other commands",
            "  ashlar quickstart --json --seconds=10"
        })
final class QuickstartCommand extends Action {
    private static final int MAX_SECONDS = 3600;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = {
                "Directory for the store, which is kept: absent, empty, or from an earlier quickstart.",
                "Without it the store is in a temporary directory and deleted at the end."
            })
    private @Nullable Path directory;

    @Option(
            names = "--source",
            paramLabel = "PATH",
            description = "Store this file, directory, zip or jar instead of the sources of the JDK.")
    private @Nullable Path source;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            description = "How long the mixed load and the writing process run, each (default: ${DEFAULT-VALUE}).")
    private int seconds = 3;

    @Mixin
    private ProgressOption progressOption = new ProgressOption();

    QuickstartCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws Exception {
        if (seconds < 1 || seconds > MAX_SECONDS) {
            throw Failure.usage("--seconds is " + seconds + "; it must be from 1 to " + MAX_SECONDS);
        }
        if (source != null && !Files.exists(source)) {
            throw Failure.notFound("there is no file or directory " + Escapes.show(source.toString()));
        }
        try (QuickstartDirectory place = QuickstartDirectory.of(directory)) {
            QuickstartReport report = new QuickstartReport(output(), json());
            report.begin(place);
            fill(place.path(), report);
            CrashStep crash = new CrashStep(seconds, report);
            crash.killWriter(place.path());
            try (Store store = Store.open(place.path())) {
                crash.check(store);
                VerifyStep.run(store, place.path(), progressOption, report);
            }
            report.end(place);
        }
        return ExitCode.OK;
    }

    private void fill(Path place, QuickstartReport report) throws Exception {
        boolean create = StoreArgument.isAbsentOrEmpty(place);
        try (Store store = Store.open(place, StoreOptions.DEFAULT.withCreate(create))) {
            QuickstartDirectory.requireOwn(store);
            try (FilesStep files = FilesStep.of(source, place)) {
                files.run(store, progressOption, report);
            }
            LikenessStep.run(store, report);
            DocumentsStep.run(store, report);
            TypedReadsStep.run(store, report);
            new MixedLoadStep(store, seconds).run(report);
            CompactStep.run(store, report);
        }
    }
}
