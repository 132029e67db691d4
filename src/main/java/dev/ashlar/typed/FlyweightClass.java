package dev.ashlar.typed;

import dev.ashlar.typed.FieldType.Elements;
import dev.ashlar.typed.FieldType.Scalar;
import dev.ashlar.typed.Layout.Field;
import dev.ashlar.typed.Members.Accessor;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.Objects;

/**
 * Generates the class of an interface's flyweights, hidden, in the interface's package if that is possible ({@link
 * Schemas}). It names nothing but the interface, the types of its methods and the platform, for it may not see Ashlar's
 * internals, or not Ashlar.
 *
 * <pre>
 *   final class Quote$Flyweight implements Quote {
 *       private MemorySegment segment;                                            // not a slice: a cursor re-points
 *       private long base;                                                        // both, and allocates nothing
 *       public double bid() { return segment.get(LAYOUT, base + 8); }             // LAYOUT is a constant
 *       public void bid(double bid) { check that it may be written; segment.set(LAYOUT, base + 8, bid); }
 *   }
 * </pre>
 *
 * <p>The fields are not final, for the sake of cursors; so the constructor ends with the fence that final fields would
 * give it, and a flyweight that reaches another thread by a data race is whole there.
 */
final class FlyweightClass {
    static final String SEGMENT = "segment";
    static final String BASE = "base";

    private static final ClassDesc UNSUPPORTED = Bytecode.desc(UnsupportedOperationException.class);

    private static final MethodHandle SHOW = show();

    private final Class<?> type;
    private final Members members;
    private final Layout layout;
    private final ClassDesc self;
    private final Bytecode bytecode = new Bytecode();

    private FlyweightClass(Class<?> type, Class<?> home, Members members, Layout layout) {
        this.type = type;
        this.members = members;
        this.layout = layout;
        this.self = ClassDesc.of(
                home.getPackageName(), type.getName().substring(type.getName().lastIndexOf('.') + 1) + "$Flyweight");
    }

    /**
     * Defines the class.
     *
     * @param access the right to define classes that may see the interface, in its package or in another
     * @return full access to the class
     */
    static Lookup define(Class<?> type, Lookup access, Members members, Layout layout) {
        FlyweightClass generator = new FlyweightClass(type, access.lookupClass(), members, layout);
        byte[] bytes = ClassFile.of().build(generator.self, generator::build);
        try {
            return access.defineHiddenClassWithClassData(bytes, generator.bytecode.constants(), true);
        } catch (IllegalAccessException | LinkageError e) {
            throw new IllegalArgumentException(
                    "no class that implements " + type.getName() + " can be defined: " + e.getMessage(), e);
        }
    }

    private static MethodHandle show() {
        try {
            return MethodHandles.lookup()
                    .findStatic(
                            Schema.class,
                            "show",
                            MethodType.methodType(
                                    String.class, Class.class, Layout.class, MemorySegment.class, long.class));
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("show", e);
        }
    }

