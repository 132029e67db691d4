package dev.ashlar.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** The few calls of the C library that the floors are made of. */
final class Posix {
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0x40;
    private static final int MADV_HUGEPAGE = 14;
    private static final int PROT_READ_WRITE = 3;
    private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
    private static final long HUGE_PAGE = 2 << 20;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

    private static final MethodHandle OPEN = Linker.nativeLinker()
            .downcallHandle(
                    Linker.nativeLinker().defaultLookup().findOrThrow("open"),
                    FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT, INT),
                    Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = function("close", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle FALLOCATE =
            function("posix_fallocate", FunctionDescriptor.of(INT, INT, LONG, LONG));
    private static final MethodHandle PWRITE =
            function("pwrite", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG, LONG));
    private static final MethodHandle FSYNC = function("fsync", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle FDATASYNC = function("fdatasync", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle MMAP =
            function("mmap", FunctionDescriptor.of(LONG, LONG, LONG, INT, INT, INT, LONG));
    private static final MethodHandle MADVISE = function("madvise", FunctionDescriptor.of(INT, LONG, LONG, INT));

    private Posix() {}

    private static MethodHandle function(String name, FunctionDescriptor descriptor) {
        return Linker.nativeLinker()
                .downcallHandle(Linker.nativeLinker().defaultLookup().findOrThrow(name), descriptor);
    }

    static int create(Path file) {
        try (Arena arena = Arena.ofConfined()) {
            return (int)
                    check("open", (int) OPEN.invokeExact(arena.allocateFrom(file.toString()), O_RDWR | O_CREAT, 0644));
        } catch (Throwable e) {
            throw failure("open", e);
        }
    }

    static void close(int file) {
        try {
            check("close", (int) CLOSE.invokeExact(file));
        } catch (Throwable e) {
            throw failure("close", e);
        }
    }

    static void allocate(int file, long bytes) {
        try {
            if ((int) FALLOCATE.invokeExact(file, 0L, bytes) != 0) {
                throw new IllegalStateException("posix_fallocate failed");
            }
        } catch (Throwable e) {
            throw failure("posix_fallocate", e);
        }
    }

    static void write(int file, MemorySegment bytes, long at) {
        try {
            if (check("pwrite", (long) PWRITE.invokeExact(file, bytes, bytes.byteSize(), at)) != bytes.byteSize()) {
                throw new IllegalStateException("a short write");
            }
        } catch (Throwable e) {
            throw failure("pwrite", e);
        }
    }

    static void sync(int file) {
        try {
            check("fsync", (int) FSYNC.invokeExact(file));
        } catch (Throwable e) {
            throw failure("fsync", e);
        }
    }

    static void syncData(int file) {
        try {
            check("fdatasync", (int) FDATASYNC.invokeExact(file));
        } catch (Throwable e) {
            throw failure("fdatasync", e);
        }
    }

    /** Address of zeroed memory on huge pages, for as long as the process lives. */
    static long hugeMemory(long bytes) {
        try {
            long size = (bytes + HUGE_PAGE - 1) & -HUGE_PAGE;
            long mapped = check("mmap", (long)
                    MMAP.invokeExact(0L, size + HUGE_PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L));
            long start = (mapped + HUGE_PAGE - 1) & -HUGE_PAGE;
            check("madvise", (int) MADVISE.invokeExact(start, size, MADV_HUGEPAGE));
            return start;
        } catch (Throwable e) {
            throw failure("mmap", e);
        }
    }

    private static long check(String call, long result) {
        if (result == -1) {
            throw new IllegalStateException(call + " failed");
        }
        return result;
    }

    private static RuntimeException failure(String call, Throwable e) {
        return e instanceof RuntimeException known ? known : new IllegalStateException(call, e);
    }
}
