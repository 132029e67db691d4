package dev.ashlar.fuzz;

import dev.ashlar.io.AddressRange;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Counts what an engine reads, maps and writes: a length that it believes shows in one of them. For one thread. */
final class MeteredStorage implements Storage {
    private final Storage storage;
    private long read;
    private long mapped;
    private long written;

    MeteredStorage(Storage storage) {
        this.storage = storage;
    }

    long read() {
        return read;
    }

    long mapped() {
        return mapped;
    }

    /** Bytes written and allocated. */
    long written() {
        return written;
    }

    @Override
    public String describe() {
        return storage.describe();
    }

    @Override
    public StorageFile create(String name) {
        return new MeteredFile(storage.create(name));
    }

    @Override
    public StorageFile open(String name) {
        return new MeteredFile(storage.open(name));
    }

    @Override
    public StorageFile openForWriting(String name) {
        return new MeteredFile(storage.openForWriting(name));
    }

    @Override
    public boolean exists(String name) {
        return storage.exists(name);
    }

    @Override
    public List<String> list(String directory) {
        return storage.list(directory);
    }

    @Override
    public void createDirectory(String name) {
        storage.createDirectory(name);
    }

    @Override
    public void rename(String from, String to) {
        storage.rename(from, to);
    }

    @Override
    public void unlink(String name) {
        storage.unlink(name);
    }

    /** Nothing is lost here, so nothing need be waited for. */
    @Override
    public void syncDirectory(String directory) {}

    @Override
    public @Nullable StorageLock tryLock(String name) {
        return storage.tryLock(name);
    }

    @Override
    public boolean survivesInterrupts() {
        return storage.survivesInterrupts();
    }

    @Override
    public @Nullable AddressRange reserve(long bytes, long alignment) {
        return storage.reserve(bytes, alignment);
    }

    @Override
    public void close() {
        storage.close();
    }

    private final class MeteredFile implements StorageFile {
        private final StorageFile file;

        MeteredFile(StorageFile file) {
            this.file = file;
        }

        @Override
        public String name() {
            return file.name();
        }

        @Override
        public long size() {
            return file.size();
        }

        @Override
        public void allocate(long size) {
            written += size;
            file.allocate(size);
        }

        @Override
        public long write(MemorySegment source, long sourceOffset, long length, long position) {
            written += length;
            return file.write(source, sourceOffset, length, position);
        }

        @Override
        public long read(MemorySegment target, long targetOffset, long length, long position) {
            read += length;
            return file.read(target, targetOffset, length, position);
        }

        @Override
        public MemorySegment map(long size, Arena arena) {
            mapped += size;
            return file.map(size, arena);
        }

        @Override
        public void mapInto(AddressRange range, long offset, long size) {
            mapped += size;
            file.mapInto(range, offset, size);
        }

        @Override
        public void sync() {}

        @Override
        public void truncate(long size) {
            file.truncate(size);
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
