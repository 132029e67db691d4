package dev.ashlar.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** The part of the report that {@link DocumentBench} measured; see {@link Report}. */
final class DocumentReport {
    private static final List<String> CORPORA = List.of("sources", "json");
    private static final List<String> MODES = List.of("Speed", "Compression");

    private final JsonNode all;
    private final Consumer<String> out;

    DocumentReport(JsonNode all, Consumer<String> out) {
        this.all = all;
        this.out = out;
    }

    void targets(KeyspaceReport.Targets targets) {
        if (all.isEmpty()) {
            return;
        }
        for (String corpus : CORPORA) {
            String of = name(corpus);
            for (String mode : MODES) {
                String peer = "Lucene, " + mode(mode);
                targets.atLeast(
                        "documents, " + of + ", added and committed: × documents a second of " + peer,
                        1.5,
                        median(corpus, round -> adding(round, "Lucene" + mode, "seconds")));
                targets.atMost(
                        "… × its bytes", 1, median(corpus, round -> 1 / adding(round, "Lucene" + mode, "bytes")));
                targets.atLeast(
                        "… found by key: × faster than it",
                        3,
                        median(corpus, round -> over(round, "lookups", "lucene" + mode)));
            }
            targets.atMost(
                    "documents, " + of + ", get from a cached block, median, ns",
                    1_000,
                    median(corpus, round -> figure(round, "cachedGets", "inPlaceP50")));
            targets.atMost(
                    "… from one that is not cached: × bare decompression of the block",
                    1.3,
                    median(corpus, round -> 1 / over(round, "gets", "bare")));
            targets.atLeast(
                    "… merge: × reading, writing and syncing the bytes",
                    0.6,
                    median(corpus, round -> figure(round, "merge", "secondsBare") / figure(round, "merge", "seconds")));
        }
        targets.atMost(
                "documents, most anonymous memory while they are added: × the budget",
                1.25,
                median("memory", this::ofBudget));
    }

    void tables() {
        if (all.isEmpty()) {
            return;
        }
        out.accept("## Document collections");
        out.accept("");
        out.accept("`bench/run --only documents`; the median of all rounds of "
                + all.path("sources").path("processes")
                + " processes, and the least and the most of them. Subjects by turns");
        out.accept(
                "in one process, ratios within one round. Lucene keeps the same documents as stored fields and a term for the key,");
        out.accept("in both modes of its codec, with 64 MB of buffer; Ashlar has its defaults (blocks of "
                + setting("sources", "blockBytes") + " bytes, level " + setting("sources", "level") + ").");
        out.accept("");
        for (String corpus : CORPORA) {
            writing(corpus);
            reading(corpus);
        }
        memory();
    }

    private void writing(String corpus) {
        out.accept("### Writing: " + name(corpus));
        out.accept("");
        out.accept(setting(corpus, "documents") + " documents, " + setting(corpus, "bytes")
                + " bytes of keys and texts, from the first one to the end of the commit, synced.");
        out.accept(
                "Bytes are those of all files of documents and keys. Ashlar has the documents in its log as well until that is");
        out.accept(
                "compacted, which is not counted. × is Ashlar's rate over that of the row, and its bytes over those of the row.");
        out.accept("");
        out.accept("| | documents/s | × | least | most | bytes | × |");
        out.accept("|---|--:|--:|--:|--:|--:|--:|");
        adding(corpus, "Ashlar", "Ashlar");
        for (String mode : MODES) {
            adding(corpus, "Lucene, " + mode(mode), "Lucene" + mode);
        }
        out.accept("");
        out.accept("Merging " + number(median(corpus, round -> figure(round, "merge", "segments")))
                + " segments into one, and the same " + "bytes read, written to a file and synced, by nothing else:");
        out.accept("");
        out.accept("| what | | median | least | most |");
        out.accept("|---|---|--:|--:|--:|");
        row(
                "merge",
                "MB/s",
                corpus,
                round -> figure(round, "merge", "bytes") / figure(round, "merge", "seconds") / 1e6);
        row(
                "bare",
                "MB/s",
                corpus,
                round -> figure(round, "merge", "bytes") / figure(round, "merge", "secondsBare") / 1e6);
        row(
                "merge × bare",
                "",
                corpus,
                round -> figure(round, "merge", "secondsBare") / figure(round, "merge", "seconds"));
        out.accept("");
    }

    private void adding(String corpus, String label, String subject) {
        double documents = all.path(corpus).path("setting").path("documents").asDouble();
        StringBuilder line = new StringBuilder("| ").append(label).append(" | ");
        line.append(number(median(corpus, round -> documents / figure(round, "add" + subject, "seconds"))));
        spread(line, values(corpus, round -> adding(round, subject, "seconds")));
        line.append(" | ").append(number(median(corpus, round -> figure(round, "add" + subject, "bytes"))));
        line.append(" | ").append(number(median(corpus, round -> 1 / adding(round, subject, "bytes"))));
        out.accept(line.append(" |").toString());
    }

