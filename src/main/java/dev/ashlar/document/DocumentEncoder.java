package dev.ashlar.document;

import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import dev.ashlar.FieldType;
import dev.ashlar.InvalidDocumentException;
import dev.ashlar.document.SchemaShape.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Makes the bytes of documents. Everything that can be wrong with a document is found here: values when they are set, what
 * is missing when it is encoded. The same values make the same bytes, in whichever order they were set.
 */
public final class DocumentEncoder implements DocumentBuilder {
    private static final int SMALL = 1 << 20;

    private final SchemaShape shape;
    private final DocumentSchema schema;
    private final StagedValues values;
    private final Utf8 utf8 = new Utf8();

    /** Of each field: what its values take when they are encoded. */
    private final int[] sizes;

    private byte[] encoded = new byte[256];

    public DocumentEncoder(SchemaShape shape) {
        this.shape = shape;
        this.schema = shape.schema();
        this.values = new StagedValues(shape.fields());
        this.sizes = new int[shape.fields()];
    }

    @Override
    public DocumentSchema schema() {
        return schema;
    }

    // -------------------------------------------------------------------------------------------------------- setting

    @Override
    public DocumentEncoder set(String field, String value) {
        return text(field, value, false);
    }

    @Override
    public DocumentEncoder add(String field, String value) {
        return text(field, value, true);
    }

    @Override
    public DocumentEncoder set(String field, long value) {
        return whole(field, value, false);
    }

    @Override
    public DocumentEncoder add(String field, long value) {
        return whole(field, value, true);
    }

    @Override
    public DocumentEncoder set(String field, double value) {
        return number(field, value, false);
    }

    @Override
    public DocumentEncoder add(String field, double value) {
        return number(field, value, true);
    }

    @Override
    public DocumentEncoder set(String field, boolean value) {
        return bool(field, value, false);
    }

    @Override
    public DocumentEncoder add(String field, boolean value) {
        return bool(field, value, true);
    }

    @Override
    public DocumentEncoder set(String field, byte[] value) {
        return bytes(field, MemorySegment.ofArray(Objects.requireNonNull(value, field)), false);
    }

    @Override
    public DocumentEncoder add(String field, byte[] value) {
        return bytes(field, MemorySegment.ofArray(Objects.requireNonNull(value, field)), true);
    }

    @Override
    public DocumentEncoder set(String field, MemorySegment value) {
        return bytes(field, value, false);
    }

    @Override
    public DocumentEncoder add(String field, MemorySegment value) {
        return bytes(field, value, true);
    }

    @Override
    public DocumentEncoder set(String field, float[] value) {
        return vector(field, value, false);
    }

    @Override
    public DocumentEncoder add(String field, float[] value) {
        return vector(field, value, true);
    }

    @Override
    public DocumentEncoder remove(String field) {
        values.remove(number(field));
        return this;
    }

    @Override
    public DocumentEncoder clear() {
        values.clear();
        if (encoded.length > SMALL) {
            encoded = new byte[256];
        }
        return this;
    }

    @Override
    public DocumentEncoder set(Map<String, ?> map) {
        values.mark();
        try {
            map.forEach(
                    (name, value) -> ObjectValues.set(this, Objects.requireNonNull(name, "name of a field"), value));
        } catch (RuntimeException | Error e) {
            values.rollback();
            throw e;
        }
        values.release();
        return this;
    }

    @Override
    public DocumentEncoder set(Record record) {
        // The accessors are the caller's code, and are asked before anything changes.
        return set(RecordShape.of(record.getClass()).values(record));
    }

    /** The field of a name, of which a value may be set or added. */
    private int fieldFor(String name, boolean append, Object found) {
        int field = number(name);
        if (append && !shape.isMany(field) && values.count(field) > 0) {
            throw new InvalidDocumentException(
                    name, "one value", "a second one, " + shown(found) + "; set replaces it");
        }
        return field;
    }

    private int number(String name) {
        int field = schema.indexOf(name);
        if (field < 0) {
            String reason = "";
            try {
                schema.number(name);
            } catch (IllegalArgumentException e) {
                reason = Objects.requireNonNullElse(e.getMessage(), "");
            }
            throw new InvalidDocumentException(name, "a field of the schema", "none of that name: " + reason);
        }
        return field;
    }

    private static String shown(Object found) {
        String text = found.toString();
        return text.length() <= 40 ? text : text.substring(0, 40) + "...";
    }

    /** Of a value that is of the wrong type. */
    InvalidDocumentException mistyped(String name, String found) {
        DocumentField field = schema.field(number(name));
        String expected = switch (field.type()) {
            case TEXT, KEYWORD -> "text";
            case JSON -> "a JSON text";
            case I64 -> "a 64-bit integer";
            case F64 -> "a floating-point number";
            case BOOL -> "true or false";
            case BYTES -> "bytes";
            case VECTOR ->
                field.isReference()
                        ? "the id of a row of " + field.collection()
                        : field.dimension() + " float components";
        };
        return new InvalidDocumentException(name, expected + " (" + field.type() + ")", found);
    }

