package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.lmax.disruptor.RingBuffer;
import dev.ashlar.io.Storage;
import java.io.File;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The rig is itself tested: it has to notice every {@link Mutant}, and has to find nothing in the engine as it is. The
 * table in {@code docs/DURABILITY.md} is written by {@code mvn -B -ntp test -Dtest=MutantTest -Dashlar.sim.docs=write}.
 */
class MutantTest {
    private static final int HISTORIES = 10;

    @Test
    @DisplayName("Every engine that is broken on purpose is noticed, and the engine as it is comes out unharmed")
    void everyBrokenEngineIsNoticed() throws Exception {
        List<Mutant> mutants = Mutant.all();
        List<String> results = hunt();
        assertEquals(mutants.size() + 1, results.size(), () -> String.join("\n", results));
        assertEquals(MutantHunt.SURVIVED, results.getFirst(), "the engine as it is");
        List<String> noticed = results.subList(1, results.size());
        String survivors = IntStream.range(0, mutants.size())
                .filter(i -> noticed.get(i).equals(MutantHunt.SURVIVED))
                .mapToObj(i -> i + ": an engine that " + mutants.get(i).does())
                .collect(Collectors.joining("\n"));
        assertTrue(survivors.isEmpty(), () -> "not noticed:\n" + survivors);
        if ("write".equals(System.getProperty("ashlar.sim.docs"))) {
            KillTable.write(mutants, noticed);
        }
        assertEquals(
                mutants.stream().map(Mutant::does).toList(),
                KillTable.named(),
                "docs/DURABILITY.md is out of date; write it with -Dashlar.sim.docs=write");
    }

    /** In a process of its own, whose classes can be defined again without a module to belong to. */
    private static List<String> hunt() throws Exception {
        String classPath = Stream.of(Storage.class, MutantHunt.class, RingBuffer.class)
                .map(type -> rootOf(type).toString())
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-Dashlar.simd=scalar",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath,
                MutantHunt.class.getName(),
                String.valueOf(HISTORIES));
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
}
