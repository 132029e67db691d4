package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.ashlar.Damage;
import dev.ashlar.DocumentStats;
import dev.ashlar.Entry;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.RecoveryReport;
import dev.ashlar.Store;
import dev.ashlar.StoreStats;
import dev.ashlar.VectorStats;
import dev.ashlar.VerificationReport;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code --json} prints: names as in the API, numbers without units (bytes, nanoseconds). Written out by hand, so
 * that a renamed component of a report is not by accident a change of the output.
 */
final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() {}

    /** An object with these members, alternately names and values, in this order. */
    @SuppressWarnings("NullAway") // null is a value in JSON
    static Map<String, Object> object(@Nullable Object... namesAndValues) {
        Map<String, Object> members = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            members.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return members;
    }

    static void write(OutputStream out, Object value) throws IOException {
        try (JsonGenerator generator = generator(out)) {
            MAPPER.writeValue(generator, value);
        }
        out.write('\n');
    }

    static JsonGenerator generator(OutputStream out) throws IOException {
        JsonGenerator generator = MAPPER.getFactory().createGenerator(out);
        generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
        printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
        generator.setPrettyPrinter(printer);
        return generator;
    }

    /** A generator that puts every element of an array on one line: for lists of many small things. */
    static void oneLine(JsonGenerator generator) {
        DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
        printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
        printer.indentObjectsWith(new DefaultPrettyPrinter.FixedSpaceIndenter());
        generator.setPrettyPrinter(printer);
    }

    static Map<String, Object> of(RecoveryReport report) {
        return object(
                "clean", report.clean(),
                "replayedRecords", report.replayedRecords(),
                "replayedBytes", report.replayedBytes(),
                "damaged", damages(report.damaged()),
                "dropped", damages(report.dropped()),
                "sweptFiles", report.sweptFiles(),
                "rebuiltIndex", report.rebuiltIndex(),
                "elapsedNanos", report.elapsed().toNanos());
    }

    static Map<String, Object> of(VerificationReport report) {
        return object(
                "intact", report.intact(),
                "records", report.records(),
                "bytes", report.bytes(),
                "damaged", damages(report.damaged()),
                "elapsedNanos", report.elapsed().toNanos());
    }

    static Map<String, Object> of(StoreStats stats) {
        return object(
                "records", stats.records(),
                "chunks", stats.chunks(),
                "logBytes", stats.logBytes(),
                "liveBytes", stats.liveBytes(),
                "valueFiles", stats.valueFiles(),
                "valueFileBytes", stats.valueFileBytes(),
                "segments", stats.segments(),
                "segmentBytes", stats.segmentBytes(),
                "documentSegments", stats.documentSegments(),
                "documentSegmentBytes", stats.documentSegmentBytes(),
                "indexBytes", stats.indexBytes(),
                "retiredBytes", stats.retiredBytes(),
                "snapshots", stats.snapshots(),
                "snapshotBytes", stats.snapshotBytes(),
                "snapshotChunkBytes", stats.snapshotChunkBytes(),
                "expiredRecords", stats.expiredRecords(),
                "appendedLsn", stats.appendedLsn(),
                "durableLsn", stats.durableLsn(),
                "checkpointLsn", stats.checkpointLsn(),
                "writes", stats.writes(),
                "groups", stats.groups(),
                "syncs", stats.syncs(),
                "storage", stats.storage(),
                "simd", stats.simd());
    }

    static Map<String, Object> of(VectorStats stats) {
        return object(
                "rows", stats.rows(),
                "pendingRows", stats.pendingRows(),
                "segments", stats.segments(),
                "segmentRows", stats.segmentRows(),
                "segmentBytes", stats.segmentBytes(),
                "deadRows", stats.deadRows());
    }

    static Map<String, Object> of(DocumentStats stats) {
        return object(
                "documents", stats.documents(),
                "pending", stats.pending(),
                "pendingBytes", stats.pendingBytes(),
                "pendingDocuments", stats.pendingDocuments(),
                "segments", stats.segments(),
                "deadDocuments", stats.deadDocuments(),
                "rawBytes", stats.rawBytes(),
                "fileBytes", stats.fileBytes(),
                "dictionaries", stats.dictionaries(),
                "generation", stats.generation(),
                "commitPrepared", stats.commitPrepared(),
                "mergesRunning", stats.mergesRunning(),
                "cacheHits", stats.cacheHits(),
                "cacheMisses", stats.cacheMisses(),
                "cacheBytes", stats.cacheBytes());
    }

    static Map<String, Object> of(String keyspace, long keys, KeyspaceOptions options) {
        return object(
                "name",
                keyspace,
                "keys",
                keys,
                "alignment",
                options.alignment(),
                "verification",
                options.verification().name().toLowerCase(Locale.ROOT));
    }

    /** Puts all that is known of an entry but its key and its value; the file is relative to the store. */
    static void describe(Entry entry, Store store, Map<String, Object> members) {
        members.put("size", entry.size());
        members.put("sizeOnDisk", entry.sizeOnDisk());
        members.put("version", entry.version());
        members.put("lsn", entry.lsn());
        // No number: half of them would not survive a reader that knows only doubles.
        members.put("checksum", HexFormat.of().toHexDigits(entry.checksum()));
        members.put("file", file(entry, store));
        members.put("position", entry.filePosition());
        Instant expires = entry.expiresAt();
        if (expires != null) {
            members.put("expiresAt", expires.toString());
        }
    }

    /** As {@link Damage#file} names files. */
    static String file(Entry entry, Store store) {
        return store.directory().relativize(entry.file()).toString();
    }

    static List<Map<String, Object>> damages(List<Damage> damages) {
        return damages.stream()
                .map(damage -> object(
                        "file", damage.file(),
                        "position", damage.position(),
                        "length", damage.length(),
                        "what", damage.what()))
                .toList();
    }
}
