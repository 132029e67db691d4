package dev.ashlar.typed;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.typed.FieldType.Scalar;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * Reading and writing what is no single number, as handles with all that is known of the field bound. Generated code has
 * them as constants, so that they are compiled into it.
 */
final class Conversions {
    private static final MethodType READER = MethodType.methodType(Object.class, MemorySegment.class, long.class);
    private static final MethodType WRITER =
            MethodType.methodType(void.class, Object.class, MemorySegment.class, long.class);

    private static final MethodHandle TEXT_READER = reader("readText", String.class, int.class);
    private static final MethodHandle TEXT_WRITER = writer("writeText", int.class, String.class);
    private static final MethodHandle SCALARS_READER = reader("readScalars", Object.class, Scalar.class, int.class);
    private static final MethodHandle SCALARS_WRITER = writer("writeScalars", Scalar.class, int.class, String.class);
    private static final MethodHandle GROUP_READER = reader("readGroup", Object.class, Codec.class);
    private static final MethodHandle GROUP_WRITER = writer("writeGroup", Codec.class, String.class);
    private static final MethodHandle GROUPS_READER = reader("readGroups", Object.class, Schema.class, int.class);
    private static final MethodHandle GROUPS_WRITER = writer("writeGroups", Schema.class, int.class, String.class);

    private Conversions() {}

    private static MethodHandle reader(String name, Class<?> result, Class<?>... bound) {
        return find(name, READER.changeReturnType(result).insertParameterTypes(0, bound));
    }

    private static MethodHandle writer(String name, Class<?>... bound) {
        return find(name, WRITER.insertParameterTypes(0, bound));
    }

    private static MethodHandle find(String name, MethodType type) {
        try {
            return MethodHandles.lookup().findStatic(Conversions.class, name, type);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(name, e);
        }
    }

    // -------------------------------------------------------------------------------------------------------- strings

    static MethodHandle textReader(int bytes) {
        return MethodHandles.insertArguments(TEXT_READER, 0, bytes).asType(READER);
    }

    static MethodHandle textWriter(int bytes, String member) {
        return MethodHandles.insertArguments(TEXT_WRITER, 0, bytes, member);
    }

    static String readText(int bytes, MemorySegment s, long at) {
        byte[] utf8 = new byte[bytes];
        MemorySegment.copy(s, JAVA_BYTE, at, utf8, 0, bytes);
        int length = 0;
        while (length < bytes && utf8[length] != 0) {
            length++;
        }
        return new String(utf8, 0, length, StandardCharsets.UTF_8);
    }

    static void writeText(int bytes, String member, Object value, MemorySegment s, long at) {
        String text = (String) Objects.requireNonNull(value, member);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean pair = Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (c == 0 || Character.isSurrogate(c) && !pair) {
                throw new IllegalArgumentException(member + " has " + (c == 0 ? "U+0000" : "half of a surrogate pair")
                        + " at index " + i + ", which cannot be stored");
            }
            i += pair ? 1 : 0;
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (utf8.length > bytes) {
            throw new IllegalArgumentException(
                    member + " has room for " + bytes + " bytes of UTF-8; the text has " + utf8.length);
        }
        MemorySegment.copy(utf8, 0, s, JAVA_BYTE, at, utf8.length);
        for (int i = utf8.length; i < bytes; i++) {
            s.set(JAVA_BYTE, at + i, (byte) 0);
        }
    }

    // ---------------------------------------------------------------------------------------------- arrays of scalars

    static MethodHandle scalarsReader(Scalar scalar, int length) {
        return MethodHandles.insertArguments(SCALARS_READER, 0, scalar, length);
    }

    static MethodHandle scalarsWriter(Scalar scalar, int length, String member) {
        return MethodHandles.insertArguments(SCALARS_WRITER, 0, scalar, length, member);
    }

    static Object readScalars(Scalar scalar, int length, MemorySegment s, long at) {
        if (scalar == Scalar.BOOL) {
            boolean[] all = new boolean[length];
            for (int i = 0; i < length; i++) {
                all[i] = s.get(JAVA_BYTE, at + i) != 0;
            }
            return all;
        }
        Object all = Array.newInstance(scalar.type(), length);
        MemorySegment.copy(s, scalar.layout(), at, all, 0, length);
        return all;
    }

    static void writeScalars(Scalar scalar, int length, String member, Object all, MemorySegment s, long at) {
        checkLength(Array.getLength(Objects.requireNonNull(all, member)), length, member);
        if (all instanceof boolean[] bits) {
            for (int i = 0; i < length; i++) {
                s.set(JAVA_BYTE, at + i, (byte) (bits[i] ? 1 : 0));
            }
            return;
        }
        MemorySegment.copy(all, 0, s, scalar.layout(), at, length);
    }

    private static void checkLength(int found, int length, String member) {
        if (found != length) {
            throw new IllegalArgumentException(member + " has " + length + " elements; the array has " + found);
        }
    }

    // --------------------------------------------------------------------------------------------------------- groups

    static MethodHandle groupReader(Codec codec) {
        return MethodHandles.insertArguments(GROUP_READER, 0, codec);
    }

    static MethodHandle groupWriter(Codec codec, String member) {
        return MethodHandles.insertArguments(GROUP_WRITER, 0, codec, member);
    }

    static MethodHandle groupsReader(Schema schema, int length) {
        return MethodHandles.insertArguments(GROUPS_READER, 0, schema, length);
    }

    static MethodHandle groupsWriter(Schema schema, int length, String member) {
        return MethodHandles.insertArguments(GROUPS_WRITER, 0, schema, length, member);
    }

    static Object readGroup(Codec codec, MemorySegment s, long at) {
        return codec.read(s, at);
    }

    static void writeGroup(Codec codec, String member, Object value, MemorySegment s, long at) {
        codec.write(Objects.requireNonNull(value, member), s, at);
    }

    static Object readGroups(Schema schema, int length, MemorySegment s, long at) {
        Object[] all = (Object[]) Array.newInstance(schema.type(), length);
        for (int i = 0; i < length; i++) {
            all[i] = schema.codec().read(s, at + (long) i * schema.layout().bytes());
        }
        return all;
    }

    static void writeGroups(Schema schema, int length, String member, Object value, MemorySegment s, long at) {
        Object[] all = (Object[]) Objects.requireNonNull(value, member);
        checkLength(all.length, length, member);
        for (int i = 0; i < length; i++) {
            writeGroup(
                    schema.codec(),
                    member,
                    all[i],
                    s,
                    at + (long) i * schema.layout().bytes());
        }
    }
}
