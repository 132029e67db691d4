package dev.ashlar.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** The part of the report that {@link CollectionBench} measured; see {@link Report}. */
final class CollectionReport {
    private static final List<String> SHAPES = List.of("768", "128");

    private final JsonNode all;
    private final Consumer<String> out;

    CollectionReport(JsonNode all, Consumer<String> out) {
        this.all = all;
        this.out = out;
    }

    void targets(KeyspaceReport.Targets targets) {
        if (all.isEmpty()) {
            return;
        }
        for (String shape : SHAPES) {
            targets.atMost(
                    "vectors, row by id and all of it read, " + shape(shape) + ": × a bare indexed load",
                    1.3,
                    median(shape, round -> gets(round, 1, "ashlar", "mapped")));
            targets.atLeast(
                    "… two threads: scaling ÷ that of the bare load", 0.95, median(shape, CollectionReport::scaling));
        }
        targets.atLeast(
                "vectors, asynchronous put of " + setting("writing", "rows") + " × " + setting("writing", "dimension")
                        + " until in segments: × writing the bytes twice",
                0.5,
                median("writing", round -> figure(round, "secondsBare") / figure(round, "seconds")));
        targets.atMost(
                "… get beside it: 99.9th percentile × quiet",
                3,
                median("writing", round -> figure(round, "loadingP999") / figure(round, "quietP999")));
        for (String shape : SHAPES) {
            for (int threads = 1; threads <= 2; threads++) {
                int of = threads;
                targets.atLeast(
                        "vectors, exact " + setting(shape, "k") + " nearest, " + shape(shape) + ", " + threads(threads)
                                + ": × the read bandwidth",
                        0.7,
                        median(shape, round -> fastestRead(round, of) / searches(round, of, "ashlar")));
                targets.atLeast(
                        "… × faster than Lucene",
                        1.5,
                        median(shape, round -> lucene(round, of) / searches(round, of, "ashlar")));
            }
        }
        targets.atMost(
                "vectors, " + shape("heap") + ": most heap in use, MiB, under -Xmx" + setting("heap", "heap"),
                64,
                median("heap", round -> figure(round, "peakHeapBytes") / (1 << 20)));
    }

    void tables() {
        if (all.isEmpty()) {
            return;
        }
        out.accept("## Vector collections");
        out.accept("");
        out.accept(
                "`bench/run --only collections`; the median of the rounds, and the least and the most of them. Float32, dot");
        out.accept(
                "product, all rows in segments and in the page cache; subjects by turns in one process, in processor time");
        out.accept(
                "of all threads. *Bare*: the same rows one behind the other, index is id: in a file that is mapped, or in");
        out.accept(
                "memory on huge pages, which a file's pages are not. By a hash table: the number of the row from a slot of 8");
        out.accept(
                "bytes on huge pages, and the id compared with the one in a mapped file, which has them 64 bytes apart.");
        out.accept("");
        for (String shape : SHAPES) {
            gets(shape);
            searches(shape);
        }
        writing();
        heap();
    }

