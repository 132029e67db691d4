package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * XXH3-64, the engine's one checksum and hash, bit-exact with the reference. It is no defence against somebody who
 * chooses the bytes: it detects accidents.
 *
 * <p>Source: the xxHash specification by Yann Collet (BSD 2-Clause); written from the specification.
 *
 * <p>All methods are static, safe for use by any thread, and allocate nothing (the first uses of a seed other than 0
 * for inputs above 240 bytes derive its secret). Segments must be native (an assertion checks that): a heap segment
 * gives the same hash, but spoils the type profile of the hot path for the whole process. Arrays have methods of their
 * own. A range outside of the segment or array is an {@link IndexOutOfBoundsException}. A segment that another thread
 * could close must be one whose arena is shared or automatic; what the JDK throws for a closed or foreign segment
 * passes through.
 */
public final class Xxh3 {

    private static final String VECTOR_KERNEL = "dev.ashlar.simd.VectorXxh3";

    /** Static and final, so that the JIT compiler sees one implementation and calls it directly. */
    private static final Xxh3Kernel KERNEL = kernel();

    private static final ScalarXxh3 SCALAR = new ScalarXxh3();

    private static final int WORDS_PER_BLOCK = 1 << Xxh3Math.BLOCK_SHIFT - 3;

    private Xxh3() {}

    /**
     * The hash of {@code length} bytes of a native segment.
     *
     * @param nativeSegment native memory, mapped files that are fully backed included
     * @param offset first byte
     * @param length number of bytes, 0 or more
     * @param seed 0 for the plain hash
     */
    public static long hash(MemorySegment nativeSegment, long offset, long length, long seed) {
        assert nativeSegment.isNative() : "heap segment: use the method for arrays";
        if (length <= 16) {
            return NativeShortXxh3.upTo16(nativeSegment, offset, length, seed);
        }
        if (length <= 128) {
            return NativeShortXxh3.from17to128(nativeSegment, offset, length, seed);
        }
        if (length <= Xxh3Math.LONGEST_SHORT_INPUT) {
            return NativeShortXxh3.from129to240(nativeSegment, offset, length, seed);
        }
        Objects.checkFromIndexSize(offset, length, nativeSegment.byteSize());
        return KERNEL.hash(nativeSegment, offset, length, Xxh3Secret.forSeed(seed));
    }

    /**
     * As {@link #hash(MemorySegment, long, long, long)} with seed 0, for work that a process begins with: vectors take
     * hundreds of milliseconds until they are compiled, this is fast soon. Of bytes that come from memory and not from
     * the processor's cache it is hardly slower afterwards. Allocates a kilobyte.
     */
    public static long hashEarly(MemorySegment nativeSegment, long offset, long length) {
        if (length <= Xxh3Math.LONGEST_SHORT_INPUT) {
            return hash(nativeSegment, offset, length, 0);
        }
        Objects.checkFromIndexSize(offset, length, nativeSegment.byteSize());
        return SCALAR.hashThrough(new long[WORDS_PER_BLOCK], nativeSegment, offset, length, Xxh3Secret.forSeed(0));
    }

    /** The hash of {@code length} bytes of an array from {@code offset}; seed 0 is the plain hash. */
    public static long hash(byte[] array, int offset, int length, long seed) {
        if (length <= 16) {
            return HeapShortXxh3.upTo16(array, offset, length, seed);
        }
        if (length <= 128) {
            return HeapShortXxh3.from17to128(array, offset, length, seed);
        }
        if (length <= Xxh3Math.LONGEST_SHORT_INPUT) {
            return HeapShortXxh3.from129to240(array, offset, length, seed);
        }
        Objects.checkFromIndexSize(offset, length, array.length);
        return KERNEL.hash(array, offset, length, Xxh3Secret.forSeed(seed));
    }

    /** The hash of exactly the 8 bytes that {@code valueAsLittleEndianBytes} has in memory, lowest byte first. */
    public static long hashLong(long valueAsLittleEndianBytes, long seed) {
        return Xxh3Math.hash8(valueAsLittleEndianBytes, seed);
    }

    /**
     * The hash of 8 to 16 bytes that the caller has loaded already, in two words that overlap.
     *
     * @param first the 8 bytes at the start, as a little-endian word
     * @param last the 8 bytes at the end
     */
    public static long hash8to16(long first, long last, int length, long seed) {
        return length > 8 ? Xxh3Math.hash9to16(first, last, length, seed) : Xxh3Math.hash8(first, seed);
    }

    /**
     * Copies {@code length} bytes and returns their hash with seed 0, in one pass where vectors are available and the
     * input is above 240 bytes.
     *
     * <p>The hash is that of the bytes that the target holds when the method returns, even if other threads change the
     * source meanwhile: each byte of the source is read once. The target must belong to the caller alone, and the
     * ranges must not overlap. Nothing outside of the target's range is written. If the source fails halfway (its arena
     * is closed), the target's range holds anything.
     */
    public static long copyAndHash(
            MemorySegment nativeSource, long sourceOffset, MemorySegment nativeTarget, long targetOffset, long length) {
        assert nativeSource.isNative() : "heap source: use the method for arrays";
        assert nativeTarget.isNative() : "the target must be native";
        if (length <= Xxh3Math.LONGEST_SHORT_INPUT) {
            MemorySegment.copy(nativeSource, sourceOffset, nativeTarget, targetOffset, length);
            return hash(nativeTarget, targetOffset, length, 0);
        }
        Objects.checkFromIndexSize(sourceOffset, length, nativeSource.byteSize());
        Objects.checkFromIndexSize(targetOffset, length, nativeTarget.byteSize());
        return KERNEL.copyAndHash(nativeSource, sourceOffset, nativeTarget, targetOffset, length);
    }

    /** As {@link #copyAndHash(MemorySegment, long, MemorySegment, long, long)}, from an array. */
    public static long copyAndHash(
            byte[] source, int sourceOffset, MemorySegment nativeTarget, long targetOffset, int length) {
        assert nativeTarget.isNative() : "the target must be native";
        if (length <= Xxh3Math.LONGEST_SHORT_INPUT) {
            MemorySegment.copy(source, sourceOffset, nativeTarget, ValueLayout.JAVA_BYTE, targetOffset, length);
            return hash(nativeTarget, targetOffset, length, 0);
        }
        Objects.checkFromIndexSize(sourceOffset, length, source.length);
        Objects.checkFromIndexSize(targetOffset, length, nativeTarget.byteSize());
        return KERNEL.copyAndHash(source, sourceOffset, nativeTarget, targetOffset, length);
    }

    static Xxh3Kernel activeKernel() {
        return KERNEL;
    }

    static void checkNotNegative(long length) {
        if (length < 0) {
            throw new IndexOutOfBoundsException("length " + length + " is negative");
        }
    }

    private static Xxh3Kernel kernel() {
        if (SimdSupport.vectorBits() == 0) {
            return new ScalarXxh3();
        }
        try {
            return (Xxh3Kernel) SimdSupport.instantiate(VECTOR_KERNEL);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the vector kernel is missing from this build: " + VECTOR_KERNEL, e);
        }
    }
}
