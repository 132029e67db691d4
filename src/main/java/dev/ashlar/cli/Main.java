package dev.ashlar.cli;

import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Where the launcher starts. {@link AshlarCommand} knows the commands. */
public final class Main {
    private Main() {}

    public static void main(String[] arguments) {
        int exitCode;
        try {
            // Not System.out: a PrintStream hides errors, and half an output must not look like all of it.
            exitCode = run(
                    System.in,
                    new FileOutputStream(FileDescriptor.out),
                    new FileOutputStream(FileDescriptor.err),
                    onTerminal(),
                    arguments);
        } catch (NoClassDefFoundError e) {
            System.err.println("ashlar: a library of the command line is missing (" + e.getMessage()
                    + "). Start it with the launcher 'ashlar', or put the jars of target/lib on the module path.");
            exitCode = ExitCode.DEFECT;
        }
        System.exit(exitCode);
    }

    /**
     * Runs one command.
     *
     * @param terminal standard input and output are a terminal
     * @return the exit code
     */
    static int run(InputStream in, OutputStream out, OutputStream err, boolean terminal, String... arguments) {
        Output output = new Output(in, out, err, terminal);
        try {
            CommandLine commandLine = AshlarCommand.commandLine(output);
            int exitCode = commandLine.execute(arguments);
            if (exitCode == ExitCode.OK) {
                // For what picocli prints; a command flushes its own output, and what has failed is reported by now.
                output.flush();
            }
            return exitCode;
        } catch (NoClassDefFoundError e) {
            throw e;
        } catch (Exception | Error e) {
            // Errors of the JVM do not reach picocli's handlers.
            return Errors.report(e, java.util.Arrays.asList(arguments).contains("--debug"), output);
        }
    }

    // Null is what Java 25 says again where there is no terminal; releases 22 to 24 never did.
    @SuppressWarnings("SystemConsoleNull")
    private static boolean onTerminal() {
        @Nullable Console console = System.console();
        return console != null && console.isTerminal();
    }
}
