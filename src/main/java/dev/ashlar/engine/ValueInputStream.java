package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Reads a view from its beginning to its end. Closing does nothing, and it can go back to any mark. */
final class ValueInputStream extends InputStream {
    private final MemorySegment value;
    private long at;
    private long mark;

    ValueInputStream(MemorySegment value) {
        this.value = value;
    }

    @Override
    public int read() {
        return at < value.byteSize() ? value.get(JAVA_BYTE, at++) & 0xFF : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, target.length);
        int count = (int) Math.min(length, left());
        if (count == 0) {
            return length == 0 ? 0 : -1;
        }
        MemorySegment.copy(value, JAVA_BYTE, at, target, offset, count);
        at += count;
        return count;
    }

    @Override
    public long skip(long count) {
        long skipped = Math.clamp(count, 0, left());
        at += skipped;
        return skipped;
    }

    @Override
    public int available() {
        return (int) Math.min(Integer.MAX_VALUE, left());
    }

    private long left() {
        return value.byteSize() - at;
    }

    @Override
    public boolean markSupported() {
        return true;
    }

    @Override
    public synchronized void mark(int limit) {
        mark = at;
    }

    @Override
    public synchronized void reset() {
        at = mark;
    }
}
