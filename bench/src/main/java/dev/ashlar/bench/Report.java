package dev.ashlar.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.DoubleStream;

/**
 * Turns the JSON files of a run into {@code README.md} and plots beside them. It measures nothing and knows no number
 * that is not in those files, except the targets.
 */
public final class Report {
    private static final List<String> PEERS = List.of("lmdb", "rocksdb", "chronicle", "mvstore");

    /**
     * One benchmark of one subject, with an entry per round in each array. Scores are processor time where it was
     * measured, elapsed time elsewhere.
     */
    private record Series(
            String benchmark,
            String subject,
            int threads,
            double[] scores,
            double[] elapsed,
            double[] errors,
            double[] p50,
            double[] p99,
            double[] allocated) {
        double score() {
            return median(scores);
        }

        /** Of JMH within a round, or of the rounds among each other, whichever is larger. */
        double error() {
            double spread = (Arrays.stream(scores).max().orElse(0)
                            - Arrays.stream(scores).min().orElse(0))
                    / 2;
            return Math.max(median(errors), spread);
        }
    }

    private final Path directory;
    private final ObjectMapper json = new ObjectMapper();
    private final List<Series> all = new ArrayList<>();

    /** Of the gets of each peer: its own and, measured beside it, the floor's and Ashlar's. */
    private final Map<String, List<Series>> beside = new LinkedHashMap<>();

    private final StringBuilder out = new StringBuilder();

    private Report(Path directory) {
        this.directory = directory;
    }

    public static void main(String[] arguments) throws IOException {
        write(Path.of(arguments.length > 0 ? arguments[0] : "../jmh-results"));
    }

    /** Writes the report of what is in a directory. */
    static void write(Path directory) throws IOException {
        new Report(directory).write();
    }

    private void write() throws IOException {
        read("gets.json", all);
        read("scans.json", all);
        read("puts.json", all);
        read("typed.json", all);
        for (String peer : PEERS) {
            read("gets-beside-" + peer + ".json", beside.computeIfAbsent(peer, each -> new ArrayList<>()));
        }
        JsonNode footprint = tree("footprint.json");
        JsonNode environment = tree("environment.json");
        KeyspaceReport keyspaces = new KeyspaceReport(tree("keyspaces.json"), this::line);
        VectorReport vectors = new VectorReport(tree("vectors.json"), this::line);
        CollectionReport collections = new CollectionReport(tree("collections.json"), this::line);
        DocumentReport documents = new DocumentReport(tree("documents.json"), this::line);
        heading(environment);
        targets(footprint, keyspaces, vectors, collections, documents);
        gets();
        scans();
        puts();
        typed();
        keyspaces.tables();
        vectors.tables();
        collections.tables();
        documents.tables();
        footprint(footprint);
        environment(environment);
        Files.writeString(directory.resolve("README.md"), out);
    }

    // ------------------------------------------------------------------------------------------------------- reading

    private JsonNode tree(String file) throws IOException {
        Path path = directory.resolve(file);
        return Files.exists(path) ? json.readTree(path.toFile()) : json.createObjectNode();
    }

    private void read(String file, List<Series> into) throws IOException {
        for (JsonNode run : tree(file)) {
            String name = run.get("benchmark").asText();
            String benchmark = name.substring(name.lastIndexOf('.') + 1);
            String subject = run.get("params").get("subject").asText();
            int threads = run.get("threads").asInt();
            JsonNode metric = run.get("primaryMetric");
            JsonNode percentiles = metric.get("scorePercentiles");
            JsonNode allocated = run.get("secondaryMetrics").get("gc.alloc.rate.norm");
            boolean hasProcessor = run.get("secondaryMetrics").has("cpuNanos");
            Series sample = new Series(
                    benchmark,
                    subject,
                    threads,
                    hasProcessor
                            ? new double[] {counter(run, "cpuNanos") / counter(run, "gets")}
                            : one(metric.get("score")),
                    one(metric.get("score")),
                    hasProcessor ? new double[] {0} : one(metric.get("scoreError")),
                    one(percentiles.get("50.0")),
                    one(percentiles.get("99.0")),
                    allocated(allocated));
            Series present = find(into, benchmark, subject, threads);
            if (present == null) {
                into.add(sample);
            } else {
                into.set(into.indexOf(present), join(present, sample));
            }
        }
    }

