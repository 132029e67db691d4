package dev.ashlar.engine;

import dev.ashlar.Scan;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.Superseded;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.NoSuchElementException;
import java.util.function.LongSupplier;
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
 */
final class LogScan implements Scan {
    private final Space space;
    private final Records records;
    private final LongSupplier written;
    private final Health health;
    private final long snapshot;
    private final long asOf;
    private final boolean backward;
    private final Runnable whenClosed;

    /** Frames below count; those above only if they were moved there. */
    private final long bound;

    private @Nullable Chunk chunk;
    private MemorySegment bytes = MemorySegment.NULL;
    private long next;
    private long current = -1;

    /** Backward: where the frames of the chunk that are still to come begin, in granules. */
    private int[] starts = {};

    private int left;

    /**
     * @param applied end of what the views have taken into account
     * @param written end of what is written
     * @param snapshot an LSN, or {@link Superseded#NOW}
     * @param asOf when it was taken, in milliseconds since 1970, or {@link Records#NOW}
     * @param backward from the newest to the oldest; only with a snapshot
     */
    LogScan(
            Space space,
            Records records,
            long applied,
            LongSupplier written,
            Health health,
            long snapshot,
            long asOf,
            boolean backward,
            Runnable whenClosed) {
        this.space = space;
        this.records = records;
        this.written = written;
        this.health = health;
        this.snapshot = snapshot;
        this.asOf = asOf;
        this.backward = backward;
        this.whenClosed = whenClosed;
        this.bound = Math.min(snapshot, applied);
        space.settle();
        enter(backward ? records.chunks().before(bound) : records.chunks().first());
    }

    private void enter(@Nullable Chunk into) {
        Chunk candidate = into;
        while (candidate != null) {
            MemorySegment lent = candidate.escapingSegment();
            if (lent != null) {
                bytes = lent;
                chunk = candidate;
                next = ChunkLayout.HEADER;
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
        return backward
                ? records.chunks().before(present.base())
                : records.chunks().after(present.base());
    }

    /** Offset in the chunk where the frames end that the scan may look at; the file may be shorter. */
    private long end(Chunk present) {
        long limit = snapshot == Superseded.NOW ? written.getAsLong() : bound;
        return Math.min(present.end(), limit) - present.base();
    }

    @Override
    public boolean next() {
        health.checkReadable();
        current = -1;
        while (chunk != null) {
            Chunk present = chunk;
            if (backward ? stepBack(present) : step(present)) {
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
        long expected = end(present);
        long end = Math.min(expected, bytes.byteSize());
        while (next < end) {
            long at = next;
            if (isIntact(present, at)) {
                next = FrameLayout.end(bytes, at);
            } else {
                next = resynchronise(present, at + FrameLayout.GRANULE, end);
                throw damaged(present, at, next);
            }
            if (counts(present, at)) {
                current = at;
                return true;
            }
        }
        if (end < expected && next < expected) {
            next = expected; // said once
            throw tooShort(present, end, expected);
        }
        return false;
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
        if (FrameLayout.type(bytes, at) != FrameLayout.PUT || FrameLayout.space(bytes, at) != space.id()) {
            return false;
        }
        if (present.base() + at >= bound && (FrameLayout.flags(bytes, at) & FrameLayout.RELOCATED) == 0) {
            return false;
        }
        return space.isLive(present, bytes, at, snapshot)
                && !records.isExpired(bytes, at, FrameLayout.head(bytes, at), asOf);
    }

    private long resynchronise(Chunk present, long from, long end) {
        long at = from;
        while (at < end && !present.headerVerifies(bytes, at, records.salt())) {
            at += FrameLayout.GRANULE;
        }
        return at;
    }

    @Override
    public MemorySegment key() {
        long at = checkCurrent();
        return bytes.asSlice(FrameLayout.keyOffset(bytes, at), FrameLayout.keyLength(bytes, at));
    }

    @Override
    public MemorySegment value() {
        long at = checkCurrent();
        Chunk present = chunk;
        for (int tries = 0; present != null; tries++) {
            MemorySegment view = space.values().view(present, bytes, at);
            if (view != null) {
                return view;
            }
            if (!counts(present, at)) {
                break;
            }
            space.values().lookAgain(present.position(present.base() + at), tries);
        }
        throw new java.util.ConcurrentModificationException("the value was overwritten or deleted meanwhile");
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
        whenClosed.run();
    }
}
