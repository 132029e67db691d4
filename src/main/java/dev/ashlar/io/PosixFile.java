package dev.ashlar.io;

import dev.ashlar.StorageException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A file of {@link PosixStorage}: a plain descriptor, no channel, so that an interrupt closes nothing. Writing, reading
 * and syncing allocate nothing.
 */
final class PosixFile implements StorageFile {
    private final String name;
    private final String place;
    private final boolean writable;
    private final Descriptor descriptor;

    PosixFile(String name, String place, boolean writable, int number) {
        this.name = name;
        this.place = place;
        this.writable = writable;
        this.descriptor = new Descriptor(number, name);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long size() {
        int number = descriptor.enter("lseek");
        try {
            return size(number);
        } finally {
            descriptor.leave();
        }
    }

    private long size(int number) {
        long size = Libc.size(number);
        if (size < 0) {
            throw Errno.failure("lseek", name, (int) -size, "asking for its length" + place, null);
        }
        return size;
    }

    @Override
    public void allocate(long size) {
        FileChecks.notNegative("size", size);
        int number = enterForWriting("fallocate");
        try {
            long former = size(number);
            if (size < former || size == 0) {
                return;
            }
            int result;
            do {
                result = Libc.fallocate(number, size);
            } while (result == -Errno.EINTR);
            if (result == -Errno.EOPNOTSUPP || result == -Errno.ENOSYS) {
                if (size > former) {
                    ZeroFill.extend(this, former, size);
                }
            } else if (result < 0) {
                String what = "allocating " + size + " bytes where " + former + " are" + place;
                StorageException failure = Errno.failure("fallocate", name, -result, what, null);
                // ext4 leaves the file longer, with blocks behind a part of it only.
                ZeroFill.restoreLength(this, former, failure);
                throw failure;
            }
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public long write(MemorySegment source, long sourceOffset, long length, long position) {
        MemorySegment part = FileChecks.source(source, sourceOffset, length, position);
        int number = enterForWriting("pwrite");
        try {
            long written = Libc.pwrite(number, part, length, position);
            if (written < 0) {
                throw Errno.failure(
                        "pwrite", name, (int) -written, "writing " + length + " bytes at " + position + place, null);
            }
            return written;
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public long read(MemorySegment target, long targetOffset, long length, long position) {
        MemorySegment part = FileChecks.target(target, targetOffset, length, position);
        int number = descriptor.enter("pread");
        try {
            long read = Libc.pread(number, part, length, position);
            if (read < 0) {
                throw Errno.failure(
                        "pread", name, (int) -read, "reading " + length + " bytes at " + position + place, null);
            }
            return read;
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public MemorySegment map(long size, Arena arena) {
        FileChecks.mappingSize(size);
        int number = descriptor.enter("mmap");
        try {
            FileChecks.mappingWithin(name, size, size(number), place);
            long address = Libc.mmap(size, Libc.PROT_READ, Libc.MAP_SHARED, number);
            if (address < 0) {
                throw Errno.failure("mmap", name, (int) -address, "mapping " + size + " bytes" + place, null);
            }
            return Libc.adopt(address, size, size, arena).asReadOnly();
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public void mapInto(AddressRange range, long offset, long size) {
        FileChecks.mappingSize(size);
        int number = descriptor.enter("mmap");
        try {
            FileChecks.mappingWithin(name, size, size(number), place);
            range.map(number, offset, size, name);
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public void sync() {
        int number = descriptor.enter("fdatasync");
        try {
            int result;
            do {
                result = Libc.fdatasync(number);
            } while (result == -Errno.EINTR); // interrupted before it failed; any other result is final
            if (result < 0) {
                throw Errno.syncFailure("fdatasync", name, -result, null);
            }
        } finally {
            descriptor.leave();
        }
    }

    @Override
    public void truncate(long size) {
        FileChecks.notNegative("size", size);
        int number = enterForWriting("ftruncate");
        try {
            int result;
            do {
                result = Libc.ftruncate(number, size);
            } while (result == -Errno.EINTR);
            if (result < 0) {
                String what = "setting its length to " + size + " bytes" + place;
                throw Errno.failure("ftruncate", name, -result, what, null);
            }
        } finally {
            descriptor.leave();
        }
    }

    /** Refuses new calls at once; the descriptor is closed when those under way have ended. */
    @Override
    public void close() {
        descriptor.close();
    }

    private int enterForWriting(String operation) {
        int number = descriptor.enter(operation);
        if (!writable) {
            descriptor.leave();
            throw FileChecks.notWritable(operation, name);
        }
        return number;
    }

    @Override
    public String toString() {
        return name + place;
    }
}