    /** Without the last iteration: closing the store falls into it, and shares its garbage out among the gets. */
    private static double[] allocated(JsonNode metric) {
        if (metric == null) {
            return new double[] {Double.NaN};
        }
        double[] iterations = doubles(metric.get("rawData").get(0));
        return new double[] {median(Arrays.copyOf(iterations, Math.max(1, iterations.length - 1)))};
    }

    private static double counter(JsonNode run, String name) {
        return run.get("secondaryMetrics").get(name).get("score").asDouble();
    }

    /** JMH writes "NaN" where there are too few values. */
    private static double[] one(JsonNode value) {
        return new double[] {value == null || !value.isNumber() ? 0 : value.asDouble()};
    }

    private static Series join(Series a, Series b) {
        return new Series(
                a.benchmark,
                a.subject,
                a.threads,
                concat(a.scores, b.scores),
                concat(a.elapsed, b.elapsed),
                concat(a.errors, b.errors),
                concat(a.p50, b.p50),
                concat(a.p99, b.p99),
                concat(a.allocated, b.allocated));
    }

    private static double[] concat(double[] a, double[] b) {
        return DoubleStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray();
    }

    private Series find(String benchmark, String subject, int threads) {
        return find(all, benchmark, subject, threads);
    }

    private static Series find(List<Series> among, String benchmark, String subject, int threads) {
        for (Series each : among) {
            if (each.benchmark.equals(benchmark) && each.subject.equals(subject) && each.threads == threads) {
                return each;
            }
        }
        return null;
    }

    // ---------------------------------------------------------------------------------------------------- arithmetic

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** Median of the quotients of each round. */
    private static double ratio(double[] over, double[] under) {
        double[] quotients = new double[Math.min(over.length, under.length)];
        Arrays.setAll(quotients, i -> over[i] / under[i]);
        return median(quotients);
    }

    private double overFloor(Series series, String floor) {
        Series under = series == null ? null : find(series.benchmark, floor, series.threads);
        return under == null ? Double.NaN : ratio(series.scores, under.scores);
    }

    private double medianOverFloor(Series series, String floor) {
        Series under = series == null ? null : find(series.benchmark, floor, series.threads);
        return under == null ? Double.NaN : ratio(series.p50, under.p50);
    }

    private Series bestPeer(String benchmark, int threads) {
        Series best = null;
        for (String peer : PEERS) {
            Series series = find(benchmark, peer, threads);
            if (series != null && (best == null || series.score() < best.score())) {
                best = series;
            }
        }
        return best;
    }

    /** The peer that comes closest to Ashlar's gets, each measured beside it; null if there is none. */
    private String closestPeer(String benchmark) {
        String closest = null;
        for (String peer : PEERS) {
            double factor = besideRatio(benchmark, peer, "ashlar");
            if (!Double.isNaN(factor) && (closest == null || factor < besideRatio(benchmark, closest, "ashlar"))) {
                closest = peer;
            }
        }
        return closest;
    }

    /** The peer's time over that of another subject in the same rounds. */
    private double besideRatio(String benchmark, String peer, String other) {
        Series over = find(beside.get(peer), benchmark, peer, 1);
        Series under = find(beside.get(peer), benchmark, other, 1);
        return over == null || under == null ? Double.NaN : ratio(over.scores, under.scores);
    }

    private double fasterThanBestPeer(Series series) {
        Series peer = series == null ? null : bestPeer(series.benchmark, series.threads);
        return peer == null ? Double.NaN : peer.score() / series.score();
    }

    /** How two threads' throughput relates to twice that of one, against the same of the floor. */
    private double scaling(String benchmark, String subject) {
        Series one = find(benchmark, subject, 1);
        Series two = find(benchmark, subject, 2);
        Series floorOne = find(benchmark, "floor", 1);
        Series floorTwo = find(benchmark, "floor", 2);
        if (one == null || two == null || floorOne == null || floorTwo == null) {
            return Double.NaN;
        }
        int rounds = Math.min(one.scores.length, two.scores.length);
        double[] values = new double[rounds];
        Arrays.setAll(values, i -> one.scores[i] / two.scores[i] / (floorOne.scores[i] / floorTwo.scores[i]));
        return median(values);
    }

