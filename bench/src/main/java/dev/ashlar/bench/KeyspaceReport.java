package dev.ashlar.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** The part of the report that {@link KeyspaceBench} measured; see {@link Report}. */
final class KeyspaceReport {
    private final JsonNode all;
    private final Consumer<String> out;

    KeyspaceReport(JsonNode all, Consumer<String> out) {
        this.all = all;
        this.out = out;
    }

    /** Tells each target, what was reached, and whether it is met if it is at most, or else at least, that. */
    interface Targets {
        void atMost(String what, double target, double value);

        void atLeast(String what, double target, double value);
    }

    void targets(Targets targets) {
        if (all.isEmpty()) {
            return;
        }
        targets.atLeast(
                "iterating " + setting("scan", "entries") + " small entries: million a second",
                20,
                median("scan", round -> 1e3 / figure(round, "nanosPerEntry")));
        if (all.has("multiget")) {
            targets.atLeast(
                    "get of " + setting("multiget", "keysAtOnce") + " keys at once: × faster than dependent gets",
                    3,
                    median("multiget", round -> quotient(round, "nanosPerGetDependent", "nanosPerKeyAtOnce")));
        }
        targets.atLeast(
                "batch put of 1,024 × 8 B into a new store: million a second",
                8,
                median("batch", round -> 1e3 / figure(round, "nanosPerEntry")));
        targets.atLeast(
                "… × filling a table and writing the same bytes bare",
                0.6,
                median("batch", round -> quotient(round, "nanosPerEntryBare", "nanosPerEntry")));
        targets.atLeast(
                "compaction: million small entries a second",
                1.5,
                median("compaction", round -> figure(round, "records") / figure(round, "seconds") / 1e6));
        targets.atLeast(
                "… or × copying the same bytes: read, write, sync",
                0.6,
                median("compaction", round -> quotient(round, "secondsBare", "seconds")));
        targets.atMost(
                setting("opening", "entries") + " keys: open after a clean close, warm, ms",
                20,
                median("opening", round -> figure(round, "openMillis")));
        targets.atMost(
                "get beside a writer: 99.9th percentile × quiet",
                3,
                median("latency", round -> quotient(round, "writingP999", "quietP999")));
        targets.atMost(
                "get beside a writer and compaction: 99.9th percentile × quiet",
                3,
                median("latency", round -> quotient(round, "compactingP999", "quietP999")));
    }

    void tables() {
        if (all.isEmpty()) {
            return;
        }
        out.accept("## Keyspaces");
        out.accept("");
        out.accept(
                "`bench/run --only keyspaces`; the median of the rounds, and the least and the most of them. Each round measures");
        out.accept("Ashlar and its floor one after the other, in one process.");
        out.accept("");
        out.accept("| what | | median | least | most |");
        out.accept("|---|---|--:|--:|--:|");
        String small = setting("scan", "entries") + " entries, values of " + setting("scan", "valueBytes") + " bytes";
        row("scan, " + small, "ns an entry", "scan", round -> figure(round, "nanosPerEntry"));
        row("… backward", "ns an entry", "scan", round -> figure(round, "nanosPerEntryBackward"));
        row("… one load for each 64 bytes", "ns an entry", "scan", round -> figure(round, "nanosPerLineBare"));
        if (all.has("multiget")) {
            String keys = setting("multiget", "keysAtOnce");
            row(
                    keys + " keys at once, 2 KiB values",
                    "ns a key",
                    "multiget",
                    round -> figure(round, "nanosPerKeyAtOnce"));
            row(
                    "… one after the other, known",
                    "ns a key",
                    "multiget",
                    round -> figure(round, "nanosPerGetIndependent"));
            row("… each from the value before", "ns a key", "multiget", round -> figure(round, "nanosPerGetDependent"));
        }
        row(
                "batch put into a new store, " + setting("batch", "entries") + " × 8 bytes",
                "ns an entry",
                "batch",
                round -> figure(round, "nanosPerEntry"));
        row("… bare", "ns an entry", "batch", round -> figure(round, "nanosPerEntryBare"));
        row(
                "compaction",
                "ns an entry",
                "compaction",
                round -> 1e9 * figure(round, "seconds") / figure(round, "records"));
        row(
                "… bare copy of the bytes",
                "ns an entry",
                "compaction",
                round -> 1e9 * figure(round, "secondsBare") / figure(round, "records"));
        if (all.has("interchange")) {
            String entries =
                    setting("interchange", "entries") + " × " + setting("interchange", "valueBytes") + " bytes";
            rate("export to a file of simd-r-drive, " + entries, "secondsExport");
            rate("import of that file", "secondsImport");
            rate("… bare copy of it", "secondsBare");
        }
        row("open " + setting("opening", "entries") + " keys", "ms", "opening", round -> figure(round, "openMillis"));
        row("… and the first get", "ms", "opening", round -> figure(round, "openAndGetMillis"));
        out.accept("");
        latency();
    }

    private void latency() {
        out.accept("### Latency of a get beside other work");
        out.accept("");
        out.accept("One thread gets random keys of " + setting("latency", "entries")
                + " with values of 2 KiB, each get timed (the clock's own time included); another overwrites");
        out.accept(
                "values as fast as it can; compaction runs all the time besides. Nanoseconds, medians of the rounds.");
        out.accept("");
        out.accept("| | p50 | p99 | p99.9 | p99.99 | most | gets a second | puts a second |");
        out.accept("|---|--:|--:|--:|--:|--:|--:|--:|");
        latency("quiet", "quiet", "");
        latency("beside a writer", "writing", "putsPerSecond");
        latency("… and compaction", "compacting", "putsPerSecondCompacting");
        out.accept("");
    }

    private void latency(String what, String phase, String puts) {
        StringBuilder line = new StringBuilder("| ").append(what);
        for (String percentile : new String[] {"P50", "P99", "P999", "P9999", "Max"}) {
            line.append(" | ").append(number(median("latency", round -> figure(round, phase + percentile))));
        }
        line.append(" | ").append(number(median("latency", round -> figure(round, phase + "Gets") / 3)));
        line.append(" | ")
                .append(puts.isEmpty() ? "" : number(median("latency", round -> figure(round, puts))))
                .append(" |");
        out.accept(line.toString());
    }

    private void rate(String what, String seconds) {
        row(what, "MB/s", "interchange", round -> figure(round, "bytes") / figure(round, seconds) / 1e6);
    }

    private void row(String what, String unit, String part, ToDoubleFunction<JsonNode> value) {
        double[] values = values(part, value);
        out.accept(String.format(
                Locale.ROOT,
                "| %s | %s | %s | %s | %s |",
                what,
                unit,
                number(median(values)),
                number(Arrays.stream(values).min().orElse(Double.NaN)),
                number(Arrays.stream(values).max().orElse(Double.NaN))));
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

    private static double figure(JsonNode round, String name) {
        return round.path(name).asDouble(Double.NaN);
    }

    private static double quotient(JsonNode round, String over, String under) {
        return figure(round, over) / figure(round, under);
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "–";
        }
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }
}
