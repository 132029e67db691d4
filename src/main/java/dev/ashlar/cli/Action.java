package dev.ashlar.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What all commands have in common: their output, the options that each of them knows, and the exit codes. */
@Command(
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false,
        exitCodeOnInvalidInput = ExitCode.USAGE,
        exitCodeOnExecutionException = ExitCode.DEFECT,
        synopsisHeading = "%nUsage: ",
        descriptionHeading = "%n",
        optionListHeading = "%nOptions:%n",
        parameterListHeading = "%nArguments:%n",
        commandListHeading = "%nCommands:%n",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            " 0:done",
            " 1:no such store, keyspace, key or file",
            " 2:damaged data, or refused: locked, foreign, full, unreadable",
            "64:the command line makes no sense",
            "70:a defect of Ashlar"
        },
        footerHeading = "%nExamples:%n")
abstract class Action implements Callable<Integer> {
    @Option(names = "--json", description = "Print the result as JSON: plain numbers, bytes and nanoseconds.")
    private boolean json;

    @Option(names = "--debug", description = "Print the stack trace of an error too.")
    private boolean debug;

    private final Output output;

    Action(Output output) {
        this.output = output;
    }

    /** Does the work. @return the exit code */
    abstract int run() throws Exception;

    @Override
    public final Integer call() throws Exception {
        int exitCode = run();
        output.flush();
        return exitCode;
    }

    final Output output() {
        return output;
    }

    final boolean json() {
        return json;
    }

    final boolean debug() {
        return debug;
    }
}
