package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentSchema;
import dev.ashlar.InvalidDocumentException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a document may have in it, and what it is refused for; nothing of a value that is refused stays. */
class DocumentEncoderTest {
    private static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword("path"))
            .field(DocumentField.text("body"))
            .field(DocumentField.i64("size"))
            .field(DocumentField.f64("score"))
            .field(DocumentField.bool("ok"))
            .field(DocumentField.bytes("raw"))
            .field(DocumentField.json("json"))
            .field(DocumentField.vector("row", 3))
            .field(DocumentField.vectorIn("ref", "rows"))
            .field(DocumentField.keyword("tag").asMany())
            .field(DocumentField.i64("n").asMany())
            .field(DocumentField.f64("x").asMany())
            .field(DocumentField.text("hidden").notStored())
            .field(DocumentField.vector("rows", 2).asMany())
            .primaryKey("path")
            .build();
    private static final SchemaShape SHAPE = new SchemaShape(SCHEMA);

    private final DocumentEncoder encoder = new DocumentEncoder(SHAPE);

    private EncodedDocument document() {
        return RandomDocuments.read(SHAPE, RandomDocuments.copy(encoder.encode(0)));
    }

    private void refused(String field, String expected, String found, Executable executable) {
        byte[] before = encoder.set("path", "p").encode(0).toArray(ValueLayout.JAVA_BYTE);
        InvalidDocumentException e = assertThrows(InvalidDocumentException.class, executable);
        assertEquals(field, e.field());
        assertTrue(e.expected().contains(expected), e.getMessage());
        assertTrue(e.found().contains(found), e.getMessage());
        assertTrue(e.getMessage().startsWith("field " + field + ": expected "), e.getMessage());
        assertArrayEquals(before, encoder.encode(0).toArray(ValueLayout.JAVA_BYTE), "something of it stayed");
    }

    // --------------------------------------------------------------------------------------------------------- bytes

    @Test
    void goldenBytes() {
        encoder.set("path", "a/b").set("size", -2).set("ok", true).set("hidden", "h");
        encoder.add("tag", "x").add("tag", "").add("tag", "yz").add("n", 1).add("n", 2);
        String stored = "00 05" // form, count
                + " 00 02 04 09 0a" // numbers
                + " 03 0b 0c 14 24" // ends
                + " 612f62" // path
                + " feffffffffffffff" // size
                + " 01" // ok
                + " 00 03 01 01 03 78797a" // tag: form, count, ends, values
                + " 0100000000000000 0200000000000000"; // n
        String unstored = " 00 01 0c 01 68";
        assertEquals(
                (stored + unstored).replace(" ", ""),
                HexFormat.of().formatHex(encoder.encode(0).toArray(ValueLayout.JAVA_BYTE)));
        assertEquals(48, document().storedLength());
        assertArrayEquals("a/b".getBytes(StandardCharsets.UTF_8), encoder.key());
    }

    @Test
    void aDocumentWithoutFieldsTakesTwoBytes() {
        SchemaShape shape = new SchemaShape(
                DocumentSchema.builder().field(DocumentField.i64("a")).build());
        DocumentEncoder empty = new DocumentEncoder(shape);
        assertEquals(2, empty.encode(0).byteSize());
        assertNull(empty.key());
        assertEquals(Map.of(), RandomDocuments.read(shape, empty.encode(0)).toMap());
    }

    @Test
    void widthsGrowAsTheyMust() {
        for (int length : new int[] {254, 255, 256, 257, 65_534, 65_535, 65_536, 65_537, 1 << 20}) {
            encoder.clear().set("path", "").set("body", "x".repeat(length));
            int width = length < 256 ? 1 : length < 65_536 ? 2 : 4;
            EncodedDocument document = document();
            assertEquals(2 + 2 + 2 * width + length, document.encoded().byteSize());
            assertEquals(length, document.bytes("body").byteSize());
        }
        for (int count : new int[] {255, 256, 65_535, 65_536}) {
            encoder.clear().set("path", "");
            for (int i = 0; i < count; i++) {
                encoder.add("tag", "");
            }
            assertEquals(count, document().count("tag"));
            assertEquals("", document().string("tag", count - 1));
        }
    }

    @Test
    void numbersOfFieldsGrowToTwoBytes() {
        for (int fields : new int[] {255, 256, 257, 4_096}) {
            DocumentSchema.Builder builder = DocumentSchema.builder();
            for (int i = 0; i < fields; i++) {
                builder.field(DocumentField.bool("f" + i));
            }
            SchemaShape shape = new SchemaShape(builder.build());
            DocumentEncoder all = new DocumentEncoder(shape);
            for (int i = 0; i < fields; i++) {
                all.set("f" + i, i % 3 == 0);
            }
            EncodedDocument document = RandomDocuments.read(shape, all.encode(0));
            for (int i = 0; i < fields; i++) {
                assertEquals(i % 3 == 0, document.bool(i));
            }
        }
    }

    @Test
    void aDocumentThatIsCutOrGoesOnIsDamage() {
        encoder.set("path", "p").set("hidden", "h").set("body", "text");
        byte[] good = encoder.encode(0).toArray(ValueLayout.JAVA_BYTE);
        int stored = (int) document().storedLength();
        for (int length = 0; length < good.length; length++) {
            MemorySegment cut = MemorySegment.ofArray(Arrays.copyOf(good, length));
            if (length == stored) {
                assertEquals("text", RandomDocuments.read(SHAPE, cut).string("body"));
            } else {
                CorruptionException e = assertThrows(CorruptionException.class, () -> RandomDocuments.read(SHAPE, cut));
                assertEquals("test", e.file());
            }
        }
        MemorySegment longer = MemorySegment.ofArray(Arrays.copyOf(good, good.length + 1));
        assertThrows(CorruptionException.class, () -> RandomDocuments.read(SHAPE, longer));
        MemorySegment another = MemorySegment.ofArray(Arrays.copyOf(good, stored + stored));
        another.asSlice(stored).copyFrom(MemorySegment.ofArray(good).asSlice(0, stored));
        assertThrows(
                CorruptionException.class, () -> RandomDocuments.read(SHAPE, another), "stored fields in the tail");
    }

    @Test
    void theCallersRoomIsLeftAlone() {
        MemorySegment encoded = encoder.set("path", "p").encode(9);
        encoded.set(ValueLayout.JAVA_BYTE, 0, (byte) 7);
        EncodedDocument document = new EncodedDocument(SHAPE).pointAt(encoded, 9, encoded.byteSize() - 9, "test", 0);
        assertEquals("p", document.string("path"));
        assertEquals(7, encoded.get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void keysSortAsTheirValues() {
        long[] keys = {Long.MIN_VALUE, -256, -1, 0, 1, 255, 256, Long.MAX_VALUE};
        for (int i = 1; i < keys.length; i++) {
            assertTrue(Arrays.compareUnsigned(DocumentEncoder.keyOf(keys[i - 1]), DocumentEncoder.keyOf(keys[i])) < 0);
        }
        assertEquals("8000000000000005", HexFormat.of().formatHex(DocumentEncoder.keyOf(5)));
        DocumentEncoder numbers = new DocumentEncoder(new SchemaShape(DocumentSchema.builder()
                .field(DocumentField.i64("id").notStored())
                .primaryKey("id")
                .build()));
        assertArrayEquals(DocumentEncoder.keyOf(-7), numbers.set("id", -7).key());
    }

    // ------------------------------------------------------------------------------------------------------- refusals

    @Test
    void whatDoesNotFitIsRefused() {
        refused("nope", "a field of the schema", "the schema has path, body", () -> encoder.set("nope", "x"));
        refused("size", "a 64-bit integer (I64)", "the text 'x'", () -> encoder.set("size", "x"));
        refused("size", "a 64-bit integer", "the number 1.0", () -> encoder.set("size", 1.0));
        refused("path", "text (KEYWORD)", "the number 3", () -> encoder.set("path", 3));
        refused("score", "floating-point", "true", () -> encoder.set("score", true));
        refused("score", "floating-point", "9007199254740993", () -> encoder.set("score", 9_007_199_254_740_993L));
        refused("score", "floating-point", "" + Long.MAX_VALUE, () -> encoder.set("score", Long.MAX_VALUE));
        refused("ok", "true or false", "2 bytes", () -> encoder.set("ok", new byte[2]));
        refused("raw", "bytes", "the text 'x'", () -> encoder.set("raw", "x"));
        refused("row", "3 float components", "2 float components", () -> encoder.set("row", new float[2]));
        refused("ref", "the id of a row of rows", "3 float", () -> encoder.set("ref", new float[3]));
        encoder.add("size", 1).add("tag", "x");
        refused("size", "one value", "a second one, 2", () -> encoder.add("size", 2));
        refused("body", "text", "half of a surrogate pair at character 2", () -> encoder.set("body", "ab\uD800"));
        refused("body", "text", "at character 0", () -> encoder.set("body", "\uDC00ab"));
        String longText = "€".repeat(4_095) + "\uD83D\uDE00" + "x".repeat(5_000);
        refused("body", "text", "at character 9097", () -> encoder.set("body", longText + "\uD83Dx"));
        refused("body", "UTF-8", "none at byte 1 of 2", () -> encoder.set("body", new byte[] {65, (byte) 0xFF}));
        refused(
                "body",
                "UTF-8",
                "byte 0 of 3",
                () -> encoder.set("body", new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80}));
        refused("json", "a comma or ] at byte 3", "'2]'", () -> encoder.set("json", "[1 2]"));
        refused("json", "a value at byte 0", "the end", () -> encoder.set("json", ""));
        refused("tag", "text", "the number 1", () -> encoder.add("tag", 1));
    }

    @Test
    void theKeyIsWantedAndHasALimit() {
        InvalidDocumentException missing = assertThrows(
                InvalidDocumentException.class, () -> encoder.set("body", "x").encode(0));
        assertEquals("path", missing.field());
        assertNull(encoder.key());
        encoder.set("path", "é".repeat(32_500));
        assertEquals(65_000, encoder.key().length);
        refused("path", "at most 65000 bytes", "65001", () -> encoder.set("path", "é".repeat(32_500) + "x"));
        refused("path", "at most 65000 bytes", "65001", () -> encoder.set("path", new byte[65_001]));
        encoder.set("path", "");
        assertEquals(0, encoder.key().length);
    }

    @Test
    void nullIsRefusedAndChangesNothing() {
        encoder.set("path", "p").set("body", "b");
        assertThrows(NullPointerException.class, () -> encoder.set("body", (String) null));
        assertThrows(NullPointerException.class, () -> encoder.set("body", (byte[]) null));
        assertThrows(NullPointerException.class, () -> encoder.set("body", (MemorySegment) null));
        assertThrows(NullPointerException.class, () -> encoder.set("row", (float[]) null));
        assertThrows(NullPointerException.class, () -> encoder.set((Map<String, ?>) null));
        assertThrows(NullPointerException.class, () -> encoder.set((Record) null));
        assertEquals("b", document().string("body"));
    }

    // -------------------------------------------------------------------------------------------------------- reading

    @Test
    void textOfAllKindsComesBack() {
        StringBuilder text = new StringBuilder();
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            text.appendCodePoint(new int[] {'a', 'é', '€', 0x1F600, 0, 0xFFFF, 0x10FFFF}[random.nextInt(7)]);
        }
        encoder.set("path", "p").set("body", text.toString());
        assertEquals(text.toString(), document().string("body"));
        encoder.set("body", MemorySegment.ofArray(text.toString().getBytes(StandardCharsets.UTF_8)));
        assertEquals(text.toString(), document().string("body"));
    }

    @Test
    void aMethodThatIsNotForTheTypeSaysSo() {
        EncodedDocument document = RandomDocuments.read(
                SHAPE, encoder.set("path", "p").set("ref", 4).encode(0));
        assertMisused("field size is of type I64; f64 does not read it", () -> document.f64("size"));
        assertMisused("string does not read it", () -> document.string("raw"));
        assertMisused("so it has ids; vector does not read it", () -> document.vector("ref"));
        assertMisused("bytes does not read it", () -> document.bytes("size", 0));
        assertMisused("i64 does not read it", () -> document.i64("row"));
        assertMisused("bool does not read it", () -> document.bool("path"));
        assertMisused("there is no field nope", () -> document.has("nope"));
        assertEquals(4, document.i64("ref"));
        assertThrows(IndexOutOfBoundsException.class, () -> document.has(14));
        assertThrows(IndexOutOfBoundsException.class, () -> document.i64(-1));
        assertTrue(assertThrows(NoSuchElementException.class, () -> document.i64("size"))
                .getMessage()
                .contains("no value of field size"));
        assertNull(document.string("hidden"));
        assertFalse(document.has("hidden"));
    }

    private static void assertMisused(String part, Executable executable) {
        String message =
                assertThrows(IllegalArgumentException.class, executable).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void vectorsAreReadInPlaceToo() {
        encoder.set("path", "p").set("row", new float[] {1, 2, Float.NaN});
        MemorySegment row = document().bytes("row");
        assertEquals(12, row.byteSize());
        assertEquals(2f, row.get(DocumentLayout.FLOAT, 4));
        assertTrue(row.isReadOnly());
    }

    // -------------------------------------------------------------------------------------------------------- re-use

    @Test
    void aBuilderThatIsNeverClearedStaysSmall() {
        Random random = new Random(7);
        Map<String, Object> expected = new HashMap<>();
        encoder.set("path", "p");
        expected.put("path", "p");
        for (int i = 0; i < 200_000; i++) {
            String body = "x".repeat(random.nextInt(400));
            encoder.set("body", body).set("size", i).set("score", i / 2.0);
            expected.put("body", body);
            expected.put("size", (long) i);
            expected.put("score", i / 2.0);
            if (i % 9_973 == 0) {
                encoder.remove("tag").add("tag", "t" + i).add("tag", "u");
                expected.put("tag", List.of("t" + i, "u"));
                assertEquals(expected, new HashMap<>(document().toMap()));
            }
        }
        assertTrue(encoder.stagedBytes() < 16 << 10, encoder.stagedBytes() + " bytes");
        encoder.set("body", "x".repeat(10 << 20)).encode(0);
        encoder.clear();
        assertTrue(encoder.stagedBytes() < 16 << 10, encoder.stagedBytes() + " bytes");
    }

    @Test
    void aMapThatIsRefusedChangesNothing() {
        encoder.set("path", "p").add("tag", "a").add("tag", "b");
        Map<String, Object> bad = new LinkedHashMap<>();
        bad.put("tag", List.of("c", "d", "e"));
        bad.put("body", "x".repeat(100_000));
        bad.put("path", "q");
        bad.put("size", "no number");
        byte[] before = encoder.encode(0).toArray(ValueLayout.JAVA_BYTE);
        assertThrows(InvalidDocumentException.class, () -> encoder.set(bad));
        assertArrayEquals(before, encoder.encode(0).toArray(ValueLayout.JAVA_BYTE));
        encoder.add("tag", "f").set("size", 3);
        assertEquals(List.of("a", "b", "f"), document().toMap().get("tag"));
        Map<String, Object> nameless = new HashMap<>();
        nameless.put(null, 1);
        assertThrows(NullPointerException.class, () -> encoder.set(nameless));
        assertThrows(InvalidDocumentException.class, () -> encoder.set(Map.of("nope", 1)));
        assertEquals(3, document().i64("size"));
    }

    // --------------------------------------------------------------------------------------------------- maps, records

    @Test
    void mapsMayHaveWhatFits() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("path", "p");
        map.put("size", 7);
        map.put("score", new BigDecimal("0.25"));
        map.put("row", List.of(1, 2.5, 3f));
        map.put("ref", new BigInteger("-12"));
        map.put("raw", new byte[0]);
        map.put("n", new int[] {1, 2});
        map.put("x", new Object[] {1, 2.5f, (byte) 3});
        map.put("tag", "only");
        map.put("rows", new float[][] {{1, 2}, {3, 4}});
        map.put("body", null);
        encoder.set("body", "gone").set(map);
        Map<String, Object> read = document().toMap();
        assertFalse(read.containsKey("body"));
        assertEquals(7L, read.get("size"));
        assertEquals(0.25, read.get("score"));
        assertArrayEquals(new float[] {1, 2.5f, 3}, (float[]) read.get("row"));
        assertEquals(-12L, read.get("ref"));
        assertEquals(0, ((byte[]) read.get("raw")).length);
        assertEquals(List.of(1L, 2L), read.get("n"));
        assertEquals(List.of(1.0, 2.5, 3.0), read.get("x"));
        assertEquals(List.of("only"), read.get("tag"));
        assertArrayEquals(new float[] {3, 4}, document().vector("rows", 1));
        encoder.set(Map.of("tag", List.of(), "rows", new float[] {5, 6}));
        assertFalse(document().has("tag"));
        assertArrayEquals(new float[] {5, 6}, document().vector("rows"));
    }

    @Test
    void mapsMayNotHaveWhatDoesNot() {
        encoder.set("path", "p");
        refused("size", "one value", "2 in a list", () -> encoder.set(Map.of("size", List.of(1, 2))));
        refused("size", "integer", "65 bits", () -> encoder.set(Map.of("size", BigInteger.TWO.pow(64))));
        refused("n", "a list of values", "null", () -> encoder.set(Map.of("n", Arrays.asList(1L, null))));
        refused("n", "integer", "a java.util", () -> encoder.set(Map.of("n", List.of(Map.of("a", 1)))));
        refused(
                "row",
                "3 float",
                "component 1 that is no number: x",
                () -> encoder.set(Map.of("row", List.of(1, "x", 2))));
        refused("row", "3 float", "2 float components", () -> encoder.set(Map.of("row", new double[2])));
    }

    public record File(
            String path,
            MemorySegment body,
            int size,
            Float score,
            Boolean ok,
            byte[] raw,
            String json,
            float[] row,
            long ref,
            List<String> tag,
            long[] n,
            List<Float> x,
            List<float[]> rows) {}

    @Test
    void recordsBecomeDocumentsAndBack() {
        File file = new File(
                "p",
                MemorySegment.ofArray("text".getBytes(StandardCharsets.UTF_8)),
                5,
                0.5f,
                true,
                new byte[] {1},
                "[]",
                new float[] {1, 2, 3},
                9,
                List.of("a", "b"),
                new long[] {4, 5},
                List.of(1.5f),
                List.of(new float[] {1, 2}));
        encoder.set(file);
        File back = document().to(File.class);
        assertEquals(-1, file.body.mismatch(back.body));
        assertArrayEquals(file.raw, back.raw);
        assertArrayEquals(file.row, back.row);
        assertArrayEquals(file.n, back.n);
        assertArrayEquals(file.rows.getFirst(), back.rows.getFirst());
        assertEquals(
                List.of(file.path, file.size, file.score, file.ok, file.json, file.ref, file.tag, file.x),
                List.of(back.path, back.size, back.score, back.ok, back.json, back.ref, back.tag, back.x));
    }

    private record Part(String path, Long size, List<String> tag, Integer[] n) {}

    private record Small(String path, int size) {}

    private record Unknown(String path, String nope) {}

    private record Wrong(String path, String size) {}

    private record WrongList(String path, List<Integer> tag) {}

    private record Throwing(String path) {
        private Throwing {
            if (path.isEmpty()) {
                throw new IllegalStateException("empty");
            }
        }
    }

    @Test
    void recordsHaveSomeOfTheFields() {
        encoder.set(new Part("p", null, List.of(), null));
        Part back = document().to(Part.class);
        assertNull(back.size);
        assertEquals(List.of(), back.tag);
        assertEquals(0, back.n.length);
        assertThrows(NoSuchElementException.class, () -> document().to(Small.class));
        encoder.set("size", 1L << 40);
        assertThrows(ArithmeticException.class, () -> document().to(Small.class));
        assertMisused("there is no field nope", () -> document().to(Unknown.class));
        assertMisused("component size of", () -> document().to(Wrong.class));
        assertMisused("component tag of", () -> document().to(WrongList.class));
        refused("nope", "a field of the schema", "none", () -> encoder.set(new Unknown("p", "x")));
        refused("size", "integer", "the text 'x'", () -> encoder.set(new Wrong("p", "x")));
        encoder.set("path", "");
        assertMisused("the constructor of", () -> document().to(Throwing.class));
    }

    // -------------------------------------------------------------------------------------------------------- filters

    @Test
    void filtersThatDoNotFitTheSchemaAreRefused() {
        assertMisused("there is no field nope", () -> FilterPredicate.of(DocumentFilter.exists("nope"), SHAPE));
        assertMisused("hidden is not stored", () -> FilterPredicate.of(DocumentFilter.exists("hidden"), SHAPE));
        assertMisused(
                "field size is of type I64 and cannot be compared with a String",
                () -> FilterPredicate.of(DocumentFilter.not(DocumentFilter.equal("size", "x")), SHAPE));
        assertMisused("a Double", () -> FilterPredicate.of(DocumentFilter.equal("size", 1.0), SHAPE));
        assertMisused("a range of String", () -> FilterPredicate.of(DocumentFilter.range("body", "a", null), SHAPE));
        assertMisused("a range of Long", () -> FilterPredicate.of(DocumentFilter.range("ok", null, 1), SHAPE));
        assertMisused("compared with a String", () -> FilterPredicate.of(DocumentFilter.equal("json", "{}"), SHAPE));
        assertMisused(
                "not exactly a double", () -> FilterPredicate.of(DocumentFilter.equal("score", Long.MAX_VALUE), SHAPE));
        assertMisused("surrogate", () -> FilterPredicate.of(DocumentFilter.equal("path", "\uD800"), SHAPE));
        DocumentFilter deep = DocumentFilter.exists("size");
        for (int i = 1; i < 1_000; i++) {
            deep = DocumentFilter.not(deep);
        }
        DocumentFilter deepest = deep;
        FilterPredicate.of(deepest, SHAPE);
        assertMisused("deeper", () -> FilterPredicate.of(DocumentFilter.not(deepest), SHAPE));
    }

    @Test
    void wholeNumbersAreComparedWithFloatingPointFields() {
        EncodedDocument document = RandomDocuments.read(
                SHAPE, encoder.set("path", "p").set("score", 3).encode(0));
        assertTrue(FilterPredicate.of(DocumentFilter.equal("score", 3), SHAPE).test(document));
        assertTrue(
                FilterPredicate.of(DocumentFilter.range("score", 3, 3), SHAPE).test(document));
        assertFalse(FilterPredicate.of(DocumentFilter.range("score", 3.1, null), SHAPE)
                .test(document));
    }
}
