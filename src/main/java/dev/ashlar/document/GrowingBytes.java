package dev.ashlar.document;

import dev.ashlar.io.OffHeap;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Native memory that becomes twice as large when it is full, none at first. For one thread. */
final class GrowingBytes implements AutoCloseable {
    private static final long FIRST = 4096;

    private @Nullable Arena arena;
    private MemorySegment memory = MemorySegment.NULL;
    private long size;

    /** Bytes that are used. */
    long size() {
        return size;
    }

    /** Bytes that are taken. */
    long capacity() {
        return memory.byteSize();
    }

    /** The bytes; valid until more are added. */
    MemorySegment memory() {
        return memory;
    }

    void add(MemorySegment source, long at, long length) {
        long to = extend(length);
        MemorySegment.copy(source, at, memory, to, length);
    }

    void add(byte[] source) {
        long to = extend(source.length);
        MemorySegment.copy(source, 0, memory, ValueLayout.JAVA_BYTE, to, source.length);
    }

    void addLong(long value) {
        long to = extend(8);
        memory.set(SegmentFormat.LONG, to, value);
    }

    void addInt(int value) {
        long to = extend(4);
        memory.set(SegmentFormat.INT, to, value);
    }

    void addShort(int value) {
        long to = extend(2);
        memory.set(SegmentFormat.SHORT, to, (short) value);
    }

    /** Makes room, whose content is anything; {@link #memory} may be another one afterwards. */
    long extend(long length) {
        long at = size;
        long needed = Math.addExact(at, length);
        if (needed > memory.byteSize()) {
            grow(needed);
        }
        size = needed;
        return at;
    }

    private void grow(long needed) {
        long capacity = Math.max(FIRST, memory.byteSize());
        while (capacity < needed) {
            capacity *= 2;
        }
        @Nullable Arena superfluous = Arena.ofShared();
        try {
            MemorySegment grown = OffHeap.allocate(capacity, 8, superfluous);
            MemorySegment.copy(memory, 0, grown, 0, size);
            Arena former = arena;
            arena = superfluous;
            superfluous = former;
            memory = grown;
        } finally {
            if (superfluous != null) {
                superfluous.close();
            }
        }
    }

    @Override
    public void close() {
        if (arena != null) {
            arena.close();
            arena = null;
            memory = MemorySegment.NULL;
        }
    }
}
