package dev.ashlar.stress;

import com.lmax.disruptor.RingBuffer;
import com.sun.jna.Library;
import com.sun.jna.platform.FileUtils;
import dev.ashlar.io.Storage;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import joptsimple.OptionParser;
import org.openjdk.jcstress.Main;

/**
 * Runs jcstress in a process of its own, as it is meant to be: from the class path, since it finds its tests by the list
 * that its annotation processor has left there, and starts further processes with that class path itself.
 */
final class Jcstress {
    private static final Pattern VERDICT =
            Pattern.compile("\\[(OK|FAILED|ERROR|TIMEOUT|CRASH\\w*)] (dev\\.ashlar\\.\\S+)");

    /** What a process printed. */
    record Run(int exitCode, List<String> passed, List<String> failed, String output, String command) {
        String describe() {
            return "jcstress: exit code " + exitCode + ", passed " + passed + ", failed " + failed
                    + "\nAgain, after mvn -B -ntp test-compile:\n" + command + "\n" + output;
        }
    }

    private final Path directory;
    private final List<String> options;
    private Path broken;

    /** @param directory for everything that it leaves behind */
    Jcstress(Path directory, String... options) {
        this.directory = directory;
        this.options = List.of(options);
    }

    /** Takes classes from there that are not the engine's own. */
    Jcstress withClassesFrom(Path edited) {
        broken = edited;
        return this;
    }

    /** @param tests a regular expression over the names of tests */
    Run run(String tests) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of(java, "-Xmx256m", "-cp", classPath(), Main.class.getName()));
        command.addAll(
                List.of("-v", "-t", tests, "-r", directory.resolve("report").toString()));
        // Pinning threads to processors would need native access of its own, and gains nothing where others run too.
        command.addAll(List.of("-af", "NONE", "-pth", "false"));
        command.addAll(options);
        command.addAll(List.of(
                "-jvmArgs",
                "--add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -Xmx512m -Djava.io.tmpdir="
                        + Files.createTempDirectory(directory, "data")));
        Path log = Files.createTempFile(directory, "jcstress", ".log");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            process.waitFor(2, TimeUnit.HOURS);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        String output = Files.readString(log, StandardCharsets.UTF_8);
        return new Run(process.waitFor(), verdicts(output, true), verdicts(output, false), output, quoted(command));
    }

    private static List<String> verdicts(String output, boolean passed) {
        return VERDICT.matcher(output)
                .results()
                .filter(result -> result.group(1).equals("OK") == passed)
                .map(result -> result.group(2))
                .distinct()
                .toList();
    }

    private static String quoted(List<String> command) {
        return command.stream()
                .map(word -> word.matches("[\\w./:=-]+") ? word : "'" + word + "'")
                .collect(Collectors.joining(" "));
    }

    private String classPath() {
        Stream<Path> roots = Stream.of(
                        Storage.class,
                        Jcstress.class,
                        RingBuffer.class,
                        Main.class,
                        OptionParser.class,
                        Library.class,
                        FileUtils.class)
                .map(Jcstress::rootOf);
        return Stream.concat(Stream.ofNullable(broken), roots)
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** By the resource and not by the code source, which is the module's for tests that are patched into it. */
    private static Path rootOf(Class<?> type) {
        String resource = '/' + type.getName().replace('.', '/') + ".class";
        String url = String.valueOf(type.getResource(resource));
        String root = url.substring(0, url.length() - resource.length());
        return Path.of(URI.create(root.startsWith("jar:") ? root.substring(4, root.length() - 1) : root + "/"));
    }
}
