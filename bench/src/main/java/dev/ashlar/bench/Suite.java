package dev.ashlar.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs everything, writes what JMH measured and the environment to {@code jmh-results}, and the report from that.
 *
 * <p>What is compared closely, Ashlar and the floors, runs in several rounds, one after the other in each, a fresh
 * process each time: a ratio is taken within a round, and the median of the rounds reported. A disturbance then falls
 * on one round, not on one side of a comparison. Each peer's gets run beside the floor and Ashlar once more, for the
 * same reason: minutes later, the same loads take another time.
 */
@Command(
        name = "bench/run",
        mixinStandardHelpOptions = true,
        description = "Runs the benchmarks and writes jmh-results: a few minutes with --quick, over an hour without.")
public final class Suite implements Callable<Integer> {
    private static final List<String> PEERS = List.of("lmdb", "rocksdb", "chronicle", "mvstore");
    private static final List<String> GETS = List.of("dependentGet", "independentGet");

    @Option(names = "--quick", description = "one round, short iterations: shows whether it works, not how fast it is")
    private boolean quick;

    @Option(
            names = "--only",
            split = ",",
            description =
                    "of: gets, scans, puts, typed, keyspaces, vectors, collections, documents, footprint; all by default")
    private Set<String> only = new LinkedHashSet<>(
            List.of("gets", "scans", "puts", "typed", "keyspaces", "vectors", "collections", "documents", "footprint"));

    @Option(names = "--rounds", description = "rounds of what is compared with the floor; 5, or 1 with --quick")
    private int rounds;

    @Option(names = "--no-peers", description = "Ashlar and the floors only")
    private boolean noPeers;

    @Option(names = "--results", description = "default: ${DEFAULT-VALUE}, beside the directory of the benchmarks")
    private Path results = Path.of("../jmh-results");

    @Option(names = "--keep", description = "leave the stores, for the next run to use")
    private boolean keep;

