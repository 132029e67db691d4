package dev.ashlar.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** The part of the report that {@link VectorBench} measured; see {@link Report}. */
final class VectorReport {
    private final JsonNode all;
    private final Consumer<String> out;

    VectorReport(JsonNode all, Consumer<String> out) {
        this.all = all;
        this.out = out;
    }

    void targets(KeyspaceReport.Targets targets) {
        if (all.isEmpty()) {
            return;
        }
        String what = "dot product of " + setting("dimension") + " float32: × ";
        targets.atLeast(what + "the kernel in C", 0.8, median(round -> overC(round, "dot")));
        targets.atLeast(what + "the scalar twin", 20, median(round -> overTwin(round, "dot")));
    }

    void tables() {
        if (all.isEmpty()) {
            return;
        }
        JsonNode first = all.path("rounds").path(0);
        out.accept("## Distances");
        out.accept("");
        out.accept("`bench/run --only vectors`; " + setting("dimension") + " components, or " + setting("bits")
                + " bits. Nanoseconds of processor time for a distance; the median of");
        out.accept("the rounds, and of the quotients the least and the most of them too. Ashlar ("
                + first.path("vector").path("kernels").asText() + ") and the same kernels in");
        out.accept("C (" + first.path("vector").path("inC").asText()
                + "; called through the foreign function interface) by turns in one process; the scalar twins");
        out.accept("beside C in another, and compared by way of it. *Many*: a query against " + setting("rows")
                + " rows in the second cache, and");
        out.accept("against " + setting("allRows") + ", which no cache holds.");
        out.accept("");
        out.accept("| | Ashlar | C | scalar twin | × C | least | most | × scalar twin |");
        out.accept("|---|--:|--:|--:|--:|--:|--:|--:|");
        row("dot", "dot product, float32");
        row("squaredL2", "squared L2");
        row("cosine", "cosine");
        row("dotMany", "dot product, many");
        row("squaredL2Many", "squared L2, many");
        row("cosineMany", "cosine, many");
        row("dotManyFromMemory", "dot product, many, from memory");
        row("dotInt8", "dot product, int8");
        row("squaredL2Int8", "squared L2, int8");
        row("cosineInt8", "cosine, int8");
        row("dotInt8Many", "dot product, int8, many");
        row("hamming", "Hamming");
        row("jaccard", "Jaccard");
        row("hammingMany", "Hamming, many");
        out.accept("");
    }

    private void row(String name, String label) {
        double[] overC = values(round -> overC(round, name));
        out.accept(String.format(
                Locale.ROOT,
                "| %s | %s | %s | %s | %s | %s | %s | %s |",
                label,
                number(median(round -> nanos(round, "vector", name, "ashlar"))),
                number(median(round -> nanos(round, "vector", name, "c"))),
                number(median(round -> nanos(round, "scalar", name, "ashlar"))),
                number(median(overC)),
                number(Arrays.stream(overC).min().orElse(Double.NaN)),
                number(Arrays.stream(overC).max().orElse(Double.NaN)),
                number(median(round -> overTwin(round, name)))));
    }

    private static double overC(JsonNode round, String name) {
        return nanos(round, "vector", name, "cOverAshlar");
    }

    /** By way of C where there is one, which takes out what changed between the two processes. */
    private static double overTwin(JsonNode round, String name) {
        double byWayOfC = overC(round, name) / nanos(round, "scalar", name, "cOverAshlar");
        return Double.isNaN(byWayOfC)
                ? nanos(round, "scalar", name, "ashlar") / nanos(round, "vector", name, "ashlar")
                : byWayOfC;
    }

    private static double nanos(JsonNode round, String process, String name, String subject) {
        return round.path(process).path("nanos").path(name).path(subject).asDouble(Double.NaN);
    }

    private String setting(String name) {
        return String.format(Locale.ROOT, "%,d", all.path("setting").path(name).asLong());
    }

    private double[] values(ToDoubleFunction<JsonNode> value) {
        JsonNode rounds = all.path("rounds");
        double[] values = new double[rounds.size()];
        Arrays.setAll(values, i -> value.applyAsDouble(rounds.get(i)));
        return values;
    }

    private double median(ToDoubleFunction<JsonNode> value) {
        return median(values(value));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length == 0
                ? Double.NaN
                : sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    private static String number(double value) {
        if (Double.isNaN(value)) {
            return "–";
        }
        return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
    }
}
