package dev.ashlar.failures;

import dev.ashlar.io.AddressRange;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A storage that says what is about to be done, and need not wait for the device. */
public class HookedStorage implements Storage {
    /** Something that changes what is on disk. */
    public enum Step {
        CREATE,
        ALLOCATE,
        WRITE,
        TRUNCATE,
        SYNC,
        RENAME,
        UNLINK,
        SYNC_DIRECTORY
    }

    private final Storage storage;
    private final boolean syncs;

    /** @param syncs false: nothing is synced, which survives a killed process and is fast */
    protected HookedStorage(Storage storage, boolean syncs) {
        this.storage = storage;
        this.syncs = syncs;
    }

    /** Called before a step. */
    protected void before(Step step, String name) {}

    /** Called after a step that succeeded. */
    protected void after(Step step, String name) {}

    /** Does a write, with what is called before and after it. */
    protected long write(StorageFile file, MemorySegment source, long sourceOffset, long length, long position) {
        before(Step.WRITE, file.name());
        long written = file.write(source, sourceOffset, length, position);
        after(Step.WRITE, file.name());
        return written;
    }

    /** What this stands in front of. */
    protected final Storage real() {
        return storage;
    }

    private void doing(Step step, String name, Runnable action) {
        before(step, name);
        action.run();
        after(step, name);
    }

    @Override
    public String describe() {
        return storage.describe();
    }

    @Override
    public StorageFile create(String name) {
        before(Step.CREATE, name);
        StorageFile file = new HookedFile(storage.create(name));
        after(Step.CREATE, name);
        return file;
    }

    @Override
    public StorageFile open(String name) {
        return storage.open(name);
    }

    @Override
    public StorageFile openForWriting(String name) {
        return new HookedFile(storage.openForWriting(name));
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
        doing(Step.CREATE, name, () -> storage.createDirectory(name));
    }

    @Override
    public void rename(String from, String to) {
        doing(Step.RENAME, from, () -> storage.rename(from, to));
    }

    @Override
    public void unlink(String name) {
        doing(Step.UNLINK, name, () -> storage.unlink(name));
    }

    @Override
    public void syncDirectory(String directory) {
        doing(Step.SYNC_DIRECTORY, directory, () -> {
            if (syncs) {
                storage.syncDirectory(directory);
            }
        });
    }

    @Override
    public @Nullable StorageLock tryLock(String name) {
        return storage.tryLock(name);
    }

    @Override
    public boolean survivesInterrupts() {
        return storage.survivesInterrupts();
    }

    @Override
    public void close() {
        storage.close();
    }

    private final class HookedFile implements StorageFile {
        private final StorageFile file;

        HookedFile(StorageFile file) {
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
            doing(Step.ALLOCATE, name(), () -> file.allocate(size));
        }

        @Override
        public long write(MemorySegment source, long sourceOffset, long length, long position) {
            return HookedStorage.this.write(file, source, sourceOffset, length, position);
        }

        @Override
        public long read(MemorySegment target, long targetOffset, long length, long position) {
            return file.read(target, targetOffset, length, position);
        }

        @Override
        public MemorySegment map(long size, Arena arena) {
            return file.map(size, arena);
        }

        @Override
        public void mapInto(AddressRange range, long offset, long size) {
            file.mapInto(range, offset, size);
        }

        @Override
        public void sync() {
            doing(Step.SYNC, name(), () -> {
                if (syncs) {
                    file.sync();
                }
            });
        }

        @Override
        public void truncate(long size) {
            doing(Step.TRUNCATE, name(), () -> file.truncate(size));
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
