package dev.ashlar.document;

import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import dev.ashlar.FieldType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/** Schemas and documents from a seed. A document is first of all a map, against which everything else is compared. */
final class RandomDocuments {
    private static final String[] WORDS = {
        "",
        "a",
        "b",
        "ab",
        "é",
        "€uro",
        "\uD83D\uDE00",
        "\uD83D\uDE01x",
        "zz",
        "a".repeat(31),
        "a".repeat(32),
        "a".repeat(33),
        "\uFFFF".repeat(12)
    };
    private static final double[] NUMBERS = {
        0.0, -0.0, 1, -1, 0.5, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.MIN_VALUE, 1e300
    };

    final Random random;

    RandomDocuments(long seed) {
        random = new Random(seed);
    }

    DocumentSchema schema() {
        int fields = random.nextInt(25) == 0 ? 250 + random.nextInt(100) : 1 + random.nextInt(12);
        DocumentSchema.Builder builder = DocumentSchema.builder();
        String key = null;
        for (int i = 0; i < fields; i++) {
            DocumentField field = field("f" + i);
            builder.field(field);
            if (!field.many() && (field.type() == FieldType.KEYWORD || field.type() == FieldType.I64)) {
                key = field.name();
            }
        }
        if (key != null && random.nextBoolean()) {
            builder.primaryKey(key);
        }
        return builder.build();
    }

    DocumentField field(String name) {
        DocumentField field = switch (FieldType.values()[random.nextInt(FieldType.values().length)]) {
            case TEXT -> DocumentField.text(name);
            case KEYWORD -> DocumentField.keyword(name);
            case I64 -> DocumentField.i64(name);
            case F64 -> DocumentField.f64(name);
            case BOOL -> DocumentField.bool(name);
            case BYTES -> DocumentField.bytes(name);
            case JSON -> DocumentField.json(name);
            case VECTOR ->
                random.nextBoolean()
                        ? DocumentField.vectorIn(name, "rows")
                        : DocumentField.vector(name, 1 + random.nextInt(5));
        };
        field = random.nextInt(3) == 0 ? field.asMany() : field;
        return random.nextInt(6) == 0 ? field.notStored() : field;
    }

    /** Values of a document, by names in the order of the schema: with those that are not stored, and with the key. */
    Map<String, Object> document(DocumentSchema schema) {
        Map<String, Object> document = new LinkedHashMap<>();
        DocumentField key = schema.primaryKey();
        for (DocumentField field : schema.fields()) {
            if (field != key && random.nextInt(4) == 0) {
                continue;
            }
            if (!field.many()) {
                document.put(field.name(), value(field));
                continue;
            }
            int count = random.nextInt(20) == 0 ? 300 : random.nextInt(5);
            List<Object> values = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                values.add(value(field));
            }
            if (count > 0) {
                document.put(field.name(), values);
            }
        }
        return document;
    }

    Object value(DocumentField field) {
        return switch (field.type()) {
            case TEXT, KEYWORD -> text();
            case JSON -> "{\"x\": [" + random.nextInt() + ", null, \"" + "é".repeat(random.nextInt(3)) + "\"]}";
            case I64 -> whole();
            case F64 -> NUMBERS[random.nextInt(NUMBERS.length)];
            case BOOL -> random.nextInt(4) != 0;
            case BYTES -> bytes();
            case VECTOR -> field.isReference() ? (Object) whole() : vector(field.dimension());
        };
    }

    private long whole() {
        return random.nextInt(8) == 0 ? random.nextLong() : random.nextInt(7) - 3L;
    }

    String text() {
        String word = WORDS[random.nextInt(WORDS.length)];
        return random.nextInt(150) == 0 ? word + "x€".repeat(random.nextInt(9_000)) : word;
    }

    byte[] bytes() {
        byte[] bytes = new byte[random.nextInt(100) == 0 ? random.nextInt(70_000) : random.nextInt(4)];
        random.nextBytes(bytes);
        return bytes;
    }

    private float[] vector(int dimension) {
        float[] vector = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            vector[i] = random.nextFloat();
        }
        return vector;
    }

    /** What of a document is read back. */
    static Map<String, Object> stored(DocumentSchema schema, Map<String, Object> document) {
        Map<String, Object> stored = new LinkedHashMap<>();
        document.forEach((name, value) -> {
            if (schema.field(schema.number(name)).stored()) {
                stored.put(name, value);
            }
        });
        return stored;
    }

    /** A map whose values can be compared: arrays as lists, and so that NaN and zeros are told apart by their bits. */
    static Map<String, Object> comparable(Map<String, Object> document) {
        return document.entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> comparable(entry.getValue()), (a, b) -> a, LinkedHashMap::new));
    }

    static Object comparable(Object value) {
        return switch (value) {
            case List<?> list -> list.stream().map(RandomDocuments::comparable).toList();
            case byte[] bytes -> "bytes " + new String(bytes, StandardCharsets.ISO_8859_1);
            case float[] vector -> "vector " + Arrays.toString(vector);
            case MemorySegment bytes -> comparable(bytes.toArray(ValueLayout.JAVA_BYTE));
            default -> value;
        };
    }

    /** An exact copy of an encoded document, in memory that ends where it does. */
    static MemorySegment copy(MemorySegment encoded) {
        return MemorySegment.ofArray(encoded.toArray(ValueLayout.JAVA_BYTE));
    }

    static EncodedDocument read(SchemaShape shape, MemorySegment encoded) {
        return new EncodedDocument(shape).pointAt(encoded, 0, encoded.byteSize(), "test", 0);
    }
}