    private void gets(String shape) {
        out.accept("### Row by id, all of it read: " + shape(shape));
        out.accept("");
        out.accept("Nanoseconds a row, of each thread; × is against the bare load of mapped rows.");
        out.accept("");
        out.accept("| | one thread | × | least | most | two threads | × | least | most |");
        out.accept("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
        gets(shape, "bare, mapped", "mapped");
        gets(shape, "bare, huge pages", "memory");
        gets(shape, "bare, mapped, by a hash table of ids", "lookup");
        gets(shape, "Ashlar", "ashlar");
        gets(shape, "Ashlar, " + setting(shape, "atOnce") + " ids at once", "ashlarAtOnce");
        out.accept("");
        out.accept("A get whose row is kept allocates "
                + number(median(shape, round -> figure(round, "bytesAllocatedPerGet"))) + " bytes: the view.");
        out.accept("");
    }

    private void gets(String shape, String label, String subject) {
        StringBuilder line = new StringBuilder("| ").append(label);
        for (int threads = 1; threads <= 2; threads++) {
            int of = threads;
            double gets = all.path(shape).path("setting").path("getsInTurn").asDouble();
            line.append(" | ")
                    .append(number(
                            median(shape, round -> nanos(round, "gets" + of, subject, "processor") / gets / of)));
            spread(line, values(shape, round -> gets(round, of, subject, "mapped")));
        }
        out.accept(line.append(" |").toString());
    }

    private void searches(String shape) {
        out.accept("### Exact search for the " + setting(shape, "k") + " nearest: " + shape(shape));
        out.accept("");
        out.accept(
                "GB a second, of all threads; × is Ashlar's rate over that of the row, so below 1 the row is faster than Ashlar.");
        out.accept(
                "The last column is the time that went by for Ashlar over that of the row, waits for processors included.");
        out.accept("");
        out.accept("| | threads | GB/s | Ashlar's × | least | most | elapsed × |");
        out.accept("|---|--:|--:|--:|--:|--:|--:|");
        for (int threads = 1; threads <= 2; threads++) {
            search(shape, "Ashlar", "ashlar", threads);
            search(shape, "Lucene, rows asked for by ordinal", "luceneByOrdinals", threads);
            search(shape, "Lucene, document by document", "luceneByDocuments", threads);
            search(shape, "sum of mapped rows", "sumOfMapped", threads);
            search(shape, "sum of rows on huge pages", "sumOfMemory", threads);
            search(shape, "dot products in C, huge pages", "c", threads);
        }
        out.accept("");
        out.accept("Lucene's scorer: " + setting(shape, "lucene") + "; Ashlar's kernels: " + setting(shape, "kernels")
                + ", " + setting(shape, "segments") + " segments.");
        out.accept("");
    }

    private void search(String shape, String label, String subject, int threads) {
        double bytes = all.path(shape).path("setting").path("bytes").asDouble();
        StringBuilder line = new StringBuilder("| ")
                .append(label)
                .append(" | ")
                .append(threads)
                .append(" | ");
        line.append(number(median(shape, round -> bytes * threads / searches(round, threads, subject))));
        spread(line, values(shape, round -> searches(round, threads, subject) / searches(round, threads, "ashlar")));
        line.append(" | ")
                .append(number(median(
                        shape,
                        round -> nanos(round, "searches" + threads, subject, "elapsed")
                                / nanos(round, "searches" + threads, "ashlar", "elapsed"))));
        out.accept(line.append(" |").toString());
    }

    private void writing() {
        out.accept("### Asynchronous puts until all rows are in published segments");
        out.accept("");
        out.accept(
                setting("writing", "rows") + " rows of " + setting("writing", "dimension")
                        + " float32. *Bare*: the same bytes by pwrite into two files, one after the other, with an fdatasync each.");
        out.accept(
                "Rows are computed in all cases. A get is timed with the clock's own time, and reads the row's first component.");
        out.accept("");
        out.accept("| what | | median | least | most |");
        out.accept("|---|---|--:|--:|--:|");
        double bytes = all.path("writing").path("setting").path("bytes").asDouble();
        row("put, with callbacks, and flush", "MB/s", "writing", round -> bytes / figure(round, "seconds") / 1e6);
        row("… beside a reader", "MB/s", "writing", round -> bytes / figure(round, "secondsBesideReader") / 1e6);
        row("… bare, twice", "MB/s", "writing", round -> bytes / figure(round, "secondsBare") / 1e6);
        row("put × bare", "", "writing", round -> figure(round, "secondsBare") / figure(round, "seconds"));
        row("processor time of it", "ms a MB", "writing", round -> figure(round, "secondsOfProcessor") / bytes * 1e9);
        for (String percentile : List.of("P50", "P99", "P999", "P9999")) {
            String name = percentile.length() > 3
                    ? percentile.substring(1, 3) + "." + percentile.substring(3)
                    : percentile.substring(1);
            row("get, quiet, percentile " + name, "ns", "writing", round -> figure(round, "quiet" + percentile));
            row("… beside the load", "ns", "writing", round -> figure(round, "loading" + percentile));
            row("… bare load of a row, quiet", "ns", "writing", round -> figure(round, "quietBare" + percentile));
            row("… beside the load", "ns", "writing", round -> figure(round, "loadingBare" + percentile));
        }
        row(
                "99.9th percentile, beside the load × quiet",
                "",
                "writing",
                round -> figure(round, "loadingP999") / figure(round, "quietP999"));
        row(
                "… of the bare loads",
                "",
                "writing",
                round -> figure(round, "loadingBareP999") / figure(round, "quietBareP999"));
        out.accept("");
    }

    private void heap() {
        out.accept("### Heap, and opening");
        out.accept("");
        out.accept("A process with -Xmx" + setting("heap", "heap") + " loads " + shape("heap") + ", searches "
                + setting("heap", "searches") + " times, gets " + setting("heap", "gets")
                + " rows, closes the store and opens it again.");
        out.accept("");
        out.accept("| what | | median | least | most |");
        out.accept("|---|---|--:|--:|--:|");
        row("most heap in use, garbage included", "MiB", "heap", round -> figure(round, "peakHeapBytes") / (1 << 20));
        row("… after a collection", "MiB", "heap", round -> figure(round, "heapBytes") / (1 << 20));
        row("open after a clean close, warm", "ms", "heap", round -> figure(round, "openMillis"));
        row("… and the first row", "ms", "heap", round -> figure(round, "openAndGetMillis"));
        row(
                "… and the first search, which verifies all rows",
                "ms",
                "heap",
                round -> figure(round, "openAndSearchMillis"));
        out.accept("");
    }

    // -------------------------------------------------------------------------------------------------------- figures

    private static double gets(JsonNode round, int threads, String over, String under) {
        return nanos(round, "gets" + threads, over, "processor") / nanos(round, "gets" + threads, under, "processor");
    }

    /** How two threads' rate relates to that of one, over the same of the bare load. */
    private static double scaling(JsonNode round) {
        return gets(round, 1, "ashlar", "mapped") / gets(round, 2, "ashlar", "mapped");
    }

    private static double searches(JsonNode round, int threads, String subject) {
        return nanos(round, "searches" + threads, subject, "processor");
    }

    private static double fastestRead(JsonNode round, int threads) {
        return least(round, threads, "sumOfMapped", "sumOfMemory", "c");
    }

    private static double lucene(JsonNode round, int threads) {
        return least(round, threads, "luceneByOrdinals", "luceneByDocuments");
    }

    private static double least(JsonNode round, int threads, String... subjects) {
        return Arrays.stream(subjects)
                .mapToDouble(subject -> searches(round, threads, subject))
                .filter(nanos -> !Double.isNaN(nanos))
                .min()
                .orElse(Double.NaN);
    }

    private static double nanos(JsonNode round, String group, String subject, String time) {
        return round.path(group).path(subject).path(time).asDouble(Double.NaN);
    }

    private static double figure(JsonNode round, String name) {
        return round.path(name).asDouble(Double.NaN);
    }

    private String shape(String part) {
        return setting(part, "rows") + " × " + setting(part, "dimension");
    }

    private static String threads(int count) {
        return count == 1 ? "one thread" : "two threads";
    }

    private String setting(String part, String name) {
        JsonNode value = all.path(part).path("setting").path(name);
        return value.isNumber() ? String.format(Locale.ROOT, "%,d", value.asLong()) : value.asText();
    }

    private double[] values(String part, ToDoubleFunction<JsonNode> value) {
        JsonNode rounds = all.path(part).path("rounds");
        double[] values = new double[rounds.size()];
        Arrays.setAll(values, i -> value.applyAsDouble(rounds.get(i)));
        return values;
    }

    private double median(String part, ToDoubleFunction<JsonNode> value) {
        return median(values(part, value));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length == 0
                ? Double.NaN
                : sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    // --------------------------------------------------------------------------------------------------------- writing

    private void row(String what, String unit, String part, ToDoubleFunction<JsonNode> value) {
        StringBuilder line = new StringBuilder("| ").append(what).append(" | ").append(unit);
        spread(line, values(part, value));
        out.accept(line.append(" |").toString());
    }

    private static void spread(StringBuilder line, double[] values) {
        line.append(" | ").append(number(median(values)));
        line.append(" | ").append(number(Arrays.stream(values).min().orElse(Double.NaN)));
        line.append(" | ").append(number(Arrays.stream(values).max().orElse(Double.NaN)));
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "–";
        }
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }
}