    DocumentEncoder text(String name, String value, boolean append) {
        Objects.requireNonNull(value, name);
        int field = fieldFor(name, append, value);
        FieldType type = schema.field(field).type();
        if (type != FieldType.TEXT && type != FieldType.KEYWORD && type != FieldType.JSON) {
            throw mistyped(name, "the text '" + shown(value) + "'");
        }
        int length = utf8.encode(name, value, values);
        checkContent(name, field, type, length);
        values.take(name, field, length, append);
        return this;
    }

    DocumentEncoder bytes(String name, MemorySegment value, boolean append) {
        Objects.requireNonNull(value, name);
        int field = fieldFor(name, append, "of " + value.byteSize() + " bytes");
        FieldType type = schema.field(field).type();
        if (shape.width(field) != 0) {
            throw mistyped(name, value.byteSize() + " bytes");
        }
        StagedValues.checkLength(name, value.byteSize());
        int length = (int) value.byteSize();
        values.room(name, 0, length);
        MemorySegment.copy(value, ValueLayout.JAVA_BYTE, 0, values.data(), values.used(), length);
        if (type != FieldType.BYTES) {
            int malformed = utf8.malformedAt(values.data(), values.used(), length);
            if (malformed >= 0) {
                throw new InvalidDocumentException(name, "UTF-8", "none at byte " + malformed + " of " + length);
            }
        }
        checkContent(name, field, type, length);
        values.take(name, field, length, append);
        return this;
    }

    /** Checks a value that is written, and is UTF-8 if it is text. */
    private void checkContent(String name, int field, FieldType type, int length) {
        if (field == schema.primaryKeyNumber() && length > DocumentSchema.MAX_KEY_BYTES) {
            throw new InvalidDocumentException(
                    name, "a primary key of at most " + DocumentSchema.MAX_KEY_BYTES + " bytes", length + " bytes");
        }
        if (type == FieldType.JSON) {
            JsonText.Problem problem = JsonText.check(values.data(), values.used(), length);
            if (problem != null) {
                throw new InvalidDocumentException(
                        name,
                        "JSON, with " + problem.expected() + " at byte " + problem.offset(),
                        problem.offset() == length ? "the end of the text" : foundAt(problem.offset(), length));
            }
        }
    }

    private String foundAt(int offset, int length) {
        int from = values.used() + offset;
        // Cut in the middle of a character, the rest of it is shown as U+FFFD.
        return "'" + new String(values.data(), from, Math.min(20, length - offset), StandardCharsets.UTF_8) + "'";
    }

    DocumentEncoder whole(String name, long value, boolean append) {
        int field = fieldFor(name, append, value);
        if (shape.kind(field) == Kind.DOUBLE) {
            double number = value;
            // Long.MAX_VALUE as a double is 2^63, which comes back as Long.MAX_VALUE.
            if ((long) number != value || value == Long.MAX_VALUE) {
                throw mistyped(name, value + ", which no double is exactly");
            }
            return bits(name, field, Double.doubleToRawLongBits(number), append);
        }
        if (shape.kind(field) != Kind.LONG) {
            throw mistyped(name, "the number " + value);
        }
        return bits(name, field, value, append);
    }

    DocumentEncoder number(String name, double value, boolean append) {
        int field = fieldFor(name, append, value);
        if (shape.kind(field) != Kind.DOUBLE) {
            throw mistyped(name, "the number " + value);
        }
        return bits(name, field, Double.doubleToRawLongBits(value), append);
    }

    private DocumentEncoder bits(String name, int field, long bits, boolean append) {
        values.room(name, 0, Long.BYTES);
        DocumentLayout.putLong(values.data(), values.used(), bits);
        values.take(name, field, Long.BYTES, append);
        return this;
    }

    DocumentEncoder bool(String name, boolean value, boolean append) {
        int field = fieldFor(name, append, value);
        if (shape.kind(field) != Kind.BOOL) {
            throw mistyped(name, String.valueOf(value));
        }
        values.room(name, 0, 1);
        values.data()[values.used()] = (byte) (value ? 1 : 0);
        values.take(name, field, 1, append);
        return this;
    }

    DocumentEncoder vector(String name, float[] value, boolean append) {
        Objects.requireNonNull(value, name);
        int field = fieldFor(name, append, "of " + value.length + " components");
        if (shape.kind(field) != Kind.VECTOR || value.length != shape.width(field) / Float.BYTES) {
            throw mistyped(name, value.length + " float components");
        }
        int length = Float.BYTES * value.length;
        values.room(name, 0, length);
        int at = values.used();
        for (float component : value) {
            DocumentLayout.put(values.data(), at, 2, Float.floatToRawIntBits(component));
            at += Float.BYTES;
        }
        values.take(name, field, length, append);
        return this;
    }

    // ------------------------------------------------------------------------------------------------------- encoding