    // ------------------------------------------------------------------------------------------------------- writing

    private void line(String format, Object... arguments) {
        out.append(arguments.length == 0 ? format : String.format(Locale.ROOT, format, arguments))
                .append('\n');
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "–";
        }
        if (Math.abs(value) < 0.005) {
            return "0";
        }
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }

    /** The parts that ran together, by the environment that they ran in. */
    private static Map<JsonNode, List<String>> runs(JsonNode environments) {
        Map<JsonNode, List<String>> runs = new LinkedHashMap<>();
        environments
                .properties()
                .forEach(each -> runs.computeIfAbsent(each.getValue(), run -> new ArrayList<>())
                        .add(each.getKey()));
        return runs;
    }

    private void heading(JsonNode environments) {
        line("# Results");
        line("");
        line("Generated by `bench/run` from the JSON files beside this page; no number is typed by hand.");
        line("");
        runs(environments)
                .forEach((environment, parts) -> line(
                        "* %s: %s, %s rounds%s, on %s (%s cores, %s), %s, %s, %s, commit %s%s.",
                        String.join(", ", parts),
                        environment.path("date").asText(),
                        environment.path("rounds").asText(),
                        environment.path("profile").asText().equals("quick")
                                ? " of `bench/run --quick`: **its figures are rough**"
                                : "",
                        environment.path("cpu").asText(),
                        environment.path("cores").asText(),
                        environment.path("virtualMachine").asBoolean() ? "virtual" : "bare metal",
                        environment.path("kernel").asText(),
                        environment.path("fileSystem").asText(),
                        environment.path("jdk").asText(),
                        environment.path("commit").asText(),
                        environment.path("uncommittedChanges").asBoolean() ? " with changes" : ""));
        line("");
        line(
                "Figures are nanoseconds per operation, lower is better: the median of the rounds, ± half their spread, or JMH's");
        line(
                "99.9 % error within a round if that is larger. Ratios to a floor are taken within each round. Gets and scans");
        line(
                "are given in processor time, which does not count what other programs take of a core; elapsed time stands");
        line("beside it.");
        line("");
    }

    private void targets(
            JsonNode footprint,
            KeyspaceReport keyspaces,
            VectorReport vectors,
            CollectionReport collections,
            DocumentReport documents) {
        line("## Targets");
        line("");
        line("| what | target | measured | |");
        line("|---|---|---|---|");
        for (String subject : List.of("ashlar", "ashlar-view")) {
            Series dependent = find("dependentGet", subject, 1);
            Series independent = find("independentGet", subject, 1);
            atMost("random get, dependent, " + label(subject) + ": × the floor", 1.2, overFloor(dependent, "floor"));
            atMost(
                    "random get, independent, " + label(subject) + ": × the floor",
                    2.5,
                    overFloor(independent, "floor"));
            allocation(dependent, subject.equals("ashlar") ? 0 : 40);
            atLeast("… two threads, dependent: scaling ÷ the floor's", 0.95, scaling("dependentGet", subject));
            atLeast("… two threads, independent: scaling ÷ the floor's", 0.95, scaling("independentGet", subject));
        }
        for (String benchmark : List.of("dependentGet", "independentGet")) {
            String peer = closestPeer(benchmark);
            atLeast(
                    "random get, " + benchmark.replace("Get", "") + ": × faster than the best peer"
                            + (peer == null ? "" : " (" + label(peer) + ")"),
                    2.5,
                    peer == null ? Double.NaN : besideRatio(benchmark, peer, "ashlar"));
            if (peer != null) {
                line(
                        "| … of which the floor itself would reach | | %s | |",
                        number(besideRatio(benchmark, peer, "floor")));
            }
        }
        atMost(
                "fields of a value through a flyweight: × by hand",
                1.1,
                overFloor(find("typedHeld", "flyweight", 1), "hand"));
        Series asynchronous = find("asynchronousPut", "ashlar", 1);
        Series batch = find("batchPut", "ashlar", 1);
        atLeast(
                "asynchronous put: × faster than the best peer" + name(asynchronous),
                2,
                fasterThanBestPeer(asynchronous));
        atLeast("batch put: × faster than the best peer" + name(batch), 2, fasterThanBestPeer(batch));
        Series put = find("put", "ashlar", 1);
        Series rocks = find("put", "rocksdb", 1);
        atMost("synchronous put: median, ns", 2000, put == null ? Double.NaN : median(put.p50));
        atLeast(
                "synchronous put: × faster than RocksDB with its log, medians",
                1,
                put == null || rocks == null ? Double.NaN : median(rocks.p50) / median(put.p50));
        Series durable = find("durablePut", "ashlar", 1);
        atMost("durable put: × bare pwrite + fdatasync, medians", 1.2, medianOverFloor(durable, "bare"));
        JsonNode read = footprint.path("read");
        if (!read.isMissingNode()) {
            atMost(
                    String.format(
                            Locale.ROOT,
                            "%,d keys under %s: bytes of index per key",
                            footprint.path("entries").asLong(),
                            footprint.path("heap").asText()),
                    20,
                    read.path("indexBytesPerKey").asDouble());
            atMost("… open after a clean close, warm, ms", 100, median(doubles(read.path("openMillis"))));
        }
        KeyspaceReport.Targets targets = new KeyspaceReport.Targets() {
            @Override
            public void atMost(String what, double target, double value) {
                Report.this.atMost(what, target, value);
            }

            @Override
            public void atLeast(String what, double target, double value) {
                Report.this.atLeast(what, target, value);
            }
        };
        keyspaces.targets(targets);
        vectors.targets(targets);
        collections.targets(targets);
        documents.targets(targets);
        line("");
    }

    /** What JMH itself allocates is divided among the operations; the floor shows how much that is. */
    private void allocation(Series series, int target) {
        Series floor = series == null ? null : find(series.benchmark, "floor", series.threads);
        double bytes = floor == null ? Double.NaN : median(series.allocated) - median(floor.allocated);
        row("… bytes allocated per get, beyond the floor's", "≤ " + target + " (± 0.5)", bytes, bytes <= target + 0.5);
    }

    private String name(Series series) {
        Series peer = series == null ? null : bestPeer(series.benchmark, series.threads);
        return peer == null ? "" : " (" + label(peer.subject) + ")";
    }

    private void atMost(String what, double target, double value) {
        row(what, "≤ " + plain(target), value, value <= target);
    }

    private void atLeast(String what, double target, double value) {
        row(what, "≥ " + plain(target), value, value >= target);
    }

    private static String plain(double target) {
        return target == Math.rint(target) ? String.format(Locale.ROOT, "%,.0f", target) : Double.toString(target);
    }

    private void row(String what, String target, double value, boolean met) {
        line(
                "| %s | %s | %s | %s |",
                what, target, number(value), Double.isNaN(value) ? "not measured" : met ? "met" : "**missed**");
    }

    private void gets() {
        line("## Random get");
        line("");
        line(
                "1,000,000 keys of 16 bytes, values of 2,048 bytes, all in the page cache. *Dependent*: each key comes from");
        line(
                "the value before it. *Independent*: the keys are known beforehand. Each get reads the first bytes of the value.");
        line("*Floor*: one load of a slot and one of the value in the very mapping that Ashlar reads.");
        for (int threads = 1; threads <= 2; threads++) {
            if (find("dependentGet", "floor", threads) == null) {
                continue;
            }
            line("");
            line("### %s", threads == 1 ? "One thread" : "Two threads (time of each)");
            line("");
            line("| | dependent | elapsed | × floor | independent | elapsed | × floor | B/op |");
            line("|---|--:|--:|--:|--:|--:|--:|--:|");
            for (String subject : List.of("floor", "ashlar", "ashlar-view")) {
                get(
                        all,
                        subject,
                        threads,
                        overFloor(find("dependentGet", subject, threads), "floor"),
                        overFloor(find("independentGet", subject, threads), "floor"));
            }
            for (String peer : threads == 1 ? PEERS : List.<String>of()) {
                get(
                        beside.get(peer),
                        peer,
                        1,
                        besideRatio("dependentGet", peer, "floor"),
                        besideRatio("independentGet", peer, "floor"));
            }
        }
        line("");
        line("A peer's × is against the floor measured beside it, so it need not be the quotient of this table.");
        for (String benchmark : List.of("dependentGet", "independentGet")) {
            String peer = closestPeer(benchmark);
            double factor = peer == null ? Double.NaN : besideRatio(benchmark, peer, "ashlar");
            if (factor < 1) {
                line("");
                line(
                        "**%s is faster than Ashlar here, side by side: %s × its time (%s).**",
                        label(peer), number(factor), benchmark);
            }
        }
        plot(
                "gets",
                "Random get, one thread, ns",
                List.of("dependentGet", "independentGet"),
                List.of("floor", "ashlar", "ashlar-view", "lmdb", "rocksdb", "chronicle", "mvstore"));
        line("");
    }

    private void get(List<Series> among, String subject, int threads, double dependentRatio, double independentRatio) {
        Series dependent = find(among, "dependentGet", subject, threads);
        Series independent = find(among, "independentGet", subject, threads);
        if (dependent != null && independent != null) {
            line(
                    "| %s | %s | %s | %s | %s | %s | %s | %s |",
                    label(subject),
                    score(dependent),
                    number(median(dependent.elapsed)),
                    number(dependentRatio),
                    score(independent),
                    number(median(independent.elapsed)),
                    number(independentRatio),
                    number(median(dependent.allocated)));
        }
    }

    private void scans() {
        if (find("scan", "ashlar", 1) == null) {
            return;
        }
        line("## Scan");
        line("");
        line("The same entries one after the other in the store's own order, ns per entry.");
        line("");
        line("| | ns | elapsed | B/op |");
        line("|---|--:|--:|--:|");
        List<String> subjects = new ArrayList<>(List.of("ashlar"));
        subjects.addAll(PEERS);
        for (String subject : subjects) {
            Series scan = find("scan", subject, 1);
            if (scan != null) {
                line(
                        "| %s | %s | %s | %s |",
                        label(subject), score(scan), number(median(scan.elapsed)), number(median(scan.allocated)));
            }
        }
        winner("scan", 1, "ashlar");
        line("");
    }

    private void puts() {
        if (find("put", "ashlar", 1) == null) {
            return;
        }
        line("## Put");
        line("");
        line("Overwrites of 1,000,000 keys of 16 bytes with values of 100 bytes, in random order, one thread.");
        line("");
        line(
                "* *Synchronous*: survives a killed process when the call returns. LMDB: a transaction without sync; RocksDB:");
        line("  its log; Chronicle Map: in place in a mapping; MVStore: a commit.");
        line(
                "* *Asynchronous*: handed over. Ashlar: `putAsync` with a future for each, `put` with a callback, and `tryPut`");
        line(
                "  that nobody is told of; MVStore: in the heap until its own thread commits, so a kill loses it; the others");
        line("  know nothing faster than the synchronous form.");
        line("* *Batch*: 1,024 at once.");
        line(
                "* *Durable*: survives a loss of power. *Bare*: one pwrite and one fdatasync in a file in the same state.");
        line("");
        line("### One at a time");
        line("");
        line("| | synchronous: mean | p50 | p99 | durable: mean | p50 | p99 | p50 × bare |");
        line("|---|--:|--:|--:|--:|--:|--:|--:|");
        List<String> subjects = new ArrayList<>(List.of("bare", "ashlar"));
        subjects.addAll(PEERS);
        for (String subject : subjects) {
            Series put = find("put", subject, 1);
            Series durable = find("durablePut", subject, 1);
            line(
                    "| %s | %s | %s |",
                    label(subject),
                    sampled(put),
                    sampled(durable) + " | "
                            + number(
                                    durable == null
                                            ? Double.NaN
                                            : subject.equals("ashlar")
                                                    ? medianOverFloor(durable, "bare")
                                                    : median(durable.p50) / median(find("durablePut", "bare", 1).p50)));
        }
        winner("put", 1, "ashlar");
        winner("durablePut", 1, "ashlar");
        line("");
        line("### Many");
        line("");
        line("| | asynchronous | batch of 1,024 | B/op asynchronous |");
        line("|---|--:|--:|--:|");
        subjects = new ArrayList<>(List.of("ashlar", "ashlar-callback", "ashlar-tryput"));
        subjects.addAll(PEERS);
        for (String subject : subjects) {
            Series asynchronous = find("asynchronousPut", subject, 1);
            Series batch = find("batchPut", subject, 1);
            line(
                    "| %s | %s | %s | %s |",
                    subject.equals("ashlar") ? "Ashlar, `putAsync`" : label(subject),
                    asynchronous == null ? "–" : score(asynchronous),
                    batch == null ? "–" : score(batch),
                    asynchronous == null ? "–" : number(median(asynchronous.allocated)));
        }
        winner("asynchronousPut", 1, "ashlar");
        winner("batchPut", 1, "ashlar");
        plot(
                "puts",
                "Put, mean, ns",
                List.of("put", "asynchronousPut", "batchPut"),
                List.of("ashlar", "lmdb", "rocksdb", "chronicle", "mvstore"));
        line("");
    }

    private void winner(String benchmark, int threads, String subject) {
        Series ours = find(benchmark, subject, threads);
        Series peer = bestPeer(benchmark, threads);
        if (ours != null && peer != null && peer.score() < ours.score()) {
            line("");
            line(
                    "**%s is faster here: %s ns, %s %s ns (%s).**",
                    label(peer.subject), number(peer.score()), label(subject), number(ours.score()), benchmark);
        }
    }

    private void typed() {
        if (find("typedHeld", "hand", 1) == null) {
            return;
        }
        line("## Typed values");
        line("");
        line(
                "128 values of four fields, all in the first cache: what is measured is instructions. Nanoseconds for a value and");
        line(
                "all of its fields. *By hand*: `MemorySegment.get` and `Cursor.getDouble`, which asks after each field whether");
        line("the chunk is still there; *flyweight*: an interface; *record*: a new one each time, but for those held.");
        line("");
        line("| | by hand | flyweight | record | flyweight × by hand | B/op: by hand | flyweight | record |");
        line("|---|--:|--:|--:|--:|--:|--:|--:|");
        typed("typedHeld", "fields of a value that is held");
        typed("typedFind", "found by a cursor");
        typed("typedGet", "get");
        typed("typedPut", "put, with its fields set before");
        line("");
    }

    private void typed(String benchmark, String label) {
        Series hand = find(benchmark, "hand", 1);
        Series flyweight = find(benchmark, "flyweight", 1);
        Series copied = find(benchmark, "record", 1);
        if (hand != null && flyweight != null && copied != null) {
            line(
                    "| %s | %s | %s | %s | %s | %s | %s | %s |",
                    label,
                    score(hand),
                    score(flyweight),
                    score(copied),
                    number(ratio(flyweight.scores, hand.scores)),
                    number(median(hand.allocated)),
                    number(median(flyweight.allocated)),
                    number(median(copied.allocated)));
        }
    }

    private static String sampled(Series series) {
        return series == null
                ? "– | – | –"
                : score(series) + " | " + number(median(series.p50)) + " | " + number(median(series.p99));
    }

    private static String score(Series series) {
        return number(series.score()) + (series.error() > 0 ? " ± " + number(series.error()) : "");
    }

    private void footprint(JsonNode footprint) {
        if (footprint.isEmpty()) {
            return;
        }
        JsonNode load = footprint.path("load");
        JsonNode read = footprint.path("read");
        line("## Footprint");
        line("");
        line(
                "%,d keys of %d bytes with values of %d bytes under `%s`, loaded in one process, opened and read in another.",
                footprint.path("entries").asLong(),
                footprint.path("keyBytes").asInt(),
                footprint.path("valueBytes").asInt(),
                footprint.path("heap").asText());
        line("");
        line("| | load | read |");
        line("|---|--:|--:|");
        line(
                "| keys | %,d | %,d |",
                load.path("keys").asLong(), read.path("keys").asLong());
        line("| seconds | %s | |", number(load.path("loadSeconds").asDouble()));
        line(
                "| index, bytes per key | %s | %s |",
                number(load.path("indexBytesPerKey").asDouble()),
                number(read.path("indexBytesPerKey").asDouble()));
        line(
                "| heap in use after a collection, MB | %s | %s |",
                number(load.path("heapLiveBytes").asDouble() / 1e6),
                number(read.path("heapLiveBytes").asDouble() / 1e6));
        line(
                "| private memory, MB | %s | %s |",
                number(load.path("residentAnonymousBytes").asDouble() / 1e6),
                number(read.path("residentAnonymousBytes").asDouble() / 1e6));
        line("| disk, MB | %s | |", number(footprint.path("diskBytes").asDouble() / 1e6));
        line("| open, ms, first in the process and then | | %s |", joined(read.path("openMillis")));
        line("| open and get, ms | | %s |", joined(read.path("openAndGetMillis")));
        line(
                "| first get of each key, ns | | %s |",
                number(read.path("nanosPerFirstGet").asDouble()));
        line("| random get, ns | | %s |", number(read.path("nanosPerRandomGet").asDouble()));
        line("");
    }

    private static double[] doubles(JsonNode array) {
        double[] values = new double[array.size()];
        Arrays.setAll(values, i -> array.get(i).asDouble());
        return values.length == 0 ? new double[] {Double.NaN} : values;
    }

    private static String joined(JsonNode array) {
        List<String> numbers = new ArrayList<>();
        array.forEach(each -> numbers.add(number(each.asDouble())));
        return String.join(" · ", numbers);
    }

    private void environment(JsonNode environments) {
        line("## Environment");
        runs(environments).forEach((environment, parts) -> {
            line("");
            line("### %s", String.join(", ", parts));
            line("");
            environment(environment.properties());
        });
    }

    private void environment(Iterable<Map.Entry<String, JsonNode>> facts) {
        facts.forEach(each -> {
            String value = each.getValue().isValueNode()
                    ? each.getValue().asText()
                    : each.getValue().isArray()
                            ? joinedTexts(each.getValue())
                            : each.getValue()
                                    .toString()
                                    .replaceAll("[{}\"]", "")
                                    .replace(",", ", ");
            line("* %s: %s", each.getKey(), value);
        });
    }

    private static String joinedTexts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add("`" + each.asText() + "`"));
        return String.join(" ", texts);
    }

    private static String label(String subject) {
        return switch (subject) {
            case "floor" -> "the floor";
            case "bare" -> "bare pwrite + fdatasync";
            case "ashlar" -> "Ashlar";
            case "ashlar-view" -> "Ashlar, view";
            case "ashlar-callback" -> "Ashlar, callback";
            case "ashlar-tryput" -> "Ashlar, `tryPut`";
            case "lmdb" -> "LMDB";
            case "rocksdb" -> "RocksDB";
            case "chronicle" -> "Chronicle Map";
            case "mvstore" -> "H2 MVStore";
            default -> subject;
        };
    }

    // --------------------------------------------------------------------------------------------------------- plots

    private void plot(String file, String title, List<String> benchmarks, List<String> subjects) {
        List<Bars.Group> groups = new ArrayList<>();
        for (String subject : subjects) {
            double[] values = new double[benchmarks.size()];
            for (int i = 0; i < values.length; i++) {
                Series series = find(benchmarks.get(i), subject, 1);
                if (series == null && beside.containsKey(subject)) {
                    series = find(beside.get(subject), benchmarks.get(i), subject, 1);
                }
                values[i] = series == null ? Double.NaN : series.score();
            }
            if (!Arrays.stream(values).allMatch(Double::isNaN)) {
                groups.add(new Bars.Group(label(subject).replace("`", ""), values));
            }
        }
        if (!groups.isEmpty()) {
            Bars.write(directory.resolve(file + ".png"), title, benchmarks, groups);
            line("");
            line("![%s](%s.png)", title, file);
        }
    }
}
