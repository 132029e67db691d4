package dev.ashlar;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Which documents are wanted, by the values of their fields. A filter is made without a schema; a field that does not exist,
 * is not stored, or is of a type that does not go with the value, is an {@link IllegalArgumentException} where it is used.
 *
 * <p>A field with many values matches if any of them does. {@code not} is the exact opposite of what it stands before, so a
 * document without a field matches {@code not(equal(field, value))}. Numbers are compared as numbers: -0.0 equals 0.0; NaN
 * equals NaN and is in no range. Strings are compared by their code points.
 *
 * <p>Immutable, for any thread.
 */
public sealed interface DocumentFilter {
    /** How deep filters may be nested. */
    int MAX_DEPTH = 1_000;

    /**
     * A field has a value.
     *
     * @param value a String, Long, Double, Boolean or byte[]
     */
    record Equal(String field, Object value) implements DocumentFilter {
        public Equal {
            Objects.requireNonNull(field, "field");
            Objects.requireNonNull(value, "value");
            if (value instanceof byte[] bytes) {
                value = bytes.clone();
            } else if (!(value instanceof String)
                    && !(value instanceof Long)
                    && !(value instanceof Double)
                    && !(value instanceof Boolean)) {
                throw new IllegalArgumentException("field " + field + " is compared with a "
                        + value.getClass().getName() + "; String, Long, Double, Boolean and byte[] can be");
            }
        }

        /** The value; of bytes, a copy. */
        @Override
        public Object value() {
            return value instanceof byte[] bytes ? bytes.clone() : value;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Equal equal && field.equals(equal.field) && Objects.deepEquals(value, equal.value);
        }

        @Override
        public int hashCode() {
            return 31 * field.hashCode() + (value instanceof byte[] bytes ? Arrays.hashCode(bytes) : value.hashCode());
        }

        @Override
        public String toString() {
            return field + " = " + (value instanceof byte[] bytes ? Arrays.toString(bytes) : value);
        }
    }

    /**
     * A field has a value from {@code from} to {@code to}, both included.
     *
     * @param from a Long, Double or String, or null if there is no least
     * @param to of the same class, or null if there is no greatest; not both are null
     */
    record Range(
            String field,
            @Nullable Comparable<?> from,
            @Nullable Comparable<?> to) implements DocumentFilter {
        public Range {
            Objects.requireNonNull(field, "field");
            from = end(field, from);
            to = end(field, to);
            if (from instanceof Double && to instanceof Long whole) {
                to = asDouble(field, whole);
            } else if (to instanceof Double && from instanceof Long whole) {
                from = asDouble(field, whole);
            }
            if (from == null && to == null) {
                throw new IllegalArgumentException(
                        "a range of field " + field + " without ends; exists(field) asks that");
            }
            if (from != null && to != null && from.getClass() != to.getClass()) {
                throw new IllegalArgumentException("a range of field " + field + " from a "
                        + from.getClass().getSimpleName() + " to a "
                        + to.getClass().getSimpleName());
            }
        }

        private static @Nullable Comparable<?> end(String field, @Nullable Comparable<?> end) {
            return switch (end) {
                case null -> null;
                case Byte b -> b.longValue();
                case Short s -> s.longValue();
                case Integer i -> i.longValue();
                case Float f -> number(field, f.doubleValue());
                case Double d -> number(field, d);
                case Long l -> l;
                case String s -> s;
                default ->
                    throw new IllegalArgumentException("a range of field " + field + " ends with a "
                            + end.getClass().getName() + "; Long, Double and String can be");
            };
        }

        private static Double number(String field, double end) {
            if (Double.isNaN(end)) {
                throw new IllegalArgumentException(
                        "a range of field " + field + " ends with NaN, which is in no order");
            }
            return end;
        }

        private static Double asDouble(String field, long whole) {
            double number = whole;
            // Long.MAX_VALUE as a double is 2^63, which comes back as Long.MAX_VALUE.
            if ((long) number != whole || whole == Long.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "a range of field " + field + " ends with " + whole + ", which is not exactly a double");
            }
            return number;
        }

        @Override
        public String toString() {
            return field + " in [" + (from == null ? "" : from) + ", " + (to == null ? "" : to) + "]";
        }
    }

    /** A field has any value. */
    record Exists(String field) implements DocumentFilter {
        public Exists {
            Objects.requireNonNull(field, "field");
        }

        @Override
        public String toString() {
            return field + " exists";
        }
    }

    /** All of these match; of none, every document does. */
    record And(List<DocumentFilter> filters) implements DocumentFilter {
        public And {
            filters = List.copyOf(filters);
        }
    }

    /** At least one of these matches; of none, no document does. */
    record Or(List<DocumentFilter> filters) implements DocumentFilter {
        public Or {
            filters = List.copyOf(filters);
        }
    }

    /** The filter does not match. */
    record Not(DocumentFilter filter) implements DocumentFilter {
        public Not {
            Objects.requireNonNull(filter, "filter");
        }
    }

    /** A KEYWORD or TEXT is this, exactly. */
    static DocumentFilter equal(String field, String value) {
        return new Equal(field, value);
    }

    /** An I64, an F64 or the id of a VECTOR is this. */
    static DocumentFilter equal(String field, long value) {
        return new Equal(field, value);
    }

    /** An F64 is this. */
    static DocumentFilter equal(String field, double value) {
        return new Equal(field, value);
    }

    /** A BOOL is this. */
    static DocumentFilter equal(String field, boolean value) {
        return new Equal(field, value);
    }

    /** BYTES are these. */
    static DocumentFilter equal(String field, byte[] value) {
        return new Equal(field, value);
    }

    /**
     * An I64, F64 or KEYWORD is in a range, both ends included. Ends are integers, floating-point numbers or Strings; null is
     * an open end.
     *
     * @throws IllegalArgumentException if both are null, one is NaN, or they do not go together
     */
    static DocumentFilter range(String field, @Nullable Comparable<?> from, @Nullable Comparable<?> to) {
        return new Range(field, from, to);
    }

    /** The document has a value of the field. */
    static DocumentFilter exists(String field) {
        return new Exists(field);
    }

    static DocumentFilter and(DocumentFilter... filters) {
        return new And(List.of(filters));
    }

    static DocumentFilter or(DocumentFilter... filters) {
        return new Or(List.of(filters));
    }

    static DocumentFilter not(DocumentFilter filter) {
        return new Not(filter);
    }
}