    /**
     * The document, as it goes into the log: what is stored, then what is not.
     *
     * @param room bytes in front of it that are the caller's
     * @return room and document; written over by the next call, so for the thread that has the builder
     * @throws InvalidDocumentException if it has no primary key and should have, or is too large
     */
    public MemorySegment encode(int room) {
        int key = schema.primaryKeyNumber();
        if (key >= 0 && values.count(key) == 0) {
            throw new InvalidDocumentException(schema.field(key).name(), "a value, as it is the primary key", "none");
        }
        long size = room + measure(true);
        long rest = measure(false);
        size += rest;
        if (size - room > MAX_DOCUMENT_BYTES) {
            throw new InvalidDocumentException(
                    null, "at most " + MAX_DOCUMENT_BYTES + " bytes", (size - room) + " bytes");
        }
        if (size > encoded.length) {
            encoded = new byte[(int) Math.min(Math.max(size, 2L * encoded.length), Integer.MAX_VALUE - 8)];
        }
        int end = write(true, room);
        if (rest > 0) {
            end = write(false, end);
        }
        return MemorySegment.ofArray(encoded).asSlice(0, end);
    }

    /**
     * The primary key as bytes that sort as the keys do: of a keyword its UTF-8, of an i64 eight bytes, big-endian, with the
     * sign bit flipped. Null if there is none.
     */
    public byte @Nullable [] key() {
        int key = schema.primaryKeyNumber();
        if (key < 0 || values.count(key) == 0) {
            return null;
        }
        int entry = values.first(key);
        int start = values.start(entry);
        if (shape.kind(key) == Kind.LONG) {
            return keyOf(DocumentLayout.getLong(values.data(), start));
        }
        return Arrays.copyOfRange(values.data(), start, start + values.length(entry));
    }

    /** The bytes of a primary key of type I64. */
    public static byte[] keyOf(long key) {
        byte[] bytes = new byte[Long.BYTES];
        DocumentLayout.putLong(bytes, 0, Long.reverseBytes(key ^ Long.MIN_VALUE));
        return bytes;
    }

    /** Bytes that are held for documents to come, apart from the encoded one. */
    int stagedBytes() {
        return values.data().length;
    }

    /** The size of a table with its values; 0 of one without fields that need not be there. */
    private long measure(boolean stored) {
        int fields = 0;
        int highest = 0;
        long bytes = 0;
        for (int field = 0; field < sizes.length; field++) {
            if (values.count(field) > 0 && shape.isStored(field) == stored) {
                long size = sizeOf(field);
                bytes += size;
                // No array has more than 2^30 values, so their ends and bytes fit together.
                sizes[field] = (int) Math.min(size, Integer.MAX_VALUE);
                highest = field;
                fields++;
            }
        }
        if (fields == 0 && !stored) {
            return 0;
        }
        int width = DocumentLayout.widthOf(bytes);
        int wide = wide(highest, fields);
        return 1 + (1L << wide) + ((long) fields << wide) + ((long) fields << width) + bytes;
    }

    private static int wide(int highest, int fields) {
        return DocumentLayout.widthOf(Math.max(highest, fields));
    }

    private long sizeOf(int field) {
        long bytes = values.bytesOf(field);
        if (!shape.isMany(field) || shape.width(field) != 0) {
            return bytes;
        }
        int count = values.count(field);
        int width = DocumentLayout.widthOf(Math.max(bytes, count));
        return 1 + (1L << width) + ((long) count << width) + bytes;
    }

    /** Writes the table that was measured, and its values. */
    private int write(boolean stored, int at) {
        int fields = 0;
        int highest = 0;
        int bytes = 0;
        for (int field = 0; field < sizes.length; field++) {
            if (values.count(field) > 0 && shape.isStored(field) == stored) {
                bytes += sizes[field];
                highest = field;
                fields++;
            }
        }
        int width = DocumentLayout.widthOf(bytes);
        int wide = wide(highest, fields);
        encoded[at] = (byte) (wide << 2 | width);
        DocumentLayout.put(encoded, at + 1, wide, fields);
        int numberAt = at + 1 + (1 << wide);
        int endAt = numberAt + (fields << wide);
        int first = endAt + (fields << width);
        int valueAt = first;
        for (int field = 0; field < sizes.length; field++) {
            if (values.count(field) > 0 && shape.isStored(field) == stored) {
                valueAt = writeValues(field, valueAt);
                DocumentLayout.put(encoded, numberAt, wide, field);
                DocumentLayout.put(encoded, endAt, width, valueAt - first);
                numberAt += 1 << wide;
                endAt += 1 << width;
            }
        }
        return valueAt;
    }

    private int writeValues(int field, int from) {
        int at = from;
        int endAt = 0;
        int width = 0;
        boolean ends = shape.isMany(field) && shape.width(field) == 0;
        if (ends) {
            int count = values.count(field);
            width = DocumentLayout.widthOf(Math.max(values.bytesOf(field), count));
            encoded[at] = (byte) width;
            DocumentLayout.put(encoded, at + 1, width, count);
            endAt = at + 1 + (1 << width);
            at = endAt + (count << width);
        }
        int first = at;
        for (int entry = values.first(field); entry >= 0; entry = values.next(entry)) {
            int length = values.length(entry);
            System.arraycopy(values.data(), values.start(entry), encoded, at, length);
            at += length;
            if (ends) {
                DocumentLayout.put(encoded, endAt, width, at - first);
                endAt += 1 << width;
            }
        }
        return at;
    }
}
