package dev.ashlar.document;

import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import dev.ashlar.FieldType;
import dev.ashlar.UnsupportedFormatException;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A schema as bytes.
 *
 * <pre>
 *   0  u16  version, 1
 *   2  u16  number of fields, 1 to 4,096
 *   4  u16  number of the primary key, or 0xFFFF
 *   6       fields: u8 type, u8 flags (1 many, 2 not stored), u8 length of the name, name in UTF-8;
 *           of a VECTOR also u32 dimension, u8 length of the collection's name, that in UTF-8
 * </pre>
 */
public final class SchemaCodec {
    private static final int VERSION = 1;
    private static final int NO_KEY = 0xFFFF;
    private static final int MANY = 1;
    private static final int NOT_STORED = 2;

    /** The longest that a schema can be. */
    private static final int MAX_BYTES = 6 + DocumentSchema.MAX_FIELDS * (3 + 5 + 2 * DocumentField.MAX_NAME_BYTES);

    /** By the numbers that are stored: never to be reordered. */
    private static final List<FieldType> TYPES = List.of(
            FieldType.TEXT,
            FieldType.KEYWORD,
            FieldType.I64,
            FieldType.F64,
            FieldType.BOOL,
            FieldType.BYTES,
            FieldType.JSON,
            FieldType.VECTOR);

    private SchemaCodec() {}

    public static byte[] write(DocumentSchema schema) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        number(out, VERSION, Short.BYTES);
        number(out, schema.size(), Short.BYTES);
        number(out, schema.primaryKeyNumber() & NO_KEY, Short.BYTES);
        for (DocumentField field : schema.fields()) {
            out.write(TYPES.indexOf(field.type()));
            out.write((field.many() ? MANY : 0) | (field.stored() ? 0 : NOT_STORED));
            text(out, field.name());
            if (field.type() == FieldType.VECTOR) {
                number(out, field.dimension(), Integer.BYTES);
                String collection = field.collection();
                text(out, collection == null ? "" : collection);
            }
        }
        return out.toByteArray();
    }

    private static void number(ByteArrayOutputStream out, int number, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write(number >>> 8 * i);
        }
    }

    private static void text(ByteArrayOutputStream out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.write(bytes.length);
        out.writeBytes(bytes);
    }

    /**
     * Reads a schema back.
     *
     * @throws UnsupportedFormatException if it is none that this version knows; the bytes were verified, so a newer version
     *     must have written them
     */
    public static DocumentSchema read(MemorySegment segment, long at, long length) {
        if (length > MAX_BYTES) {
            throw unknown("it has " + length + " bytes", null);
        }
        byte[] bytes = segment.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            int version = in.getShort() & 0xFFFF;
            if (version != VERSION) {
                throw unknown("its version is " + version + ", not " + VERSION, null);
            }
            int fields = in.getShort() & 0xFFFF;
            int key = in.getShort() & 0xFFFF;
            if (key != NO_KEY && key >= fields) {
                throw unknown("its primary key is field " + key + " of " + fields, null);
            }
            DocumentSchema.Builder builder = DocumentSchema.builder();
            for (int i = 0; i < fields; i++) {
                DocumentField field = field(in);
                builder.field(field);
                if (i == key) {
                    builder.primaryKey(field.name());
                }
            }
            if (in.hasRemaining()) {
                throw unknown(in.remaining() + " bytes follow it", null);
            }
            return builder.build();
        } catch (BufferUnderflowException e) {
            throw unknown("it ends after " + length + " bytes", e);
        } catch (IllegalArgumentException | CharacterCodingException e) {
            throw unknown(String.valueOf(e.getMessage()), e);
        }
    }

    private static DocumentField field(ByteBuffer in) throws CharacterCodingException {
        int type = in.get() & 0xFF;
        int flags = in.get();
        String name = text(in);
        if (type >= TYPES.size() || (flags & ~(MANY | NOT_STORED)) != 0) {
            throw unknown("field " + name + " has type " + type + " and flags " + flags, null);
        }
        int dimension = 0;
        String collection = "";
        if (TYPES.get(type) == FieldType.VECTOR) {
            dimension = in.getInt();
            collection = text(in);
        }
        return new DocumentField(
                name,
                TYPES.get(type),
                (flags & MANY) != 0,
                (flags & NOT_STORED) == 0,
                dimension,
                collection.isEmpty() ? null : collection);
    }

    private static String text(ByteBuffer in) throws CharacterCodingException {
        int length = in.get() & 0xFF;
        if (length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer bytes = in.slice(in.position(), length);
        in.position(in.position() + length);
        CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(bytes);
        return text.toString();
    }

    private static UnsupportedFormatException unknown(String why, @Nullable Throwable cause) {
        UnsupportedFormatException e = new UnsupportedFormatException(
                "the schema of a document collection is none that this" + " version understands: " + why
                        + ". Open the store with the version of Ashlar that wrote it.");
        if (cause != null) {
            e.initCause(cause);
        }
        return e;
    }
}
