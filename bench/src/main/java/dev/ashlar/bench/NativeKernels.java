package dev.ashlar.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The distances in C, from {@code native}: the yardstick of {@link VectorBench}. Addresses are passed as numbers, which
 * is the cheapest way to call, and the short ones are critical, so that nothing happens around the call.
 */
final class NativeKernels {
    private static final SymbolLookup SYMBOLS = SymbolLookup.libraryLookup(NativeLibrary.FILE, Arena.global());

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    static final MethodHandle DOT = one("ashlar_dot_f32", FLOAT);
    static final MethodHandle SQUARED_L2 = one("ashlar_squared_l2_f32", FLOAT);
    static final MethodHandle COSINE = one("ashlar_cosine_f32", FLOAT);
    static final MethodHandle DOT_INT8 = one("ashlar_dot_i8", INT);
    static final MethodHandle SQUARED_L2_INT8 = one("ashlar_squared_l2_i8", LONG);
    static final MethodHandle COSINE_INT8 = one("ashlar_cosine_i8", FLOAT);
    static final MethodHandle HAMMING = one("ashlar_hamming", INT);
    static final MethodHandle JACCARD = one("ashlar_jaccard", FLOAT);

    static final MethodHandle DOT_MANY = many("ashlar_dot_f32_many");
    static final MethodHandle SQUARED_L2_MANY = many("ashlar_squared_l2_f32_many");
    static final MethodHandle COSINE_MANY = many("ashlar_cosine_f32_many");
    static final MethodHandle DOT_INT8_MANY = many("ashlar_dot_i8_many");
    static final MethodHandle HAMMING_MANY = many("ashlar_hamming_many");

    private NativeKernels() {}

    /** Which instructions they use. */
    static String describe() {
        try {
            MethodHandle name = Linker.nativeLinker()
                    .downcallHandle(
                            SYMBOLS.findOrThrow("ashlar_kernels"),
                            FunctionDescriptor.of(ValueLayout.ADDRESS.withTargetLayout(
                                    MemoryLayout.sequenceLayout(256, ValueLayout.JAVA_BYTE))));
            return ((MemorySegment) name.invokeExact()).getString(0);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    private static MethodHandle one(String name, MemoryLayout result) {
        return Linker.nativeLinker()
                .downcallHandle(
                        SYMBOLS.findOrThrow(name),
                        FunctionDescriptor.of(result, LONG, LONG, LONG),
                        Linker.Option.critical(false));
    }

    private static MethodHandle many(String name) {
        return Linker.nativeLinker()
                .downcallHandle(
                        SYMBOLS.findOrThrow(name), FunctionDescriptor.ofVoid(LONG, LONG, LONG, LONG, LONG, LONG));
    }
}
