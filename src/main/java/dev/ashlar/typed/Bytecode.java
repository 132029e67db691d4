package dev.ashlar.typed;

import dev.ashlar.typed.FieldType.Scalar;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * What both generators emit. Whatever a generated class needs and cannot name, it has as a constant from its class data:
 * to the JIT compiler a constant is as good as code.
 */
final class Bytecode {
    static final ClassDesc SEGMENT = desc(MemorySegment.class);
    static final ClassDesc HANDLE = ConstantDescs.CD_MethodHandle;

    private static final String INVOKE = "invokeExact";

    private final List<Object> constants = new ArrayList<>();

    static ClassDesc desc(Class<?> type) {
        return type.describeConstable().orElseThrow();
    }

    static MethodTypeDesc desc(MethodHandle handle) {
        return handle.type().describeConstable().orElseThrow();
    }

    /** The class data, once all is emitted. */
    List<Object> constants() {
        return List.copyOf(constants);
    }

    /** Pushes a constant. */
    void push(CodeBuilder code, Object constant, ClassDesc type) {
        constants.add(constant);
        code.ldc(DynamicConstantDesc.ofNamed(
                ConstantDescs.BSM_CLASS_DATA_AT, ConstantDescs.DEFAULT_NAME, type, constants.size() - 1));
    }

    /**
     * Calls a handle.
     *
     * @param arguments pushes its arguments
     */
    void call(CodeBuilder code, MethodHandle handle, Runnable arguments) {
        push(code, handle, HANDLE);
        arguments.run();
        code.invokevirtual(HANDLE, INVOKE, desc(handle));
    }

    /** Reads a scalar; the arguments push what they are called. */
    void get(CodeBuilder code, Scalar scalar, Runnable segment, Runnable offset) {
        segment.run();
        push(code, scalar.layout(), scalar.layoutDesc());
        offset.run();
        code.invokeinterface(
                SEGMENT, "get", MethodTypeDesc.of(scalar.desc(), scalar.layoutDesc(), ConstantDescs.CD_long));
    }

    /** Writes a scalar. */
    void set(CodeBuilder code, Scalar scalar, Runnable segment, Runnable offset, Runnable value) {
        segment.run();
        push(code, scalar.layout(), scalar.layoutDesc());
        offset.run();
        value.run();
        code.invokeinterface(
                SEGMENT,
                "set",
                MethodTypeDesc.of(ConstantDescs.CD_void, scalar.layoutDesc(), ConstantDescs.CD_long, scalar.desc()));
    }
}
