package dev.ashlar.vector;

import dev.ashlar.StoreClosedException;
import dev.ashlar.VectorHit;
import dev.ashlar.keyspace.Superseded;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.LogMemory;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** The rows of a segment, as of a moment. */
final class SegmentRun extends PlacedRun {
    private final RowReader reader;
    private final LogMemory memory;
    private final Superseded superseded;
    private final long snapshot;
    private final Segment segment;
    private final Chunk chunk;
    private final MemorySegment bytes;
    private final long rowsAt;

    SegmentRun(RowReader reader, Superseded superseded, long snapshot, Segment segment) {
        this.reader = reader;
        this.memory = reader.memory();
        this.superseded = superseded;
        this.snapshot = snapshot;
        this.segment = segment;
        this.chunk = segment.chunk();
        MemorySegment lent = chunk.escapingSegment();
        if (lent == null) {
            throw new StoreClosedException("the store was closed meanwhile");
        }
        this.bytes = lent;
        this.rowsAt = SegmentLayout.rowsAt(segment.rows());
    }

    @Override
    public int count() {
        return segment.rows();
    }

    @Override
    public MemorySegment bytes() {
        return bytes;
    }

    @Override
    public boolean isDense() {
        return true;
    }

    @Override
    public long rowAt(int row) {
        return rowsAt + (long) row * segment.stride();
    }

    @Override
    long presentMask(int word) {
        if (bytes.byteSize() == 0) {
            return missing(word);
        }
        long position = segment.position(word * Long.SIZE);
        long live = ~memory.deadBits(position);
        if (!chunk.isOwn(SegmentLayout.HEADERS)) {
            live &= memory.heldBits(position);
        }
        int rows = segment.rows() - word * Long.SIZE;
        long there = rows >= Long.SIZE ? -1 : (1L << rows) - 1;
        VarHandle.loadLoadFence(); // what died was kept before
        long dead = ~live & there;
        if (dead != 0 && superseded.records() != 0) {
            live |= shown(word, dead);
        }
        return live & there;
    }

    @Override
    public long liveMask(int word) {
        long live = presentMask(word);
        if (live != 0 && bytes.byteSize() < chunk.capacity()) {
            // Who compares rows goes through them without looking at each one's header.
            throw chunk.corruption(
                    bytes.byteSize(), "a segment of " + chunk.capacity() + " bytes", "the end of the file");
        }
        if (live != 0 && !(reader.verifiesOnce() && isVerified(segment.position(word * Long.SIZE), live))) {
            verify(word, live);
        }
        return live;
    }

    private boolean isVerified(long position, long live) {
        return chunk.isOwn(SegmentLayout.HEADERS) || (live & ~memory.verifiedBits(position)) == 0;
    }

    private void verify(int word, long live) {
        for (long rest = live; rest != 0; rest &= rest - 1) {
            reader.check(chunk, bytes, headerAt(word, rest));
        }
    }

    /** Nothing is known of the rows of a segment that is not there but that there are some: who looks at one is told. */
    private long missing(int word) {
        int rows = segment.rows() - word * Long.SIZE;
        return chunk.liveRecords() == 0 ? 0 : rows >= Long.SIZE ? -1 : (1L << rows) - 1;
    }

    /** Which rows of those that the index has left the snapshot shows. */
    private long shown(int word, long dead) {
        long shown = 0;
        for (long rest = dead; rest != 0; rest &= rest - 1) {
            long at = headerAt(word, rest);
            if (at + SegmentLayout.ROW_HEADER <= bytes.byteSize()
                    && superseded.shows(reader.hash(bytes, at), chunk.position(chunk.base() + at), snapshot)) {
                shown |= rest & -rest;
            }
        }
        return shown;
    }

    private static long headerAt(int word, long bits) {
        return SegmentLayout.headerAt(word * Long.SIZE + Long.numberOfTrailingZeros(bits));
    }

    @Override
    public long id(int row) {
        return SegmentLayout.idAt(bytes, SegmentLayout.headerAt(row) + 48);
    }

    @Override
    void checkHeader(int row) {
        reader.checkHeader(chunk, bytes, SegmentLayout.headerAt(row));
    }

    @Override
    long version(int row) {
        return reader.version(chunk, bytes, SegmentLayout.headerAt(row));
    }

    @Override
    public VectorHit hit(int row, float score) {
        return reader.hit(chunk, bytes, SegmentLayout.headerAt(row), score);
    }
}
