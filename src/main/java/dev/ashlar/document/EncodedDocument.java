package dev.ashlar.document;

import static dev.ashlar.document.DocumentLayout.BYTE;
import static dev.ashlar.document.DocumentLayout.DOUBLE;
import static dev.ashlar.document.DocumentLayout.FLOAT;
import static dev.ashlar.document.DocumentLayout.LONG;

import dev.ashlar.CorruptionException;
import dev.ashlar.Document;
import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import dev.ashlar.FieldType;
import dev.ashlar.document.SchemaShape.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A document read where it lies, in any memory. It can be pointed at one document after the other; that is for one thread,
 * reading is for any. It does not keep its memory alive in any other way than by referring to the segment.
 *
 * <p>In the log, fields that are not stored follow the others, in a table of their own. {@link Document} does not show
 * them; {@link Zones} take them from there, and {@link #storedLength} says where to cut.
 */
public final class EncodedDocument implements Document {
    private final SchemaShape shape;
    private final FieldTable table;
    private final FieldTable unstored;
    private MemorySegment segment = MemorySegment.NULL;
    private long at;

    /** Has no fields until it is pointed at some. */
    public EncodedDocument(SchemaShape shape) {
        this.shape = shape;
        table = new FieldTable(shape, true);
        unstored = new FieldTable(shape, false);
    }

    /**
     * Points it at a document, of this schema or of one that had fewer fields, with or without what is not stored. Offsets
     * and lengths are checked, once; if they are not right it has no fields.
     *
     * @param file and {@code position} of its first byte, for messages
     * @throws CorruptionException if it is no document
     */
    public EncodedDocument pointAt(MemorySegment segment, long at, long length, String file, long position) {
        Objects.checkFromIndexSize(at, length, segment.byteSize());
        this.segment = MemorySegment.NULL;
        this.at = 0;
        table.clear();
        unstored.clear();
        if (length > DocumentBuilder.MAX_DOCUMENT_BYTES) {
            throw new CorruptionException(
                    file,
                    position,
                    "a document of at most " + DocumentBuilder.MAX_DOCUMENT_BYTES + " bytes",
                    length + " bytes",
                    "Run 'ashlar verify' to see what else is damaged.");
        }
        try {
            table.pointAt(segment, at, at + length, file, position);
            long end = table.end();
            if (end != at + length) {
                unstored.pointAt(segment, end, at + length, file, position + (end - at));
                if (unstored.end() != at + length) {
                    throw new CorruptionException(
                            file,
                            position + (unstored.end() - at),
                            "the end of the document",
                            (at + length - unstored.end()) + " bytes more",
                            "Run 'ashlar verify' to see what else is damaged.");
                }
            }
        } catch (CorruptionException e) {
            table.clear();
            unstored.clear();
            throw e;
        }
        this.segment = segment;
        this.at = at;
        return this;
    }

    /** Length of the stored part, in bytes: what is not stored follows it. */
    public long storedLength() {
        return table.end() - at;
    }

    @Override
    public DocumentSchema schema() {
        return shape.schema();
    }

    SchemaShape shape() {
        return shape;
    }

    FieldTable table() {
        return table;
    }

    FieldTable unstored() {
        return unstored;
    }

    @Override
    public boolean has(int field) {
        return table.slot(Objects.checkIndex(field, shape.fields())) >= 0;
    }

    @Override
    public int count(int field) {
        int slot = table.slot(Objects.checkIndex(field, shape.fields()));
        return slot < 0 ? 0 : table.values(slot, field);
    }

    // ------------------------------------------------------------------------------------------------- single values

    @Override
    public long i64(int field) {
        require(shape.kind(field) == Kind.LONG, field, "i64");
        return segment.get(LONG, table.start(present(field)));
    }

    @Override
    public long i64(int field, int index) {
        require(shape.kind(field) == Kind.LONG, field, "i64");
        return segment.get(LONG, valueAt(field, index));
    }

    @Override
    public double f64(int field) {
        require(shape.kind(field) == Kind.DOUBLE, field, "f64");
        return segment.get(DOUBLE, table.start(present(field)));
    }

    @Override
    public double f64(int field, int index) {
        require(shape.kind(field) == Kind.DOUBLE, field, "f64");
        return segment.get(DOUBLE, valueAt(field, index));
    }

    @Override
    public boolean bool(int field) {
        require(shape.kind(field) == Kind.BOOL, field, "bool");
        return segment.get(BYTE, table.start(present(field))) != 0;
    }

    @Override
    public boolean bool(int field, int index) {
        require(shape.kind(field) == Kind.BOOL, field, "bool");
        return segment.get(BYTE, valueAt(field, index)) != 0;
    }

    @Override
    public @Nullable String string(int field) {
        require(isText(field), field, "string");
        return has(field) ? string(field, 0) : null;
    }

    @Override
    public String string(int field, int index) {
        require(isText(field), field, "string");
        return new String(copy(field, index), StandardCharsets.UTF_8);
    }

    @Override
    public @Nullable MemorySegment bytes(int field) {
        require(isBytes(field), field, "bytes");
        return has(field) ? bytes(field, 0) : null;
    }

    @Override
    public MemorySegment bytes(int field, int index) {
        require(isBytes(field), field, "bytes");
        long start = valueAt(field, index);
        return view(start, table.stop(table.slot(field), field, index));
    }

    @Override
    public float @Nullable [] vector(int field) {
        require(shape.kind(field) == Kind.VECTOR, field, "vector");
        return has(field) ? vector(field, 0) : null;
    }

    @Override
    public float[] vector(int field, int index) {
        require(shape.kind(field) == Kind.VECTOR, field, "vector");
        float[] components = new float[shape.width(field) / Float.BYTES];
        MemorySegment.copy(segment, FLOAT, valueAt(field, index), components, 0, components.length);
        return components;
    }

    private boolean isText(int field) {
        FieldType type = schema().field(field).type();
        return type == FieldType.TEXT || type == FieldType.KEYWORD || type == FieldType.JSON;
    }

    private boolean isBytes(int field) {
        return shape.width(field) == 0 || shape.kind(field) == Kind.VECTOR;
    }

    private void require(boolean suits, int field, String method) {
        if (!suits) {
            DocumentField of = schema().field(field);
            throw new IllegalArgumentException("field " + of.name() + " is of type " + of.type()
                    + (of.isReference() ? " in a collection, so it has ids" : "") + "; " + method
                    + " does not read it");
        }
    }

    private int present(int field) {
        int slot = table.slot(field);
        if (slot < 0) {
            throw absent(schema().field(field));
        }
        return slot;
    }

    static NoSuchElementException absent(DocumentField field) {
        return new NoSuchElementException(
                "the document has no value of field " + field.name() + (field.stored() ? "" : ", which is not stored"));
    }

    private long valueAt(int field, int index) {
        int slot = table.slot(field);
        Objects.checkIndex(index, slot < 0 ? 0 : table.values(slot, field));
        return table.start(slot, field, index);
    }

    private byte[] copy(int field, int index) {
        long start = valueAt(field, index);
        byte[] bytes = new byte[(int) (table.stop(table.slot(field), field, index) - start)];
        MemorySegment.copy(segment, ValueLayout.JAVA_BYTE, start, bytes, 0, bytes.length);
        return bytes;
    }

    private MemorySegment view(long start, long stop) {
        MemorySegment view = segment.asSlice(start, stop - start);
        return view.isReadOnly() ? view : view.asReadOnly();
    }

    // -------------------------------------------------------------------------------------------------- as a whole

    @Override
    public Map<String, Object> toMap() {
        Map<String, Object> map = LinkedHashMap.newLinkedHashMap(table.count());
        for (int slot = 0; slot < table.count(); slot++) {
            int field = table.field(slot);
            map.put(schema().field(field).name(), shape.isMany(field) ? values(field) : value(field, 0));
        }
        return map;
    }

    private List<Object> values(int field) {
        int count = count(field);
        List<Object> values = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            values.add(value(field, i));
        }
        return values;
    }

    /** A value as an object of the class that stands for its type. */
    Object value(int field, int index) {
        return switch (schema().field(field).type()) {
            case TEXT, KEYWORD, JSON -> string(field, index);
            case I64 -> i64(field, index);
            case F64 -> f64(field, index);
            case BOOL -> bool(field, index);
            case BYTES -> copy(field, index);
            case VECTOR -> shape.kind(field) == Kind.LONG ? (Object) i64(field, index) : vector(field, index);
        };
    }

    @Override
    public <R extends Record> R to(Class<R> type) {
        return type.cast(RecordShape.of(type).make(this));
    }

    @Override
    public MemorySegment encoded() {
        return view(at, table.end());
    }

    @Override
    public String toString() {
        return toMap().toString();
    }
}
