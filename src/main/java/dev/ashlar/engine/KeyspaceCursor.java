package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.Superseded;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.Position;
import dev.ashlar.log.View;
import dev.ashlar.typed.Finder;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ConcurrentModificationException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads values where they are. It holds a position and no memory: the chunk may retire while the cursor stands in it, and
 * every accessor looks, after it has read, whether that has happened ({@link LogMemory}). Then it finds the record again
 * by what it remembers: the hash of the key, and the version, which no other record has.
 */
final class KeyspaceCursor implements Cursor, Finder {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final VarHandle BIG_ENDIAN_LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final Space space;

    /** What the cursor shows; {@link Superseded#NOW} without a snapshot. */
    private final long lsn;

    private final @Nullable StoreSnapshot snapshot;

    /** When records have to expire to be shown, in milliseconds since 1970, or {@link Records#NOW}. */
    private final long asOf;

    private final Records records;
    private final Chunks chunks;
    private final LogMemory memory;
    private final Health health;
    private final byte[] longKey = new byte[Long.BYTES];

    private long keyHash;
    private long epoch;
    private long position;

    private long version;

    /** What the value is in, unless {@link LogMemory} knows, and where. Setting a reference is not free. */
    private MemorySegment bytes = MemorySegment.NULL;

    private boolean inValueFile;
    private long valueAt;
    private long size = -1;

    /** Where the value begins in what {@link #memory} returned. */
    private long lentAt;

    KeyspaceCursor(Space space, Engine engine, @Nullable StoreSnapshot snapshot) {
        this.space = space;
        this.lsn = snapshot == null ? Superseded.NOW : snapshot.lsn();
        this.snapshot = snapshot;
        this.asOf = snapshot == null ? Records.NOW : snapshot.millis();
        this.records = engine.records();
        this.chunks = records.chunks();
        this.memory = chunks.memory();
        this.health = engine.health();
    }

    // ------------------------------------------------------------------------------------------------------ finding

    @Override
    public boolean find(byte[] key) {
        if (key.length > Keyspace.MAX_KEY_BYTES) {
            throw tooLong(key.length);
        }
        size = -1;
        LogMemory memory = this.memory;
        long epoch = memory.epoch();
        if (epoch >= 0 && lsn == Superseded.NOW && Space.isShort(key)) {
            long hash = space.hashShort(key);
            keyHash = hash;
            long likely = space.findShort(memory, key, hash);
            if (likely >= 0 && pointAt(memory, likely, epoch, asOf)) {
                return true;
            }
        }
        return findAny(key);
    }

    private boolean findAny(byte[] key) {
        long hash = space.hash(key);
        keyHash = hash;
        try {
            for (int tries = 0; ; tries++) {
                long before = memory.epoch();
                if (before < 0) {
                    throw health.closedException();
                }
                long found = lsn == Superseded.NOW ? space.find(key, hash) : findShown(key, hash, before);
                if (found == View.ABSENT) {
                    checkPresent();
                    return false;
                }
                if (found == AGAIN) {
                    continue;
                }
                if (pointAt(memory, found, before, asOf)) {
                    return true;
                }
                if (space.values().hasExpired(found, before, asOf)) {
                    return false;
                }
                space.values().lookAgain(found, tries);
            }
        } catch (IllegalStateException e) {
            throw closedOr(e);
        }
    }

    private static final long AGAIN = -2;

    /** The record that the snapshot shows; {@link #AGAIN} if some chunk retired meanwhile. */
    private long findShown(byte[] key, long hash, long before) {
        long found = space.find(key, hash, lsn);
        StoreSnapshot shown = snapshot;
        if (shown != null) {
            shown.checkOpen();
        }
        return memory.isUnchanged(before) ? found : AGAIN;
    }

    @Override
    public boolean find(MemorySegment key) {
        if (key.byteSize() > Keyspace.MAX_KEY_BYTES) {
            throw tooLong(key.byteSize());
        }
        if (!key.isNative() || lsn != Superseded.NOW) {
            return find(key.toArray(JAVA_BYTE));
        }
        size = -1;
        int length = (int) key.byteSize();
        long hash = space.hash(key, 0, length);
        keyHash = hash;
        try {
            for (int tries = 0; ; tries++) {
                long before = memory.epoch();
                if (before < 0) {
                    throw health.closedException();
                }
                long found = space.find(key, 0, length, hash);
                if (found == View.ABSENT) {
                    checkPresent();
                    return false;
                }
                if (pointAt(memory, found, before, asOf)) {
                    return true;
                }
                if (space.values().hasExpired(found, before, asOf)) {
                    return false;
                }
                space.values().lookAgain(found, tries);
            }
        } catch (IllegalStateException e) {
            throw closedOr(e);
        }
    }

