package dev.ashlar.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.EndDirective;
import com.lmax.disruptor.RingBuffer;
import dev.ashlar.Store;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/**
 * A JVM that a test starts: it starts quickly, what it says goes to a file and so is never lost nor waited for, a crash of
 * the JVM itself is noticed, and it ends with the test at the latest.
 */
public final class ChildJava implements AutoCloseable {
    /** How a process ends that was killed. */
    public static final int KILLED = 128 + 9;

    /** Longer than any child goes on by itself, however late it starts. */
    private static final Duration BOUND = Duration.ofMinutes(4);

    private final Process process;
    private final Path directory;

    private ChildJava(Process process, Path directory) {
        this.process = process;
        this.directory = directory;
    }

    /** The command that starts a JVM with the project's classes on its class path; flags and a class's name follow. */
    public static List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto", "-XX:-UsePerfData"));
        command.addAll(List.of("-XX:-CreateCoredumpOnCrash", "-cp", classPath()));
        return command;
    }

    private static String classPath() {
        return String.join(
                File.pathSeparator,
                rootOf(Store.class),
                rootOf(ChildJava.class),
                rootOf(RingBuffer.class),
                rootOf(EndDirective.class));
    }

    /**
     * The flags that have a child load its classes from a jar. It is open all the time, so that a class can be loaded when
     * no file can be opened.
     */
    static List<String> fromJar(Path directory) throws IOException {
        Path jar = directory.resolve("classes.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (String root : List.of(rootOf(Store.class), rootOf(ChildJava.class))) {
                add(out, Path.of(root));
            }
        }
        return List.of(
                "-cp",
                String.join(File.pathSeparator, jar.toString(), rootOf(RingBuffer.class), rootOf(EndDirective.class)));
    }

    private static void add(JarOutputStream out, Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root.resolve("dev"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(new ZipEntry(root.relativize(file).toString()));
                Files.copy(file, out);
            }
        }
    }

    /** By the resource and not by the code source, which is the module's for tests that are patched into it. */
    private static String rootOf(Class<?> type) {
        String resource = '/' + type.getName().replace('.', '/') + ".class";
        String url = String.valueOf(type.getResource(resource));
        String root = url.substring(0, url.length() - resource.length());
        boolean jar = root.startsWith("jar:");
        return Path.of(URI.create(jar ? root.substring("jar:".length(), root.length() - 1) : root + "/"))
                .toString();
    }

    /**
     * Starts one.
     *
     * @param directory for what it says, and what the JVM says when it crashes
     * @param wrapper what the command is given to, such as {@code bash -c '... && exec "$@"' bash}; or empty
     */
    public static ChildJava start(
            Path directory, List<String> wrapper, List<String> flags, Class<?> main, Object... arguments)
            throws IOException {
        Files.createDirectories(directory);
        List<String> command = new ArrayList<>(wrapper);
        command.addAll(command());
        command.addAll(flags);
        command.add("-XX:ErrorFile=" + directory.resolve("hs_err.log"));
        command.add(main.getName());
        Stream.of(arguments).map(Object::toString).forEach(command::add);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
        return new ChildJava(process, directory);
    }

    /** All that it has said so far. */
    public String output() {
        try {
            return Files.readString(directory.resolve("output"), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** As {@code kill -9} does it. */
    public void kill() {
        process.destroyForcibly();
    }

    /** Waits until it has ended, and returns how; that it did, and without a crash of the JVM, is asserted. */
    public int end() throws InterruptedException {
        assertTrue(process.waitFor(BOUND.toSeconds(), TimeUnit.SECONDS), () -> "it does not end: " + output());
        assertTrue(Files.notExists(directory.resolve("hs_err.log")), () -> "the JVM crashed: " + output());
        return process.exitValue();
    }

    /** Waits until it has ended well, and returns what it said. */
    public String answer() throws InterruptedException {
        assertEquals(0, end(), this::output);
        return output().strip();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        process.onExit().join();
    }
}
