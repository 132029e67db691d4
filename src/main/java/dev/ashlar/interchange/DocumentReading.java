package dev.ashlar.interchange;

import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import dev.ashlar.FieldType;
import dev.ashlar.interchange.JsonCursor.Malformed;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/** Makes a document of a JSON object. For one thread. */
final class DocumentReading {
    /** Longer numbers are no integers of 64 bits, however they are written. */
    private static final int MAX_INTEGER_CHARS = 64;

    private final DocumentBuilder target;
    private final DocumentSchema schema;
    private final boolean ignoreUnknown;
    private final JsonCursor cursor = new JsonCursor();
    private final byte[][] names;

    /** For each field the number of the document that had it last: a name may stand in an object once. */
    private final long[] seen;

    private final float[][] components;
    private long document;
    private int expected;

    DocumentReading(DocumentBuilder target, boolean ignoreUnknown) {
        this.target = target;
        this.schema = target.schema();
        this.ignoreUnknown = ignoreUnknown;
        this.names = new byte[schema.size()][];
        for (int i = 0; i < names.length; i++) {
            names[i] = schema.field(i).name().getBytes(StandardCharsets.UTF_8);
        }
        this.seen = new long[names.length];
        this.components = new float[names.length][];
    }

    /**
     * Fills the builder with what a text has, and with nothing else.
     *
     * @throws JsonLineException if it is no document of the schema; the builder is empty then
     */
    void read(byte[] text, int from, int to, long line) {
        target.clear();
        document++;
        expected = 0;
        cursor.read(text, from, to);
        boolean done = false;
        try {
            object();
            done = true;
        } catch (Malformed e) {
            throw new JsonLineException(line, e.at() - from, String.valueOf(e.getMessage()));
        } catch (IllegalArgumentException e) {
            // What the builder refuses: it names the field.
            throw new JsonLineException(line, cursor.at() - from, e);
        } finally {
            if (!done) {
                target.clear();
            }
        }
    }

    private void object() {
        cursor.require('{', "at the beginning of a document");
        if (!cursor.skipIf('}')) {
            do {
                member();
            } while (cursor.skipIf(','));
            cursor.require('}', "or ',' behind a member");
        }
        if (cursor.peek() >= 0) {
            throw cursor.expected("nothing behind the document");
        }
    }

    private void member() {
        if (cursor.peek() != '"') {
            throw cursor.expected("a name");
        }
        int at = cursor.at();
        MemorySegment name = cursor.string();
        int number = number(name);
        if (number < 0 && !ignoreUnknown) {
            throw new Malformed(at, unknown(name));
        }
        cursor.require(':', "behind a name");
        if (number < 0) {
            MemorySegment ignored = cursor.value();
            return;
        }
        DocumentField field = schema.field(number);
        if (seen[number] == document) {
            throw new Malformed(at, "field " + field.name() + " is there twice");
        }
        seen[number] = document;
        if (!field.many()) {
            value(field, number, false);
        } else if (!cursor.skipWord("null")) {
            values(field, number);
        }
    }

    private void values(DocumentField field, int number) {
        if (!cursor.skipIf('[')) {
            throw cursor.expected("an array of the values of field " + field.name());
        }
        if (cursor.skipIf(']')) {
            return;
        }
        do {
            value(field, number, true);
        } while (cursor.skipIf(','));
        cursor.require(']', "or ',' behind a value of field " + field.name());
    }

    /** The number of the field of a name, or -1; fields mostly come in the order of the schema. */
    private int number(MemorySegment name) {
        if (expected < names.length && name.mismatch(MemorySegment.ofArray(names[expected])) < 0) {
            return expected++;
        }
        int number = schema.indexOf(text(name));
        expected = number < 0 ? expected : number + 1;
        return number;
    }