    /** A snapshot shows keyspaces that were dropped since. */
    private void checkPresent() {
        if (snapshot == null) {
            space.checkPresent();
        }
    }

    @Override
    public boolean find(long key) {
        BIG_ENDIAN_LONG.set(longKey, 0, key ^ Long.MIN_VALUE);
        return find(longKey);
    }

    private static IllegalArgumentException tooLong(long length) {
        return new IllegalArgumentException("the key has " + length + " bytes; the most is " + Keyspace.MAX_KEY_BYTES);
    }

    /** A log that is closed under a reader means that the store was. */
    private RuntimeException closedOr(IllegalStateException e) {
        health.checkReadable();
        return e;
    }

    /**
     * False if the record has expired, or has moved since its position was looked up, which was after the epoch was read.
     */
    private boolean pointAt(LogMemory memory, long found, long before, long asOf) {
        if (!space.values().check(memory, found, before)) {
            return false;
        }
        MemorySegment s = memory.segment(found);
        long at = memory.at(found);
        if (!memory.covers(s, at, FrameLayout.MIN_FRAME)) {
            return false;
        }
        long head = FrameLayout.head(s, at);
        long length = FrameLayout.payloadLength(s, at);
        if (!FrameLayout.isPlain(head)) {
            if (isHidden(memory, s, at, head, asOf)) {
                return false;
            }
            if (FrameLayout.hasValueFile(head)) {
                return pointAtFile(memory, s, found, before);
            }
        }
        long written = FrameLayout.version(s, at, memory.base(found) + Position.offset(found), head);
        if (!memory.isUnchanged(before)) {
            return false;
        }
        epoch = before;
        position = found;
        version = written;
        if (inValueFile) {
            inValueFile = false;
            bytes = MemorySegment.NULL;
        }
        valueAt = FrameLayout.alignedPayloadOffset(at, head);
        size = length;
        if (!memory.isOneSegment()) {
            bytes = s;
        }
        return true;
    }

    private boolean isHidden(LogMemory memory, MemorySegment s, long at, long head, long asOf) {
        return FrameLayout.expires(head)
                && (!memory.covers(s, at, FrameLayout.HEADER + FrameLayout.extensions(head))
                        || records.isExpired(s, at, head, asOf));
    }

    private boolean pointAtFile(LogMemory memory, MemorySegment s, long found, long before) {
        long at = memory.at(found);
        long written = FrameLayout.version(s, at, memory.base(found) + Position.offset(found));
        MemorySegment file = space.values().valueFile(s, at);
        if (file == null || !memory.isUnchanged(before)) {
            return false;
        }
        epoch = before;
        position = found;
        version = written;
        inValueFile = true;
        valueAt = 0;
        size = file.byteSize();
        bytes = file;
        return true;
    }

    private MemorySegment bytes() {
        return inValueFile ? bytes : memory.resolve(bytes);
    }

    /** Whether what was just read from {@link #bytes} is the value's. */
    private boolean isTrue() {
        return memory.isUnchanged(epoch) || inValueFile;
    }

    /** Some chunk has retired since the cursor was pointed: if it was the value's, finds the value again. */
    private void repoint() {
        long now = memory.epoch();
        long lost = version;
        if (isStill(lost) && memory.isUnchanged(now) && now >= 0) {
            epoch = now;
            return;
        }
        size = -1;
        try {
            long found;
            do {
                now = memory.epoch();
                if (now < 0) {
                    throw health.closedException();
                }
                found = space.findVersion(lost, keyHash);
                if (found == View.ABSENT) {
                    throw new ConcurrentModificationException("the value with version " + lost
                            + " was overwritten or deleted, and compaction took it away from under the cursor; find the"
                            + " key again");
                }
            } while (!pointAt(memory, found, now, Records.EVER)); // one that has expired meanwhile stays in sight
        } catch (IllegalStateException e) {
            throw closedOr(e);
        }
    }

    /**
     * Whether the record of a version stands at the position, in a chunk that is part of the log. One that has retired may
     * be readable for as long as some view of it is held, but not for long enough.
     */
    private boolean isStill(long wanted) {
        if (chunks.at(Position.chunkSlot(position)) == null) {
            return false;
        }
        MemorySegment s = memory.segment(position);
        long at = memory.at(position);
        return memory.covers(s, at, FrameLayout.MIN_FRAME)
                && FrameLayout.type(s, at) == FrameLayout.PUT
                && FrameLayout.version(s, at, memory.base(position) + Position.offset(position)) == wanted;
    }

