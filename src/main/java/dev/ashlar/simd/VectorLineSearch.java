package dev.ashlar.simd;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LSHR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * All words of the line in 1, 2 or 4 vectors of the width that {@link SimdSupport} chose. Loaded by name only. As in
 * {@link VectorXxh3}, no vector enters or leaves a method of ours.
 */
final class VectorLineSearch implements LineKernel {
    private static final VectorSpecies<Long> LONGS =
            VectorSpecies.of(long.class, VectorShape.forBitSize(SimdSupport.vectorBits()));

    private static final int LANES = LONGS.length();
    private static final int WIDTH = LONGS.vectorByteSize();

    /** Above the bits of the lanes, so that counting zeros from below ends there. */
    private static final long END = 1L << LineSearch.WORDS;

    VectorLineSearch() {}

    @Override
    public int indexOf(MemorySegment segment, long at, int shift, long tag) {
        long found = LongVector.fromMemorySegment(LONGS, segment, at, LITTLE_ENDIAN)
                .lanewise(LSHR, shift)
                .compare(EQ, tag)
                .toLong();
        if (LANES < LineSearch.WORDS) {
            found |= LongVector.fromMemorySegment(LONGS, segment, at + WIDTH, LITTLE_ENDIAN)
                            .lanewise(LSHR, shift)
                            .compare(EQ, tag)
                            .toLong()
                    << LANES;
        }
        if (2 * LANES < LineSearch.WORDS) {
            found |= LongVector.fromMemorySegment(LONGS, segment, at + 2L * WIDTH, LITTLE_ENDIAN)
                            .lanewise(LSHR, shift)
                            .compare(EQ, tag)
                            .toLong()
                    << 2 * LANES;
            found |= LongVector.fromMemorySegment(LONGS, segment, at + 3L * WIDTH, LITTLE_ENDIAN)
                            .lanewise(LSHR, shift)
                            .compare(EQ, tag)
                            .toLong()
                    << 3 * LANES;
        }
        return Long.numberOfTrailingZeros(found | END);
    }
}
