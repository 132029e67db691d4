package dev.ashlar.cli;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A value as a stream. */
final class SegmentStream extends InputStream {
    private final MemorySegment source;
    private long position;

    SegmentStream(MemorySegment source) {
        this.source = source;
    }

    @Override
    public int read() {
        return position == source.byteSize() ? -1 : source.get(ValueLayout.JAVA_BYTE, position++) & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        int read = (int) Math.min(length, source.byteSize() - position);
        if (read == 0) {
            return length == 0 ? 0 : -1;
        }
        MemorySegment.copy(source, ValueLayout.JAVA_BYTE, position, target, offset, read);
        position += read;
        return read;
    }
}
