package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;

/** What {@link LineSearch} does, in one of two ways. Implementations have no state. */
interface LineKernel {
    int indexOf(MemorySegment segment, long at, int shift, long tag);
}
