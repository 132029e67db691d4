package dev.ashlar.vector;

import dev.ashlar.VectorHit;
import dev.ashlar.keyspace.Superseded;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.Position;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/** Rows in one chunk, each where its header says: those that are in no segment yet, or a choice of any. As of a moment. */
final class LogRun extends PlacedRun {
    /** Where the n-th row's header is. */
    interface Positions {
        long position(int row);
    }

    private final RowReader reader;
    private final LogMemory memory;
    private final Superseded superseded;
    private final long snapshot;
    private final Chunk chunk;
    private final MemorySegment bytes;
    private final Positions positions;
    private final int count;
    private final boolean chosen;

    /** @param chosen whether the rows are known to count */
    LogRun(
            RowReader reader,
            Superseded superseded,
            long snapshot,
            Chunk chunk,
            MemorySegment bytes,
            Positions positions,
            int count,
            boolean chosen) {
        this.reader = reader;
        this.memory = reader.memory();
        this.superseded = superseded;
        this.snapshot = snapshot;
        this.chunk = chunk;
        this.bytes = bytes;
        this.positions = positions;
        this.count = count;
        this.chosen = chosen;
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public MemorySegment bytes() {
        return bytes;
    }

    @Override
    public boolean isDense() {
        return false;
    }

    private long at(int row) {
        return Position.offset(positions.position(row));
    }

    @Override
    public long rowAt(int row) {
        return reader.rowAt(chunk, bytes, at(row));
    }

    @Override
    long presentMask(int word) {
        long live = 0;
        int first = word * Long.SIZE;
        int to = Math.min(Long.SIZE, count - first);
        for (int i = 0; i < to; i++) {
            long position = positions.position(first + i);
            long at = Position.offset(position);
            if (chosen || isLive(position, at)) {
                live |= 1L << i;
            }
        }
        return live;
    }

    @Override
    public long liveMask(int word) {
        long live = presentMask(word);
        for (long rest = live; rest != 0; rest &= rest - 1) {
            reader.check(chunk, bytes, at(word * Long.SIZE + Long.numberOfTrailingZeros(rest)));
        }
        return live;
    }

    private boolean isLive(long position, long at) {
        if (!memory.isKnownDead(position) && (chunk.isOwn(at) || memory.isHeld(position))) {
            return true;
        }
        VarHandle.loadLoadFence(); // what died was kept before
        return superseded.records() != 0
                && at + FrameLayout.MIN_FRAME <= bytes.byteSize()
                && superseded.shows(reader.hash(bytes, at), position, snapshot);
    }

    @Override
    public long id(int row) {
        return RowReader.id(bytes, at(row));
    }

    @Override
    void checkHeader(int row) {
        reader.checkHeader(chunk, bytes, at(row));
    }

    @Override
    long version(int row) {
        return reader.version(chunk, bytes, at(row));
    }

    @Override
    public VectorHit hit(int row, float score) {
        return reader.hit(chunk, bytes, at(row), score);
    }
}
