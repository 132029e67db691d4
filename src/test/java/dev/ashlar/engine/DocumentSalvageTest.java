package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Damage;
import dev.ashlar.Document;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentOptions;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.Durability;
import dev.ashlar.MergePolicy;
import dev.ashlar.SalvageReport;
import dev.ashlar.SalvageReport.LostValue;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A salvage takes documents along: committed ones from segments, pending ones from segments and the log. */
@Tag("nio")
class DocumentSalvageTest {
    private static final StoreOptions STILL = StoreOptions.DEFAULT.withAutoCompaction(false);
    private static final DocumentOptions SMALL =
            DocumentOptions.DEFAULT.withBlockBytes(4096).withMerging(MergePolicy.DEFAULT.onRequest());

    /** The primary key of the first is stored in documents, that of the second only in the tables of keys. */
    private static final DocumentSchema BY_TEXT = DocumentSchema.builder()
            .field(DocumentField.keyword("id"))
            .field(DocumentField.text("body"))
            .primaryKey("id")
            .build();

    private static final DocumentSchema BY_NUMBER = DocumentSchema.builder()
            .field(DocumentField.text("body"))
            .field(DocumentField.i64("n").notStored())
            .primaryKey("n")
            .build();

    private static final DocumentSchema KEYLESS =
            DocumentSchema.builder().field(DocumentField.text("body")).build();

    @TempDir
    private Path directory;

    /** A store that is written once, and what is in it. */
    @TempDir
    private static Path filled;

    private static final DocumentSalvageTest FILLED = new DocumentSalvageTest();

    /** What is to be found: committed, and committed as it would be after another commit. */
    private final TreeMap<String, String> texts = new TreeMap<>();

    private final TreeMap<String, String> nextTexts = new TreeMap<>();
    private final TreeMap<Long, String> numbers = new TreeMap<>();
    private final TreeMap<String, Integer> bodies = new TreeMap<>();
    private final TreeMap<String, Integer> nextBodies = new TreeMap<>();

    private Path damaged() {
        return directory.resolve("damaged");
    }

    private static Store open(Path directory) {
        return TestEngines.inline(directory, Storages.open(directory, true), STILL, new UUID(1, 2), 4096);
    }

    private static String body(int i, int round) {
        return ("the body of document " + i + " in round " + round + ", which is " + i * 31 + "; ").repeat(6);
    }

    private static void put(DocumentCollection documents, TreeMap<String, String> model, String id, String body) {
        documents.upsert(documents.document().set("id", id).set("body", body), Durability.APPENDED);
        model.put(id, body);
    }

    private static void delete(DocumentCollection documents, TreeMap<String, String> model, String id) {
        documents.delete(id, Durability.APPENDED);
        model.remove(id);
    }

    private void add(DocumentCollection documents, TreeMap<String, Integer> model, String body) {
        documents.add(documents.document().set("body", body), Durability.APPENDED);
        model.merge(body, 1, Integer::sum);
    }

    /** Several commits with documents replaced and deleted, one merge, then pending ones, built early and not. */
    private void fill() throws IOException {
        fillOnce();
        try (Stream<Path> all = Files.walk(filled)) {
            for (Path each : all.toList()) {
                Files.copy(each, damaged().resolve(filled.relativize(each)));
            }
        }
        texts.putAll(FILLED.texts);
        nextTexts.putAll(FILLED.nextTexts);
        numbers.putAll(FILLED.numbers);
        bodies.putAll(FILLED.bodies);
        nextBodies.putAll(FILLED.nextBodies);
    }

    private static synchronized void fillOnce() {
        if (FILLED.numbers.isEmpty()) {
            FILLED.write(filled);
        }
    }

