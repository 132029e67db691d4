package dev.ashlar.interchange;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Document;
import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.DuplicateKeyException;
import dev.ashlar.InvalidDocumentException;
import dev.ashlar.Store;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Documents as lines of JSON: read, written, refused. */
class DocumentLinesTest {
    private static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword("id"))
            .field(DocumentField.text("body"))
            .field(DocumentField.i64("size"))
            .field(DocumentField.f64("score"))
            .field(DocumentField.bool("ok"))
            .field(DocumentField.bytes("raw"))
            .field(DocumentField.json("extra"))
            .field(DocumentField.vector("row", 2))
            .field(DocumentField.vectorIn("embedding", "words"))
            .field(DocumentField.keyword("tag").asMany())
            .field(DocumentField.json("events").asMany())
            .primaryKey("id")
            .build();

    private static Store store;
    private static int collections;

    private DocumentCollection documents;

    @BeforeAll
    static void open(@TempDir Path directory) {
        store = Store.open(directory.resolve("store"));
    }

    @AfterAll
    static void close() {
        store.close();
    }

    @BeforeEach
    void create() {
        documents = store.documents("documents" + collections++, SCHEMA);
    }

    private static InputStream lines(String... lines) {
        return new ByteArrayInputStream(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
    }

    private String export(DocumentExportOptions options) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (DocumentSnapshot snapshot = documents.snapshot()) {
            DocumentExportReport report = DocumentLines.exportLines(snapshot, out, options);
            assertEquals(
                    report.documents(),
                    out.toString(StandardCharsets.UTF_8).lines().count());
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void everyTypeIsReadAndWrittenAsItWas() throws IOException {
        String line = "{\"id\":\"a\",\"body\":\"Zeile 1\\nZeile \\\"2\\\" é😀\\u0001\",\"size\":-9223372036854775808,"
                + "\"score\":0.1,\"ok\":true,\"raw\":\"AP8Q\",\"extra\":{\"n\": [1.50, null]},"
                + "\"row\":[0.1,-2.0],\"embedding\":42,\"tag\":[\"x\",\"\",\"x\"],\"events\":[null,[1],\"s\"]}";
        assertEquals(
                1,
                DocumentLines.importLines(lines(line), documents, DocumentImportOptions.DEFAULT)
                        .documents());
        assertEquals(line + "\n", export(DocumentExportOptions.DEFAULT));
        Document document = documents.get("a");
        assertNotNull(document);
        assertEquals(line, DocumentLines.toJson(document));
        assertEquals("{\"tag\":[\"x\",\"\",\"x\"],\"id\":\"a\"}", DocumentLines.toJson(document, "tag", "id"));
        assertEquals("{\"n\": [1.50, null]}", document.string("extra"));
        assertEquals(Long.MIN_VALUE, document.i64("size"));
    }

    @Test
    void whatIsNoNumberIsAString() throws IOException {
        String line = "{\"id\":\"a\",\"score\":\"-Infinity\",\"row\":[\"NaN\",\"Infinity\"]}";
        DocumentLines.importLines(lines(line), documents, DocumentImportOptions.DEFAULT);
        assertEquals(line + "\n", export(DocumentExportOptions.DEFAULT));
    }

    @Test
    void lineFeedsWithinJsonDoNotEndALine() throws IOException {
        documents.add(Map.of("id", "a", "extra", "{\n \"a\" :\r\n1}"));
        documents.commit();
        assertEquals("{\"id\":\"a\",\"extra\":{  \"a\" :  1}}\n", export(DocumentExportOptions.DEFAULT));
    }

    @Test
    void nullsAndEmptyArraysAreAbsent() throws IOException {
        DocumentLines.importLines(
                lines(
                        "{\"tag\":[],\"events\":null,\"body\":null,\"size\":null,\"row\":null,\"extra\":null,\"id\":\"a\"}"),
                documents,
                DocumentImportOptions.DEFAULT);
        assertEquals("{\"id\":\"a\",\"extra\":null}\n", export(DocumentExportOptions.DEFAULT));
    }

    @Test
    void integersMayBeWrittenLikeOtherNumbers() throws IOException {
        DocumentLines.importLines(
                lines("{\"id\":\"a\",\"size\":1.0}", "{\"id\":\"b\",\"size\":-12e2}"),
                documents,
                DocumentImportOptions.DEFAULT);
        assertEquals(
                "{\"id\":\"a\",\"size\":1}\n{\"id\":\"b\",\"size\":-1200}\n", export(DocumentExportOptions.DEFAULT));
    }

    @Test
    void emptyLinesCarriageReturnsAndAByteOrderMarkArePassedOver() throws IOException {
        DocumentImportReport report = DocumentLines.importLines(
                lines("\uFEFF{\"id\":\"a\"}\r", "", " \t\r", "{\"id\":\"b\"}"),
                documents,
                DocumentImportOptions.DEFAULT);
        assertEquals(4, report.lines());
        assertEquals(2, report.documents());
        assertEquals(1, report.commits());
        assertEquals("{\"id\":\"a\"}\n{\"id\":\"b\"}\n", export(DocumentExportOptions.DEFAULT));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[1]|expected '{' at the beginning of a document, found '['",
                "{\"id\":\"b\"} x|expected nothing behind the document",
                "{\"id\":\"b\"|or ',' behind a member, found the end of the line",
                "{\"id\":\"b\",}|expected a name",
                "{id:\"b\"}|expected a name",
                "{\"id\":\"b|does not end",
                "{\"id\":\"b\",\"nothing\":1}|there is no field nothing; the schema has id, body",
                "{\"id\":\"b\",\"id\":\"c\"}|field id is there twice",
                "{\"size\":1}|id",
                "{\"id\":7}|expected a string for field id, found '7'",
                "{\"id\":\"b\",\"body\":[\"x\"]}|expected a string for field body",
                "{\"id\":\"b\",\"size\":\"1\"}|expected an integer for field size",
                "{\"id\":\"b\",\"size\":1.5}|64 bits for field size, found 1.5",
                "{\"id\":\"b\",\"size\":9223372036854775808}|64 bits for field size",
                "{\"id\":\"b\",\"size\":1e999999999}|64 bits for field size",
                "{\"id\":\"b\",\"size\":01}|or ',' behind a member",
                "{\"id\":\"b\",\"score\":\"x\"}|NaN, Infinity",
                "{\"id\":\"b\",\"score\":1e999}|beyond what a double can be",
                "{\"id\":\"b\",\"ok\":1}|true or false",
                "{\"id\":\"b\",\"raw\":\"a\"}|not Base64",
                "{\"id\":\"b\",\"extra\":{\"a\":}}|expected a value",
                "{\"id\":\"b\",\"row\":[1]}|expected 2 components for field row, found 1",
                "{\"id\":\"b\",\"row\":[1,2,3]}|found 3",
                "{\"id\":\"b\",\"row\":[1,1e39]}|beyond what a float32 can be",
                "{\"id\":\"b\",\"row\":1}|an array of 2 numbers",
                "{\"id\":\"b\",\"embedding\":[1,2]}|an integer for field embedding",
                "{\"id\":\"b\",\"tag\":\"x\"}|an array of the values of field tag",
                "{\"id\":\"b\",\"tag\":[\"x\",null]}|expected a string for field tag",
                "{\"id\":\"b\",\"body\":\"\\ud800\"}|surrogate",
                "{\"id\":\"a\"}|a"
            })
    void whatIsNoDocumentIsRefusedWithItsLine(String text) throws IOException {
        int bar = text.lastIndexOf('|');
        String bad = text.substring(0, bar);
        JsonLineException refusal = assertThrows(
                JsonLineException.class,
                () -> DocumentLines.importLines(
                        lines("", "{\"id\":\"a\"}", bad, "{\"id\":\"z\"}"), documents, DocumentImportOptions.DEFAULT));
        assertEquals(3, refusal.line());
        assertTrue(refusal.position() >= 0 && refusal.position() <= bad.length(), refusal.getMessage());
        assertTrue(refusal.getMessage().startsWith("line 3, byte "), refusal.getMessage());
        assertTrue(refusal.getMessage().contains(text.substring(bar + 1)), refusal.getMessage());
        // What stands before is pending; what stands behind was not looked at, and nothing of the line was added.
        documents.commit();
        assertEquals("{\"id\":\"a\"}\n", export(DocumentExportOptions.DEFAULT));

        List<JsonLineException> refused = new ArrayList<>();
        DocumentImportReport report = DocumentLines.importLines(
                lines(bad, "{\"id\":\"z\"}"), documents, DocumentImportOptions.DEFAULT.goingOn(refused::add));
        assertEquals(1, report.refused());
        assertEquals(1, report.documents());
        assertEquals(List.of(1L), refused.stream().map(JsonLineException::line).toList());
        assertEquals("{\"id\":\"a\"}\n{\"id\":\"z\"}\n", export(DocumentExportOptions.DEFAULT));
    }

    @Test
    void bytesThatAreNoUtf8AreRefused() {
        byte[] bad = "{\"id\":\"?\"}".getBytes(StandardCharsets.UTF_8);
        bad[7] = (byte) 0xff;
        JsonLineException refusal = assertThrows(
                JsonLineException.class,
                () -> DocumentLines.importLines(
                        new ByteArrayInputStream(bad), documents, DocumentImportOptions.DEFAULT));
        assertInstanceOf(InvalidDocumentException.class, refusal.getCause());
    }

    @Test
    void aKeyThatIsTakenIsRefusedUnlessItIsReplaced() throws IOException {
        String[] twice = {"{\"id\":\"a\",\"size\":1}", "{\"id\":\"a\",\"size\":2}"};
        List<JsonLineException> refused = new ArrayList<>();
        DocumentLines.importLines(lines(twice), documents, DocumentImportOptions.DEFAULT.goingOn(refused::add));
        assertInstanceOf(DuplicateKeyException.class, refused.getFirst().getCause());
        assertEquals("{\"id\":\"a\",\"size\":1}\n", export(DocumentExportOptions.DEFAULT));
        DocumentLines.importLines(lines(twice), documents, DocumentImportOptions.DEFAULT.withUpsert(true));
        assertEquals("{\"id\":\"a\",\"size\":2}\n", export(DocumentExportOptions.DEFAULT));
        DocumentCollection keyless = store.documents(
                "keyless",
                DocumentSchema.builder().field(DocumentField.keyword("id")).build());
        assertThrows(
                IllegalStateException.class,
                () -> DocumentLines.importLines(lines(twice), keyless, DocumentImportOptions.DEFAULT.withUpsert(true)));
    }

    @Test
    void membersThatAreUnknownCanBePassedOver() throws IOException {
        DocumentLines.importLines(
                lines("{\"other\":{\"a\":[1,{\"b\":\"}\"}]},\"id\":\"a\",\"more\":null}"),
                documents,
                DocumentImportOptions.DEFAULT.withIgnoreUnknown(true));
        assertEquals("{\"id\":\"a\"}\n", export(DocumentExportOptions.DEFAULT));
        assertThrows(
                JsonLineException.class,
                () -> DocumentLines.importLines(
                        lines("{\"other\":[1,],\"id\":\"b\"}"),
                        documents,
                        DocumentImportOptions.DEFAULT.withIgnoreUnknown(true)));
    }

    @Test
    void commitsAsOftenAsAskedFor() throws IOException {
        String[] ten = new String[10];
        for (int i = 0; i < ten.length; i++) {
            ten[i] = "{\"id\":\"" + i + "\"}";
        }
        DocumentImportReport report = DocumentLines.importLines(
                lines(ten),
                documents,
                DocumentImportOptions.DEFAULT.withCommitEvery(4).leavingPending());
        assertEquals(2, report.commits());
        try (DocumentSnapshot snapshot = documents.snapshot()) {
            assertEquals(8, snapshot.count());
        }
        documents.commit();
        try (DocumentSnapshot snapshot = documents.snapshot()) {
            assertEquals(10, snapshot.count());
        }
    }

    @Test
    void linesThatAreTooLongAreRefusedAndThoseBehindAreNot() throws IOException {
        for (int length : new int[] {100, 101, 70_000, 200_000}) {
            String head = "{\"id\":\"" + length + "\",\"body\":\"";
            String line = head + "x".repeat(length - head.length() - 2) + "\"}";
            List<JsonLineException> refused = new ArrayList<>();
            DocumentImportReport report = DocumentLines.importLines(
                    lines(line, "{\"id\":\"behind" + length + "\"}", line),
                    documents,
                    DocumentImportOptions.DEFAULT.withUpsert(true).goingOn(refused::add),
                    100);
            assertEquals(3, report.lines());
            assertEquals(length == 100 ? 3 : 1, report.documents());
            assertEquals(
                    length == 100 ? List.of() : List.of(1L, 3L),
                    refused.stream().map(JsonLineException::line).toList());
            assertNotNull(documents.get("behind" + length));
        }
    }

    @Test
    void exportsWhatMatchesAndTheFieldsThatAreWanted() throws IOException {
        DocumentLines.importLines(
                lines("{\"id\":\"a\",\"size\":1}", "{\"id\":\"b\",\"size\":2}", "{\"id\":\"c\",\"body\":\"x\"}"),
                documents,
                DocumentImportOptions.DEFAULT);
        assertEquals(
                "{\"size\":2,\"id\":\"b\"}\n",
                export(DocumentExportOptions.DEFAULT
                        .withFilter(DocumentFilter.range("size", 2, null))
                        .withFields("size", "id")));
        assertThrows(IllegalArgumentException.class, () -> export(DocumentExportOptions.DEFAULT.withFields("nothing")));
    }

    @Test
    void aBuilderIsFilledWithWhatTheTextHasOrEmptied() {
        DocumentBuilder builder = documents.document().set("body", "before");
        DocumentLines.parse("{\"id\":\"a\"}", builder);
        documents.add(builder);
        assertThrows(JsonLineException.class, () -> DocumentLines.parse("{\"id\":\"b\",\"size\":true}", builder));
        assertThrows(InvalidDocumentException.class, () -> documents.add(builder));
        documents.commit();
        Document document = documents.get("a");
        assertNotNull(document);
        assertNull(document.string("body"));
    }

    @Test
    void whatWasExportedIsImportedAsTheSame() throws IOException {
        long seed = System.nanoTime();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 300; i++) {
            documents.add(random(i, random));
        }
        documents.commit();
        String exported = export(DocumentExportOptions.DEFAULT);
        DocumentCollection other = store.documents("other", SCHEMA);
        DocumentLines.importLines(lines(exported), other, DocumentImportOptions.DEFAULT);
        for (int i = 0; i < 300; i++) {
            Document before = documents.get("k" + i);
            Document after = other.get("k" + i);
            assertNotNull(before);
            assertNotNull(after);
            assertEquals(-1, before.encoded().mismatch(after.encoded()), "seed " + seed + ", document " + i);
        }
    }

    private static Map<String, Object> random(int i, SplittableRandom random) {
        Map<String, Object> values = new TreeMap<>();
        values.put("id", "k" + i);
        byte[] bytes = new byte[random.nextInt(40)];
        random.nextBytes(bytes);
        if (random.nextBoolean()) {
            values.put("raw", bytes);
            values.put("body", new String(bytes, StandardCharsets.ISO_8859_1) + Character.toString(0x1f600));
        }
        if (random.nextBoolean()) {
            values.put("size", random.nextLong() >> random.nextInt(64));
            // One NaN is like another in JSON.
            double score = Double.longBitsToDouble(random.nextLong());
            values.put("score", Double.isNaN(score) ? Double.NaN : score);
        }
        if (random.nextBoolean()) {
            values.put("row", new float[] {Float.intBitsToFloat(random.nextInt() & 0x7f7fffff), random.nextInt()});
            values.put("extra", "[" + random.nextInt() + " , {\"" + i + "\":\"\\u20ac\"}]");
        }
        values.put("tag", List.of("a".repeat(random.nextInt(3)), "\"" + random.nextInt() + "\\"));
        return values;
    }
}
