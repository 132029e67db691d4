package dev.ashlar.failures;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * The reader in C: builds it from {@code native} into {@code target}, with sanitizers where the compiler has them, and
 * runs it. A test that asks for it where there is no C compiler is skipped and says so.
 */
public final class NativeReader {
    /** What a run of a program left. */
    public record Run(int exit, byte[] output, String errors) {
        String text() {
            return new String(output, StandardCharsets.UTF_8);
        }
    }

    private static final Path BUILD = Path.of("target", "native").toAbsolutePath();
    private static final long SECONDS = 120;
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final String MISSING =
            "SKIPPED: there is no C compiler (cc) or no make, so the reader in C is not compared with the engine";

    private static NativeReader built;
    private static boolean missing;

    private final Path programs;

    private NativeReader(Path programs) {
        this.programs = programs;
    }

    /** The reader, built at the first call. */
    public static synchronized NativeReader get() {
        if (built == null && !missing) {
            missing = !works("cc", "--version") || !works("make", "--version");
            if (missing) {
                System.err.println(MISSING);
            } else {
                built = build();
            }
        }
        Assumptions.assumeFalse(missing, MISSING);
        return built;
    }

    private static NativeReader build() {
        boolean sanitizers = hasSanitizers();
        if (!sanitizers) {
            System.err.println("the reader in C is built without sanitizers: the compiler has none");
        }
        Run make = run(List.of("make", "-j2", "-C", "native", "BUILD=" + BUILD, sanitizers ? "sanitized" : "all"));
        if (make.exit != 0) {
            throw new AssertionError("the reader in C does not build:\n" + make.text() + make.errors);
        }
        return new NativeReader(sanitizers ? BUILD.resolve("sanitized") : BUILD);
    }

    private static boolean works(String... command) {
        try {
            return run(List.of(command)).exit == 0;
        } catch (UncheckedIOException e) {
            return false; // there is no such program
        }
    }

    private static boolean hasSanitizers() {
        try {
            Files.createDirectories(BUILD);
            Path source = Files.writeString(BUILD.resolve("probe.c"), "int main(void) { return 0; }\n");
            String probe = BUILD.resolve("probe").toString();
            return works("cc", "-fsanitize=address,undefined", "-o", probe, source.toString()) && works(probe);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs one of the programs. */
    Run run(String program, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(programs.resolve(program).toString()));
        command.addAll(arguments);
        return run(command);
    }

    /** Runs {@code ashlar-cat} on stores; each has a line of the output. */
    public List<JsonNode> json(List<String> command, List<Path> stores) {
        List<String> arguments = new ArrayList<>(command);
        stores.forEach(store -> arguments.add(store.toString()));
        Run run = run("ashlar-cat", arguments);
        List<JsonNode> lines = new ArrayList<>();
        try {
            for (String line : run.text().lines().toList()) {
                lines.add(JSON.readTree(line));
            }
        } catch (IOException e) {
            throw new AssertionError(e.getMessage() + run.errors, e);
        }
        if (lines.size() != stores.size() || run.exit < 0 || run.exit > 2 || !run.errors.isEmpty()) {
            throw new AssertionError(arguments + " ended with " + run.exit + ":\n" + run.errors);
        }
        return lines;
    }

    private static Run run(List<String> command) {
        Path errors = null;
        try {
            errors = Files.createTempFile("ashlar-native-", ".err");
            Process process =
                    new ProcessBuilder(command).redirectError(errors.toFile()).start();
            process.getOutputStream().close();
            byte[] output = process.getInputStream().readAllBytes();
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(command + " does not end");
            }
            return new Run(process.exitValue(), output, Files.readString(errors));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            if (errors != null) {
                errors.toFile().delete();
            }
        }
    }
}