    private void write(Path to) {
        try (Store store = open(to)) {
            DocumentCollection a = store.documents("a", BY_TEXT, SMALL);
            DocumentCollection b = store.documents("b", BY_NUMBER, SMALL);
            DocumentCollection c = store.documents("c", KEYLESS, SMALL);
            store.keyspace("k").put("key", new byte[100]);
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 60; i++) {
                    int id = (i * 7 + round * 13) % 90;
                    if (i % 9 == 8) {
                        delete(a, texts, "k" + id);
                    } else {
                        put(a, texts, "k" + id, body(id, round));
                    }
                    String body = body(i, round);
                    b.upsert(b.document().set("n", (long) id - 40).set("body", body), Durability.APPENDED);
                    numbers.put(id - 40L, body);
                    add(c, bodies, body(i % 50, round));
                }
                a.commit();
                b.commit();
                c.commit();
                if (round == 1) {
                    a.forceMerge(1);
                }
            }
            nextTexts.putAll(texts);
            nextBodies.putAll(bodies);
            put(a, nextTexts, texts.firstKey(), "replaced in a pending segment");
            put(a, nextTexts, "new in a pending segment", "x");
            delete(a, nextTexts, texts.lastKey());
            add(c, nextBodies, "a pending segment");
            a.flush();
            c.flush();
            put(a, nextTexts, "pending in the log", "y");
            put(a, nextTexts, "new in a pending segment", "replaced in the log");
            delete(a, nextTexts, texts.higherKey(texts.firstKey()));
            add(c, nextBodies, "pending in the log");
            store.compact();
            add(c, nextBodies, "behind all");
        }
    }

    private List<Path> files(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(damaged().resolve("documents"))) {
            return files.filter(each -> each.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    private SalvageReport salvage() {
        return Store.salvage(damaged(), directory.resolve("new"));
    }

    private static TreeMap<String, String> texts(DocumentCollection documents) {
        TreeMap<String, String> all = new TreeMap<>();
        try (DocumentSnapshot snapshot = documents.snapshot();
                Stream<Document> stream = snapshot.stream()) {
            stream.forEach(each -> assertEquals(
                    null, all.put(String.valueOf(each.string("id")), String.valueOf(each.string("body")))));
        }
        for (String id : all.keySet()) {
            assertEquals(all.get(id), String.valueOf(documents.get(id).string("body")));
        }
        return all;
    }

    private static TreeMap<String, Integer> bodies(DocumentCollection documents) {
        TreeMap<String, Integer> all = new TreeMap<>();
        try (DocumentSnapshot snapshot = documents.snapshot();
                Stream<Document> stream = snapshot.stream()) {
            stream.forEach(each -> all.merge(String.valueOf(each.string("body")), 1, Integer::sum));
        }
        return all;
    }

    private TreeMap<Long, String> numbers(DocumentCollection documents) {
        TreeMap<Long, String> all = new TreeMap<>();
        for (long n = -60; n < 60; n++) {
            Document found = documents.get(n);
            if (found != null) {
                all.put(n, String.valueOf(found.string("body")));
            }
        }
        assertEquals(all.size(), documents.stats().documents());
        return all;
    }

    private void check(SalvageReport report, String nameOfA) {
        try (Store store = Store.open(directory.resolve("new"), STILL)) {
            DocumentCollection a = store.documents(nameOfA);
            DocumentCollection b = store.documents("b");
            DocumentCollection c = store.documents("c");
            assertEquals(texts, texts(a));
            assertEquals(numbers, numbers(b));
            assertEquals(bodies, bodies(c));
            assertEquals(null, BY_TEXT.differenceFrom(a.schema()));
            assertEquals(null, BY_NUMBER.differenceFrom(b.schema()));
            assertEquals((long) texts.size(), report.documents().get(nameOfA));
            assertEquals(a.stats().pending(), report.pendingDocuments().get(nameOfA));
            assertEquals(1, store.keyspace("k").size());
            assertEquals(List.of("k"), store.keyspaces());
            c.add(c.document().set("body", "one more"));
            nextBodies.merge("one more", 1, Integer::sum);
            for (DocumentCollection each : List.of(a, b, c)) {
                each.commit();
            }
            assertEquals(nextTexts, texts(a));
            assertEquals(numbers, numbers(b));
            assertEquals(nextBodies, bodies(c));
            assertTrue(store.verify(bytes -> {}).intact());
        }
    }

    @Test
    @DisplayName("Of an intact store all is there: what is committed is, what is pending is pending")
    void nothingDamaged() throws IOException {
        fill();
        SalvageReport report = salvage();
        assertTrue(report.complete(), report.toString());
        assertEquals(List.of(), report.harmless());
        check(report, "a");
    }

    @Test
    @DisplayName(
            "A store that was not closed, without manifest and checkpoint: segments that no commit names are left out")
    void withoutManifest() throws IOException {
        fill();
        Files.delete(damaged().resolve("MANIFEST-a"));
        Files.delete(damaged().resolve("MANIFEST-b"));
        Path left = files(".seg").getFirst();
        Files.copy(left, left.resolveSibling("00000000000fffff.seg"));
        SalvageReport report = salvage();
        assertEquals(List.of(), report.damaged());
        assertEquals(List.of(), report.lost());
        check(report, "a");
    }

    @Test
    @DisplayName(
            "A damaged block costs its documents, which are named by their keys, and no older one takes the place of any")
    void damagedBlocks() throws IOException {
        fill();
        for (Path segment : files(".seg")) {
            byte[] bytes = Files.readAllBytes(segment);
            bytes[64 + 30] ^= 4;
            Files.write(segment, bytes);
        }
        SalvageReport report = salvage();
        assertFalse(report.damaged().isEmpty());
        for (Damage each : report.damaged()) {
            assertTrue(each.file().startsWith("documents/") && each.position() == 64, each.toString());
        }
        int named = 0;
        for (LostValue lost : report.lost()) {
            String key = new String(lost.key().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
            if (lost.keyspace().equals("a")) {
                // Pending ones are named as well: then the committed one is there, if there is one.
                boolean was =
                        lost.older() ? texts.containsKey(key) : texts.remove(key) != null || nextTexts.containsKey(key);
                assertTrue(was, lost.toString());
                named++;
            } else {
                assertEquals("b", lost.keyspace());
                long n = lost.key().get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN), 0)
                        ^ Long.MIN_VALUE;
                assertTrue(numbers.remove(n) != null, lost.toString());
                named++;
            }
        }
        assertTrue(named > 20, named + "");
        try (Store store = Store.open(directory.resolve("new"), STILL)) {
            TreeMap<String, String> found = texts(store.documents("a"));
            assertEquals(texts.keySet(), found.keySet());
            assertEquals(texts, found);
            assertEquals(numbers, numbers(store.documents("b")));
            bodies(store.documents("c")).forEach((body, count) -> assertTrue(bodies.get(body) >= count));
        }
    }

    @Test
    @DisplayName(
            "What stands beside the blocks may be damaged: the header, keys where documents have them, zones, statistics")
    void damagedParts() throws IOException {
        fill();
        for (Path segment : files(".seg")) {
            byte[] bytes = Files.readAllBytes(segment);
            bytes[12] ^= 4;
            Files.write(segment, bytes);
        }
        SalvageReport report = salvage();
        assertTrue(report.complete(), report.toString());
        assertEquals(files(".seg").size(), report.harmless().size());
        check(report, "a");
    }

    @Test
    @DisplayName("A missing segment is reported, and costs no more than its documents")
    void missingSegment() throws IOException {
        fill();
        Files.delete(files(".seg").getFirst());
        SalvageReport report = salvage();
        assertEquals(1, report.damaged().size(), report.toString());
        assertEquals(files("").isEmpty(), false);
        try (Store store = Store.open(directory.resolve("new"), STILL)) {
            long documents = report.documents().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            assertTrue(documents < texts.size() + numbers.size() + 240, documents + "");
            assertTrue(documents > (texts.size() + numbers.size() + 240) / 2, documents + "");
            assertTrue(store.verify(bytes -> {}).intact());
        }
    }

    @Test
    @DisplayName(
            "Without masks all documents are taken for alive, newer ones replace older ones, and that is reported as doubtful")
    void lostMasks() throws IOException {
        fill();
        for (Path mask : files(".live")) {
            Files.delete(mask);
        }
        SalvageReport report = salvage();
        assertEquals(List.of(), report.damaged());
        assertFalse(report.doubtful().isEmpty());
        assertTrue(report.doubtful().stream().allMatch(each -> each.file().endsWith(".live")), report.toString());
        try (Store store = Store.open(directory.resolve("new"), STILL)) {
            TreeMap<String, String> found = texts(store.documents("a"));
            texts.forEach((id, body) -> assertEquals(body, found.get(id), id));
            assertEquals(numbers, numbers(store.documents("b")));
            assertEquals(bodies, bodies(store.documents("c")));
        }
    }

    /** Damages each place in the log that has some bytes, a few bytes behind it. */
    private int flipInLog(byte[] what, int behind) throws IOException {
        int found = 0;
        try (Stream<Path> files = Files.list(damaged().resolve("log"))) {
            for (Path file : files.toList()) {
                byte[] bytes = Files.readAllBytes(file);
                for (int at = 0; at + Math.max(what.length, behind + 1) <= bytes.length; at++) {
                    if (Arrays.equals(bytes, at, at + what.length, what, 0, what.length)) {
                        bytes[at + behind] ^= 1;
                        found++;
                    }
                }
                Files.write(file, bytes);
            }
        }
        return found;
    }

    @Test
    @DisplayName("Without any commit record all segments are taken, no key is there twice, and that is doubtful")
    void lostCommitRecords() throws IOException {
        fill();
        int places = 0;
        for (byte generation = 1; generation < 20; generation++) {
            places += flipInLog(new byte[] {1, 0, 0, 0, 0, 0, 0, 0, generation, 0, 0, 0, 0, 0, 0, 0}, 16);
        }
        assertTrue(places >= 3, places + "");
        SalvageReport report = salvage();
        assertEquals(List.of(), report.damaged());
        assertTrue(report.doubtful().size() >= 6, report.toString());
        try (Store store = Store.open(directory.resolve("new"), STILL)) {
            DocumentCollection a = store.documents("a");
            TreeMap<String, String> found = texts(a);
            // As if what was pending in segments had been committed.
            texts.put(texts.firstKey(), "replaced in a pending segment");
            texts.put("new in a pending segment", "x");
            texts.remove(nextTexts.isEmpty() ? "" : lastDeleted());
            assertEquals(texts, found);
            assertEquals(numbers, numbers(store.documents("b")));
            bodies.forEach(
                    (body, count) -> assertTrue(bodies(store.documents("c")).getOrDefault(body, 0) >= count));
            a.commit();
            assertEquals(nextTexts, texts(a));
        }
    }

    private String lastDeleted() {
        return texts.keySet().stream()
                .filter(id -> id.startsWith("k") && !nextTexts.containsKey(id))
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    @Test
    @DisplayName("A lost definition costs the name; a dropped collection stays away")
    void lostDefinition() throws IOException {
        fill();
        try (Store store = open(damaged())) {
            DocumentCollection dropped = store.documents("dropped", KEYLESS, SMALL);
            dropped.add(Map.of("body", "x"));
            dropped.commit();
            dropped.add(Map.of("body", "y"));
            assertTrue(store.dropDocuments("dropped"));
        }
        assertTrue(flipInLog(new byte[] {3, 3, 1, 0, 'a'}, 4) > 0);
        SalvageReport report = salvage();
        assertEquals(List.of("recovered document collection 1"), report.renamed());
        check(report, "recovered document collection 1");
        assertEquals(3, report.documents().size(), report.documents().toString());
    }

    @Test
    @DisplayName("Without a schema documents cannot be read: that is said, and the records of the log are kept")
    void lostSchema() throws IOException {
        fill();
        byte[] schema = dev.ashlar.document.SchemaCodec.write(BY_TEXT);
        assertTrue(flipInLog(schema, 1) > 0);
        SalvageReport report = salvage();
        assertEquals(List.of("recovered keyspace 1"), report.renamed());
        assertTrue(
                report.damaged().stream().anyMatch(each -> each.what().contains("recovered keyspace 1")),
                report.toString());
        try (Store store = Store.open(directory.resolve("new"), STILL)) {
            assertEquals(List.of("b", "c"), store.documentCollections());
            assertTrue(store.keyspace("recovered keyspace 1").size() >= 3);
        }
    }

    @Test
    @DisplayName("A damaged pending operation is reported by its key, and what is committed stays")
    void damagedPending() throws IOException {
        fill();
        assertEquals(1, flipInLog("replaced in the log".getBytes(StandardCharsets.UTF_8), 3));
        SalvageReport report = salvage();
        assertEquals(1, report.lost().size(), report.toString());
        assertEquals("a", report.lost().getFirst().keyspace());
        assertEquals(
                "new in a pending segment",
                new String(report.lost().getFirst().key().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8));
        nextTexts.remove("new in a pending segment");
        check(report, "a");
    }
}
