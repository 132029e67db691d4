package dev.ashlar.typed;

import java.lang.constant.ClassDesc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteOrder;

/** What a field holds: how it is called in descriptions, what it takes, and how it is read and written. */
sealed interface FieldType {
    /** In descriptions, so it never changes. */
    String code();

    int bytes();

    int alignment();

    Class<?> type();

    /** {@code (MemorySegment, long) Object}: the value at an offset. Of anything but scalars, which are read inline. */
    MethodHandle reader();

    /**
     * {@code (Object, MemorySegment, long) void}. Of anything but scalars.
     *
     * @param member named in exceptions
     */
    MethodHandle writer(String member);

    /** For people. */
    String show(MemorySegment s, long at);

    /** A primitive type of Java. Layouts are unaligned: memory of a caller's may be, and it costs nothing. */
    enum Scalar implements FieldType {
        BOOL("bool", boolean.class, ValueLayout.OfBoolean.class, ValueLayout.JAVA_BOOLEAN),
        I8("i8", byte.class, ValueLayout.OfByte.class, ValueLayout.JAVA_BYTE),
        I16("i16", short.class, ValueLayout.OfShort.class, ValueLayout.JAVA_SHORT_UNALIGNED),
        CHAR("char", char.class, ValueLayout.OfChar.class, ValueLayout.JAVA_CHAR_UNALIGNED),
        I32("i32", int.class, ValueLayout.OfInt.class, ValueLayout.JAVA_INT_UNALIGNED),
        I64("i64", long.class, ValueLayout.OfLong.class, ValueLayout.JAVA_LONG_UNALIGNED),
        F32("f32", float.class, ValueLayout.OfFloat.class, ValueLayout.JAVA_FLOAT_UNALIGNED),
        F64("f64", double.class, ValueLayout.OfDouble.class, ValueLayout.JAVA_DOUBLE_UNALIGNED);

        private final String code;
        private final Class<?> type;
        private final Class<?> layoutType;

        @SuppressWarnings("ImmutableEnumChecker") // value layouts are value-based classes of the platform
        private final ValueLayout layout;

        Scalar(String code, Class<?> type, Class<?> layoutType, ValueLayout layout) {
            this.code = code;
            this.type = type;
            this.layoutType = layoutType;
            this.layout = layout.withOrder(ByteOrder.LITTLE_ENDIAN);
        }

        static @org.jspecify.annotations.Nullable Scalar of(Class<?> type) {
            for (Scalar scalar : values()) {
                if (scalar.type == type) {
                    return scalar;
                }
            }
            return null;
        }

        ValueLayout layout() {
            return layout;
        }

        ClassDesc layoutDesc() {
            return layoutType.describeConstable().orElseThrow();
        }

        ClassDesc desc() {
            return type.describeConstable().orElseThrow();
        }

        @Override
        public String code() {
            return code;
        }

        @Override
        public int bytes() {
            return (int) layout.byteSize();
        }

        @Override
        public int alignment() {
            return bytes();
        }

        @Override
        public Class<?> type() {
            return type;
        }

        @Override
        public MethodHandle reader() {
            throw new IllegalStateException("a scalar is read inline");
        }

        @Override
        public MethodHandle writer(String member) {
            throw new IllegalStateException("a scalar is written inline");
        }

        @Override
        public String show(MemorySegment s, long at) {
            return String.valueOf(layout.varHandle().get(s, at));
        }
    }

    /** UTF-8, padded with zeros. */
    record Text(int bytes) implements FieldType {
        @Override
        public String code() {
            return "utf8";
        }

        @Override
        public int alignment() {
            return 1;
        }

        @Override
        public Class<?> type() {
            return String.class;
        }

        @Override
        public MethodHandle reader() {
            return Conversions.textReader(bytes);
        }

        @Override
        public MethodHandle writer(String member) {
            return Conversions.textWriter(bytes, member);
        }

        @Override
        public String show(MemorySegment s, long at) {
            return Conversions.readText(bytes, s, at);
        }
    }

    /** The fields of another type. */
    record Group(Schema schema) implements FieldType {
        @Override
        public String code() {
            return "group";
        }

        @Override
        public int bytes() {
            return schema.layout().bytes();
        }

        @Override
        public int alignment() {
            return schema.layout().alignment();
        }

        @Override
        public Class<?> type() {
            return schema.type();
        }

        @Override
        public MethodHandle reader() {
            return Conversions.groupReader(schema.codec());
        }

        @Override
        public MethodHandle writer(String member) {
            return Conversions.groupWriter(schema.codec(), member);
        }

        @Override
        public String show(MemorySegment s, long at) {
            return schema.show(s, at);
        }
    }

    /** So many scalars or groups. Sizes of groups are multiples of their alignment, so nothing is between them. */
    record Elements(FieldType element, int length) implements FieldType {
        @Override
        public String code() {
            return element.code() + "[" + length + "]";
        }

        @Override
        public int bytes() {
            return Math.multiplyExact(element.bytes(), length);
        }

        @Override
        public int alignment() {
            return element.alignment();
        }

        @Override
        public Class<?> type() {
            return element.type().arrayType();
        }

        @Override
        public MethodHandle reader() {
            return element instanceof Group group
                    ? Conversions.groupsReader(group.schema(), length)
                    : Conversions.scalarsReader((Scalar) element, length);
        }

        @Override
        public MethodHandle writer(String member) {
            return element instanceof Group group
                    ? Conversions.groupsWriter(group.schema(), length, member)
                    : Conversions.scalarsWriter((Scalar) element, length, member);
        }

        @Override
        public String show(MemorySegment s, long at) {
            StringBuilder all = new StringBuilder("[");
            for (int i = 0; i < length; i++) {
                all.append(i == 0 ? "" : ", ").append(element.show(s, at + (long) i * element.bytes()));
            }
            return all.append(']').toString();
        }
    }
}
