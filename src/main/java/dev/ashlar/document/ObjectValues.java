package dev.ashlar.document;

import dev.ashlar.DocumentField;
import dev.ashlar.InvalidDocumentException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.AbstractList;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Values as maps and records have them, set as what their fields ask for. */
final class ObjectValues {
    private ObjectValues() {}

    /** Sets a field; null, and what is empty, removes it. */
    static void set(DocumentEncoder to, String name, @Nullable Object value) {
        int number = to.schema().indexOf(name);
        DocumentField field = number < 0 ? null : to.schema().field(number);
        if (field == null || value == null) {
            // Of a name that is not known this says so.
            to.remove(name);
            return;
        }
        Collection<?> several = isOne(field, value) ? null : severalOf(value);
        if (!field.many()) {
            if (several != null) {
                throw new InvalidDocumentException(name, "one value", several.size() + " in a list");
            }
            put(to, field, value, false);
            return;
        }
        to.remove(name);
        if (several == null) {
            put(to, field, value, true);
            return;
        }
        for (Object each : several) {
            if (each == null) {
                throw new InvalidDocumentException(name, "a list of values", "null in it");
            }
            put(to, field, each, true);
        }
    }

    /** Whether something that has elements is one value all the same. */
    private static boolean isOne(DocumentField field, Object value) {
        return switch (field.type()) {
            case VECTOR -> !field.isReference() && isNumbers(value);
            case TEXT, KEYWORD, JSON, BYTES -> value instanceof byte[];
            default -> false;
        };
    }

    private static boolean isNumbers(Object value) {
        Collection<?> several = severalOf(value);
        // Nothing at all is no vector, nor many of them: it is left to be called empty.
        return several != null && !several.isEmpty() && several.iterator().next() instanceof Number;
    }

    private static @Nullable Collection<?> severalOf(Object value) {
        if (value instanceof Collection<?> collection) {
            return collection;
        }
        if (!value.getClass().isArray()) {
            return null;
        }
        return new AbstractList<@Nullable Object>() {
            @Override
            public @Nullable Object get(int index) {
                return Array.get(value, index);
            }

            @Override
            public int size() {
                return Array.getLength(value);
            }
        };
    }

    private static void put(DocumentEncoder to, DocumentField field, Object value, boolean append) {
        String name = field.name();
        switch (value) {
            case String text -> to.text(name, text, append);
            case Long whole -> to.whole(name, whole, append);
            case Integer whole -> to.whole(name, whole, append);
            case Short whole -> to.whole(name, whole, append);
            case Byte whole -> to.whole(name, whole, append);
            case Double number -> to.number(name, number, append);
            case Float number -> to.number(name, number, append);
            case Boolean bool -> to.bool(name, bool, append);
            case byte[] bytes -> to.bytes(name, MemorySegment.ofArray(bytes), append);
            case MemorySegment bytes -> to.bytes(name, bytes, append);
            case float[] vector -> to.vector(name, vector, append);
            case BigInteger whole -> {
                if (whole.bitLength() >= Long.SIZE) {
                    throw to.mistyped(name, "a number of " + whole.bitLength() + " bits");
                }
                to.whole(name, whole.longValue(), append);
            }
            case BigDecimal number -> to.number(name, number.doubleValue(), append);
            default -> {
                if (!isOne(field, value)) {
                    throw to.mistyped(name, "a " + value.getClass().getName());
                }
                to.vector(name, components(to, name, value), append);
            }
        }
    }

    private static float[] components(DocumentEncoder to, String name, Object value) {
        Collection<?> several = severalOf(value);
        if (several == null) {
            throw to.mistyped(name, "a " + value.getClass().getName());
        }
        float[] components = new float[several.size()];
        int i = 0;
        for (Object each : several) {
            if (!(each instanceof Number number)) {
                throw to.mistyped(name, "component " + i + " that is no number: " + each);
            }
            components[i++] = number.floatValue();
        }
        return components;
    }
}
