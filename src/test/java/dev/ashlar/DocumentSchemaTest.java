package dev.ashlar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a schema may be, and when one is as good as another. */
class DocumentSchemaTest {
    private static final DocumentSchema SCHEMA = DocumentSchema.builder()
            .field(DocumentField.keyword("path"))
            .field(DocumentField.text("body").notStored())
            .field(DocumentField.i64("sizes").asMany())
            .field(DocumentField.vector("row", 3))
            .primaryKey("path")
            .build();

    private static void refused(String part, Executable executable) {
        String message =
                assertThrows(IllegalArgumentException.class, executable).getMessage();
        assertTrue(message.contains(part), message);
    }

    @Test
    void fieldsAreKnownByNameAndNumber() {
        assertEquals(4, SCHEMA.size());
        assertEquals(2, SCHEMA.indexOf("sizes"));
        assertEquals(-1, SCHEMA.indexOf("size"));
        assertEquals(DocumentField.vector("row", 3), SCHEMA.field("row"));
        assertNull(SCHEMA.field("size"));
        assertEquals("path", SCHEMA.primaryKey().name());
        assertEquals(0, SCHEMA.primaryKeyNumber());
        refused("there is no field size; the schema has path, body, sizes, row", () -> SCHEMA.number("size"));
        assertThrows(IndexOutOfBoundsException.class, () -> SCHEMA.field(4));
        assertThrows(UnsupportedOperationException.class, () -> SCHEMA.fields().clear());
        assertTrue(SCHEMA.toString().contains("path KEYWORD primary key, body TEXT not stored, sizes I64 many"));
    }

    @Test
    void fieldsThatCannotBeAreRefused() {
        refused("0 bytes", () -> DocumentField.text(""));
        refused("256 bytes", () -> DocumentField.text("é".repeat(128)));
        assertEquals(127, DocumentField.text("é".repeat(127)).name().length());
        refused("control", () -> DocumentField.text("a\nb"));
        refused("surrogate", () -> DocumentField.text("a\uD800"));
        refused("from 1 to 65536", () -> DocumentField.vector("v", 0));
        refused("from 1 to 65536", () -> DocumentField.vector("v", 65_537));
        refused("0 bytes", () -> DocumentField.vectorIn("v", ""));
        refused("only VECTOR", () -> new DocumentField("a", FieldType.I64, false, true, 4, null));
        refused("only VECTOR", () -> new DocumentField("a", FieldType.I64, false, true, 0, "c"));
        refused("either", () -> new DocumentField("a", FieldType.VECTOR, false, true, 4, "c"));
        assertThrows(NullPointerException.class, () -> DocumentField.text(null));
        assertThrows(NullPointerException.class, () -> new DocumentField("a", null, false, true, 0, null));
        assertTrue(DocumentField.vectorIn("v", "rows").asMany().isReference());
        assertFalse(DocumentField.vector("v", 4).isReference());
    }

    @Test
    void schemasThatCannotBeAreRefused() {
        refused("no fields", () -> DocumentSchema.builder().build());
        refused("two fields with the name path", () -> SCHEMA.with(DocumentField.i64("path")));
        refused(
                "key id is no field",
                () -> DocumentSchema.builder()
                        .field(DocumentField.i64("a"))
                        .primaryKey("id")
                        .build());
        refused(
                "type TEXT",
                () -> DocumentSchema.builder()
                        .field(DocumentField.text("a"))
                        .primaryKey("a")
                        .build());
        refused(
                "many values",
                () -> DocumentSchema.builder()
                        .field(DocumentField.i64("a").asMany())
                        .primaryKey("a")
                        .build());
        DocumentSchema.Builder builder = DocumentSchema.builder();
        for (int i = 0; i < DocumentSchema.MAX_FIELDS; i++) {
            builder.field(DocumentField.i64("f" + i));
        }
        refused("one too many", () -> builder.field(DocumentField.i64("g")));
        assertEquals(4_096, builder.build().size());
    }

    @Test
    void aSchemaGrowsAtItsEnd() {
        DocumentSchema more = SCHEMA.with(DocumentField.f64("score"), DocumentField.bool("ok"));
        assertEquals(
                List.of("path", "body", "sizes", "row", "score", "ok"),
                more.fields().stream().map(DocumentField::name).toList());
        assertEquals("path", more.primaryKey().name());
        assertNull(more.differenceFrom(SCHEMA));
        assertNull(SCHEMA.differenceFrom(SCHEMA));
        assertTrue(SCHEMA.differenceFrom(more).contains("field 4 is stored as score F64 and is missing"));
    }

    @Test
    void theFirstDifferenceIsNamed() {
        DocumentSchema.Builder other =
                DocumentSchema.builder().field(DocumentField.keyword("path")).field(DocumentField.text("body"));
        assertEquals(
                "field 1 is stored as body TEXT not stored and is body TEXT here; new fields go behind the stored ones",
                other.build().differenceFrom(SCHEMA));
        DocumentSchema withoutKey = DocumentSchema.builder()
                .field(SCHEMA.field(0))
                .field(SCHEMA.field(1))
                .field(SCHEMA.field(2))
                .field(SCHEMA.field(3))
                .build();
        assertEquals("the primary key is stored as path and is none here", withoutKey.differenceFrom(SCHEMA));
        assertNotEquals(withoutKey, SCHEMA);
        assertEquals(SCHEMA, withoutKeyWith(withoutKey));
        assertEquals(SCHEMA.hashCode(), withoutKeyWith(withoutKey).hashCode());
    }

    private static DocumentSchema withoutKeyWith(DocumentSchema fields) {
        DocumentSchema.Builder builder = DocumentSchema.builder().primaryKey("path");
        fields.fields().forEach(builder::field);
        return builder.build();
    }

    @Test
    void filtersThatCannotBeAreRefused() {
        refused("exists(field)", () -> DocumentFilter.range("a", null, null));
        refused("NaN", () -> DocumentFilter.range("a", Double.NaN, 1.0));
        refused("from a String to a Long", () -> DocumentFilter.range("a", "x", 1));
        refused("java.math.BigInteger", () -> DocumentFilter.range("a", java.math.BigInteger.ONE, null));
        refused("not exactly a double", () -> DocumentFilter.range("a", 0.5, Long.MAX_VALUE));
        refused("java.lang.Integer", () -> new DocumentFilter.Equal("a", 1));
        assertEquals(DocumentFilter.range("a", 1L, 2L), DocumentFilter.range("a", 1, (short) 2));
        assertEquals(DocumentFilter.range("a", 1.0, 2.5), DocumentFilter.range("a", 1, 2.5f));
        byte[] bytes = {1, 2};
        DocumentFilter filter = DocumentFilter.equal("a", bytes);
        bytes[0] = 9;
        assertEquals(DocumentFilter.equal("a", new byte[] {1, 2}), filter);
        assertEquals(DocumentFilter.equal("a", new byte[] {1, 2}).hashCode(), filter.hashCode());
    }
}
