package dev.ashlar.io;

import java.lang.foreign.MemorySegment;

/**
 * All memory of the process as one segment, for the loads of the hot read path: an offset in it is an address. Because
 * the segment is a constant, the JIT compiler folds its bounds, its scope and its kind away, and an access is one load.
 *
 * <p>Nothing guards such an access. Whoever makes one has an address inside of memory that is never unmapped while it can
 * be reached ({@link AddressRange}, {@link OffHeap}), and keeps the object that owns the memory reachable until after the
 * access. Nothing is ever written through it.
 */
public final class RawMemory {
    /** Whether there is native access; without, {@link #ALL} is empty. A constant for the process. */
    public static final boolean IS_AVAILABLE = NativeAccess.isAvailable();

    /** From address 0 to the end. */
    public static final MemorySegment ALL = IS_AVAILABLE ? Libc.addressSpace().asReadOnly() : MemorySegment.NULL;

    private static final long ADDRESS_MASK = (1L << 56) - 1;

    private RawMemory() {}

    /**
     * The same address, and a promise to the JIT compiler that it is one: no bound need be checked for it, nor for what
     * is added to it. The processors that we know have at most 56 bits of address for a process.
     */
    public static long address(long address) {
        return address & ADDRESS_MASK;
    }
}
