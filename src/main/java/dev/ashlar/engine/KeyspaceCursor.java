package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.Verification;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.Position;
import dev.ashlar.log.View;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ConcurrentModificationException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads values where they are, through a mapping that may be closed when the chunk retires. The key is kept in native
 * memory: for the search, which so sees one kind of memory only, and to find the value again after that.
 */
final class KeyspaceCursor implements Cursor {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Space space;
    private final Records records;
    private final Health health;
    private MemorySegment key = Arena.ofAuto().allocate(256, 64);
    private int keyLength;
    private long keyHash;

    private MemorySegment bytes = MemorySegment.NULL;
    private @Nullable Chunk chunk;
    private long frameAt;
    private long version;
    private long valueAt;
    private long size = -1;

    KeyspaceCursor(Space space, Records records, Health health) {
        this.space = space;
        this.records = records;
        this.health = health;
    }

    // ------------------------------------------------------------------------------------------------------ finding

    @Override
    public boolean find(byte[] wanted) {
        keyLength = reserve(wanted.length);
        MemorySegment.copy(wanted, 0, key, JAVA_BYTE, 0, wanted.length);
        return find();
    }

    @Override
    public boolean find(MemorySegment wanted) {
        keyLength = reserve(wanted.byteSize());
        if (wanted.isNative()) {
            MemorySegment.copy(wanted, 0, key, 0, keyLength);
        } else {
            MemorySegment.copy(wanted.toArray(JAVA_BYTE), 0, key, JAVA_BYTE, 0, keyLength);
        }
        return find();
    }

    @Override
    public boolean find(long wanted) {
        keyLength = Long.BYTES;
        key.set(LONG, 0, Long.reverseBytes(wanted ^ Long.MIN_VALUE));
        return find();
    }

    private int reserve(long length) {
        if (length > key.byteSize()) {
            if (length > Keyspace.MAX_KEY_BYTES) {
                throw new IllegalArgumentException(
                        "the key has " + length + " bytes; the most is " + Keyspace.MAX_KEY_BYTES);
            }
            key = Arena.ofAuto().allocate(length * 2, 64);
        }
        return (int) length;
    }

    private boolean find() {
        health.checkReadable();
        keyHash = space.hash(key, 0, keyLength);
        size = -1;
        try {
            return point();
        } catch (IllegalStateException e) {
            health.checkReadable();
            throw e;
        }
    }

    private boolean point() {
        while (true) {
            long position = space.find(key, 0, keyLength, keyHash);
            if (position == View.ABSENT) {
                return false;
            }
            Chunk found = records.chunks().at(Position.chunkSlot(position));
            if (found != null && pointAt(found, Position.offset(position))) {
                return true;
            }
        }
    }

    private boolean pointAt(Chunk found, long at) {
        MemorySegment s = found.segment();
        try {
            space.check(found, s, at);
            long head = FrameLayout.head(s, at);
            chunk = found;
            frameAt = at;
            version = FrameLayout.version(s, at, found.base() + at, head);
            if (FrameLayout.hasValueFile(head)) {
                return pointAtFile(s, at);
            }
            long length = FrameLayout.payloadLength(s, at);
            bytes = s;
            valueAt = FrameLayout.payloadOffset(at, head, length);
            size = length;
            return true;
        } catch (IllegalStateException e) {
            return retry(found, s, e);
        }
    }

    private boolean pointAtFile(MemorySegment s, long at) {
        MemorySegment file = records.valueFiles()
                .view(
                        FrameLayout.valueFile(s, at),
                        FrameLayout.valueFileLength(s, at),
                        FrameLayout.payloadHash(s, at),
                        space.verification() != Verification.NEVER);
        if (file == null) {
            return false;
        }
        bytes = file;
        valueAt = 0;
        size = file.byteSize();
        return true;
    }

    /** False, to look again, if the mapping was closed because the chunk went; else the exception is the caller's. */
    private boolean retry(Chunk found, MemorySegment s, IllegalStateException e) {
        if (found.isCurrent(s) && records.chunks().at(found.slot()) == found) {
            throw e;
        }
        return false;
    }

    /** The mapping was closed under the cursor: finds the same value again. */
    private void repoint(IllegalStateException e) {
        health.checkReadable();
        Chunk former = chunk;
        if (former == null || former.isCurrent(bytes) && records.chunks().at(former.slot()) == former) {
            throw e;
        }
        if (!former.isCurrent(bytes) && former.escaped()) {
            bytes = former.segment();
            return;
        }
        long lost = version;
        size = -1;
        // A relocated record is the same value: it says under which LSN it was first written.
        if (!point() || version != lost) {
            size = -1;
            throw new ConcurrentModificationException("the value with version " + lost + " was overwritten or deleted,"
                    + " and compaction took it away from under the cursor; find the key again");
        }
    }

    // ------------------------------------------------------------------------------------------------------ reading

    @Override
    public long size() {
        checkPointed();
        return size;
    }

    private void checkPointed() {
        if (size < 0) {
            throw new IllegalStateException("the cursor points at nothing; find a key first");
        }
    }

    @Override
    public long version() {
        checkPointed();
        return version;
    }

    @Override
    public byte getByte(long offset) {
        Objects.checkIndex(offset, size);
        try {
            return bytes.get(JAVA_BYTE, valueAt + offset);
        } catch (IllegalStateException e) {
            repoint(e);
            return getByte(offset);
        }
    }

    @Override
    public int getInt(long offset) {
        Objects.checkFromIndexSize(offset, Integer.BYTES, size);
        try {
            return bytes.get(INT, valueAt + offset);
        } catch (IllegalStateException e) {
            repoint(e);
            return getInt(offset);
        }
    }

    @Override
    public long getLong(long offset) {
        Objects.checkFromIndexSize(offset, Long.BYTES, size);
        try {
            return bytes.get(LONG, valueAt + offset);
        } catch (IllegalStateException e) {
            repoint(e);
            return getLong(offset);
        }
    }

    @Override
    public float getFloat(long offset) {
        Objects.checkFromIndexSize(offset, Float.BYTES, size);
        try {
            return bytes.get(FLOAT, valueAt + offset);
        } catch (IllegalStateException e) {
            repoint(e);
            return getFloat(offset);
        }
    }

    @Override
    public double getDouble(long offset) {
        Objects.checkFromIndexSize(offset, Double.BYTES, size);
        try {
            return bytes.get(DOUBLE, valueAt + offset);
        } catch (IllegalStateException e) {
            repoint(e);
            return getDouble(offset);
        }
    }

    @Override
    public void copyTo(long offset, MemorySegment target, long targetOffset, long length) {
        Objects.checkFromIndexSize(offset, length, size);
        Objects.checkFromIndexSize(targetOffset, length, target.byteSize());
        MemorySegment source = bytes;
        try {
            MemorySegment.copy(source, valueAt + offset, target, targetOffset, length);
        } catch (IllegalStateException e) {
            if (!target.scope().isAlive()) {
                throw e;
            }
            repoint(e);
            copyTo(offset, target, targetOffset, length);
        }
    }

    @Override
    public MemorySegment value() {
        checkPointed();
        while (true) {
            Chunk present = chunk;
            if (present == null) {
                throw new IllegalStateException("the cursor points at nothing; find a key first");
            }
            try {
                MemorySegment view = space.view(present, present.escapingSegment(), frameAt);
                if (view != null) {
                    return view;
                }
            } catch (RuntimeException e) {
                if (records.chunks().at(present.slot()) == present) {
                    throw e;
                }
            }
            if (!point()) {
                throw new ConcurrentModificationException("the key was deleted meanwhile; find it again");
            }
        }
    }
}
