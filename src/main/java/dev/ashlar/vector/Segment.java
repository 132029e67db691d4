package dev.ashlar.vector;

import dev.ashlar.VectorOptions;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.SegmentFiles;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** A segment that is mapped. What is in it never changes; which of its rows count, the bits of its chunk say. */
public final class Segment {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Chunk chunk;
    private final int rows;
    private final int space;
    private final int stride;

    /** Positions from which the rows were taken, while some of the index still refers to those; see {@link Rows}. */
    private @Nullable MemorySegment sources;

    public Segment(Chunk chunk, int space, int rows, int stride) {
        this.chunk = chunk;
        this.space = space;
        this.rows = rows;
        this.stride = stride;
        chunk.rowsAt(SegmentLayout.rowsAt(rows));
    }

    public Segment withStride(int bytes) {
        return new Segment(chunk, space, rows, bytes);
    }

    public Chunk chunk() {
        return chunk;
    }

    public long number() {
        return SegmentFiles.numberAt(chunk.base());
    }

    public int space() {
        return space;
    }

    public int rows() {
        return rows;
    }

    public long bytes() {
        return chunk.capacity();
    }

    /** Whether it can be one of a collection with such options. */
    public boolean fits(VectorOptions options) {
        return bytes() == SegmentLayout.size(rows, options.stride());
    }

    /** Whether this is the segment that a header describes. */
    public boolean isOf(SegmentLayout.Header header) {
        return header.number() == number()
                && header.space() == space
                && header.rows() == rows
                && header.size() == bytes();
    }

    /** What follows from where its rows stand. */
    public SegmentLayout.Shape shape() {
        return new SegmentLayout.Shape(number(), space, rows, stride);
    }

    /** Which of the rows from 64 times {@code word} on are dead. */
    public long deadMask(int word) {
        LogMemory memory = chunk.memory();
        long position = position(word * Long.SIZE);
        long dead = memory.deadBits(position);
        if (!chunk.isOwn(SegmentLayout.HEADERS)) {
            dead |= ~memory.heldBits(position);
        }
        int there = rows - word * Long.SIZE;
        return there >= Long.SIZE ? dead : dead & (1L << there) - 1;
    }

    /** Whether a row does not count, as of now. */
    public boolean isDead(int row) {
        return (deadMask(row / Long.SIZE) >>> row & 1) != 0;
    }

    /** LSN-like place of a row's header, see {@link Chunk#SEGMENTS}. */
    public long place(int row) {
        return chunk.base() + SegmentLayout.headerAt(row);
    }

    /** Rows that count. */
    public long liveRows() {
        return chunk.liveRecords();
    }

    int stride() {
        return stride;
    }

    long position(int row) {
        return chunk.position(chunk.base() + SegmentLayout.headerAt(row));
    }

    /** The id of a row as a word of the index, see {@link dev.ashlar.keyspace.Space#hashWord}. */
    long word(int row) {
        return chunk.segment().get(WORD, SegmentLayout.headerAt(row) + 48);
    }

    /** Rows of the log or of other segments are being replaced by those of this one. */
    void sources(@Nullable MemorySegment positions) {
        sources = positions;
    }

    boolean hasSources() {
        return sources != null;
    }

    long source(int row) {
        MemorySegment positions = sources;
        return positions == null ? -1 : positions.get(ValueLayout.JAVA_LONG, (long) row * Long.BYTES);
    }

    @Override
    public String toString() {
        return chunk.file() + ", " + rows + " rows";
    }
}
