package dev.ashlar.cli;

import dev.ashlar.RecoveryReport;
import dev.ashlar.StoreStats;
import dev.ashlar.VerificationReport;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What quickstart did: told step by step while it runs, and as tables or JSON at the end. */
final class QuickstartReport {
    private final Output output;
    private final boolean json;
    private final List<Measurement> measurements = new ArrayList<>();
    private final Map<String, Object> facts = new LinkedHashMap<>();
    private final List<String> findings = new ArrayList<>();
    private @Nullable RecoveryReport recovery;
    private @Nullable VerificationReport verification;
    private @Nullable StoreStats stats;
    private List<FileSizes> files = List.of();
    private @Nullable String likeFile;
    private List<LikenessStep.Likeness> like = List.of();

    /**
     * One line of the table.
     *
     * @param bytes of values
     */
    private record Measurement(
            String step,
            long records,
            long bytes,
            Duration elapsed,
            @Nullable Latency latency) {}

    QuickstartReport(Output output, boolean json) {
        this.output = output;
        this.json = json;
    }

    Output output() {
        return output;
    }

    void begin(QuickstartDirectory place) throws IOException {
        facts.put("version", Version.ashlar());
        facts.put("directory", place.path().toString());
        facts.put("kept", !place.temporary());
        tell("Ashlar " + Version.ashlar() + ", quickstart in " + place.shown()
                + (place.temporary() ? " (temporary: deleted at the end; --dir keeps it)" : ""));
    }

    /** Says what is being done now. */
    void tell(String what) throws IOException {
        if (!json) {
            output.line(what);
            output.flush();
        }
    }

    void measured(String step, long records, long bytes, Duration elapsed, @Nullable Latency latency) {
        measurements.add(new Measurement(step, records, bytes, elapsed, latency));
    }

    /** Which files are most like one of them, the most alike first. */
    void like(String file, List<LikenessStep.Likeness> found) {
        likeFile = file;
        like = found;
    }

    /** Something that was checked and is as it must be. */
    void found(String finding) {
        findings.add(finding);
    }

    /** A raw number or text for JSON. */
    void fact(String name, Object value) {
        facts.put(name, value);
    }

    void recovered(RecoveryReport report) {
        recovery = report;
    }

    void verified(VerificationReport report, StoreStats figures, List<FileSizes> sizes) {
        verification = report;
        stats = figures;
        files = sizes;
    }

    void end(QuickstartDirectory place) throws IOException {
        if (json) {
            output.json(toJson());
            return;
        }
        output.line("");
        measurementTable().print(output);
        if (likeFile != null) {
            output.line("");
            likenessTable(likeFile).print(output);
        }
        output.line("");
        fileTable().print(output);
        if (recovery != null) {
            output.line("");
            RecoveryTable.of(recovery).print(output);
        }
        output.line("");
        for (String finding : findings) {
            output.line("* " + finding);
        }
        output.line("");
        output.line(
                place.temporary()
                        ? "All is as it must be. " + place.shown() + " is deleted now."
                        : "All is as it must be. The store is kept: try 'ashlar list " + place.shown() + "'.");
    }

    private Table measurementTable() {
        Table table =
                new Table("step", "records", "bytes", "time", "records/s", "bytes/s", "p50", "p99", "p99.9", "max");
        for (Measurement each : measurements) {
            Latency latency = each.latency();
            table.row(
                    each.step(),
                    Units.count(each.records()),
                    Units.bytes(each.bytes()),
                    Units.time(each.elapsed()),
                    Units.countPerSecond(each.records(), each.elapsed()),
                    Units.bytesPerSecond(each.bytes(), each.elapsed()),
                    latency == null ? "" : Units.time(latency.p50Nanos()),
                    latency == null ? "" : Units.time(latency.p99Nanos()),
                    latency == null ? "" : Units.time(latency.p999Nanos()),
                    latency == null ? "" : Units.time(latency.maxNanos()));
        }
        return table;
    }

    private Table likenessTable(String file) {
        Table table = new Table("most like " + file, "cosine");
        for (LikenessStep.Likeness each : like) {
            table.row(each.file(), String.format(Locale.ROOT, "%.3f", each.score()));
        }
        return table;
    }

    private Table fileTable() {
        Table table = new Table("files of the store", "files", "bytes");
        for (FileSizes each : files) {
            table.row(each.part(), Units.count(each.files()), Units.bytes(each.bytes()));
        }
        return table;
    }

    private Map<String, Object> toJson() {
        Map<String, Object> document = new LinkedHashMap<>(facts);
        document.put(
                "steps", measurements.stream().map(QuickstartReport::toJson).toList());
        document.put(
                "files",
                files.stream()
                        .map(each -> Json.object("part", each.part(), "files", each.files(), "bytes", each.bytes()))
                        .toList());
        if (recovery != null) {
            document.put("recovery", Json.of(recovery));
        }
        if (verification != null) {
            document.put("verification", Json.of(verification));
        }
        if (stats != null) {
            document.put("stats", Json.of(stats));
        }
        if (likeFile != null) {
            document.put(
                    "like",
                    Json.object(
                            "file",
                            likeFile,
                            "nearest",
                            like.stream()
                                    .map(each -> Json.object("file", each.file(), "score", each.score()))
                                    .toList()));
        }
        document.put("findings", findings);
        return document;
    }

    private static Map<String, Object> toJson(Measurement measurement) {
        Map<String, Object> members = Json.object(
                "step", measurement.step(),
                "records", measurement.records(),
                "bytes", measurement.bytes(),
                "elapsedNanos", measurement.elapsed().toNanos());
        Latency latency = measurement.latency();
        if (latency != null) {
            members.put(
                    "latencyNanos",
                    Json.object(
                            "p50", latency.p50Nanos(),
                            "p99", latency.p99Nanos(),
                            "p999", latency.p999Nanos(),
                            "max", latency.maxNanos()));
        }
        return members;
    }
}
