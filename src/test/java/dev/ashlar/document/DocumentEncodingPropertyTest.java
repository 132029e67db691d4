package dev.ashlar.document;

import static dev.ashlar.document.RandomDocuments.comparable;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import dev.ashlar.FieldType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Documents of any schema come back as the maps that they were made of. */
class DocumentEncodingPropertyTest {

    @Property(tries = 150)
    void documentsComeBack(@ForAll long seed) {
        RandomDocuments any = new RandomDocuments(seed);
        DocumentSchema schema = any.schema();
        SchemaShape shape = new SchemaShape(schema);
        DocumentEncoder encoder = new DocumentEncoder(shape);
        EncodedDocument document = new EncodedDocument(shape);
        for (int i = 0; i < 5; i++) {
            Map<String, Object> map = any.document(schema);
            int room = any.random.nextInt(3);
            MemorySegment encoded = encode(any, encoder, map, room);
            document.pointAt(encoded, room, encoded.byteSize() - room, "test", 0);
            assertReads(document, RandomDocuments.stored(schema, map), seed);
            // Without what is not stored it reads the same.
            MemorySegment stored = RandomDocuments.copy(encoded.asSlice(room, document.storedLength()));
            document.pointAt(stored, 0, stored.byteSize(), "test", 0);
            assertReads(document, RandomDocuments.stored(schema, map), seed);
            assertEquals(stored.byteSize(), document.storedLength());
            assertEquals(-1, stored.mismatch(document.encoded()), "seed " + seed);
            assertTrue(document.encoded().isReadOnly());
        }
    }

    /** Sets a document in one of several ways; all of them must give the same bytes. */
    private static MemorySegment encode(
            RandomDocuments any, DocumentEncoder encoder, Map<String, Object> map, int room) {
        if (any.random.nextBoolean()) {
            return encoder.clear().set(map).encode(room);
        }
        List<String> names = new ArrayList<>(map.keySet());
        Collections.shuffle(names, any.random);
        for (DocumentField field : encoder.schema().fields()) {
            if (any.random.nextInt(3) == 0) {
                encoder.set(Map.of(field.name(), any.value(field)));
            } else if (!map.containsKey(field.name())) {
                encoder.remove(field.name());
            }
        }
        for (DocumentField field : encoder.schema().fields()) {
            if (!map.containsKey(field.name())) {
                encoder.remove(field.name());
            }
        }
        for (String name : names) {
            Object value = map.get(name);
            if (value instanceof List<?> values) {
                encoder.remove(name);
                values.forEach(each -> add(encoder, name, each));
            } else {
                set(encoder, name, value);
            }
        }
        byte[] bytes = encoder.encode(room).toArray(ValueLayout.JAVA_BYTE);
        byte[] again = new DocumentEncoder(new SchemaShape(encoder.schema()))
                .set(map)
                .encode(room)
                .toArray(ValueLayout.JAVA_BYTE);
        for (int i = 0; i < room; i++) {
            // What is in the caller's room is the caller's.
            again[i] = bytes[i];
        }
        assertArrayEquals(again, bytes);
        return MemorySegment.ofArray(bytes);
    }

    private static void set(DocumentEncoder encoder, String name, Object value) {
        switch (value) {
            case String text -> encoder.set(name, text);
            case Long whole -> encoder.set(name, whole);
            case Double number -> encoder.set(name, number);
            case Boolean bool -> encoder.set(name, bool);
            case byte[] bytes -> encoder.set(name, bytes);
            case float[] vector -> encoder.set(name, vector);
            default -> throw new AssertionError(value);
        }
    }

    private static void add(DocumentEncoder encoder, String name, Object value) {
        switch (value) {
            case String text -> encoder.add(name, text);
            case Long whole -> encoder.add(name, whole);
            case Double number -> encoder.add(name, number);
            case Boolean bool -> encoder.add(name, bool);
            case byte[] bytes -> encoder.add(name, MemorySegment.ofArray(bytes));
            case float[] vector -> encoder.add(name, vector);
            default -> throw new AssertionError(value);
        }
    }

    private static void assertReads(EncodedDocument document, Map<String, Object> map, long seed) {
        assertEquals(comparable(map), comparable(document.toMap()), "seed " + seed);
        assertEquals(
                new ArrayList<>(map.keySet()), new ArrayList<>(document.toMap().keySet()));
        DocumentSchema schema = document.schema();
        for (int number = 0; number < schema.size(); number++) {
            DocumentField field = schema.field(number);
            Object value = map.get(field.name());
            List<?> values = value == null ? List.of() : value instanceof List<?> list ? list : List.of(value);
            assertEquals(values.size(), document.count(number), () -> field + ", seed " + seed);
            assertEquals(value != null, document.has(field.name()));
            for (int i = 0; i < values.size(); i++) {
                assertEquals(
                        comparable(values.get(i)),
                        comparable(read(document, number, i)),
                        () -> field + ", seed " + seed);
            }
            int count = values.size();
            int at = number;
            assertThrows(IndexOutOfBoundsException.class, () -> read(document, at, count));
            assertThrows(IndexOutOfBoundsException.class, () -> read(document, at, -1));
            if (value == null) {
                assertAbsent(document, number);
            } else {
                assertEquals(comparable(values.getFirst()), comparable(first(document, field)));
            }
        }
    }