    private String unknown(MemorySegment name) {
        try {
            throw new IllegalStateException("field " + schema.number(text(name)) + " was not found and is there");
        } catch (IllegalArgumentException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static String text(MemorySegment utf8) {
        return new String(utf8.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    // -------------------------------------------------------------------------------------------------------- values

    /** @param one of many */
    private void value(DocumentField field, int number, boolean one) {
        if (field.type() == FieldType.JSON) {
            // Here null is a value like others: what is written is read again.
            MemorySegment value = cursor.value();
            add(field, value, one);
            return;
        }
        if (!one && cursor.skipWord("null")) {
            return;
        }
        String name = field.name();
        switch (field.type()) {
            case TEXT, KEYWORD -> add(field, string(field), one);
            case I64 -> integer(field, one);
            case F64 -> {
                double value = real(field);
                DocumentBuilder ignored = one ? target.add(name, value) : target.set(name, value);
            }
            case BOOL -> {
                boolean value = cursor.skipWord("true");
                if (!value && !cursor.skipWord("false")) {
                    throw cursor.expected("true or false for field " + name);
                }
                DocumentBuilder ignored = one ? target.add(name, value) : target.set(name, value);
            }
            case BYTES -> add(field, MemorySegment.ofArray(base64(field)), one);
            case VECTOR -> {
                if (field.isReference()) {
                    integer(field, one);
                } else {
                    float[] value = vector(field, number);
                    DocumentBuilder ignored = one ? target.add(name, value) : target.set(name, value);
                }
            }
            case JSON -> throw new IllegalStateException("read above");
        }
    }

    private void add(DocumentField field, MemorySegment value, boolean one) {
        DocumentBuilder ignored = one ? target.add(field.name(), value) : target.set(field.name(), value);
    }

    private MemorySegment string(DocumentField field) {
        if (cursor.peek() != '"') {
            throw cursor.expected("a string for field " + field.name());
        }
        return cursor.string();
    }

    private void integer(DocumentField field, boolean one) {
        if (!JsonCursor.isNumber(cursor.peek())) {
            throw cursor.expected("an integer for field " + field.name());
        }
        int at = cursor.at();
        String text = cursor.number();
        long value;
        try {
            // 1.0 and 1e3 are integers too, and there are programs that write them so.
            value = text.length() <= 18 && text.chars().allMatch(c -> c == '-' || c >= '0' && c <= '9')
                    ? Long.parseLong(text)
                    : exact(text);
        } catch (ArithmeticException | NumberFormatException _) {
            throw new Malformed(
                    at,
                    "expected an integer of 64 bits for field " + field.name() + ", found "
                            + (text.length() > MAX_INTEGER_CHARS
                                    ? "a number of " + text.length() + " characters"
                                    : text));
        }
        DocumentBuilder ignored = one ? target.add(field.name(), value) : target.set(field.name(), value);
    }

    private static long exact(String text) {
        if (text.length() > MAX_INTEGER_CHARS) {
            throw new ArithmeticException("too long");
        }
        return new BigDecimal(text).longValueExact();
    }

    private double real(DocumentField field) {
        int at = cursor.at();
        if (cursor.peek() == '"') {
            return notFinite(cursor.string(), at, field);
        }
        if (!JsonCursor.isNumber(cursor.peek())) {
            throw cursor.expected("a number for field " + field.name());
        }
        double value = Double.parseDouble(cursor.number());
        if (Double.isInfinite(value)) {
            throw new Malformed(at, "the number for field " + field.name() + " is beyond what a double can be");
        }
        return value;
    }

    private static double notFinite(MemorySegment name, int at, DocumentField field) {
        return switch (name.byteSize() > 16 ? "" : text(name)) {
            case "NaN" -> Double.NaN;
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default ->
                throw new Malformed(
                        at,
                        "expected a number for field " + field.name()
                                + ", or one of the strings NaN, Infinity and -Infinity");
        };
    }

    private byte[] base64(DocumentField field) {
        int at = cursor.at();
        byte[] text = string(field).toArray(ValueLayout.JAVA_BYTE);
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw new Malformed(at, "field " + field.name() + " is not Base64: " + e.getMessage());
        }
    }

    private float[] vector(DocumentField field, int number) {
        if (components[number] == null) {
            components[number] = new float[field.dimension()];
        }
        float[] vector = components[number];
        int at = cursor.at();
        if (!cursor.skipIf('[')) {
            throw cursor.expected("an array of " + field.dimension() + " numbers for field " + field.name());
        }
        Arrays.fill(vector, 0);
        int count = 0;
        if (!cursor.skipIf(']')) {
            do {
                float component = component(field);
                if (count < vector.length) {
                    vector[count] = component;
                }
                count++;
            } while (cursor.skipIf(','));
            cursor.require(']', "or ',' behind a component of field " + field.name());
        }
        if (count != vector.length) {
            throw new Malformed(
                    at, "expected " + vector.length + " components for field " + field.name() + ", found " + count);
        }
        return vector;
    }

    private float component(DocumentField field) {
        int at = cursor.at();
        if (!JsonCursor.isNumber(cursor.peek())) {
            return (float) real(field);
        }
        // From the text: by way of a double it would be rounded twice.
        float value = Float.parseFloat(cursor.number());
        if (Float.isInfinite(value)) {
            throw new Malformed(at, "a component of field " + field.name() + " is beyond what a float32 can be");
        }
        return value;
    }
}
