package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Scan;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.Superseded;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Walks the log and stops at each record that counts.
 *
 * <pre>
 *   forward     ├─ chunk ─────────┬─ chunk ─────────┬─ ... ─┤ bound: where the log ended when the scan began, or the snapshot
 *               every live record                           │ behind it, without a snapshot: what compaction has moved there,
 *                                                           │ because it may have been taken from a chunk still to come
 *   backward    of a snapshot only: the chunks from the last to the first; where the frames of one begin is noted first
 * </pre>
 *
 * Whether a record is live is told by bits, not by the index ({@link Space#isLive}). With a snapshot the answer is as of
 * the snapshot, and no record moves.
 *
 * <p>The loop reads a frame's head with one load, which says where the next frame begins and nearly always whether this
 * one counts. How far the log reaches is asked only at the end of what was known before.
 */
final class LogScan implements Scan {
    /**
     * The part of the log that a scan walks, and what it stops at.
     *
     * @param backward from the newest to the oldest; only with a snapshot
     * @param prefix of the keys
     * @param from base of a chunk, the first that counts
     * @param to base of a chunk, the first that does not; only with a snapshot
     */
    record Range(boolean backward, byte[] prefix, long from, long to) {
        private static final byte[] ANY = {};
        static final Range FORWARD = new Range(false, ANY, 0, Long.MAX_VALUE);
        static final Range BACKWARD = new Range(true, ANY, 0, Long.MAX_VALUE);

        Range ofKeys(byte[] prefix) {
            return new Range(backward, prefix.clone(), from, to);
        }

        Range between(long from, long to) {
            return new Range(backward, prefix, from, to);
        }
    }

    private final Engine engine;
    private final Space space;
    private final Records records;
    private final Appender appender;
    private final Health health;
    private final @Nullable StoreSnapshot shown;

    /** An LSN, or {@link Superseded#NOW}. */
    private final long snapshot;

    private final boolean backward;
    private final byte[] prefix;
    private final Runnable whenClosed;

    /** Type and space of the frames that count. */
    private final long kind;

    /** Frames below count; those above only if they were moved there. */
    private final long bound;

    private @Nullable Chunk chunk;
    private MemorySegment bytes = MemorySegment.NULL;

    /** Forward: the frames up to here may be looked at; there may be more by now. */
    private long end;

    private long next;
    private long current = -1;

    // The present value once somebody has read in it: where it is in the chunk's bytes, or in a file's.
    private long valueSize = -1;
    private long valueAt;
    private @Nullable MemorySegment valueFile;

    /** Backward: where the frames of the chunk that are still to come begin, in granules. */
    private int[] starts = {};

    private int left;

    LogScan(Engine engine, Space space, @Nullable StoreSnapshot shown, Range range, Runnable whenClosed) {
        this.engine = engine;
        this.space = space;
        this.records = engine.records();
        this.appender = engine.appender();
        this.health = engine.health();
        this.shown = shown;
        this.snapshot = shown == null ? Superseded.NOW : shown.lsn();
        this.backward = range.backward;
        this.prefix = range.prefix;
        this.whenClosed = whenClosed;
        this.kind = FrameLayout.kindOfPut(space.id());
        this.bound = Math.min(Math.min(snapshot, range.to), appender.appended());
        space.settle();
        enter(backward ? records.chunks().before(bound) : records.chunks().after(range.from - 1));
    }

    private void enter(@Nullable Chunk into) {
        Chunk candidate = into;
        while (candidate != null) {
            MemorySegment lent = candidate.escapingSegment();
            if (lent != null) {
                bytes = lent;
                chunk = candidate;
                next = ChunkLayout.HEADER;
                end = 0;
                left = 0;
                if (backward) {
                    noteStarts(candidate);
                }
                return;
            }
            // It was retired: what was live in it stands further on by now.
            candidate = following(candidate);
        }
        chunk = null;
    }

    private @Nullable Chunk following(Chunk present) {
        if (backward) {
            return records.chunks().before(present.base());
        }
        Chunk following = records.chunks().after(present.base());
        return following != null && shown != null && following.base() >= bound ? null : following;
    }

    /** Offset in the chunk where the frames end that the scan may look at; the file may be shorter. */
    private long end(Chunk present) {
        long limit = shown == null ? appender.written() : bound;
        return Math.min(present.end(), limit) - present.base();
    }

    @Override
    public boolean next() {
        health.checkReadable();
        current = -1;
        valueSize = -1;
        while (chunk != null) {
            Chunk present = chunk;
            boolean found = backward ? stepBack(present) : step(present);
            if (shown != null) {
                shown.checkOpen(); // or what it showed may have been passed over
            }
            if (found) {
                return true;
            }
            Chunk following = following(present);
            if (following == null && !backward) {
                return false; // the log may grow
            }
            enter(following);
        }
        return false;
    }

    private boolean step(Chunk present) {
        MemorySegment s = bytes;
        while (true) {
            long at = next;
            if (at >= end && !reachesBeyond(present, at)) {
                return false;
            }
            if (!isIntact(present, at)) {
                next = resynchronise(present, at + FrameLayout.GRANULE, end);
                throw damaged(present, at, next);
            }
            long head = FrameLayout.head(s, at);
            next = FrameLayout.end(at, head, FrameLayout.payloadLength(s, at));
            if (FrameLayout.kind(head) == kind && counts(present, at, head)) {
                current = at;
                return true;
            }
        }
    }

    /** The scan has come to the end that it knew: whether there is more by now. */
    private boolean reachesBeyond(Chunk present, long at) {
        long expected = end(present);
        end = Math.min(expected, bytes.byteSize());
        if (end < expected && at >= end && at < expected) {
            next = expected; // said once
            throw tooShort(present, end, expected);
        }
        return at < end;
    }

    private static RuntimeException tooShort(Chunk present, long end, long expected) {
        return present.corruption(end, "records up to byte " + expected, "the end of the file, or none");
    }

    private boolean stepBack(Chunk present) {
        long expected = end(present);
        if (bytes.byteSize() < expected && next < expected) {
            next = expected; // said once
            throw tooShort(present, bytes.byteSize(), expected);
        }
        while (left > 0) {
            long at = (starts[--left] & 0xFFFF_FFFFL) * FrameLayout.GRANULE;
            if (!isIntact(present, at)) {
                throw damaged(present, at, at + FrameLayout.GRANULE);
            }
            if (counts(present, at)) {
                current = at;
                return true;
            }
        }
        return false;
    }

    private void noteStarts(Chunk present) {
        long end = Math.min(end(present), bytes.byteSize());
        for (long at = ChunkLayout.HEADER; at < end; ) {
            boolean intact = isIntact(present, at);
            if (!intact || counts(present, at)) {
                if (left == starts.length) {
                    starts = Arrays.copyOf(starts, Math.max(1024, 2 * left));
                }
                starts[left++] = (int) (at / FrameLayout.GRANULE);
            }
            at = intact ? FrameLayout.end(bytes, at) : resynchronise(present, at + FrameLayout.GRANULE, end);
        }
    }

    private boolean isIntact(Chunk present, long at) {
        return present.isVerified(at) || present.headerVerifies(bytes, at, records.salt());
    }

    private RuntimeException damaged(Chunk present, long at, long to) {
        return present.corruption(at, "a record", "bytes that do not verify up to byte " + to);
    }

    private boolean counts(Chunk present, long at) {
        long head = FrameLayout.head(bytes, at);
        return FrameLayout.kind(head) == kind && counts(present, at, head);
    }

    /** Of a put of this space. */
    private boolean counts(Chunk present, long at, long head) {
        if (present.base() + at >= bound && !FrameLayout.isRelocated(head)) {
            return false;
        }
        return (prefix.length == 0 || beginsWithPrefix(at, head)) && space.isLive(present, bytes, at, snapshot);
    }

    /** Byte by byte, with plain loads: a fault in them is an error, in vector code it would end the process. */
    private boolean beginsWithPrefix(long at, long head) {
        long key = at + FrameLayout.HEADER + FrameLayout.extensions(head);
        if (FrameLayout.keyLength(head) < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (bytes.get(JAVA_BYTE, key + i) != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    private long resynchronise(Chunk present, long from, long end) {
        long at = from;
        while (at < end && !present.headerVerifies(bytes, at, records.salt())) {
            at += FrameLayout.GRANULE;
        }
        return at;
    }

    // ------------------------------------------------------------------------------------------------ the present entry

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

    @Override
    public void close() {
        chunk = null;
        bytes = MemorySegment.NULL;
        starts = new int[0];
        left = 0;
        current = -1;
        valueSize = -1;
        valueFile = null;
        whenClosed.run();
    }
}
