package dev.ashlar.typed;

import dev.ashlar.typed.FieldType.Elements;
import dev.ashlar.typed.FieldType.Scalar;
import dev.ashlar.typed.Layout.Field;
import dev.ashlar.typed.Members.Accessor;
import dev.ashlar.typed.Members.Role;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;

/**
 * Generates the {@link Codec} of a type, hidden, in this package. It calls the constructor and the accessors of the type
 * through constant handles, with references as {@code Object}s, so that it need not see the type.
 *
 * <pre>
 *   Object read(MemorySegment s, long at) { return CONSTRUCTOR.invokeExact(s.get(LAYOUT, at), TEXT.invokeExact(s, at + 8)); }
 *   void encode(Object value, MemorySegment s, long at) { s.set(LAYOUT, at, TIME.invokeExact(value)); ... }
 * </pre>
 */
final class CodecClass {
    /** A method takes 255 words of arguments, and a handle that calls it needs a few for itself. */
    static final int MAX_CONSTRUCTOR_SLOTS = 250;

    private static final ClassDesc SUPER = Bytecode.desc(Codec.class);
    private static final ClassDesc SELF = ClassDesc.of(Codec.class.getName() + "$Generated");
    private static final MethodType POINT =
            MethodType.methodType(void.class, Object.class, MemorySegment.class, long.class);
    private static final MethodTypeDesc READ_DESC =
            MethodTypeDesc.of(ConstantDescs.CD_Object, Bytecode.SEGMENT, ConstantDescs.CD_long);
    private static final MethodTypeDesc POINT_DESC = POINT.describeConstable().orElseThrow();

    private static final int VALUE = 1;
    private static final int SEGMENT = 2;
    private static final int AT = 3;
    private static final int INDEX = 5;

    private final Class<?> type;
    private final Lookup access;
    private final Members members;
    private final Layout layout;
    private final Bytecode bytecode = new Bytecode();

    private CodecClass(Class<?> type, Lookup access, Members members, Layout layout) {
        this.type = type;
        this.access = access;
        this.members = members;
        this.layout = layout;
    }

    static Codec ofRecord(Class<?> type, Lookup access, Members members, Layout layout) {
        CodecClass generator = new CodecClass(type, access, members, layout);
        return generator.define(generator::buildRecord);
    }

    /** Also generates the class of the flyweights. */
    static Codec ofInterface(Class<?> type, Lookup access, Members members, Layout layout) {
        CodecClass generator = new CodecClass(type, access, members, layout);
        Lookup flyweight = FlyweightClass.define(type, access, members, layout);
        return generator.define(out -> generator.buildInterface(out, flyweight));
    }

    /** What may throw because a type's members are not accessible, which they are. */
    private interface Builder {
        void build(ClassBuilder out) throws ReflectiveOperationException;
    }

