package dev.ashlar.document;

import dev.ashlar.StorageException;
import dev.ashlar.failures.HookedStorage;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicInteger;

/** A storage whose reads fail as long as a test wants it; it counts them. */
final class ReadErrors extends HookedStorage {
    final AtomicInteger reads = new AtomicInteger();
    volatile boolean failing;
    volatile Runnable beforeRead = () -> {};

    ReadErrors(Storage storage) {
        super(storage, true);
    }

    @Override
    public StorageFile open(String name) {
        StorageFile file = super.open(name);
        return new StorageFile() {
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
                file.allocate(size);
            }

            @Override
            public long write(MemorySegment source, long sourceOffset, long length, long position) {
                return file.write(source, sourceOffset, length, position);
            }

            @Override
            public long read(MemorySegment target, long targetOffset, long length, long position) {
                reads.incrementAndGet();
                beforeRead.run();
                if (failing) {
                    throw new StorageException("pread", name(), 5, "as the test wants it");
                }
                return file.read(target, targetOffset, length, position);
            }

            @Override
            public MemorySegment map(long size, Arena arena) {
                return file.map(size, arena);
            }

            @Override
            public void sync() {
                file.sync();
            }

            @Override
            public void truncate(long size) {
                file.truncate(size);
            }

            @Override
            public void close() {
                file.close();
            }
        };
    }
}
