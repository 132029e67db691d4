package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.github.luben.zstd.EndDirective;
import com.lmax.disruptor.RingBuffer;
import dev.ashlar.io.Storage;
import java.io.File;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A process that hunts {@link Mutant}s, whose classes can be defined again because there is no module to belong to.
 * Prints a line for each: its place in the list (-1: the engine as it is), a tab, and what was noticed.
 */
final class MutantHunt {
    static final String SURVIVED = "survived";

    private MutantHunt() {}

    /**
     * What is noticed of each of the mutants.
     *
     * @param hunt a class with a public static method {@code run} that returns what it notices, or null
     */
    static List<String> inAnotherProcess(Class<?> hunt, List<Integer> mutants) throws Exception {
        String classPath = Stream.of(Storage.class, MutantHunt.class, RingBuffer.class, EndDirective.class)
                .map(type -> rootOf(type).toString())
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", // each mutant is other classes, which are not worth more
                "-Dashlar.simd=scalar",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                MutantHunt.class.getName(),
                hunt.getName()));
        mutants.forEach(mutant -> command.add(String.valueOf(mutant)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output.lines()
                .filter(line -> line.matches("-?\\d+\t.*"))
                .map(line -> line.substring(line.indexOf('\t') + 1))
                .toList();
    }

    private static Path rootOf(Class<?> type) {
        String resource = '/' + type.getName().replace('.', '/') + ".class";
        String url = String.valueOf(type.getResource(resource));
        String root = url.substring(0, url.length() - resource.length());
        return Path.of(URI.create(root.startsWith("jar:") ? root.substring(4, root.length() - 1) : root + "/"));
    }

    public static void main(String[] arguments) throws Exception {
        List<Mutant> mutants = new ArrayList<>(Mutant.all());
        mutants.addAll(VectorMutants.all());
        mutants.addAll(DocumentMutants.all());
        for (int i = 1; i < arguments.length; i++) {
            int number = Integer.parseInt(arguments[i]);
            ClassLoader engine = BrokenEngine.of(number < 0 ? null : mutants.get(number));
            Object noticed = engine.loadClass(arguments[0]).getMethod("run").invoke(null);
            System.out.println(number + "\t" + (noticed == null ? SURVIVED : noticed));
        }
    }
}
