package dev.ashlar.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --progress}. */
final class ProgressOption {
    @Option(
            names = "--progress",
            negatable = true,
            description = "Show a progress bar on standard error, or none (default: if this is a terminal).")
    private @Nullable Boolean wanted;

    /** A bar over an amount of bytes, to be closed at its end; without a terminal it shows nothing. */
    Progress bytes(String task, long total, Output output) {
        return wanted(output) ? Progress.bytes(task, total, output.err()) : Progress.NONE;
    }

    boolean wanted(Output output) {
        return wanted == null ? output.terminal() : wanted;
    }
}
