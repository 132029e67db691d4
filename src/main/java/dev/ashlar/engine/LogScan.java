package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.Superseded;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
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
final class LogScan extends PresentRecord {
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

    private final Records records;
    private final Appender appender;
    private final Health health;
    private final @Nullable StoreSnapshot shown;

    /** An LSN, or {@link Superseded#NOW}. */
    private final long snapshot;

    /** When records have to expire to be shown, in milliseconds since 1970, or {@link Records#NOW}. */
    private final long asOf;

    private final boolean backward;
    private final byte[] prefix;
    private final Runnable whenClosed;

    /** Type and space of the frames that count. */
    private final long kind;

    /** Frames below count; those above only if they were moved there. */
    private final long bound;

    /** Forward: the frames up to here may be looked at; there may be more by now. */
    private long end;

    private long next;

    /** Backward: where the frames of the chunk that are still to come begin, in granules. */
    private int[] starts = {};

    private int left;

    LogScan(Engine engine, Space space, @Nullable StoreSnapshot shown, Range range, Runnable whenClosed) {
        super(engine, space);
        this.records = engine.records();
        this.appender = engine.appender();
        this.health = engine.health();
        this.shown = shown;
        this.snapshot = shown == null ? Superseded.NOW : shown.lsn();
        this.asOf = shown == null ? Records.NOW : shown.millis();
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
                move(candidate, lent);
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
        move(null, MemorySegment.NULL);
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
        leave();
        for (Chunk present = chunk(); present != null; present = chunk()) {
            boolean found = backward ? stepBack(present) : step(present);
            // Only now: what is known of the records goes when the store or the snapshot is closed.
            health.checkReadable();
            if (shown != null) {
                shown.checkOpen();
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
        MemorySegment s = bytes();
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
                stand(at);
                return true;
            }
        }
    }

    /** The scan has come to the end that it knew: whether there is more by now. */
    private boolean reachesBeyond(Chunk present, long at) {
        long expected = end(present);
        end = Math.min(expected, bytes().byteSize());
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
        if (bytes().byteSize() < expected && next < expected) {
            next = expected; // said once
            throw tooShort(present, bytes().byteSize(), expected);
        }
        while (left > 0) {
            long at = (starts[--left] & 0xFFFF_FFFFL) * FrameLayout.GRANULE;
            if (!isIntact(present, at)) {
                throw damaged(present, at, at + FrameLayout.GRANULE);
            }
            if (counts(present, at)) {
                stand(at);
                return true;
            }
        }
        return false;
    }

    private void noteStarts(Chunk present) {
        long end = Math.min(end(present), bytes().byteSize());
        for (long at = ChunkLayout.HEADER; at < end; ) {
            boolean intact = isIntact(present, at);
            if (!intact || counts(present, at)) {
                if (left == starts.length) {
                    starts = Arrays.copyOf(starts, Math.max(1024, 2 * left));
                }
                starts[left++] = (int) (at / FrameLayout.GRANULE);
            }
            at = intact ? FrameLayout.end(bytes(), at) : resynchronise(present, at + FrameLayout.GRANULE, end);
        }
    }

    private boolean isIntact(Chunk present, long at) {
        return present.isVerified(at) || present.headerVerifies(bytes(), at, records.salt());
    }

    private RuntimeException damaged(Chunk present, long at, long to) {
        return present.corruption(at, "a record", "bytes that do not verify up to byte " + to);
    }

    @Override
    boolean counts(Chunk present, long at) {
        long head = FrameLayout.head(bytes(), at);
        return FrameLayout.kind(head) == kind && counts(present, at, head);
    }

    /** Of a put of this space. */
    private boolean counts(Chunk present, long at, long head) {
        if (present.base() + at >= bound && !FrameLayout.isRelocated(head)) {
            return false;
        }
        return (prefix.length == 0 || beginsWithPrefix(at, head))
                && space().isLive(present, bytes(), at, snapshot)
                && !records.isExpired(bytes(), at, head, asOf);
    }

    /** Byte by byte, with plain loads: a fault in them is an error, in vector code it would end the process. */
    private boolean beginsWithPrefix(long at, long head) {
        long key = at + FrameLayout.HEADER + FrameLayout.extensions(head);
        if (FrameLayout.keyLength(head) < prefix.length) {
            return false;
        }
        for (int i = 0; i < prefix.length; i++) {
            if (bytes().get(JAVA_BYTE, key + i) != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    private long resynchronise(Chunk present, long from, long end) {
        long at = from;
        while (at < end && !present.headerVerifies(bytes(), at, records.salt())) {
            at += FrameLayout.GRANULE;
        }
        return at;
    }

    @Override
    public void close() {
        leave();
        move(null, MemorySegment.NULL);
        starts = new int[0];
        left = 0;
        whenClosed.run();
    }
}
