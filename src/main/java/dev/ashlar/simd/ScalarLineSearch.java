package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Word by word. */
final class ScalarLineSearch implements LineKernel {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public int indexOf(MemorySegment segment, long at, int shift, long tag) {
        int i = 0;
        while (i < LineSearch.WORDS && segment.get(WORD, at + (long) i * Long.BYTES) >>> shift != tag) {
            i++;
        }
        return i;
    }
}
