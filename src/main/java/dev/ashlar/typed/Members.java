package dev.ashlar.typed;

import dev.ashlar.FieldOrder;
import dev.ashlar.Length;
import dev.ashlar.TypedKeyspace;
import dev.ashlar.typed.FieldType.Elements;
import dev.ashlar.typed.FieldType.Group;
import dev.ashlar.typed.FieldType.Scalar;
import dev.ashlar.typed.FieldType.Text;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a record or an interface has: its fields in their order, and the methods that lead to them.
 *
 * @param fields by name, in order
 */
record Members(Map<String, FieldType> fields, List<Accessor> accessors) {

    enum Role {
        GET,
        GET_ELEMENT,
        SET,
        SET_ELEMENT
    }

    /** A method of a field; {@link Method#getName} is the field's name. */
    record Accessor(Method method, Role role) {
        String name() {
            return method.getName();
        }

        boolean isSameAs(Accessor other) {
            return method.getReturnType() == other.method.getReturnType()
                    && Arrays.equals(method.getParameterTypes(), other.method.getParameterTypes());
        }

        /** The type of what is read or written: the field's, or that of its elements. */
        Class<?> carried() {
            return switch (role) {
                case GET, GET_ELEMENT -> method.getReturnType();
                case SET -> method.getParameterTypes()[0];
                case SET_ELEMENT -> method.getParameterTypes()[1];
            };
        }
    }

    static String nameOf(Class<?> type, String member) {
        return type.getName() + "." + member;
    }

    private static IllegalArgumentException refused(Class<?> type, String member, String why) {
        return new IllegalArgumentException(nameOf(type, member) + " " + why);
    }

    /**
     * @param schemas makes the schema of a nested type
     * @throws IllegalArgumentException naming the member that is not possible
     */
    static Members of(Class<?> type, Function<Class<?>, Schema> schemas) {
        Members members = type.isRecord() ? ofRecord(type, schemas) : ofInterface(type, schemas);
        if (members.fields.isEmpty()) {
            throw new IllegalArgumentException(type.getName() + " has no fields");
        }
        return members;
    }

    private static boolean isFlyweightType(Class<?> type) {
        return type.isInterface() && !type.isAnnotation() && !type.isSealed();
    }

    static void checkKind(Class<?> type) {
        if (!type.isRecord() && !isFlyweightType(type)) {
            throw new IllegalArgumentException(
                    type.getName() + " is neither a record nor an interface that others may implement");
        }
    }

    // ------------------------------------------------------------------------------------------------------- records

    private static Members ofRecord(Class<?> type, Function<Class<?>, Schema> schemas) {
        Map<String, FieldType> fields = new LinkedHashMap<>();
        List<Accessor> accessors = new ArrayList<>();
        int slots = 0;
        for (RecordComponent component : type.getRecordComponents()) {
            FieldType field = fieldType(type, component.getName(), component.getType(), component, schemas);
            fields.put(component.getName(), field);
            accessors.add(new Accessor(component.getAccessor(), Role.GET));
            slots += component.getType() == long.class || component.getType() == double.class ? 2 : 1;
        }
        if (slots > CodecClass.MAX_CONSTRUCTOR_SLOTS) {
            throw new IllegalArgumentException(type.getName() + " has too many components: they take " + slots
                    + " words as arguments, and " + CodecClass.MAX_CONSTRUCTOR_SLOTS
                    + " is the most; put some into a record of their own");
        }
        return new Members(fields, accessors);
    }

    // ---------------------------------------------------------------------------------------------------- interfaces

    private static Members ofInterface(Class<?> type, Function<Class<?>, Schema> schemas) {
        Map<String, List<Accessor>> byName = new TreeMap<>();
        for (Method method : type.getMethods()) {
            if (Modifier.isAbstract(method.getModifiers()) && !isOfObject(method)) {
                List<Accessor> all = byName.computeIfAbsent(method.getName(), name -> new ArrayList<>());
                Accessor accessor = new Accessor(method, roleOf(type, method));
                // Two interfaces may bring the same method along.
                if (all.stream().noneMatch(accessor::isSameAs)) {
                    all.add(accessor);
                }
            }
        }
        Map<String, FieldType> fields = new LinkedHashMap<>();
        List<Accessor> accessors = new ArrayList<>();
        for (String name : order(type, byName)) {
            List<Accessor> all = byName.getOrDefault(name, List.of());
            fields.put(name, fieldOf(type, name, all, schemas));
            accessors.addAll(all);
        }
        return new Members(fields, accessors);
    }

    private static boolean isOfObject(Method method) {
        try {
            Object.class.getMethod(method.getName(), method.getParameterTypes());
            return true;
        } catch (NoSuchMethodException e) {
            return false;
        }
    }

    private static Role roleOf(Class<?> type, Method method) {
        Class<?>[] parameters = method.getParameterTypes();
        Class<?> result = method.getReturnType();
        boolean sets = result == void.class || result != Object.class && result.isAssignableFrom(type);
        if (method.getTypeParameters().length > 0) {
            throw refused(type, method.getName(), "is generic; a field has one type");
        }
        if (parameters.length == 0 && result != void.class) {
            return Role.GET;
        }
        if (parameters.length == 1 && sets) {
            return Role.SET;
        }
        if (parameters.length == 1 && parameters[0] == int.class) {
            return Role.GET_ELEMENT;
        }
        if (parameters.length == 2 && parameters[0] == int.class && sets) {
            return Role.SET_ELEMENT;
        }
        throw refused(
                type,
                method.getName(),
                "is neither an accessor, X name() or X name(int index), nor a setter, void name(X) or"
                        + " void name(int index, X); make it a default method");
    }

