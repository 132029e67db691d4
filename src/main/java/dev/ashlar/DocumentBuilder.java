package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.Map;

/**
 * Makes documents of one collection. Values are copied and checked when they are set; a value that is refused leaves the
 * builder as it was, with {@link InvalidDocumentException} naming the field, what was expected and what was found. A builder
 * keeps its values when the document has been added: {@link #clear} it, or set again only what is different in the next one.
 *
 * <p>{@code set} replaces all values of a field by one, {@code add} puts one behind those that are there; a field that is not
 * {@linkplain DocumentField#many() many} takes only one. What goes into which field:
 *
 * <ul>
 *   <li>TEXT, KEYWORD: a String, or its UTF-8 as {@code byte[]} or MemorySegment; no half of a surrogate pair
 *   <li>JSON: the same, one JSON value of at most 1,000 levels, strictly as RFC 8259 has it
 *   <li>I64, and a VECTOR in a collection: a {@code long}
 *   <li>F64: a {@code double}, or a {@code long} that is exactly one
 *   <li>BOOL: a {@code boolean}
 *   <li>BYTES: {@code byte[]} or MemorySegment
 *   <li>VECTOR with a dimension: {@code float[]} of that length
 * </ul>
 *
 * <p>A primary key has at most {@link DocumentSchema#MAX_KEY_BYTES} bytes, a document about {@link #MAX_DOCUMENT_BYTES}. Whether a
 * primary key is there at all is checked when the document is added.
 *
 * <p>For one thread at a time.
 */
public interface DocumentBuilder {
    /** The most that the values of a document may take, in bytes. */
    int MAX_DOCUMENT_BYTES = 1 << 30;

    DocumentSchema schema();

    DocumentBuilder set(String field, String value);

    DocumentBuilder set(String field, long value);

    DocumentBuilder set(String field, double value);

    DocumentBuilder set(String field, boolean value);

    DocumentBuilder set(String field, byte[] value);

    DocumentBuilder set(String field, MemorySegment value);

    DocumentBuilder set(String field, float[] value);

    DocumentBuilder add(String field, String value);

    DocumentBuilder add(String field, long value);

    DocumentBuilder add(String field, double value);

    DocumentBuilder add(String field, boolean value);

    DocumentBuilder add(String field, byte[] value);

    DocumentBuilder add(String field, MemorySegment value);

    DocumentBuilder add(String field, float[] value);

    /**
     * Sets the fields that a map names, all or none. Values are String, byte[], MemorySegment, float[], Boolean, Byte, Short, Integer,
     * Long, BigInteger, Float, Double and BigDecimal, as their field asks, and for a vector also a list or an array of numbers. For a
     * field with many values, a {@link Collection} or an array of these; an empty one removes the field, as null does with any.
     */
    DocumentBuilder set(Map<String, ?> values);

    /**
     * Sets the fields that the components of a record name, all or none, as {@link #set(Map)}.
     *
     * @throws IllegalArgumentException if the record is not accessible: it has to be public in an exported package, or in one
     *     that is open to this module
     */
    DocumentBuilder set(Record values);

    /** Removes all values of a field. */
    DocumentBuilder remove(String field);

    /** Removes all values. */
    DocumentBuilder clear();
}