    /** When the record that the cursor points at expires, in milliseconds since 1970; 0 if it does not. */
    long expiry() {
        checkPointed();
        while (true) {
            MemorySegment s = memory.segment(position);
            long at = memory.at(position);
            long head = memory.covers(s, at, FrameLayout.MIN_FRAME) ? FrameLayout.head(s, at) : 0;
            boolean expires = FrameLayout.expires(head)
                    && memory.covers(s, at, FrameLayout.HEADER + FrameLayout.extensions(head));
            long expiry = expires ? FrameLayout.expiry(s, at) : 0;
            if (memory.isUnchanged(epoch)) {
                return expiry;
            }
            repoint();
        }
    }

    @Nullable
    Instant expiresAt() {
        long expiry = expiry();
        return expiry == 0 ? null : Instant.ofEpochMilli(expiry);
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

    // Of the record, which a value in a file has as well: whether that stands where it did is asked of the epoch alone.

    @Override
    public long checksum() {
        checkPointed();
        while (true) {
            MemorySegment s = memory.segment(position);
            long at = memory.at(position);
            long checksum = memory.covers(s, at, FrameLayout.MIN_FRAME) ? FrameLayout.payloadHash(s, at) : 0;
            if (memory.isUnchanged(epoch)) {
                return checksum;
            }
            repoint();
        }
    }

    @Override
    public long sizeOnDisk() {
        checkPointed();
        while (true) {
            MemorySegment s = memory.segment(position);
            long at = memory.at(position);
            long bytes = memory.covers(s, at, FrameLayout.MIN_FRAME) ? LogEntry.sizeOnDisk(s, at) : 0;
            if (memory.isUnchanged(epoch)) {
                return bytes;
            }
            repoint();
        }
    }

    @Override
    public byte getByte(long offset) {
        Objects.checkIndex(offset, size);
        byte value = bytes().get(JAVA_BYTE, valueAt + offset);
        if (isTrue()) {
            return value;
        }
        repoint();
        return getByte(offset);
    }

    @Override
    public short getShort(long offset) {
        Objects.checkFromIndexSize(offset, Short.BYTES, size);
        short value = bytes().get(ValueBytes.SHORT, valueAt + offset);
        if (isTrue()) {
            return value;
        }
        repoint();
        return getShort(offset);
    }

    @Override
    public char getChar(long offset) {
        return (char) getShort(offset);
    }

    @Override
    public int getInt(long offset) {
        Objects.checkFromIndexSize(offset, Integer.BYTES, size);
        int value = bytes().get(INT, valueAt + offset);
        if (isTrue()) {
            return value;
        }
        repoint();
        return getInt(offset);
    }

    @Override
    public long getLong(long offset) {
        Objects.checkFromIndexSize(offset, Long.BYTES, size);
        long value = bytes().get(LONG, valueAt + offset);
        if (isTrue()) {
            return value;
        }
        repoint();
        return getLong(offset);
    }

    @Override
    public float getFloat(long offset) {
        Objects.checkFromIndexSize(offset, Float.BYTES, size);
        float value = bytes().get(FLOAT, valueAt + offset);
        if (isTrue()) {
            return value;
        }
        repoint();
        return getFloat(offset);
    }

    @Override
    public double getDouble(long offset) {
        Objects.checkFromIndexSize(offset, Double.BYTES, size);
        double value = bytes().get(DOUBLE, valueAt + offset);
        if (isTrue()) {
            return value;
        }
        repoint();
        return getDouble(offset);
    }

    @Override
    public void copyTo(long offset, MemorySegment target, long targetOffset, long length) {
        Objects.checkFromIndexSize(offset, length, size);
        Objects.checkFromIndexSize(targetOffset, length, target.byteSize());
        MemorySegment.copy(bytes(), valueAt + offset, target, targetOffset, length);
        if (!isTrue()) {
            repoint();
            copyTo(offset, target, targetOffset, length);
        }
    }

    @Override
    public MemorySegment value() {
        checkPointed();
        while (true) {
            if (inValueFile) {
                return bytes;
            }
            MemorySegment view;
            try {
                view = space.values().view(position, epoch, Records.EVER);
            } catch (IllegalStateException e) {
                throw closedOr(e);
            }
            if (view != null) {
                return view;
            }
            repoint();
        }
    }

    // ------------------------------------------------------------------------------------------ memory that can be
    // kept

    @Override
    public MemorySegment memory() {
        checkPointed();
        while (true) {
            if (inValueFile) {
                lentAt = 0;
                return bytes;
            }
            Chunk chunk = chunks.at(Position.chunkSlot(position));
            MemorySegment lent;
            try {
                lent = chunk == null ? null : chunk.escapingSegment();
            } catch (IllegalStateException e) {
                throw closedOr(e);
            }
            if (lent != null && memory.isUnchanged(epoch)) {
                lentAt = Position.offset(position) + valueAt - memory.at(position);
                return lent;
            }
            repoint();
        }
    }

    @Override
    public long offset() {
        return lentAt;
    }
}
