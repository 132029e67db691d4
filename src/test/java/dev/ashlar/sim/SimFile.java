package dev.ashlar.sim;

import dev.ashlar.io.SimErrors;
import dev.ashlar.io.StorageFile;
import dev.ashlar.sim.Faults.Call;
import dev.ashlar.sim.Faults.Failure;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** An open file of a {@link SimDisk}. */
final class SimFile implements StorageFile {
    private final SimDisk disk;
    private final String name;
    private final SimNode node;
    private final boolean writable;
    private final AtomicBoolean closed = new AtomicBoolean();

    SimFile(SimDisk disk, String name, SimNode node, boolean writable) {
        this.disk = disk;
        this.name = name;
        this.node = node;
        this.writable = writable;
        disk.fileOpened(1);
    }

    private void check(String operation) {
        if (closed.get()) {
            throw SimErrors.closed(operation, name);
        }
    }

    private void checkWritable(String operation) {
        check(operation);
        if (!writable) {
            throw SimErrors.notWritable(operation, name);
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long size() {
        check("size");
        return node.length();
    }

    @Override
    public void allocate(long size) {
        SimErrors.notNegative("size", size);
        checkWritable("fallocate");
        Failure failure = disk.faults().enter(Call.ALLOCATE);
        if (failure == Failure.EIO || failure == Failure.ENOSPC) {
            throw failure("fallocate", failure, "allocating " + size + " bytes");
        }
        if (size > node.length()) {
            disk.setLength(node, size);
        }
    }

    /** A write that fails for want of room or of a device may have been done in part, or as a whole. */
    @Override
    public long write(MemorySegment source, long sourceOffset, long length, long position) {
        MemorySegment part = SimErrors.source(source, sourceOffset, length, position);
        checkWritable("pwrite");
        Failure failure = disk.faults().enter(Call.WRITE);
        String what = "writing " + length + " bytes at " + position;
        switch (failure) {
            case null -> disk.write(node, part, position);
            case EINTR -> throw failure("pwrite", failure, what);
            case SHORT -> {
                long count = Math.max(Math.min(1, length), length / 2);
                disk.write(node, part.asSlice(0, count), position);
                return count;
            }
            case EIO, ENOSPC -> {
                long done = disk.faults().reached(length);
                disk.write(node, part.asSlice(0, done), position);
                throw failure("pwrite", failure, what);
            }
        }
        return length;
    }

    @Override
    public long read(MemorySegment target, long targetOffset, long length, long position) {
        MemorySegment part = SimErrors.target(target, targetOffset, length, position);
        check("pread");
        if (!part.scope().isAlive()) {
            throw new IllegalStateException("the memory to read into is closed");
        }
        Failure failure = disk.faults().enter(Call.READ);
        return switch (failure) {
            case null -> disk.read(node, part, position);
            case SHORT -> disk.read(node, part.asSlice(0, Math.max(Math.min(1, length), length / 2)), position);
            case EINTR, EIO, ENOSPC -> throw failure("pread", failure, "reading " + length + " bytes at " + position);
        };
    }

    private RuntimeException failure(String operation, Failure failure, String what) {
        int errno = switch (failure) {
            case EIO, SHORT -> SimErrors.EIO;
            case ENOSPC -> SimErrors.ENOSPC;
            case EINTR -> SimErrors.EINTR;
        };
        return SimErrors.failure(operation, name, errno, what);
    }

    @Override
    public MemorySegment map(long size, Arena arena) {
        check("mmap");
        SimErrors.mapping(name, size, node.length());
        // What an automatic arena holds ends with a collection, sooner or later, and is no leak.
        boolean counted = !arena.scope().getClass().getSimpleName().startsWith("Implicit");
        synchronized (disk) {
            MemorySegment mapping = node.map(size, arena, () -> disk.mapped(counted ? -1 : 0));
            disk.mapped(counted ? 1 : 0);
            return mapping;
        }
    }

    @Override
    public void sync() {
        check("fdatasync");
        Failure failure = disk.faults().enter(Call.SYNC);
        if (failure == Failure.EIO || failure == Failure.ENOSPC) {
            disk.failSync(node);
            throw SimErrors.syncFailure("fdatasync", name, SimErrors.EIO);
        }
        disk.sync(node);
    }

    @Override
    public void truncate(long size) {
        SimErrors.notNegative("size", size);
        checkWritable("ftruncate");
        disk.setLength(node, size);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            disk.fileOpened(-1);
        }
    }
}
