package dev.ashlar.io;

import dev.ashlar.StorageException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/**
 * Anonymous off-heap memory and advice to the kernel about memory. With native access, large memory comes from the
 * kernel itself: committed page by page as it is touched, on huge pages where they help, and not counted against
 * {@code -XX:MaxDirectMemorySize}. Without, it comes from the arena and is all of that not.
 */
public final class OffHeap {
    /** The huge page of x86-64, and of AArch64 with pages of 4 KiB. */
    private static final long HUGE_PAGE_BYTES = 2 << 20;

    /** Below, a mapping of its own (out of 65,530 by default) would be the scarcer thing. */
    private static final long MIN_MAPPED_BYTES = 64 << 10;

    private OffHeap() {}

    /**
     * Allocates zeroed memory that lives as long as the arena.
     *
     * @param size in bytes, at least 1
     * @param alignment in bytes, a power of two; 2 MiB at least is given from 2 MiB up, with native access
     * @throws StorageException if there is not that much memory or address space
     */
    public static MemorySegment allocate(long size, long alignment, Arena arena) {
        checkSize(size);
        if (Long.bitCount(alignment) != 1 || alignment < 1) {
            throw new IllegalArgumentException("alignment is not a power of two: " + alignment);
        }
        if (size < MIN_MAPPED_BYTES || !NativeAccess.isAvailable()) {
            return allocateFromArena(size, alignment, arena);
        }
        MemorySegment segment = map(size, alignment, arena);
        if (segment == null) {
            throw outOfMemory(size, null);
        }
        return segment;
    }

    /**
     * Reserves as much zeroed memory as there is address space for: {@code wanted} bytes, or half of that, and so on
     * down to {@code minimum}. Only what is touched takes memory. Without native access nothing can be reserved without
     * being taken: {@code minimum} is allocated.
     *
     * @return a segment whose size tells what was reserved, at a multiple of 64 KiB (of 4 KiB without native access)
     * @throws StorageException if there is not even {@code minimum}
     */
    public static MemorySegment reserve(long wanted, long minimum, Arena arena) {
        checkSize(minimum);
        if (wanted < minimum) {
            throw new IllegalArgumentException("wanted " + wanted + " is less than minimum " + minimum);
        }
        if (!NativeAccess.isAvailable()) {
            return allocateFromArena(minimum, 4096, arena);
        }
        for (long size = wanted; ; size = Math.max(minimum, size / 2)) {
            MemorySegment segment = map(size, MIN_MAPPED_BYTES, arena);
            if (segment != null) {
                return segment;
            }
            if (size == minimum) {
                throw outOfMemory(size, null);
            }
        }
    }

    /**
     * Gives the whole pages within a range of memory from {@link #allocate} or {@link #reserve} back to the kernel.
     * Their content is undefined afterwards, until it is written again; nothing happens without native access.
     */
    public static void discard(MemorySegment segment, long offset, long length) {
        MemorySegment range = segment.asSlice(offset, length);
        if (!range.isNative() || range.isReadOnly()) {
            throw new IllegalArgumentException("only anonymous native memory can be discarded");
        }
        if (!NativeAccess.isAvailable()) {
            return;
        }
        long start = roundUp(range.address(), Libc.PAGE_BYTES);
        long bytes = roundDown(range.address() + length, Libc.PAGE_BYTES) - start;
        if (bytes > 0) {
            int result = Libc.madvise(range.asSlice(start - range.address(), bytes), bytes, Libc.MADV_DONTNEED);
            if (result < 0) {
                throw Errno.failure("madvise", "memory", -result, "discarding " + bytes + " bytes", null);
            }
        }
    }