    private final ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private int peerRounds;
    private int warmups;
    private TimeValue time;
    private int iterations;

    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Suite()).execute(arguments));
    }

    @Override
    public Integer call() throws Exception {
        rounds = rounds > 0 ? rounds : quick ? 1 : 5;
        peerRounds = quick ? 1 : 2;
        warmups = 2;
        iterations = quick ? 2 : 3;
        time = TimeValue.milliseconds(quick ? 800 : 1_500);
        Files.createDirectories(results);
        long start = System.nanoTime();
        Map<String, Object> environment =
                Environment.describe(Map.of("profile", quick ? "quick" : "full", "rounds", rounds));
        reads();
        if (only.contains("puts")) {
            write("puts", puts());
        }
        if (only.contains("typed")) {
            write("typed", typed());
        }
        if (only.contains("keyspaces")) {
            json.writeValue(results.resolve("keyspaces.json").toFile(), KeyspaceBench.run(rounds));
        }
        if (only.contains("vectors")) {
            json.writeValue(results.resolve("vectors.json").toFile(), VectorBench.run(rounds));
        }
        if (only.contains("collections")) {
            json.writeValue(results.resolve("collections.json").toFile(), CollectionBench.run(rounds));
        }
        if (only.contains("documents")) {
            json.writeValue(results.resolve("documents.json").toFile(), DocumentBench.run(rounds));
        }
        if (only.contains("footprint")) {
            json.writeValue(results.resolve("footprint.json").toFile(), FootprintBench.run());
        }
        environment.put("loadAverageAtEnd", Environment.loadAverage());
        environment.put("minutes", (System.nanoTime() - start) / 60_000_000_000L);
        json.writeValue(results.resolve("environment.json").toFile(), withOthers(environment));
        Report.write(results);
        System.out.println("The report: " + results.resolve("README.md"));
        return 0;
    }

    /** The environment of each part: those of parts that did not run now stay. */
    private ObjectNode withOthers(Map<String, Object> environment) throws IOException {
        File file = results.resolve("environment.json").toFile();
        ObjectNode all = file.exists() ? (ObjectNode) json.readTree(file) : json.createObjectNode();
        for (String part : only) {
            all.set(part, json.valueToTree(environment));
        }
        return all;
    }

    // ------------------------------------------------------------------------------------------------------- groups

    /** Gets and scans work on the same stores, so a peer's is filled once, and removed after both. */
    private void reads() throws Exception {
        if (!only.contains("gets") && !only.contains("scans")) {
            return;
        }
        List<RunResult> gets = new ArrayList<>();
        List<RunResult> scans = new ArrayList<>();
        List<String> ours = List.of("floor", "ashlar", "ashlar-view");
        for (int round = 0; round < rounds; round++) {
            gets(gets, ours, List.of(1, 2));
            scans(scans, List.of("ashlar"));
        }
        for (String peer : noPeers ? List.<String>of() : PEERS) {
            List<RunResult> beside = new ArrayList<>();
            for (int round = 0; round < peerRounds; round++) {
                gets(beside, List.of("floor", "ashlar", peer), List.of(1));
                scans(scans, List.of(peer));
            }
            if (!keep) {
                ReadBenchmark.Opened.forget(peer);
            }
            write("gets-beside-" + peer, beside);
        }
        if (!keep) {
            ReadBenchmark.Opened.forget("ashlar");
        }
        write("gets", gets);
        write("scans", scans);
    }

    private void gets(List<RunResult> results, List<String> subjects, List<Integer> threads) throws RunnerException {
        if (!only.contains("gets")) {
            return;
        }
        for (int count : threads) {
            for (String benchmark : GETS) {
                for (String subject : subjects) {
                    results.addAll(run(ReadBenchmark.class, benchmark, subject, count));
                }
            }
        }
    }

    private void scans(List<RunResult> results, List<String> subjects) throws RunnerException {
        for (String subject : only.contains("scans") ? subjects : List.<String>of()) {
            results.addAll(run(ReadBenchmark.class, "scan", subject, 1));
        }
    }

    private List<RunResult> puts() throws RunnerException {
        List<RunResult> results = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            results.addAll(run(WriteBenchmark.class, "put", "ashlar", 1));
            results.addAll(run(WriteBenchmark.class, "asynchronousPut", "ashlar", 1));
            results.addAll(run(WriteBenchmark.class, "asynchronousPut", "ashlar-callback", 1));
            results.addAll(run(WriteBenchmark.class, "asynchronousPut", "ashlar-tryput", 1));
            results.addAll(run(WriteBenchmark.class, "batchPut", "ashlar", 1));
            results.addAll(run(WriteBenchmark.class, "durablePut", "bare", 1));
            results.addAll(run(WriteBenchmark.class, "durablePut", "ashlar", 1));
        }
        for (String peer : noPeers ? List.<String>of() : PEERS) {
            for (int round = 0; round < peerRounds; round++) {
                results.addAll(run(WriteBenchmark.class, "put", peer, 1));
                results.addAll(run(WriteBenchmark.class, "asynchronousPut", peer, 1));
                results.addAll(run(WriteBenchmark.class, "batchPut", peer, 1));
                if (!peer.equals("chronicle")) {
                    results.addAll(run(WriteBenchmark.class, "durablePut", peer, 1));
                }
            }
        }
        return results;
    }

    private List<RunResult> typed() throws RunnerException {
        List<RunResult> results = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            for (String benchmark : List.of("typedHeld", "typedFind", "typedGet", "typedPut")) {
                for (String subject : List.of("hand", "flyweight", "record")) {
                    results.addAll(run(TypedBenchmark.class, benchmark, subject, 1));
                }
            }
        }
        return results;
    }

    private java.util.Collection<RunResult> run(Class<?> type, String benchmark, String subject, int threads)
            throws RunnerException {
        List<String> arguments = new ArrayList<>(jvmArguments());
        arguments.add("-D" + Directories.PROPERTY + "=" + Directories.data());
        // MVStore is fast only with its pages in the heap.
        arguments.add(subject.equals("mvstore") ? "-Xmx6g" : "-Xmx1g");
        return new Runner(new OptionsBuilder()
                        .include("\\Q" + type.getName() + "." + benchmark + "\\E$")
                        .param("subject", subject)
                        .threads(threads)
                        .forks(1)
                        .warmupIterations(warmups)
                        .warmupTime(time)
                        .measurementIterations(iterations)
                        .measurementTime(time)
                        .addProfiler(GCProfiler.class)
                        .shouldFailOnError(true)
                        .jvmArgs(arguments.toArray(String[]::new))
                        .build())
                .run();
    }

    /** The arguments of every process that measures. Ashlar needs the first two to be fast, the rest is for the peers. */
    static List<String> jvmArguments() {
        return List.of(
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                "--add-opens=java.base/java.nio=ALL-UNNAMED",
                "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
                "-Dchronicle.analytics.disable=true",
                "-Dchronicle.announcer.disable=true");
    }

    // ------------------------------------------------------------------------------------------------------ results

    /** What JMH wrote, without the paths of this machine. */
    private void write(String name, List<RunResult> runs) throws IOException {
        if (runs.isEmpty()) {
            return;
        }
        File file = results.resolve(name + ".json").toFile();
        ResultFormatFactory.getInstance(ResultFormatType.JSON, file.getPath()).writeOut(runs);
        JsonNode tree = json.readTree(file);
        for (JsonNode run : tree) {
            ObjectNode object = (ObjectNode) run;
            object.put("jvm", "java");
            object.remove("jvmArgs");
            // A histogram of every sample: megabytes, and the percentiles say enough.
            ((ObjectNode) object.get("primaryMetric")).remove("rawDataHistogram");
        }
        json.writeValue(file, tree);
    }
}