    private void reading(String corpus) {
        out.accept("### Reading: " + name(corpus));
        out.accept("");
        out.accept("One segment on each side, in the page cache, " + setting(corpus, "blocks")
                + " blocks; nanoseconds of processor time each. × is the row's time over Ashlar's.");
        out.accept(
                "Keys are Strings, of which either makes bytes; Lucene is also given the bytes of its term as they are.");
        out.accept("");
        out.accept("| by key: where it is | ns | × | least | most |");
        out.accept("|---|--:|--:|--:|--:|");
        times(corpus, "lookups", "lookupsInTurn", "Ashlar", "ashlar");
        for (String mode : MODES) {
            times(corpus, "lookups", "lookupsInTurn", "Lucene, " + mode(mode), "lucene" + mode);
            times(corpus, "lookups", "lookupsInTurn", "… from bytes", "lucene" + mode + "Bytes");
        }
        out.accept("");
        out.accept("| document of a block that is not cached | ns | × | least | most |");
        out.accept("|---|--:|--:|--:|--:|");
        times(corpus, "gets", "getsInTurn", "bare decompression of its block", "bare");
        times(corpus, "gets", "getsInTurn", "Ashlar", "ashlar");
        for (String mode : MODES) {
            times(
                    corpus,
                    "gets",
                    "getsInTurn",
                    "Lucene, " + mode(mode) + " (the document as a String)",
                    "lucene" + mode);
        }
        out.accept("");
        out.accept("Of Ashlar's gets, " + number(100 * median(corpus, round -> figure(round, "gets", "missesPerGet")))
                + " in a hundred decompressed a block. From one that is there, each timed for itself:");
        out.accept("");
        out.accept("| from a cached block | | median | least | most |");
        out.accept("|---|---|--:|--:|--:|");
        for (String[] each : new String[][] {
            {"in place, by address", "inPlace"},
            {"in place, by key", "byKey"},
            {"as a copy", "copied"},
            {"the clock alone", "clock"}
        }) {
            row(each[0] + ", median", "ns", corpus, round -> figure(round, "cachedGets", each[1] + "P50"));
            row("… percentile 99", "ns", corpus, round -> figure(round, "cachedGets", each[1] + "P99"));
        }
        out.accept("");
    }

    private void times(String corpus, String group, String perTurn, String label, String subject) {
        double count = all.path(corpus).path("setting").path(perTurn).asDouble();
        StringBuilder line = new StringBuilder("| ").append(label).append(" | ");
        line.append(number(median(corpus, round -> processor(round, group, subject) / count)));
        spread(line, values(corpus, round -> over(round, group, subject)));
        out.accept(line.append(" |").toString());
    }

    private void memory() {
        out.accept("### Memory while documents are added");
        out.accept("");
        out.accept(
                setting("memory", "documents") + " documents of JSON, a budget of " + setting("memory", "budgetBytes")
                        + " bytes for " + setting("memory", "workers") + " workers, -Xmx" + setting("memory", "heap")
                        + ". Growth of the");
        out.accept(
                "process's anonymous memory (RssAnon, looked at every 5 ms) beyond what it had with a small collection filled before.");
        out.accept("");
        out.accept("| what | | median | least | most |");
        out.accept("|---|---|--:|--:|--:|");
        row("bytes added", "MiB", "memory", round -> round.path("bytes").asDouble(Double.NaN) / (1 << 20));
        row("before", "MiB", "memory", round -> round.path("before").asDouble(Double.NaN) / (1 << 20));
        row("growth", "MiB", "memory", round -> round.path("growth").asDouble(Double.NaN) / (1 << 20));
        row("growth × budget", "", "memory", this::ofBudget);
        out.accept("");
    }

    // -------------------------------------------------------------------------------------------------------- figures

    private double ofBudget(JsonNode round) {
        return round.path("growth").asDouble(Double.NaN)
                / all.path("memory").path("setting").path("budgetBytes").asDouble();
    }

    /** What it takes of something over what Ashlar takes. */
    private static double adding(JsonNode round, String subject, String what) {
        return figure(round, "add" + subject, what) / figure(round, "addAshlar", what);
    }

    private static double over(JsonNode round, String group, String subject) {
        return processor(round, group, subject) / processor(round, group, "ashlar");
    }

    private static double processor(JsonNode round, String group, String subject) {
        return round.path(group).path(subject).path("processor").asDouble(Double.NaN);
    }

    private static double figure(JsonNode round, String group, String name) {
        return round.path(group).path(name).asDouble(Double.NaN);
    }

    private static String name(String corpus) {
        return corpus.equals("json") ? "JSON of 1.6 KB" : "sources of the JDK";
    }

    private static String mode(String mode) {
        return mode.equals("Speed") ? "BEST_SPEED" : "BEST_COMPRESSION";
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
