package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Scan;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import java.lang.foreign.MemorySegment;
import java.util.ConcurrentModificationException;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The part of a scan that is about the record on which it stands: what its accessors read. Where it goes is {@link LogScan}'s. */
abstract class PresentRecord implements Scan {
    private final Engine engine;
    private final Space space;

    private @Nullable Chunk chunk;

    /** What the chunk has lent, so that it stays. */
    private MemorySegment bytes = MemorySegment.NULL;

    private long current = -1;

    // The value once somebody has read in it: where it is in the chunk's bytes, or in a file's.
    private long valueSize = -1;
    private long valueAt;
    private @Nullable MemorySegment valueFile;

    PresentRecord(Engine engine, Space space) {
        this.engine = engine;
        this.space = space;
    }

    /** Whether the scan would stop at the record at an offset of the chunk now. */
    abstract boolean counts(Chunk present, long at);

    final Space space() {
        return space;
    }

    final @Nullable Chunk chunk() {
        return chunk;
    }

    final MemorySegment bytes() {
        return bytes;
    }

    /** Goes to another chunk, or to none. */
    final void move(@Nullable Chunk to, MemorySegment lent) {
        chunk = to;
        bytes = lent;
        valueFile = null;
    }

    /** Stands on the record at an offset of the chunk. */
    final void stand(long at) {
        current = at;
    }

    /** Stands on no record. */
    final void leave() {
        current = -1;
        valueSize = -1;
    }

    @Override
    public LogEntry entry() {
        LogEntry entry = entryOrNull();
        if (entry == null) {
            throw gone();
        }
        return entry;
    }

    /** Null if the value's file has gone, because the entry was overwritten or deleted meanwhile. */
    @Nullable
    LogEntry entryOrNull() {
        long at = checkCurrent();
        Chunk present = Objects.requireNonNull(chunk);
        MemorySegment value = valueOrNull(present, at);
        return value == null ? null : engine.entry(present, bytes, at, value);
    }

    @Override
    public MemorySegment key() {
        long at = checkCurrent();
        return bytes.asSlice(FrameLayout.keyOffset(bytes, at), FrameLayout.keyLength(bytes, at));
    }

    @Override
    public int keySize() {
        return FrameLayout.keyLength(bytes, checkCurrent());
    }

    @Override
    public long longKey() {
        return LogEntry.longKey(bytes, checkCurrent());
    }

    @Override
    public int copyKeyTo(MemorySegment target, long targetOffset) {
        long at = checkCurrent();
        int length = FrameLayout.keyLength(bytes, at);
        Objects.checkFromIndexSize(targetOffset, length, target.byteSize());
        MemorySegment.copy(bytes, FrameLayout.keyOffset(bytes, at), target, targetOffset, length);
        return length;
    }

    @Override
    public MemorySegment value() {
        long at = checkCurrent();
        MemorySegment value = valueOrNull(Objects.requireNonNull(chunk), at);
        if (value == null) {
            throw gone();
        }
        return value;
    }

    private @Nullable MemorySegment valueOrNull(Chunk present, long at) {
        for (int tries = 0; ; tries++) {
            MemorySegment view = space.values().view(present, bytes, at);
            if (view != null || !counts(present, at)) {
                return view;
            }
            space.values().lookAgain(present.position(present.base() + at), tries);
        }
    }

    private static ConcurrentModificationException gone() {
        return new ConcurrentModificationException("the value was overwritten or deleted meanwhile");
    }

    /** Finds the present value, and checks it, at the first access. */
    private long locate() {
        long at = checkCurrent();
        long head = FrameLayout.head(bytes, at);
        if (FrameLayout.hasValueFile(head)) {
            MemorySegment file = value();
            valueFile = file;
            valueAt = 0;
            valueSize = file.byteSize();
        } else {
            space.values().check(Objects.requireNonNull(chunk), bytes, at);
            if (valueFile != null) {
                valueFile = null;
            }
            long length = FrameLayout.payloadLength(bytes, at);
            valueAt = FrameLayout.payloadOffset(at, head, length);
            valueSize = length;
        }
        return valueSize;
    }

    private long valueSize() {
        return valueSize >= 0 ? valueSize : locate();
    }

    private MemorySegment in() {
        return valueFile == null ? bytes : valueFile;
    }

    @Override
    public byte getByte(long offset) {
        Objects.checkIndex(offset, valueSize());
        return in().get(JAVA_BYTE, valueAt + offset);
    }

    @Override
    public short getShort(long offset) {
        Objects.checkFromIndexSize(offset, Short.BYTES, valueSize());
        return in().get(ValueBytes.SHORT, valueAt + offset);
    }

    @Override
    public char getChar(long offset) {
        Objects.checkFromIndexSize(offset, Character.BYTES, valueSize());
        return in().get(ValueBytes.CHAR, valueAt + offset);
    }

    @Override
    public int getInt(long offset) {
        Objects.checkFromIndexSize(offset, Integer.BYTES, valueSize());
        return in().get(ValueBytes.INT, valueAt + offset);
    }

    @Override
    public long getLong(long offset) {
        Objects.checkFromIndexSize(offset, Long.BYTES, valueSize());
        return in().get(ValueBytes.LONG, valueAt + offset);
    }

    @Override
    public float getFloat(long offset) {
        Objects.checkFromIndexSize(offset, Float.BYTES, valueSize());
        return in().get(ValueBytes.FLOAT, valueAt + offset);
    }

    @Override
    public double getDouble(long offset) {
        Objects.checkFromIndexSize(offset, Double.BYTES, valueSize());
        return in().get(ValueBytes.DOUBLE, valueAt + offset);
    }

    @Override
    public void copyTo(long offset, MemorySegment target, long targetOffset, long length) {
        Objects.checkFromIndexSize(offset, length, valueSize());
        Objects.checkFromIndexSize(targetOffset, length, target.byteSize());
        MemorySegment.copy(in(), valueAt + offset, target, targetOffset, length);
    }

    @Override
    public long size() {
        long at = checkCurrent();
        return FrameLayout.hasValueFile(bytes, at)
                ? FrameLayout.valueFileLength(bytes, at)
                : FrameLayout.payloadLength(bytes, at);
    }

    @Override
    public long version() {
        long at = checkCurrent();
        return FrameLayout.version(bytes, at, chunk == null ? 0 : chunk.base() + at);
    }

    private long checkCurrent() {
        if (current < 0) {
            throw new NoSuchElementException("the scan is not at an entry; call next() first");
        }
        return current;
    }
}
