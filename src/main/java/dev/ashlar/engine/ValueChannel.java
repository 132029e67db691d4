package dev.ashlar.engine;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/** A view as a channel that can only be read. */
final class ValueChannel implements SeekableByteChannel {
    private final MemorySegment value;
    private long at;
    private boolean closed;

    ValueChannel(MemorySegment value) {
        this.value = value;
    }

    @Override
    public int read(ByteBuffer target) throws ClosedChannelException {
        checkOpen();
        if (at >= value.byteSize()) {
            return -1;
        }
        int count = (int) Math.min(target.remaining(), value.byteSize() - at);
        target.put(value.asSlice(at, count).asByteBuffer());
        at += count;
        return count;
    }

    @Override
    public int write(ByteBuffer source) throws ClosedChannelException {
        checkOpen();
        throw new NonWritableChannelException();
    }

    @Override
    public long position() throws ClosedChannelException {
        checkOpen();
        return at;
    }

    @Override
    public SeekableByteChannel position(long position) throws ClosedChannelException {
        checkOpen();
        if (position < 0) {
            throw new IllegalArgumentException("position " + position + " is negative");
        }
        at = position;
        return this;
    }

    @Override
    public long size() throws ClosedChannelException {
        checkOpen();
        return value.byteSize();
    }

    @Override
    public SeekableByteChannel truncate(long size) throws ClosedChannelException {
        checkOpen();
        throw new NonWritableChannelException();
    }

    @Override
    public boolean isOpen() {
        return !closed;
    }

    @Override
    public void close() {
        closed = true;
    }

    private void checkOpen() throws ClosedChannelException {
        if (closed) {
            throw new ClosedChannelException();
        }
    }
}
