package dev.ashlar.fuzz;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DocumentStats;
import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorScan;
import dev.ashlar.document.SchemaCodec;
import dev.ashlar.simd.Xxh3;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/**
 * A golden store as it is kept: {@code NAME.zip} has its files, {@code NAME.txt} says what is in it, sorted, fields parted
 * by tabs:
 *
 * <pre>
 *   space    NAME   ALIGNMENT
 *   vectors  NAME   DIMENSION   TYPE   METRIC   "any" or "finite"
 *   row      NAME   ID   VERSION   XXH3 of the row
 *   documents  NAME   COMMITTED   DEAD   PENDING in the log   PENDING in segments   SEGMENTS   GENERATION
 *   schema   NAME   SCHEMA
 *   document NAME   SEGMENT   ORDINAL   XXH3 of the document
 *   record   SPACE  KEY in hexadecimal, or its XXH3   VERSION   LENGTH   XXH3 of the value   EXPIRY, if it has one
 * </pre>
 */
record GoldenFile(Path zip) {
    private static final int SHOWN_KEY = 40;

    String name() {
        return zip.getParent().getFileName() + "/" + zip.getFileName();
    }

    private Path text() {
        return zip.resolveSibling(zip.getFileName().toString().replace(".zip", ".txt"));
    }

    /** Never changes what is there: golden stores are kept for ever. */
    void write(StoreImage image, List<String> content) {
        try {
            Files.createDirectories(zip.getParent());
            try (ZipOutputStream out =
                    new ZipOutputStream(Files.newOutputStream(zip, java.nio.file.StandardOpenOption.CREATE_NEW))) {
                out.setLevel(9);
                for (Map.Entry<String, byte[]> file : image.files().entrySet()) {
                    ZipEntry entry = new ZipEntry(file.getKey());
                    entry.setTime(0);
                    out.putNextEntry(entry);
                    out.write(file.getValue());
                }
            }
            Files.write(text(), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    StoreImage image() {
        Map<String, byte[]> files = new TreeMap<>();
        try (ZipInputStream in = new ZipInputStream(Files.newInputStream(zip))) {
            for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
                files.put(entry.getName(), in.readAllBytes());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new StoreImage(files);
    }

    List<String> content() {
        try {
            return Files.readAllLines(text());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // ------------------------------------------------------------------------------------------------- what is in it

    static List<String> contentOf(Store store) {
        List<String> lines = new ArrayList<>();
        for (String name : store.keyspaces()) {
            Keyspace space = store.keyspace(name);
            lines.add(String.join(
                    "\t", "space", name, Integer.toString(space.options().alignment())));
            try (Scan scan = space.scan()) {
                while (scan.next()) {
                    byte[] value = scan.value().toArray(JAVA_BYTE);
                    byte[] key = scan.key().toArray(JAVA_BYTE);
                    Instant expiry = space.expiresAt(key);
                    lines.add(record(
                            name,
                            key,
                            scan.version(),
                            value.length,
                            hash(value),
                            expiry == null ? 0 : expiry.toEpochMilli()));
                }
            }
        }
        for (String name : store.vectorCollections()) {
            VectorCollection vectors = store.vectors(name);
            VectorOptions options = vectors.options();
            lines.add(String.join(
                    "\t",
                    "vectors",
                    name,
                    Integer.toString(options.dimension()),
                    options.type().name(),
                    options.metric().name(),
                    options.nonFinite() == VectorOptions.NonFinite.ALLOW ? "any" : "finite"));
            try (VectorScan scan = vectors.scan()) {
                while (scan.next()) {
                    lines.add(
                            row(name, scan.id(), scan.version(), hash(scan.row().toArray(JAVA_BYTE))));
                }
            }
        }
        for (String name : store.documentCollections()) {
            DocumentCollection documents = store.documents(name);
            DocumentStats stats = documents.stats();
            lines.add(String.join(
                    "\t",
                    "documents",
                    name,
                    Long.toString(stats.documents()),
                    Long.toString(stats.deadDocuments()),
                    Long.toString(stats.pending()),
                    Long.toString(stats.pendingDocuments()),
                    Integer.toString(stats.segments()),
                    Long.toString(stats.generation())));
            byte[] schema = SchemaCodec.write(documents.schema());
            lines.add(String.join("\t", "schema", name, HexFormat.of().formatHex(schema)));
            try (DocumentSnapshot snapshot = documents.snapshot();
                    DocumentCursor cursor = snapshot.cursor()) {
                while (cursor.next()) {
                    lines.add(String.join(
                            "\t",
                            "document",
                            name,
                            Long.toString(cursor.address().segment()),
                            Integer.toString(cursor.address().ordinal()),
                            hash(cursor.document().encoded().toArray(JAVA_BYTE))));
                }
            }
        }
        lines.sort(null);
        return lines;
    }

    /** Without what the reader in C does not read. */
    static List<String> inC(List<String> content) {
        return content.stream()
                .filter(line -> !line.startsWith("schema\t") && !line.startsWith("document\t"))
                .toList();
    }

    private static String row(String name, long id, long version, String hash) {
        return String.join("\t", "row", name, Long.toString(id), Long.toString(version), hash);
    }

    /** @param documents the document collections */
    static List<String> contentOf(JsonNode readInC, JsonNode documents) {
        List<String> lines = new ArrayList<>();
        Map<Integer, String> names = new HashMap<>();
        for (JsonNode space : readInC.get("keyspaces")) {
            names.put(space.get("id").asInt(), space.get("name").asText());
            lines.add(String.join(
                    "\t",
                    "space",
                    space.get("name").asText(),
                    space.get("alignment").asText()));
        }
        for (JsonNode each : readInC.get("records")) {
            lines.add(record(
                    names.get(each.get("space").asInt()),
                    HexFormat.of().parseHex(each.get("key").asText()),
                    each.get("version").asLong(),
                    each.get("length").asLong(),
                    each.get("xxh3").asText(),
                    each.path("expiry").asLong(0)));
        }
        for (JsonNode each : readInC.get("collections")) {
            names.put(each.get("id").asInt(), each.get("name").asText());
            lines.add(String.join(
                    "\t",
                    "vectors",
                    each.get("name").asText(),
                    each.get("dimension").asText(),
                    each.get("type").asText().toUpperCase(Locale.ROOT),
                    each.get("metric").asText().toUpperCase(Locale.ROOT).replace(' ', '_'),
                    each.get("nonFinite").asBoolean() ? "any" : "finite"));
        }
        for (JsonNode each : readInC.get("rows")) {
            lines.add(row(
                    names.get(each.get("space").asInt()),
                    each.get("id").asLong(),
                    each.get("version").asLong(),
                    each.get("xxh3").asText()));
        }
        for (JsonNode each : documents.get("documents")) {
            lines.add(String.join(
                    "\t",
                    "documents",
                    each.get("name").asText(),
                    each.get("documents").asText(),
                    each.get("dead").asText(),
                    each.get("pending").asText(),
                    each.get("pendingDocuments").asText(),
                    each.get("segments").asText(),
                    each.get("generation").asText()));
        }
        lines.sort(null);
        return lines;
    }

    private static String record(String space, byte[] key, long version, long length, String hash, long expiry) {
        String shown = key.length <= SHOWN_KEY ? HexFormat.of().formatHex(key) : "xxh3:" + hash(key);
        String line = String.join("\t", "record", space, shown, Long.toString(version), Long.toString(length), hash);
        return expiry == 0 ? line : line + "\t" + expiry;
    }

    private static String hash(byte[] bytes) {
        return HexFormat.of().toHexDigits(Xxh3.hash(bytes, 0, bytes.length, 0));
    }
}