    private static List<String> order(Class<?> type, Map<String, List<Accessor>> byName) {
        FieldOrder order = type.getAnnotation(FieldOrder.class);
        if (order == null) {
            if (byName.size() > 1) {
                throw new IllegalArgumentException(type.getName() + " needs @FieldOrder: reflection does not tell the"
                        + " order of " + byName.keySet());
            }
            return List.copyOf(byName.keySet());
        }
        List<String> names = List.of(order.value());
        for (String name : names) {
            if (!byName.containsKey(name)) {
                throw refused(type, name, "is in @FieldOrder, and there is no accessor of that name");
            }
            if (names.indexOf(name) != names.lastIndexOf(name)) {
                throw refused(type, name, "is in @FieldOrder twice");
            }
        }
        for (String name : byName.keySet()) {
            if (!names.contains(name)) {
                throw refused(type, name, "is not in @FieldOrder");
            }
        }
        return names;
    }

    private static FieldType fieldOf(
            Class<?> type, String name, List<Accessor> all, Function<Class<?>, Schema> schemas) {
        Accessor whole = only(type, all, Role.GET);
        Accessor element = only(type, all, Role.GET_ELEMENT);
        FieldType field;
        if (whole != null) {
            AnnotatedElement length =
                    element == null || whole.method.isAnnotationPresent(Length.class) ? whole.method : element.method;
            field = fieldType(type, name, whole.carried(), length, schemas);
        } else if (element != null) {
            field = fieldType(type, name, element.carried().arrayType(), element.method, schemas);
        } else {
            throw refused(type, name, "has a setter and no accessor");
        }
        for (Accessor each : all) {
            check(type, each, field);
        }
        return field;
    }

    private static @Nullable Accessor only(Class<?> type, List<Accessor> all, Role role) {
        List<Accessor> found = all.stream().filter(each -> each.role == role).toList();
        if (found.size() > 1) {
            throw refused(
                    type,
                    found.getFirst().name(),
                    "has two accessors, of the types " + found.get(0).carried().getName() + " and "
                            + found.get(1).carried().getName());
        }
        return found.isEmpty() ? null : found.getFirst();
    }

    private static void check(Class<?> type, Accessor each, FieldType field) {
        boolean one = each.role == Role.GET_ELEMENT || each.role == Role.SET_ELEMENT;
        Class<?> expected = !one
                ? field.type()
                : field instanceof Elements array ? array.element().type() : null;
        if (expected != each.carried()) {
            throw refused(
                    type,
                    each.name(),
                    "is a field of type " + field.type().getTypeName() + ", which " + each.method.toGenericString()
                            + " does not go with");
        }
        Length length = each.method.getAnnotation(Length.class);
        boolean reads = each.role == Role.GET || each.role == Role.GET_ELEMENT;
        if (length != null && (!reads || length.value() != lengthOf(field))) {
            throw refused(type, each.name(), "has a @Length on a setter, or two different ones");
        }
    }

    private static int lengthOf(FieldType field) {
        return field instanceof Elements elements ? elements.length() : field.bytes();
    }

    // --------------------------------------------------------------------------------------------------------- types

    private static FieldType fieldType(
            Class<?> owner, String name, Class<?> type, AnnotatedElement member, Function<Class<?>, Schema> schemas) {
        Length length = member.getAnnotation(Length.class);
        if (type.isArray() || type == String.class) {
            if (length == null || length.value() < 1) {
                throw refused(owner, name, "needs a @Length of 1 or more: its size is fixed");
            }
            if (type == String.class) {
                return new Text(length.value());
            }
            FieldType element = single(owner, name, type.getComponentType(), schemas);
            long bytes = (long) element.bytes() * length.value();
            if (bytes > TypedKeyspace.MAX_VALUE_BYTES) {
                throw refused(
                        owner,
                        name,
                        "takes " + bytes + " bytes; a typed value has at most " + TypedKeyspace.MAX_VALUE_BYTES);
            }
            return new Elements(element, length.value());
        }
        if (length != null) {
            throw refused(owner, name, "has a @Length, which only arrays and strings have");
        }
        return single(owner, name, type, schemas);
    }

    private static FieldType single(Class<?> owner, String name, Class<?> type, Function<Class<?>, Schema> schemas) {
        Scalar scalar = Scalar.of(type);
        if (scalar != null) {
            return scalar;
        }
        if (type.isRecord() || !owner.isRecord() && isFlyweightType(type) && isOfTheApplication(type)) {
            return new Group(schemas.apply(type));
        }
        throw refused(
                owner,
                name,
                "is of type " + type.getTypeName() + ". A field is of a primitive type, a String, a record"
                        + (owner.isRecord() ? "" : ", an interface of accessors")
                        + ", or an array of primitives or of those");
    }

    /** Interfaces of the platform, List for example, would only lead to stranger messages about their methods. */
    private static boolean isOfTheApplication(Class<?> type) {
        return type.getClassLoader() != null;
    }
}
