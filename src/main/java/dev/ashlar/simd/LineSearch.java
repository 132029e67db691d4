package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;

/**
 * Finds a tag among the eight words of a cache line, all at once. Where a search goes word by word, the processor cannot
 * foresee at which it ends, and a wrong guess costs it everything that it had begun ahead; the gets of independent keys
 * would then wait for one another's cache misses.
 *
 * <p>Static, for use by any thread, allocates nothing.
 */
public final class LineSearch {
    /** Words of a line. */
    public static final int WORDS = 8;

    private static final String VECTOR_KERNEL = "dev.ashlar.simd.VectorLineSearch";

    /** Static and final, so that the JIT compiler sees one implementation and calls it directly. */
    private static final LineKernel KERNEL = kernel();

    private LineSearch() {}

    /**
     * The index of the first word whose bits from {@code shift} up are the tag, or {@link #WORDS}.
     *
     * <p>Others may change the words meanwhile. The answer is a hint then: read the word again, and compare.
     *
     * @param nativeSegment native memory that is backed, little-endian
     * @param at first byte of the line; its address is a multiple of 64
     * @param shift 1 to 63, a constant at the place of the call
     * @param tag below 2^(64 - shift)
     */
    public static int indexOf(MemorySegment nativeSegment, long at, int shift, long tag) {
        return KERNEL.indexOf(nativeSegment, at, shift, tag);
    }

    private static LineKernel kernel() {
        if (SimdSupport.vectorBits() == 0) {
            return new ScalarLineSearch();
        }
        try {
            return (LineKernel) SimdSupport.instantiate(VECTOR_KERNEL);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the vector kernel is missing from this build: " + VECTOR_KERNEL, e);
        }
    }
}
