package dev.ashlar.document;

import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The components of a record, by which it becomes a document and back. Kept as long as its class is. */
final class RecordShape {
    private static final ClassValue<RecordShape> KEPT = new ClassValue<>() {
        @Override
        protected RecordShape computeValue(Class<?> type) {
            return new RecordShape(type);
        }
    };

    private final Class<?> type;
    private final RecordComponent[] components;
    private final Constructor<?> constructor;

    private RecordShape(Class<?> type) {
        this.type = type;
        components = type.getRecordComponents();
        try {
            constructor = type.getDeclaredConstructor(
                    Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
            constructor.setAccessible(true);
            for (RecordComponent component : components) {
                component.getAccessor().setAccessible(true);
            }
        } catch (NoSuchMethodException e) {
            throw new IllegalArgumentException(type.getName() + " has no constructor of all its components", e);
        } catch (InaccessibleObjectException e) {
            throw new IllegalArgumentException(
                    type.getName()
                            + " is not accessible: make it public in an exported package, or open its package to "
                            + RecordShape.class.getModule().getName(),
                    e);
        }
    }

    static RecordShape of(Class<?> type) {
        if (!type.isRecord()) {
            throw new IllegalArgumentException(type.getName() + " is no record");
        }
        return KEPT.get(type);
    }

    /** What the components are, by name; null is among it. */
    Map<String, Object> values(Record record) {
        Map<String, @Nullable Object> values = LinkedHashMap.newLinkedHashMap(components.length);
        for (RecordComponent component : components) {
            try {
                values.put(component.getName(), component.getAccessor().invoke(record));
            } catch (IllegalAccessException | InvocationTargetException e) {
                throw failed("the accessor " + component.getName(), e);
            }
        }
        return Collections.unmodifiableMap(values);
    }

    private IllegalArgumentException failed(String what, ReflectiveOperationException e) {
        Throwable cause = e instanceof InvocationTargetException ? e.getCause() : e;
        return new IllegalArgumentException(what + " of " + type.getName() + " failed: " + cause, cause);
    }

    /** A record of what a document has. */
    Object make(EncodedDocument document) {
        @Nullable Object[] arguments = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            arguments[i] = argument(document, components[i]);
        }
        try {
            return constructor.newInstance(arguments);
        } catch (IllegalAccessException | InstantiationException | InvocationTargetException e) {
            throw failed("the constructor", e);
        }
    }

    private @Nullable Object argument(EncodedDocument document, RecordComponent component) {
        DocumentSchema schema = document.schema();
        int number = schema.number(component.getName());
        DocumentField field = schema.field(number);
        Class<?> wanted = component.getType();
        if (field.many()) {
            return wanted.isArray() ? array(document, number, component) : list(document, number, component);
        }
        requireFits(field, component, wanted);
        if (document.has(number)) {
            return value(document, number, 0, wanted);
        }
        if (wanted.isPrimitive()) {
            throw EncodedDocument.absent(field);
        }
        return null;
    }

    private Object array(EncodedDocument document, int field, RecordComponent component) {
        Class<?> element = component.getType().getComponentType();
        requireFits(document.schema().field(field), component, element);
        Object array = Array.newInstance(element, document.count(field));
        for (int i = 0; i < Array.getLength(array); i++) {
            Array.set(array, i, value(document, field, i, element));
        }
        return array;
    }

    private List<Object> list(EncodedDocument document, int field, RecordComponent component) {
        Type generic = component.getGenericType();
        Class<?> element = generic instanceof ParameterizedType list
                        && list.getActualTypeArguments()[0] instanceof Class<?> argument
                ? argument
                : Object.class;
        if (!component.getType().isAssignableFrom(List.class)) {
            throw misfit(document.schema().field(field), component);
        }
        requireFits(document.schema().field(field), component, element);
        int count = document.count(field);
        List<Object> list = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            list.add(value(document, field, i, element));
        }
        return Collections.unmodifiableList(list);
    }

    private void requireFits(DocumentField field, RecordComponent component, Class<?> wanted) {
        boolean fits = switch (field.type()) {
            case TEXT, KEYWORD, JSON -> isOneOf(wanted, String.class, MemorySegment.class);
            case BYTES -> isOneOf(wanted, byte[].class, MemorySegment.class);
            case BOOL -> isOneOf(wanted, Boolean.class, boolean.class);
            case F64 -> isOneOf(wanted, Double.class, double.class, Float.class, float.class);
            case I64 -> isWhole(wanted);
            case VECTOR -> field.isReference() ? isWhole(wanted) : isOneOf(wanted, float[].class);
        };
        if (!fits) {
            throw misfit(field, component);
        }
    }

    private static boolean isWhole(Class<?> wanted) {
        return isOneOf(wanted, Long.class, long.class, Integer.class, int.class);
    }

    /** Whether it is one of these classes, or a supertype of the first. */
    private static boolean isOneOf(Class<?> wanted, Class<?>... classes) {
        return wanted.isAssignableFrom(classes[0]) || Arrays.asList(classes).contains(wanted);
    }

    private IllegalArgumentException misfit(DocumentField field, RecordComponent component) {
        return new IllegalArgumentException("component " + component.getName() + " of " + type.getName()
                + " is of type " + component.getGenericType().getTypeName()
                + ", which does not go with a field of type "
                + field.type() + (field.many() ? " with many values" : ""));
    }

    private static Object value(EncodedDocument document, int field, int index, Class<?> wanted) {
        if (wanted == MemorySegment.class) {
            return document.bytes(field, index);
        }
        Object value = document.value(field, index);
        if (wanted == int.class || wanted == Integer.class) {
            return Math.toIntExact((Long) value);
        }
        if (wanted == float.class || wanted == Float.class) {
            return ((Double) value).floatValue();
        }
        return value;
    }
}
