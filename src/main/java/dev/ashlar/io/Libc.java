package dev.ashlar.io;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The C library's functions that this package calls, one static method each, and the only place that uses restricted
 * methods of the FFM API. It is not a policy: nothing is retried and nothing is thrown for an error of the operating
 * system. As in the kernel, a method returns what the function returns, or the error number negated; every valid result
 * is at least 0 (addresses of user space included), so the sign tells.
 *
 * <p>Constants are those of 64-bit Linux on x86-64 and AArch64; {@link NativeAccess} keeps other platforms out. Loading
 * this class fails with a {@link LinkageError} where a function is missing.
 *
 * <p>Error numbers are captured in small buffers from a fixed pool instead of one per thread: a call costs no
 * allocation and a million virtual threads cost no memory. Only when two threads whose ids collide are in a call at the
 * same time does the second allocate.
 */
@SuppressWarnings("restricted")
final class Libc {
    static final int O_RDONLY = 0;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0x40;
    static final int O_EXCL = 0x80;
    static final int O_CLOEXEC = 0x80000;

    static final int PROT_READ = 1;
    static final int PROT_WRITE = 2;
    static final int MAP_SHARED = 1;
    static final int MAP_PRIVATE = 2;
    static final int MAP_FIXED = 0x10;
    static final int MAP_ANONYMOUS = 0x20;
    static final int MAP_NORESERVE = 0x4000;

    static final int MADV_NORMAL = 0;
    static final int MADV_RANDOM = 1;
    static final int MADV_SEQUENTIAL = 2;
    static final int MADV_WILLNEED = 3;
    static final int MADV_DONTNEED = 4;
    static final int MADV_HUGEPAGE = 14;
    static final int MADV_POPULATE_READ = 22;

