package dev.ashlar.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * The floor of a durable put: one pwrite of the bytes of a record and one fdatasync, nothing else, one record behind the
 * other in files in the state of Ashlar's chunks: 64 MiB, allocated, first page written, synced once.
 */
final class BareDurable implements Subject {
    private static final long FILE_BYTES = 64 << 20;
    private static final int HEADER_BYTES = 40;

    private final Path directory;
    private final MemorySegment record;
    private int file = -1;
    private int files;
    private long at = FILE_BYTES;

    BareDurable(Setup setup) {
        directory = setup.directory();
        int bytes = align(HEADER_BYTES + Dataset.KEY_BYTES) + align(setup.valueBytes());
        record = Arena.global().allocate(bytes, 64);
        record.fill((byte) 1);
    }

    private static int align(int bytes) {
        return (bytes + 63) & -64;
    }

    private void nextFile() {
        close();
        file = Posix.create(directory.resolve("floor-" + files++));
        Posix.allocate(file, FILE_BYTES);
        Posix.write(file, record, 0);
        Posix.sync(file);
        at = 4096;
    }

    @Override
    public void load(Dataset data) {
        nextFile();
    }

    @Override
    public Reader reader() {
        throw new UnsupportedOperationException("the floor of a durable put does not read");
    }

    @Override
    public Writer writer() {
        return new Writer() {
            @Override
            public void put(byte[] key, byte[] value) {
                if (at + record.byteSize() > FILE_BYTES) {
                    nextFile();
                }
                MemorySegment.copy(MemorySegment.ofArray(value), 0, record, 64, value.length);
                Posix.write(file, record, at);
                at += record.byteSize();
            }

            @Override
            public void putLater(byte[] key, byte[] value) {
                put(key, value);
            }

            @Override
            public void putAll(byte[][] keys, int from, int count, byte[] value) {
                throw new UnsupportedOperationException();
            }

            @Override
            public void putDurably(byte[] key, byte[] value) {
                put(key, value);
                Posix.syncData(file);
            }
        };
    }

    @Override
    public void close() {
        if (file >= 0) {
            Posix.close(file);
            file = -1;
        }
    }
}