    private void build(ClassBuilder out) {
        out.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER | ClassFile.ACC_SYNTHETIC);
        out.withInterfaceSymbols(Bytecode.desc(type));
        out.withField(SEGMENT, Bytecode.SEGMENT, ClassFile.ACC_PRIVATE);
        out.withField(BASE, ConstantDescs.CD_long, ClassFile.ACC_PRIVATE);
        out.withMethodBody(
                ConstantDescs.INIT_NAME,
                MethodTypeDesc.of(ConstantDescs.CD_void, Bytecode.SEGMENT, ConstantDescs.CD_long),
                ClassFile.ACC_PUBLIC,
                this::constructor);
        for (Accessor accessor : members.accessors()) {
            MethodType descriptor = MethodType.methodType(
                    accessor.method().getReturnType(), accessor.method().getParameterTypes());
            out.withMethodBody(
                    accessor.name(),
                    descriptor.describeConstable().orElseThrow(),
                    ClassFile.ACC_PUBLIC,
                    code -> accessor(code, accessor));
        }
        out.withMethodBody(
                "toString", MethodTypeDesc.of(ConstantDescs.CD_String), ClassFile.ACC_PUBLIC, this::toStringBody);
    }

    private void constructor(CodeBuilder code) {
        code.aload(0).invokespecial(ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void);
        code.aload(0).aload(1).putfield(self, SEGMENT, Bytecode.SEGMENT);
        code.aload(0).lload(2).putfield(self, BASE, ConstantDescs.CD_long);
        code.invokestatic(Bytecode.desc(VarHandle.class), "storeStoreFence", ConstantDescs.MTD_void);
        code.return_();
    }

    private void toStringBody(CodeBuilder code) {
        bytecode.call(code, MethodHandles.insertArguments(SHOW, 0, type, layout), () -> {
            segment(code);
            offset(code, 0);
        });
        code.areturn();
    }

    // ------------------------------------------------------------------------------------------------------ accessors

    private void segment(CodeBuilder code) {
        code.aload(0).getfield(self, SEGMENT, Bytecode.SEGMENT);
    }

    private void offset(CodeBuilder code, int offset) {
        code.aload(0).getfield(self, BASE, ConstantDescs.CD_long);
        code.loadConstant((long) offset).ladd();
    }

    private void accessor(CodeBuilder code, Accessor accessor) {
        Field field = layout.field(accessor.name());
        switch (accessor.role()) {
            case GET -> get(code, accessor, field.type(), () -> offset(code, field.offset()));
            case SET -> set(code, accessor, field.type(), 0, () -> offset(code, field.offset()));
            case GET_ELEMENT -> {
                Elements all = (Elements) field.type();
                checkIndex(code, all.length());
                get(code, accessor, all.element(), () -> elementOffset(code, field, all));
            }
            case SET_ELEMENT -> {
                Elements all = (Elements) field.type();
                checkIndex(code, all.length());
                set(code, accessor, all.element(), 1, () -> elementOffset(code, field, all));
            }
        }
    }

    private void elementOffset(CodeBuilder code, Field field, Elements all) {
        offset(code, field.offset());
        code.iload(code.parameterSlot(0)).i2l();
        code.loadConstant((long) all.element().bytes()).lmul().ladd();
    }

    private static void checkIndex(CodeBuilder code, int length) {
        code.iload(code.parameterSlot(0)).loadConstant(length);
        code.invokestatic(
                Bytecode.desc(Objects.class),
                "checkIndex",
                MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_int, ConstantDescs.CD_int));
        code.pop();
    }

    private void get(CodeBuilder code, Accessor accessor, FieldType field, Runnable offset) {
        if (field instanceof Scalar scalar) {
            bytecode.get(code, scalar, () -> segment(code), offset);
        } else {
            MethodHandle reader = field.reader();
            bytecode.call(code, reader.asType(reader.type().changeReturnType(accessor.carried())), () -> {
                segment(code);
                offset.run();
            });
        }
        code.return_(TypeKind.from(Bytecode.desc(accessor.carried())));
    }

    private void set(CodeBuilder code, Accessor accessor, FieldType field, int parameter, Runnable offset) {
        String name = Members.nameOf(type, accessor.name());
        checkWritable(code, name);
        Runnable value =
                () -> code.loadLocal(TypeKind.from(Bytecode.desc(accessor.carried())), code.parameterSlot(parameter));
        if (field instanceof Scalar scalar) {
            bytecode.set(code, scalar, () -> segment(code), offset, value);
        } else {
            MethodHandle writer = field.writer(name);
            bytecode.call(code, writer.asType(writer.type().changeParameterType(0, accessor.carried())), () -> {
                value.run();
                segment(code);
                offset.run();
            });
        }
        if (accessor.method().getReturnType() == void.class) {
            code.return_();
        } else {
            code.aload(0).areturn();
        }
    }

    private void checkWritable(CodeBuilder code, String name) {
        Label writable = code.newLabel();
        segment(code);
        code.invokeinterface(Bytecode.SEGMENT, "isReadOnly", MethodTypeDesc.of(ConstantDescs.CD_boolean));
        code.ifeq(writable);
        code.new_(UNSUPPORTED).dup();
        code.loadConstant(name + " cannot be set: the value was read, and what is stored never changes. Fill a draft(),"
                + " and put that");
        code.invokespecial(
                UNSUPPORTED,
                ConstantDescs.INIT_NAME,
                MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_String));
        code.athrow();
        code.labelBinding(writable);
    }
}
