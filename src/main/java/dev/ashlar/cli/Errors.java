package dev.ashlar.cli;

import dev.ashlar.AshlarException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns whatever a command throws into one message and an exit code; a stack trace appears only with --debug. */
final class Errors {
    private Errors() {}

    static int usage(ParameterException problem, Output output) {
        CommandLine command = problem.getCommandLine();
        output.error(describe(problem));
        UnmatchedArgumentException.printSuggestions(problem, command.getErr());
        output.note("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        return ExitCode.USAGE;
    }

    static int report(Throwable thrown, boolean debug, Output output) {
        Throwable problem = unwrap(thrown);
        if (problem instanceof OutputClosedException) {
            return ExitCode.OUTPUT_CLOSED;
        }
        int exitCode = switch (problem) {
            case Failure failure -> failure.exitCode();
            case AshlarException _, IOException _ -> ExitCode.REFUSED;
            default -> ExitCode.DEFECT;
        };
        output.error(exitCode == ExitCode.DEFECT ? defect(problem, debug) : describe(problem));
        if (debug) {
            output.stackTrace(problem);
        }
        return exitCode;
    }

    /** The cause in words. The messages of file system exceptions are often nothing but the name of the file. */
    static String describe(Throwable thrown) {
        Throwable problem = unwrap(thrown);
        if (problem instanceof FileSystemException refused && refused.getFile() != null) {
            return Escapes.show(refused.getFile()) + ": " + reason(refused);
        }
        String message = problem.getMessage();
        return message == null || message.isBlank() ? problem.getClass().getSimpleName() : message;
    }

    private static String reason(FileSystemException refused) {
        return switch (refused) {
            case NoSuchFileException _ -> "no such file or directory";
            case AccessDeniedException _ -> "permission denied";
            case NotDirectoryException _ -> "not a directory";
            case FileAlreadyExistsException _ -> "exists already";
            case DirectoryNotEmptyException _ -> "the directory is not empty";
            case FileSystemLoopException _ -> "a symbolic link leads back to a directory above it";
            default -> refused.getReason() == null ? "the operating system refused" : refused.getReason();
        };
    }

    private static String defect(Throwable problem, boolean debug) {
        if (problem instanceof OutOfMemoryError) {
            return "out of memory: " + problem.getMessage()
                    + ". Give the Java process more of it, for instance with JDK_JAVA_OPTIONS=-Xmx2g.";
        }
        return "unexpected " + problem.getClass().getName() + ": " + problem.getMessage()
                + ". This is a defect of Ashlar; what was acknowledged before is in the store. "
                + (debug
                        ? "Please report it with what follows."
                        : "Run it again with --debug and report what that prints.");
    }

    private static Throwable unwrap(Throwable thrown) {
        Throwable problem = thrown;
        while (isWrapper(problem)) {
            @Nullable Throwable cause = problem.getCause();
            if (cause == null) {
                return problem;
            }
            problem = cause;
        }
        return problem;
    }

    private static boolean isWrapper(Throwable problem) {
        return problem instanceof ExecutionException
                || problem instanceof CompletionException
                || problem instanceof CommandLine.ExecutionException
                || problem instanceof UncheckedIOException;
    }
}