    /**
     * Tells the kernel how a range of a mapping, rounded out to whole pages, is going to be read. Advice may be
     * ignored, and is without native access; it changes no content and reports no error.
     */
    public static void advise(MemorySegment mapping, long offset, long length, Advice advice) {
        MemorySegment range = mapping.asSlice(offset, length);
        if (!range.isNative() || length == 0 || !NativeAccess.isAvailable()) {
            return;
        }
        if (!mapping.scope().isAlive()) {
            throw new IllegalStateException("the mapping is closed");
        }
        // The start of its page can lie before the segment, so the arena cannot guard the call: if it closes meanwhile
        // the advice meets nothing, or somebody else's memory, and does no harm to either.
        long start = roundDown(range.address(), Libc.PAGE_BYTES);
        try {
            Libc.madvise(MemorySegment.ofAddress(start), range.address() + length - start, code(advice));
        } finally {
            Reference.reachabilityFence(mapping);
        }
    }

    private static int code(Advice advice) {
        return switch (advice) {
            case NORMAL -> Libc.MADV_NORMAL;
            case RANDOM -> Libc.MADV_RANDOM;
            case SEQUENTIAL -> Libc.MADV_SEQUENTIAL;
            case WILL_NEED -> Libc.MADV_WILLNEED;
            case POPULATE -> Libc.MADV_POPULATE_READ;
        };
    }

    /**
     * Null if the kernel has no room. From 2 MiB up aligned to huge pages, by mapping more and cutting both ends off.
     */
    private static @Nullable MemorySegment map(long size, long alignment, Arena arena) {
        boolean huge = size >= HUGE_PAGE_BYTES;
        long align = Math.max(huge ? HUGE_PAGE_BYTES : Libc.PAGE_BYTES, alignment);
        long bytes = roundUp(size, Libc.PAGE_BYTES);
        long mapped = bytes + align - Libc.PAGE_BYTES;
        if (bytes < size || mapped < bytes) {
            return null; // more than a long can count
        }
        long address = Libc.mmap(
                mapped,
                Libc.PROT_READ | Libc.PROT_WRITE,
                Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS | Libc.MAP_NORESERVE,
                -1);
        if (address == -Errno.ENOMEM || address == -Errno.EAGAIN) {
            return null;
        } else if (address < 0) {
            throw Errno.failure("mmap", "memory", (int) -address, "mapping " + mapped + " bytes", null);
        }
        long start = roundUp(address, align);
        unmapUnlessEmpty(address, start);
        unmapUnlessEmpty(start + bytes, address + mapped);
        MemorySegment segment = Libc.adopt(start, size, bytes, arena);
        long most = roundDown(bytes, HUGE_PAGE_BYTES) - HUGE_PAGE_BYTES;
        if (most > 0) {
            // The first stays in small pages: much memory is reserved of which little is used, and the kernel clears a
            // huge page as a whole at its first touch. A kernel without huge pages: no harm.
            Libc.madvise(MemorySegment.ofAddress(start + HUGE_PAGE_BYTES), most, Libc.MADV_HUGEPAGE);
        }
        return segment;
    }

    private static void unmapUnlessEmpty(long from, long to) {
        if (from < to) {
            Libc.unmap(from, to - from);
        }
    }

    private static MemorySegment allocateFromArena(long size, long alignment, Arena arena) {
        try {
            return arena.allocate(size, alignment);
        } catch (OutOfMemoryError e) {
            throw outOfMemory(size, e);
        }
    }

    private static StorageException outOfMemory(long size, @Nullable Throwable cause) {
        String limit = NativeAccess.isAvailable()
                ? ""
                : " Without native access the limit is -XX:MaxDirectMemorySize (by default the size of the heap);"
                        + " --enable-native-access lifts it.";
        String what = "allocating " + size + " bytes off the heap." + limit;
        return Errno.failure("mmap", "memory", Errno.ENOMEM, what, cause);
    }

    private static void checkSize(long size) {
        if (size < 1) {
            throw new IllegalArgumentException("memory needs at least 1 byte, not " + size);
        }
    }

    private static long roundUp(long value, long unit) {
        return (value + unit - 1) & -unit;
    }

    private static long roundDown(long value, long unit) {
        return value & -unit;
    }
}