    private static final int SEEK_END = 2;
    private static final int F_OFD_SETLK = 37;
    private static final short F_RDLCK = 0;
    private static final short F_WRLCK = 1;
    /**
     * {@code struct flock}: type at 0, whence at 2, start at 8, length at 16 (0: to the end), pid at 24 (must be 0).
     */
    private static final long FLOCK_BYTES = 32;

    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET = CAPTURE.byteOffset(PathElement.groupElement("errno"));
    private static final int CAPTURE_SLOTS = 64;
    private static final AtomicReferenceArray<MemorySegment> CAPTURES = new AtomicReferenceArray<>(CAPTURE_SLOTS);

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle OPEN = variadic("open", JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle CLOSE = function("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle PREAD = function("pread", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PWRITE = function("pwrite", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FDATASYNC = function("fdatasync", JAVA_INT, JAVA_INT);
    private static final MethodHandle FSYNC = function("fsync", JAVA_INT, JAVA_INT);
    private static final MethodHandle FALLOCATE =
            function("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FTRUNCATE = function("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle LSEEK = function("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle FCNTL = variadic("fcntl", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle RENAME = function("rename", JAVA_INT, ADDRESS, ADDRESS);
    private static final MethodHandle UNLINK = function("unlink", JAVA_INT, ADDRESS);
    private static final MethodHandle MKDIR = function("mkdir", JAVA_INT, ADDRESS, JAVA_INT);
    /** Addresses as plain numbers: there is no segment yet that they could belong to. */
    private static final MethodHandle MMAP =
            function("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);

    private static final MethodHandle MUNMAP = function("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MADVISE = function("madvise", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

    /** The size of a page in bytes, a power of two: 4,096 on x86-64, up to 65,536 on AArch64. */
    static final long PAGE_BYTES = pageBytes();

    static {
        for (int i = 0; i < CAPTURE_SLOTS; i++) {
            CAPTURES.set(i, Arena.global().allocate(CAPTURE));
        }
    }

    private Libc() {}

    /** @param path a C string */
    static int open(MemorySegment path, int flags, int mode) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((int) OPEN.invokeExact(capture, path, flags, mode), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    static int close(int descriptor) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((int) CLOSE.invokeExact(capture, descriptor), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    static long pread(int descriptor, MemorySegment target, long length, long position) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((long) PREAD.invokeExact(capture, descriptor, target, length, position), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    static long pwrite(int descriptor, MemorySegment source, long length, long position) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((long) PWRITE.invokeExact(capture, descriptor, source, length, position), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    static int fdatasync(int descriptor) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((int) FDATASYNC.invokeExact(capture, descriptor), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    static int fsync(int descriptor) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((int) FSYNC.invokeExact(capture, descriptor), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    /** Allocates blocks behind {@code [0, length)} and extends the file to it (mode 0). */
    static int fallocate(int descriptor, long length) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((int) FALLOCATE.invokeExact(capture, descriptor, 0, 0L, length), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    static int ftruncate(int descriptor, long length) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((int) FTRUNCATE.invokeExact(capture, descriptor, length), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    /** The length of the file. The offset that it moves is used by nobody: reads and writes name their position. */
    static long size(int descriptor) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((long) LSEEK.invokeExact(capture, descriptor, 0L, SEEK_END), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    /** An exclusive open-file-description lock on the whole file, without waiting: EAGAIN or EACCES if it is taken. */
    static int tryLock(int descriptor, boolean shared) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment flock = arena.allocate(FLOCK_BYTES, 8);
            flock.set(ValueLayout.JAVA_SHORT, 0, shared ? F_RDLCK : F_WRLCK);
            return result((int) FCNTL.invokeExact(capture, descriptor, F_OFD_SETLK, flock), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    static int rename(MemorySegment from, MemorySegment to) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((int) RENAME.invokeExact(capture, from, to), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    static int unlink(MemorySegment path) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((int) UNLINK.invokeExact(capture, path), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    static int mkdir(MemorySegment path, int mode) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((int) MKDIR.invokeExact(capture, path, mode), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    /** Maps {@code length} bytes from the start of a file, or anonymous memory with descriptor -1; the address. */
    static long mmap(long length, int protection, int flags, int descriptor) {
        return mmap(0, length, protection, flags, descriptor);
    }

    /** As {@link #mmap(long, int, int, int)}; with MAP_FIXED in place of what is mapped at an address now. */
    static long mmap(long at, long length, int protection, int flags, int descriptor) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((long) MMAP.invokeExact(capture, at, length, protection, flags, descriptor, 0L), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    static int munmap(long address, long length) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((int) MUNMAP.invokeExact(capture, address, length), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    static int madvise(MemorySegment start, long length, int advice) {
        int slot = slot();
        MemorySegment capture = take(slot);
        try {
            return result((int) MADVISE.invokeExact(capture, start, length, advice), capture);
        } catch (Throwable e) {
            throw unexpected(e);
        } finally {
            give(slot, capture);
        }
    }

    /**
     * Gives a mapping to an arena: the segment is valid, and the memory mapped, for as long as the arena lives. If the
     * arena refuses (it is closed) the memory is unmapped at once.
     *
     * @param mappedBytes what to unmap at the end, {@code size} rounded up to pages or more
     */
    static MemorySegment adopt(long address, long size, long mappedBytes, Arena arena) {
        boolean adopted = false;
        try {
            MemorySegment segment =
                    MemorySegment.ofAddress(address).reinterpret(size, arena, ignored -> unmap(address, mappedBytes));
            adopted = true;
            return segment;
        } finally {
            if (!adopted) {
                unmap(address, mappedBytes);
            }
        }
    }

    /** A part of what is mapped already, for as long as the arena lives; then the action is run. */
    static MemorySegment lend(long address, long size, Arena arena, Runnable whenReturned) {
        return MemorySegment.ofAddress(address).reinterpret(size, arena, ignored -> whenReturned.run());
    }

    /** Everything that a process can address, as one segment: an offset in it is an address. */
    static MemorySegment addressSpace() {
        return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    }

    /** Unmaps; a failure can only be a wrong argument or an exhausted table of mappings, and reaches who closes. */
    static void unmap(long address, long length) {
        int result = munmap(address, length);
        if (result < 0) {
            throw Errno.failure(
                    "munmap", "a mapping", -result, "unmapping " + length + " bytes; they stay mapped", null);
        }
    }

    private static int result(int value, MemorySegment capture) {
        return value == -1 ? -capture.get(JAVA_INT, ERRNO_OFFSET) : value;
    }

    private static long result(long value, MemorySegment capture) {
        return value == -1 ? -capture.get(JAVA_INT, ERRNO_OFFSET) : value;
    }

    private static int slot() {
        return (int) Thread.currentThread().threadId() & (CAPTURE_SLOTS - 1);
    }

    private static MemorySegment take(int slot) {
        MemorySegment capture = CAPTURES.getAndSet(slot, null);
        return capture != null ? capture : Arena.ofAuto().allocate(CAPTURE);
    }

    private static void give(int slot, MemorySegment capture) {
        CAPTURES.setRelease(slot, capture);
    }

    /** What the segments themselves throw (closed, wrong thread) passes; the functions throw nothing. */
    private static RuntimeException unexpected(Throwable e) {
        return switch (e) {
            case RuntimeException runtime -> runtime;
            case Error error -> throw error;
            default -> new IllegalStateException(e);
        };
    }

    private static MethodHandle function(String name, ValueLayout result, ValueLayout... arguments) {
        return link(name, result, arguments, Linker.Option.captureCallState("errno"));
    }

    /** {@code open} and {@code fcntl}: two named arguments, then varying ones. */
    private static MethodHandle variadic(String name, ValueLayout result, ValueLayout... arguments) {
        return link(
                name, result, arguments, Linker.Option.captureCallState("errno"), Linker.Option.firstVariadicArg(2));
    }

    private static MethodHandle link(
            String name, ValueLayout result, ValueLayout[] arguments, Linker.Option... options) {
        MemorySegment symbol = LINKER.defaultLookup()
                .find(name)
                .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + name));
        return LINKER.downcallHandle(symbol, FunctionDescriptor.of(result, arguments), options);
    }

    private static long pageBytes() {
        MethodHandle getpagesize = link("getpagesize", JAVA_INT, new ValueLayout[0]);
        try {
            return (int) getpagesize.invokeExact();
        } catch (Throwable e) {
            throw unexpected(e);
        }
    }
}
