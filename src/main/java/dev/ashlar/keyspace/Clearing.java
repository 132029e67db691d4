package dev.ashlar.keyspace;

import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.FrameRef;
import dev.ashlar.log.Position;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;

/**
 * Takes leave of all records of a space that are older than a frame, one block after the other: the headers of a block are
 * read first, so that the waits for them overlap. The index is not changed; that comes afterwards.
 */
final class Clearing implements LongConsumer {
    private static final int BLOCK = 256;

    private final Space space;
    private final Records records;
    private final FrameRef frame;
    private final long[] positions = new long[BLOCK];
    private int count;
    private long kept;

    /** What reading ahead adds up to, so that it is not for nothing to the compiler. */
    @SuppressWarnings("unused")
    private long touched;

    Clearing(Space space, Records records, FrameRef frame) {
        this.space = space;
        this.records = records;
        this.frame = frame;
    }

    /** Whether a record is older than a version, which is that of the frame that clears, wherever it stands by now. */
    static boolean isBelow(Records records, long position, long version) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return true;
        }
        long at = Position.offset(position);
        MemorySegment s = chunk.segment();
        long lsn = chunk.base() + at;
        // What is not there, or damaged, counts as being as old as its place.
        return (at + FrameLayout.MIN_FRAME <= s.byteSize()
                                && (chunk.isVerified(at) || chunk.headerVerifies(s, at, records.salt()))
                        ? FrameLayout.version(s, at, lsn)
                        : lsn)
                < version;
    }

    @Override
    public void accept(long position) {
        if (!isBelow(records, position, frame.version)) {
            kept++; // a replay meets what came later first, in an image
            return;
        }
        positions[count++] = position;
        if (count == BLOCK) {
            flush();
        }
    }

    /** Takes leave of the rest; returns how many entries are not older than the frame. */
    long finish() {
        flush();
        return kept;
    }

    private void flush() {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += head(positions[i]);
        }
        touched = sum;
        for (int i = 0; i < count; i++) {
            space.drop(positions[i], frame);
        }
        count = 0;
    }

    private long head(long position) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return 0;
        }
        MemorySegment s = chunk.segment();
        long at = Position.offset(position);
        return at + FrameLayout.MIN_FRAME <= s.byteSize() ? FrameLayout.head(s, at) : 0;
    }
}
