package dev.ashlar.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * What JMH does not fit: work on a whole store, latency of one thread while others are busy. Each part runs in a process
 * of its own, measures Ashlar and its floor by turns, round after round, and prints what it measured as JSON.
 */
public final class KeyspaceBench {
    /** A part of it: the figures of one round at a time, by name. */
    interface Part extends AutoCloseable {
        /** What does not change from round to round. */
        Map<String, Object> setting();

        Map<String, Object> round();

        @Override
        void close();
    }

    private static final List<String> PARTS =
            List.of("scan", "multiget", "batch", "compaction", "interchange", "opening", "latency");
    private static final int WARMUPS = 1;

    private KeyspaceBench() {}

    /** The part, a directory for its stores, the number of rounds. */
    public static void main(String[] arguments) throws Exception {
        measure(arguments, KeyspaceBench::part);
    }

    /** Measures a part, as its arguments say, and prints the figures of its rounds. */
    static void measure(String[] arguments, BiFunction<String, Path, Part> parts) throws IOException {
        Path directory = Path.of(arguments[1]);
        int rounds = Integer.parseInt(arguments[2]);
        Map<String, Object> figures = new LinkedHashMap<>();
        try (Part part = parts.apply(arguments[0], directory)) {
            figures.put("setting", part.setting());
            for (int i = 0; i < WARMUPS; i++) {
                System.err.println("# " + arguments[0] + ", not counted: " + part.round());
            }
            List<Map<String, Object>> all = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
                all.add(part.round());
                System.err.println("# " + arguments[0] + ": " + all.getLast());
            }
            figures.put("rounds", all);
        }
        System.out.println(new ObjectMapper().writeValueAsString(figures));
    }

    private static Part part(String name, Path directory) {
        return switch (name) {
            case "scan" -> new ScanPart(directory);
            case "multiget" -> new MultiGetPart(directory);
            case "batch" -> new BatchPart(directory);
            case "compaction" -> new CompactionPart(directory);
            case "interchange" -> new InterchangePart(directory);
            case "opening" -> new OpeningPart(directory);
            case "latency" -> new LatencyPart(directory);
            default -> throw new IllegalArgumentException("no part " + name + "; there are " + PARTS);
        };
    }

    /** The figures of all parts. */
    static Map<String, Object> run(int rounds) throws IOException, InterruptedException {
        Map<String, Object> all = new LinkedHashMap<>();
        for (String part : PARTS) {
            Path directory = Directories.fresh("keyspaces-" + part);
            all.put(part, inOwnProcess(KeyspaceBench.class, part, directory, rounds, List.of("-Xmx2g")));
            Directories.delete(directory);
        }
        return all;
    }

    /** What a part prints in a process of its own. */
    static Map<?, ?> inOwnProcess(Class<?> main, String part, Path directory, int rounds, List<String> options)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(Suite.jvmArguments());
        command.addAll(options);
        command.addAll(List.of("-D" + Directories.PROPERTY + "=" + Directories.data()));
        command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(main.getName(), part, directory.toString(), Integer.toString(rounds)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes()).strip();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("the process that was to measure " + part + " failed: " + output);
        }
        return new ObjectMapper().readValue(output.substring(output.lastIndexOf('\n') + 1), Map.class);
    }
}
