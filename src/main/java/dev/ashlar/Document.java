package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * A document, read field by field where it lies: reading one field does not look at the others, and copies nothing but what
 * the method returns on the heap. Fields are asked for by name or, in loops, by their number in {@link #schema()}; then
 * {@code i64}, {@code f64} and {@code bool} allocate nothing, and {@code bytes} only its view.
 *
 * <p>Without an index a method returns the first value of the field. If the document has none, methods that return objects
 * return null, and those that return primitives throw {@link NoSuchElementException}; {@link #has} asks. With an index, one
 * that is not from 0 to {@link #count} - 1 is an {@link IndexOutOfBoundsException}. A field that is not stored has no values
 * here.
 *
 * <p>A name that is not in the schema, or a field of a type that the method is not for, is an {@link
 * IllegalArgumentException}; a number that is not in the schema is an {@link IndexOutOfBoundsException}.
 *
 * <p>How long a document and the views that it gives may be used, and by which threads, is said where it was handed out.
 */
public interface Document {
    /** The schema that the document is read under: the collection's, perhaps with more fields than when it was added. */
    DocumentSchema schema();

    /** Whether the document has a value of a field. */
    default boolean has(String field) {
        return has(schema().number(field));
    }

    boolean has(int field);

    /** How many values of a field the document has. */
    default int count(String field) {
        return count(schema().number(field));
    }

    int count(int field);

    // ----------------------------------------------------------------------------------------------- text of any kind

    /** A value of type TEXT, KEYWORD or JSON. */
    default @Nullable String string(String field) {
        return string(schema().number(field));
    }

    default String string(String field, int index) {
        return string(schema().number(field), index);
    }

    @Nullable
    String string(int field);

    String string(int field, int index);

    // -------------------------------------------------------------------------------------------------------- numbers

    /** A value of type I64, or the id that a VECTOR in a collection has there. */
    default long i64(String field) {
        return i64(schema().number(field));
    }

    default long i64(String field, int index) {
        return i64(schema().number(field), index);
    }

    long i64(int field);

    long i64(int field, int index);

    /** A value of type F64. */
    default double f64(String field) {
        return f64(schema().number(field));
    }

    default double f64(String field, int index) {
        return f64(schema().number(field), index);
    }

    double f64(int field);

    double f64(int field, int index);

    /** A value of type BOOL. */
    default boolean bool(String field) {
        return bool(schema().number(field));
    }

    default boolean bool(String field, int index) {
        return bool(schema().number(field), index);
    }

    boolean bool(int field);

    boolean bool(int field, int index);

    // ---------------------------------------------------------------------------------------------- bytes and vectors

    /**
     * The bytes of a value in place, read-only, with no alignment to rely on: of BYTES as they are, of TEXT, KEYWORD and JSON
     * their UTF-8, of a VECTOR with a dimension its components, float32, little-endian.
     */
    default @Nullable MemorySegment bytes(String field) {
        return bytes(schema().number(field));
    }

    default MemorySegment bytes(String field, int index) {
        return bytes(schema().number(field), index);
    }

    @Nullable
    MemorySegment bytes(int field);

    MemorySegment bytes(int field, int index);

    /** A copy of a value of type VECTOR with a dimension. */
    default float @Nullable [] vector(String field) {
        return vector(schema().number(field));
    }

    default float[] vector(String field, int index) {
        return vector(schema().number(field), index);
    }

    float @Nullable [] vector(int field);

    float[] vector(int field, int index);

    // ------------------------------------------------------------------------------------------------- as a whole

    /**
     * A copy of all values by the names of their fields, in the order of the schema, without those that are absent: TEXT,
     * KEYWORD and JSON as String, I64 and ids of vectors as Long, F64 as Double, BOOL as Boolean, BYTES as byte[], VECTOR as
     * float[], and a List of these if the field has many. {@link DocumentBuilder#set(Map)} makes the same document of it.
     */
    Map<String, Object> toMap();

    /**
     * A record whose components have the names of fields, as {@link DocumentBuilder#set(Record)} takes it. Components are of
     * the types that {@link #toMap} names, also primitive, and {@code int} or {@code float} for I64 or F64; a field with many
     * values is a List, or an array of those. What is absent is null, an empty List or an empty array.
     *
     * @throws IllegalArgumentException if a component has no field, or one of a type that does not fit, or the record is not
     *     accessible: it has to be public in an exported package, or in one that is open to this module
     * @throws NoSuchElementException if the document has no value for a component of a primitive type
     * @throws ArithmeticException if an {@code int} is too small for a value
     */
    <R extends Record> R to(Class<R> type);

    /** The stored form of the document in place, read-only, as FORMAT.md describes it. */
    MemorySegment encoded();
}
