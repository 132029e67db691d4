package dev.ashlar.vector;

import dev.ashlar.CorruptionException;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.Verification;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.Position;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Hands out the rows of a collection, once they are found, and verifies them before. A row of a segment that is damaged is read in the
 * log as long as that still has it: its header says where. Any thread.
 */
public final class RowReader {
    /** As far as an id can be looked for in any header, whatever its flags say. */
    private static final int LONGEST_HEADER = FrameLayout.HEADER + FrameLayout.MAX_EXTENSIONS + Long.BYTES;

    private final Space space;
    private final Records records;
    private final LogMemory memory;
    private final VectorOptions options;
    private final int rowBytes;
    private final int stride;

    public RowReader(Space space, Records records) {
        this.space = space;
        this.records = records;
        this.memory = records.chunks().memory();
        this.options = Objects.requireNonNull(space.vectors());
        this.rowBytes = options.rowBytes();
        this.stride = options.stride();
    }

    VectorOptions options() {
        return options;
    }

    LogMemory memory() {
        return memory;
    }

    Space space() {
        return space;
    }

    /**
     * The row at a position, as a view that may be kept for ever; null if it has moved since the position was looked up.
     *
     * @param epoch taken before the position was looked up
     * @throws CorruptionException if it is damaged, and the log has it no longer
     */
    public @Nullable MemorySegment view(long position, long epoch) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        MemorySegment bytes = chunk == null ? null : chunk.escapingSegment();
        if (chunk == null || bytes == null || !memory.isUnchanged(epoch)) {
            return null;
        }
        return view(chunk, bytes, Position.offset(position));
    }

    /** The row whose header is at an offset of a chunk's escaping bytes, which the caller holds. */
    MemorySegment view(Chunk chunk, MemorySegment bytes, long at) {
        if (isTrusted(chunk, at)) {
            return bytes.asSlice(trustedRowAt(chunk, bytes, at), rowBytes);
        }
        if (verify(chunk, bytes, at)) {
            chunk.markVerified(at);
            return bytes.asSlice(rowAt(chunk, bytes, at), rowBytes);
        }
        MemorySegment inLog = fromLog(chunk, bytes, at);
        if (inLog != null) {
            return inLog;
        }
        throw damage(chunk, bytes, at);
    }

    private boolean isTrusted(Chunk chunk, long at) {
        Verification wanted = space.values().verification();
        return wanted == Verification.ONCE && chunk.isVerified(at)
                || wanted == Verification.NEVER
                        && at + LONGEST_HEADER <= chunk.segment().byteSize();
    }

    /** @throws CorruptionException if the header of a row, which says its id and version, is damaged */
    void checkHeader(Chunk chunk, MemorySegment bytes, long at) {
        if (!chunk.isVerified(at)
                && !(chunk.headerVerifies(bytes, at, records.salt())
                        && FrameLayout.space(bytes, at) == space.id()
                        && FrameLayout.keyLength(bytes, at) == Long.BYTES)) {
            throw damage(chunk, bytes, at);
        }
    }

    /** Computed and not read where that is possible: so the row's memory is waited for at the same time as the header's. */
    private long trustedRowAt(Chunk chunk, MemorySegment bytes, long at) {
        long rowsAt = chunk.rowsAt();
        return rowsAt > 0 ? rowsAt + SegmentLayout.rowOf(at) * (long) stride : rowAt(chunk, bytes, at);
    }

    /** Where the row of a header begins in the bytes of its chunk. */
    long rowAt(Chunk chunk, MemorySegment bytes, long at) {
        long row = chunk.isSegment() ? FrameLayout.rowOffset(bytes, at) : FrameLayout.payloadOffset(bytes, at);
        if (row > bytes.byteSize() - stride || !isAligned(row)) {
            throw damage(chunk, bytes, at); // not verified, as the collection wants it
        }
        return row;
    }

    /** The kernels want it, and files are mapped at pages. */
    private static boolean isAligned(long row) {
        return row % FrameLayout.MIN_FRAME == 0;
    }

    /** Whether header and row at an offset are what was written. */
    boolean verify(Chunk chunk, MemorySegment bytes, long at) {
        if (!chunk.headerVerifies(bytes, at, records.salt())) {
            return false;
        }
        long row = chunk.isSegment() ? FrameLayout.rowOffset(bytes, at) : FrameLayout.payloadOffset(bytes, at);
        return FrameLayout.type(bytes, at) == FrameLayout.PUT
                && FrameLayout.space(bytes, at) == space.id()
                && FrameLayout.keyLength(bytes, at) == Long.BYTES
                && FrameLayout.payloadLength(bytes, at) == stride
                && row <= bytes.byteSize() - stride
                && isAligned(row)
                && Xxh3.hash(bytes, row, stride, 0) == FrameLayout.payloadHash(bytes, at);
    }

    /** The same row where it was written first; null if the log has it no longer, or it is damaged there too. */
    private @Nullable MemorySegment fromLog(Chunk segment, MemorySegment bytes, long at) {
        if (!segment.isSegment() || !segment.headerVerifies(bytes, at, records.salt())) {
            return null;
        }
        long lsn = FrameLayout.version(bytes, at, segment.base() + at);
        Chunk chunk = records.chunks().holding(lsn);
        MemorySegment log = chunk == null || lsn >= chunk.end() ? null : chunk.escapingSegment();
        if (chunk == null || log == null) {
            return null;
        }
        long offset = lsn - chunk.base();
        return verify(chunk, log, offset) && id(log, offset) == id(bytes, at)
                ? log.asSlice(rowAt(chunk, log, offset), rowBytes)
                : null;
    }

    private CorruptionException damage(Chunk chunk, MemorySegment bytes, long at) {
        boolean header =
                chunk.headerVerifies(bytes, at, records.salt()) && FrameLayout.keyLength(bytes, at) == Long.BYTES;
        return chunk.corruption(
                at,
                header
                        ? "a row of " + space.name() + " whose checksum holds"
                        : "the header of a row of " + space.name(),
                header ? "other bytes under id " + id(bytes, at) : "bytes that do not verify");
    }

    /** The id of a row whose header is at an offset. */
    static long id(MemorySegment bytes, long at) {
        return SegmentLayout.idAt(bytes, FrameLayout.keyOffset(bytes, at));
    }

    long version(Chunk chunk, MemorySegment bytes, long at) {
        return FrameLayout.version(bytes, at, chunk.base() + at);
    }

    VectorHit hit(Chunk chunk, MemorySegment bytes, long at, float score) {
        return new VectorHit(id(bytes, at), score, version(chunk, bytes, at), view(chunk, bytes, at));
    }

    /**
     * Verifies rows that are about to be compared, as the collection demands.
     *
     * @throws CorruptionException if one is damaged
     */
    void check(Chunk chunk, MemorySegment bytes, long at) {
        if (!isTrusted(chunk, at)) {
            if (!verify(chunk, bytes, at)) {
                throw damage(chunk, bytes, at);
            }
            chunk.markVerified(at);
        }
    }

    boolean verifiesOnce() {
        return space.values().verification() == Verification.ONCE;
    }

    long hash(MemorySegment bytes, long at) {
        return space.hash(bytes, FrameLayout.keyOffset(bytes, at), Long.BYTES);
    }
}
