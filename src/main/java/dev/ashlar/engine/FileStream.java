package dev.ashlar.engine;

import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import java.util.function.LongConsumer;

/** A stretch of a file of a storage as a stream. For one thread. Failures are {@link dev.ashlar.StorageException}. */
final class FileStream extends InputStream {
    private static final int BUFFER = 1 << 20;

    private final StorageFile file;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment buffer = arena.allocate(BUFFER, 64);
    private final LongConsumer read;
    private final long end;
    private long next;
    private int at;
    private int filled;

    /** @param read told how many bytes were read, after each read */
    FileStream(Storage storage, String name, long from, long length, LongConsumer read) {
        this.file = storage.open(name);
        this.read = read;
        this.next = from;
        this.end = from + length;
    }

    private boolean fill() {
        if (at < filled) {
            return true;
        }
        if (next == end) {
            return false;
        }
        int count = (int) Math.min(BUFFER, end - next);
        StorageIo.readFully(file, buffer, 0, count, next);
        next += count;
        at = 0;
        filled = count;
        read.accept(count);
        return true;
    }

    @Override
    public int read() {
        return fill() ? buffer.get(ValueLayout.JAVA_BYTE, at++) & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, filled - at);
        MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, at, target, offset, count);
        at += count;
        return count;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
            file.close();
        }
    }
}