    private Codec define(Builder builder) {
        byte[] bytes = ClassFile.of().build(SELF, out -> {
            out.withSuperclass(SUPER);
            out.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER | ClassFile.ACC_SYNTHETIC);
            MethodTypeDesc constructor = MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_int);
            out.withMethodBody(
                    ConstantDescs.INIT_NAME,
                    constructor,
                    0,
                    code -> code.aload(0)
                            .iload(1)
                            .invokespecial(SUPER, ConstantDescs.INIT_NAME, constructor)
                            .return_());
            out.withMethodBody("encode", POINT_DESC, 0, this::encode);
            try {
                builder.build(out);
            } catch (ReflectiveOperationException e) {
                throw new IllegalArgumentException(type.getName() + " is not accessible: " + e.getMessage(), e);
            }
        });
        try {
            Lookup defined = MethodHandles.lookup().defineHiddenClassWithClassData(bytes, bytecode.constants(), true);
            return (Codec) defined.findConstructor(defined.lookupClass(), MethodType.methodType(void.class, int.class))
                    .invoke(layout.bytes());
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new LinkageError("the codec of " + type.getName(), e);
        }
    }

    // -------------------------------------------------------------------------------------------------------- reading

    private void buildRecord(ClassBuilder out) throws ReflectiveOperationException {
        Class<?>[] components =
                layout.fields().stream().map(field -> field.type().type()).toArray(Class<?>[]::new);
        MethodHandle constructor = access.findConstructor(type, MethodType.methodType(void.class, components));
        out.withMethodBody("read", READ_DESC, 0, code -> {
            bytecode.call(
                    code,
                    constructor.asType(constructor.type().erase()),
                    () -> layout.fields().forEach(field -> read(code, field)));
            code.areturn();
        });
    }

    /** In {@code read} segment and offset come first. */
    private void read(CodeBuilder code, Field field) {
        Runnable segment = () -> code.aload(1);
        Runnable offset =
                () -> code.lload(2).loadConstant((long) field.offset()).ladd();
        if (field.type() instanceof Scalar scalar) {
            bytecode.get(code, scalar, segment, offset);
        } else {
            bytecode.call(code, field.type().reader(), () -> {
                segment.run();
                offset.run();
            });
        }
    }

    private void buildInterface(ClassBuilder out, Lookup flyweight) throws ReflectiveOperationException {
        Class<?> hidden = flyweight.lookupClass();
        MethodHandle constructor =
                flyweight.findConstructor(hidden, MethodType.methodType(void.class, MemorySegment.class, long.class));
        MethodHandle segment = flyweight.findGetter(hidden, FlyweightClass.SEGMENT, MemorySegment.class);
        MethodHandle base = flyweight.findGetter(hidden, FlyweightClass.BASE, long.class);
        MethodHandle setSegment = flyweight.findSetter(hidden, FlyweightClass.SEGMENT, MemorySegment.class);
        MethodHandle setBase = flyweight.findSetter(hidden, FlyweightClass.BASE, long.class);
        out.withMethodBody("read", READ_DESC, 0, code -> {
            bytecode.call(
                    code,
                    constructor.asType(constructor.type().changeReturnType(Object.class)),
                    () -> code.aload(1).lload(2));
            code.areturn();
        });
        out.withMethodBody(
                "isFlyweight", MethodTypeDesc.of(ConstantDescs.CD_boolean, ConstantDescs.CD_Object), 0, code -> {
                    Label other = code.newLabel();
                    code.aload(VALUE)
                            .invokevirtual(
                                    ConstantDescs.CD_Object, "getClass", MethodTypeDesc.of(ConstantDescs.CD_Class));
                    bytecode.push(code, hidden, ConstantDescs.CD_Class);
                    code.if_acmpne(other).iconst_1().ireturn();
                    code.labelBinding(other).iconst_0().ireturn();
                });
        out.withMethodBody("segment", MethodTypeDesc.of(Bytecode.SEGMENT, ConstantDescs.CD_Object), 0, code -> {
            bytecode.call(code, ofObject(segment), () -> code.aload(VALUE));
            code.areturn();
        });
        out.withMethodBody("base", MethodTypeDesc.of(ConstantDescs.CD_long, ConstantDescs.CD_Object), 0, code -> {
            bytecode.call(code, ofObject(base), () -> code.aload(VALUE));
            code.lreturn();
        });
        out.withMethodBody("point", POINT_DESC, 0, code -> point(code, segment, setSegment, setBase));
    }

    /** Most values stand in the chunk of the one before, and setting a reference is not free. */
    private void point(CodeBuilder code, MethodHandle segment, MethodHandle setSegment, MethodHandle setBase) {
        Label same = code.newLabel();
        bytecode.call(code, ofObject(segment), () -> code.aload(VALUE));
        code.aload(SEGMENT).if_acmpeq(same);
        bytecode.call(code, ofObject(setSegment), () -> code.aload(VALUE).aload(SEGMENT));
        code.labelBinding(same);
        bytecode.call(code, ofObject(setBase), () -> code.aload(VALUE).lload(AT));
        code.return_();
    }

    private static MethodHandle ofObject(MethodHandle handle) {
        return handle.asType(handle.type().changeParameterType(0, Object.class));
    }

    // -------------------------------------------------------------------------------------------------------- writing

    private void encode(CodeBuilder code) {
        for (Field field : layout.fields()) {
            Accessor whole = find(field, Role.GET);
            if (whole != null) {
                MethodHandle getter = handleOf(whole);
                Runnable value = () -> bytecode.call(code, getter, () -> code.aload(VALUE));
                write(code, field, field.type(), value, () -> offset(code, field));
            } else {
                encodeElements(code, field, handleOf(element(field)));
            }
        }
        code.return_();
    }

    private void encodeElements(CodeBuilder code, Field field, MethodHandle getter) {
        Elements all = (Elements) field.type();
        Label next = code.newLabel();
        Label end = code.newLabel();
        code.iconst_0().istore(INDEX);
        code.labelBinding(next).iload(INDEX).loadConstant(all.length()).if_icmpge(end);
        Runnable value =
                () -> bytecode.call(code, getter, () -> code.aload(VALUE).iload(INDEX));
        write(code, field, all.element(), value, () -> {
            offset(code, field);
            code.iload(INDEX)
                    .i2l()
                    .loadConstant((long) all.element().bytes())
                    .lmul()
                    .ladd();
        });
        code.iinc(INDEX, 1).goto_(next).labelBinding(end);
    }

    private static void offset(CodeBuilder code, Field field) {
        code.lload(AT).loadConstant((long) field.offset()).ladd();
    }

    private void write(CodeBuilder code, Field field, FieldType what, Runnable value, Runnable offset) {
        if (what instanceof Scalar scalar) {
            bytecode.set(code, scalar, () -> code.aload(SEGMENT), offset, value);
        } else {
            bytecode.call(code, what.writer(Members.nameOf(type, field.name())), () -> {
                value.run();
                code.aload(SEGMENT);
                offset.run();
            });
        }
    }

    private @org.jspecify.annotations.Nullable Accessor find(Field field, Role role) {
        return members.accessors().stream()
                .filter(each -> each.role() == role && each.name().equals(field.name()))
                .findFirst()
                .orElse(null);
    }

    private Accessor element(Field field) {
        Accessor accessor = find(field, Role.GET_ELEMENT);
        if (accessor == null) {
            throw new IllegalStateException("a field without an accessor");
        }
        return accessor;
    }

    private MethodHandle handleOf(Accessor accessor) {
        try {
            MethodHandle handle = access.unreflect(accessor.method());
            return handle.asType(handle.type().erase());
        } catch (IllegalAccessException e) {
            throw new IllegalArgumentException(
                    Members.nameOf(type, accessor.name()) + " is not accessible: " + e.getMessage(), e);
        }
    }
}
