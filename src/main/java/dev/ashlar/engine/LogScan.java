package dev.ashlar.engine;

import dev.ashlar.Scan;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import java.lang.foreign.MemorySegment;
import java.util.NoSuchElementException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Walks the log from its beginning and stops at each record that the index refers to. Up to where the log ended at the
 * start, every record counts; behind that only those that compaction has moved there, because they may have been taken
 * from chunks that were still to come.
 */
final class LogScan implements Scan {
    private final Space space;
    private final Records records;
    private final LongSupplier logEnd;
    private final Health health;
    private final long startedAt;

    private @Nullable Chunk chunk;
    private MemorySegment bytes = MemorySegment.NULL;
    private long next;
    private long current = -1;

    LogScan(Space space, Records records, LongSupplier logEnd, Health health) {
        this.space = space;
        this.records = records;
        this.logEnd = logEnd;
        this.health = health;
        this.startedAt = logEnd.getAsLong();
        enter(records.chunks().first());
    }

    private void enter(@Nullable Chunk into) {
        Chunk candidate = into;
        while (candidate != null) {
            MemorySegment lent = candidate.escapingSegment();
            if (lent != null) {
                bytes = lent;
                chunk = candidate;
                next = ChunkLayout.HEADER;
                return;
            }
            // It was retired: what was live in it stands further on by now.
            candidate = records.chunks().after(candidate.base());
        }
        chunk = null;
    }

    @Override
    public boolean next() {
        health.checkReadable();
        current = -1;
        while (chunk != null) {
            Chunk present = chunk;
            long written = Math.min(present.end(), logEnd.getAsLong()) - present.base();
            long end = Math.min(written, bytes.byteSize());
            while (next < end) {
                long at = next;
                if (!present.isVerified(at) && !present.headerVerifies(bytes, at, records.salt())) {
                    next = resynchronise(present, at + FrameLayout.GRANULE, end);
                    throw present.corruption(at, "a record", "bytes that do not verify up to byte " + next);
                }
                next = FrameLayout.end(bytes, at);
                if (counts(present, at)) {
                    current = at;
                    return true;
                }
            }
            if (end < written && next < written) {
                next = written; // said once
                throw present.corruption(end, "records up to byte " + written, "the end of the file, or none");
            }
            Chunk following = records.chunks().after(present.base());
            if (following == null) {
                return false;
            }
            enter(following);
        }
        return false;
    }

    private boolean counts(Chunk present, long at) {
        if (FrameLayout.type(bytes, at) != FrameLayout.PUT || FrameLayout.space(bytes, at) != space.id()) {
            return false;
        }
        if (present.base() + at >= startedAt && (FrameLayout.flags(bytes, at) & FrameLayout.RELOCATED) == 0) {
            return false;
        }
        long hash = space.hash(bytes, FrameLayout.keyOffset(bytes, at), FrameLayout.keyLength(bytes, at));
        return space.refersTo(hash, present.position(present.base() + at));
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
            MemorySegment view = space.view(present, bytes, at);
            if (view != null) {
                return view;
            }
            if (!counts(present, at)) {
                break;
            }
            space.lookAgain(present.position(present.base() + at), tries);
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
        current = -1;
    }
}
