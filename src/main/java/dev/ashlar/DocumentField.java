package dev.ashlar;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A field of a {@link DocumentSchema}.
 *
 * <p>A {@link FieldType#VECTOR} is one of two things. With a dimension, its values are rows of that many float32 components,
 * and they are in the document. With a collection, its values are ids of rows of the vector collection of that name; the row
 * is not part of the document, and nothing checks that it is there.
 *
 * @param name 1 to {@link #MAX_NAME_BYTES} bytes of UTF-8, no control characters; unique in a schema
 * @param type what its values are
 * @param many whether a document may have several values of it, in their order
 * @param stored whether documents that are read back have it; one that is not stored can still be the primary key
 * @param dimension of a vector that is part of the document, 1 to {@link VectorOptions#MAX_DIMENSION}; else 0
 * @param collection name of the vector collection that a vector is an id of; else null
 */
public record DocumentField(
        String name,
        FieldType type,
        boolean many,
        boolean stored,
        int dimension,
        @Nullable String collection) {
    /** The longest name, in bytes of UTF-8. */
    public static final int MAX_NAME_BYTES = 255;

    public DocumentField {
        checkName(name, "the name of a field");
        Objects.requireNonNull(type, "type");
        if (type != FieldType.VECTOR && (dimension != 0 || collection != null)) {
            throw new IllegalArgumentException(
                    "field " + name + " is of type " + type + "; only VECTOR has a dimension or a collection");
        }
        if (collection != null) {
            checkName(collection, "the name of the vector collection of field " + name);
            if (dimension != 0) {
                throw new IllegalArgumentException("field " + name + " has a collection and a dimension, " + dimension
                        + "; a vector is either in the document or in a collection");
            }
        } else if (type == FieldType.VECTOR && (dimension < 1 || dimension > VectorOptions.MAX_DIMENSION)) {
            throw new IllegalArgumentException("the dimension of field " + name + " is " + dimension
                    + "; it must be from 1 to " + VectorOptions.MAX_DIMENSION);
        }
    }

    private DocumentField(String name, FieldType type) {
        this(name, type, false, true, 0, null);
    }

    private static void checkName(String name, String what) {
        Objects.requireNonNull(name, what);
        int length;
        try {
            // Of half a surrogate pair there is no UTF-8, and String.getBytes would not say so.
            ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(name));
            length = bytes.remaining();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(what + " has half of a surrogate pair", e);
        }
        if (length < 1 || length > MAX_NAME_BYTES) {
            throw new IllegalArgumentException(
                    what + " has " + length + " bytes of UTF-8; it must have 1 to " + MAX_NAME_BYTES);
        }
        if (name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(what + " has a control character");
        }
    }

    /** One stored value of type {@link FieldType#TEXT}. */
    public static DocumentField text(String name) {
        return new DocumentField(name, FieldType.TEXT);
    }

    /** One stored value of type {@link FieldType#KEYWORD}. */
    public static DocumentField keyword(String name) {
        return new DocumentField(name, FieldType.KEYWORD);
    }

    /** One stored value of type {@link FieldType#I64}. */
    public static DocumentField i64(String name) {
        return new DocumentField(name, FieldType.I64);
    }

    /** One stored value of type {@link FieldType#F64}. */
    public static DocumentField f64(String name) {
        return new DocumentField(name, FieldType.F64);
    }

    /** One stored value of type {@link FieldType#BOOL}. */
    public static DocumentField bool(String name) {
        return new DocumentField(name, FieldType.BOOL);
    }

    /** One stored value of type {@link FieldType#BYTES}. */
    public static DocumentField bytes(String name) {
        return new DocumentField(name, FieldType.BYTES);
    }

    /** One stored value of type {@link FieldType#JSON}. */
    public static DocumentField json(String name) {
        return new DocumentField(name, FieldType.JSON);
    }

    /** One vector of so many float32 components, stored in the document. */
    public static DocumentField vector(String name, int dimension) {
        return new DocumentField(name, FieldType.VECTOR, false, true, dimension, null);
    }

    /** The id of a row of a vector collection. */
    public static DocumentField vectorIn(String name, String collection) {
        Objects.requireNonNull(collection, "collection");
        return new DocumentField(name, FieldType.VECTOR, false, true, 0, collection);
    }

    /** The same with many values. */
    public DocumentField asMany() {
        return new DocumentField(name, type, true, stored, dimension, collection);
    }

    /** The same, not stored: checked when a document is added, not there when one is read. */
    public DocumentField notStored() {
        return new DocumentField(name, type, many, false, dimension, collection);
    }

    /** Whether it is a {@link FieldType#VECTOR} whose values are ids of rows of a collection. */
    public boolean isReference() {
        return collection != null;
    }
}