    private static Object read(EncodedDocument document, int field, int index) {
        DocumentField of = document.schema().field(field);
        return switch (of.type()) {
            case TEXT, KEYWORD, JSON -> document.string(field, index);
            case I64 -> document.i64(field, index);
            case F64 -> document.f64(field, index);
            case BOOL -> document.bool(field, index);
            case BYTES -> document.bytes(field, index);
            case VECTOR -> of.isReference() ? (Object) document.i64(field, index) : document.vector(field, index);
        };
    }

    private static Object first(EncodedDocument document, DocumentField field) {
        String name = field.name();
        return switch (field.type()) {
            case TEXT, KEYWORD, JSON -> document.string(name);
            case I64 -> document.i64(name);
            case F64 -> document.f64(name);
            case BOOL -> document.bool(name);
            case BYTES -> document.bytes(name);
            case VECTOR -> field.isReference() ? (Object) document.i64(name) : document.vector(name);
        };
    }

    private static void assertAbsent(EncodedDocument document, int number) {
        DocumentField field = document.schema().field(number);
        if (field.type() == FieldType.I64 || field.isReference()) {
            assertThrows(NoSuchElementException.class, () -> document.i64(number));
        } else if (field.type() == FieldType.F64) {
            assertThrows(NoSuchElementException.class, () -> document.f64(number));
        } else if (field.type() == FieldType.BOOL) {
            assertThrows(NoSuchElementException.class, () -> document.bool(number));
        } else {
            assertNull(first(document, field));
        }
    }

    @Property(tries = 80)
    void documentsOfFewerFieldsAreReadUnderMore(@ForAll long seed) {
        RandomDocuments any = new RandomDocuments(seed);
        DocumentSchema before = any.schema();
        DocumentSchema after = before.with(any.field("g0"), any.field("g1"));
        Map<String, Object> map = any.document(before);
        MemorySegment encoded = RandomDocuments.copy(
                new DocumentEncoder(new SchemaShape(before)).set(map).encode(0));
        EncodedDocument document = RandomDocuments.read(new SchemaShape(after), encoded);
        assertReads(document, RandomDocuments.stored(before, map), seed);
        assertFalse(document.has("g0"));
        // The other way round the fields that are not known are damage.
        Map<String, Object> more = any.document(after);
        MemorySegment newer = RandomDocuments.copy(
                new DocumentEncoder(new SchemaShape(after)).set(more).encode(0));
        if (more.containsKey("g0") || more.containsKey("g1")) {
            assertThrows(CorruptionException.class, () -> RandomDocuments.read(new SchemaShape(before), newer));
        }
    }

    @Property(tries = 60)
    void noByteThatIsDifferentLeadsOutOfTheDocument(@ForAll long seed) {
        RandomDocuments any = new RandomDocuments(seed);
        DocumentSchema schema = any.schema();
        SchemaShape shape = new SchemaShape(schema);
        MemorySegment good = RandomDocuments.copy(
                new DocumentEncoder(shape).set(any.document(schema)).encode(0));
        EncodedDocument document = new EncodedDocument(shape);
        int most = (int) Math.min(good.byteSize(), 150);
        for (int i = 0; i < most; i++) {
            MemorySegment bad = RandomDocuments.copy(good);
            bad.set(ValueLayout.JAVA_BYTE, i, (byte) (good.get(ValueLayout.JAVA_BYTE, i) ^ 1 << any.random.nextInt(8)));
            readAll(document, bad, seed);
            bad.set(ValueLayout.JAVA_BYTE, i, (byte) any.random.nextInt());
            readAll(document, bad, seed);
        }
        for (int i = 0; i < 20; i++) {
            readAll(document, RandomDocuments.copy(good.asSlice(0, any.random.nextLong(good.byteSize()))), seed);
            byte[] noise = new byte[any.random.nextInt(40)];
            any.random.nextBytes(noise);
            if (noise.length > 0) {
                noise[0] &= 7;
            }
            readAll(document, MemorySegment.ofArray(noise), seed);
        }
    }

    /** Reads everything that a document says; only one exception is right, and after it the document has no fields. */
    private static void readAll(EncodedDocument document, MemorySegment bytes, long seed) {
        try {
            document.pointAt(bytes, 0, bytes.byteSize(), "test", 0);
        } catch (CorruptionException e) {
            assertTrue(document.toMap().isEmpty());
            assertEquals(0, document.encoded().byteSize());
            return;
        } catch (RuntimeException e) {
            throw new AssertionError("seed " + seed, e);
        }
        try {
            document.toMap();
            new Zones(document.shape()).add(document);
        } catch (RuntimeException e) {
            throw new AssertionError("seed " + seed, e);
        }
    }
}
