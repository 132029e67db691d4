package dev.ashlar.sim;

import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Small changes to compiled classes, with which an engine can be broken on purpose without a trace of it in its sources.
 * A change that finds nothing to change is an error: the engine has moved on, and the mutant with it.
 */
public final class ClassEdits {
    private ClassEdits() {}

    /** A change of one class. */
    @FunctionalInterface
    public interface Edit {
        byte[] apply(byte[] classFile);

        default Edit and(Edit other) {
            return classFile -> other.apply(apply(classFile));
        }
    }

    /** Calls of a method are left out; what they would return is zero. */
    public static Edit withoutCall(String inMethod, String called) {
        return editCalls(inMethod, called, 0, ClassEdits::leaveOut);
    }

    /**
     * Calls of a method go to one of {@link MutantCode} instead, with the receiver as its first argument.
     *
     * @param occurrence which of the calls, counted from 1; 0: all
     */
    static Edit redirected(String inMethod, String called, int occurrence, String to, Class<?>... types) {
        return editCalls(inMethod, called, occurrence, (code, call) -> {
            MethodTypeDesc type = call.typeSymbol();
            if (call.opcode() != Opcode.INVOKESTATIC) {
                ClassDesc receiver = types.length == 0
                        ? call.owner().asSymbol()
                        : types[0].describeConstable().get();
                type = type.insertParameterTypes(0, receiver);
            }
            code.invokestatic(ClassDesc.of(MutantCode.class.getName()), to, type);
        });
    }

    /** A method does nothing, and returns a constant if it returns something. */
    public static Edit returning(String method, long constant) {
        return classFile -> {
            AtomicInteger edits = new AtomicInteger();
            MethodTransform body = MethodTransform.dropping(element -> element instanceof CodeModel)
                    .andThen(MethodTransform.endHandler(builder -> builder.withCode(code -> {
                        MethodTypeDesc type = typeOf(classFile, method);
                        edits.incrementAndGet();
                        giveBack(code, TypeKind.from(type.returnType()), constant);
                    })));
            byte[] edited =
                    transform(classFile, ClassTransform.transformingMethods(model -> isNamed(model, method), body));
            return checked(edited, edits, method);
        };
    }

    /**
     * Calls of a method that returns nothing are made later than they should be: after another call in the same method.
     * Nothing may branch around either of the two.
     *
     * @param occurrence which call of {@code until}, counted from 1
     */
    public static Edit postponed(String inMethod, String called, String until, int occurrence) {
        return classFile -> {
            AtomicInteger met = new AtomicInteger();
            AtomicInteger edits = new AtomicInteger();
            List<Runnable> later = new ArrayList<>();
            CodeTransform calls = (CodeBuilder code, CodeElement element) -> {
                boolean isCall = element instanceof InvokeInstruction;
                if (isCall && ((InvokeInstruction) element).name().equalsString(called)) {
                    later.add(setAside(code, (InvokeInstruction) element));
                    return;
                }
                code.with(element);
                if (isCall
                        && ((InvokeInstruction) element).name().equalsString(until)
                        && met.incrementAndGet() == occurrence) {
                    later.forEach(Runnable::run);
                    edits.addAndGet(later.size());
                }
            };
            byte[] edited = transform(
                    classFile, ClassTransform.transformingMethodBodies(model -> isNamed(model, inMethod), calls));
            return checked(edited, edits, inMethod + " → " + called + " after " + until);
        };
    }

    /** Keeps what a call takes from the stack in variables of its own; what is returned makes the call. */
    private static Runnable setAside(CodeBuilder code, InvokeInstruction call) {
        MethodTypeDesc type = call.typeSymbol();
        List<TypeKind> kinds = new ArrayList<>();
        if (call.opcode() != Opcode.INVOKESTATIC) {
            kinds.add(TypeKind.REFERENCE);
        }
        type.parameterList().forEach(parameter -> kinds.add(TypeKind.from(parameter)));
        int[] slots = new int[kinds.size()];
        for (int i = slots.length - 1; i >= 0; i--) {
            slots[i] = code.allocateLocal(kinds.get(i));
            code.storeLocal(kinds.get(i), slots[i]);
        }
        return () -> {
            for (int i = 0; i < slots.length; i++) {
                code.loadLocal(kinds.get(i), slots[i]);
            }
            code.with(call);
        };
    }

    private static MethodTypeDesc typeOf(byte[] classFile, String method) {
        return ClassFile.of().parse(classFile).methods().stream()
                .filter(model -> isNamed(model, method))
                .findFirst()
                .orElseThrow()
                .methodTypeSymbol();
    }

    private static void giveBack(CodeBuilder code, TypeKind kind, long constant) {
        switch (kind) {
            case VOID -> code.return_();
            case LONG -> code.loadConstant(constant).lreturn();
            case REFERENCE -> code.aconst_null().areturn();
            default -> code.loadConstant((int) constant).ireturn();
        }
    }

    @FunctionalInterface
    private interface CallEdit {
        void write(CodeBuilder code, InvokeInstruction call);
    }

    private static Edit editCalls(String inMethod, String called, int occurrence, CallEdit edit) {
        return classFile -> {
            AtomicInteger met = new AtomicInteger();
            AtomicInteger edits = new AtomicInteger();
            CodeTransform calls = (CodeBuilder code, CodeElement element) -> {
                if (element instanceof InvokeInstruction call
                        && call.name().equalsString(called)
                        && (met.incrementAndGet() == occurrence || occurrence == 0)) {
                    edits.incrementAndGet();
                    edit.write(code, call);
                } else {
                    code.with(element);
                }
            };
            byte[] edited = transform(
                    classFile, ClassTransform.transformingMethodBodies(model -> isNamed(model, inMethod), calls));
            return checked(edited, edits, inMethod + " → " + called);
        };
    }

    private static void leaveOut(CodeBuilder code, InvokeInstruction call) {
        MethodTypeDesc type = call.typeSymbol();
        for (int i = type.parameterCount() - 1; i >= 0; i--) {
            pop(code, TypeKind.from(type.parameterType(i)));
        }
        if (call.opcode() != Opcode.INVOKESTATIC) {
            code.pop();
        }
        switch (TypeKind.from(type.returnType())) {
            case VOID -> {}
            case LONG -> code.lconst_0();
            case REFERENCE -> code.aconst_null();
            default -> code.iconst_0();
        }
    }

    private static void pop(CodeBuilder code, TypeKind kind) {
        if (kind.slotSize() == 2) {
            code.pop2();
        } else {
            code.pop();
        }
    }

    private static boolean isNamed(MethodModel method, String name) {
        return method.methodName().equalsString(name);
    }

    private static byte[] transform(byte[] classFile, ClassTransform transform) {
        ClassFile compiler = ClassFile.of();
        return compiler.transformClass(compiler.parse(classFile), transform);
    }

    private static byte[] checked(byte[] edited, AtomicInteger edits, String what) {
        if (edits.get() == 0) {
            throw new IllegalStateException("nothing to change: " + what);
        }
        return edited;
    }
}
