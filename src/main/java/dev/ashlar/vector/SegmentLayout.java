package dev.ashlar.vector;

import dev.ashlar.VectorOptions;
import dev.ashlar.keyspace.SpaceDefinition;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a segment: rows of one vector collection, dense and in one piece, and beside them a frame header for each.
 *
 * <pre>
 *   0        header            4,096          headers of rows, 64 bytes each    rows, at a multiple of 4,096
 *   ├─ 112 ─── zeros ──────────┼─ row 0 ─┬─ row 1 ─┬─ ... ─── zeros ────────────┼─ row 0 ─┬─ row 1 ─┬─ ... ─┤
 *                                 │  as many times 64 bytes as it says              ▲
 *                                 └──────────────────────────────────────────────────┘
 *
 *    0 u64 magic "ASHLSEGM"         64 u64 options of the collection, as in its definition
 *    8 u32 format version           72 u32 stride: bytes from one row to the next
 *   12 u32 incompatible features    76 u32 zero
 *   16 u32 read-only features       80 u64 offset of the rows
 *   20 u32 zero                     88 u64 lowest version of a row
 *   24 u64, 32 u64 store id         96 u64 highest version of a row
 *   40 u64 number, also in the name 104 u64 XXH3-64 of bytes 0..103
 *   48 u64 size of the file
 *   56 u32 space   60 u32 rows
 *
 *   header of a row: that of a put ({@link FrameLayout}), whose payload stands apart:
 *   40 bytes of header with RELOCATED set (32 u32: distance to the row in units of 64 bytes; 24 and 36: zero)
 *   40 u64 version, the LSN under which the row was written   48 u64 id, as a key: big-endian, sign flipped   56 u64 zero
 * </pre>
 *
 * So a place in a segment is a position like a place in the log: one index, one way to compare ids, one bit for each of
 * "verified", "dead" and "held", and a mask of 64 rows in one word. The checksum of a row is the one that was computed when
 * it was put. Header checksums are salted with the place in the segment, as those in the log are with the LSN.
 */
public final class SegmentLayout {
    static final long MAGIC = 0x4D47_4553_4C48_5341L; // "ASHLSEGM"
    public static final int HEADER_BYTES = 112;

    /** Where the headers of the rows begin: one word of bits speaks of 64 rows. */
    static final int HEADERS = 4096;

    public static final int ROW_HEADER = 64;

    private static final long PAGE = 4096;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong BIG_ENDIAN =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private SegmentLayout() {}

    static long rowsAt(int rows) {
        return FrameLayout.alignUp(HEADERS + (long) rows * ROW_HEADER, PAGE);
    }

    public static long size(int rows, int stride) {
        return FrameLayout.alignUp(rowsAt(rows) + (long) rows * stride, PAGE);
    }

    /** The most rows that a segment of at most so many bytes can have; at least one. */
    static int rowsWithin(long bytes, int stride) {
        long rows = (bytes - HEADERS - 2 * PAGE) / (ROW_HEADER + stride);
        return (int) Math.max(1, rows);
    }

    public static long headerAt(int row) {
        return HEADERS + (long) row * ROW_HEADER;
    }

    static int rowOf(long headerAt) {
        return (int) ((headerAt - HEADERS) / ROW_HEADER);
    }

    /** The id that a key of a vector collection stands for. */
    public static long idAt(MemorySegment s, long keyAt) {
        return s.get(BIG_ENDIAN, keyAt) ^ Long.MIN_VALUE;
    }

    /** What a segment's header says. */
    public record Header(
            long number,
            long size,
            int space,
            int rows,
            VectorOptions options,
            long lowestVersion,
            long highestVersion) {
        int stride() {
            return options.stride();
        }

        public Shape shape() {
            return new Shape(number, space, rows, options.stride());
        }
    }

    /** What follows from where rows and their headers stand. */
    public record Shape(long number, int space, int rows, int stride) {
        public long size() {
            return SegmentLayout.size(rows, stride);
        }

        /** Where a row begins. */
        public long rowAt(int row) {
            return rowsAt(rows) + (long) row * stride;
        }
    }

    /**
     * The shape of a segment whose own header is lost, as the headers of its rows say it.
     *
     * @return null if not one of them verifies
     */
    public static @Nullable Shape shapeByRows(MemorySegment s, long number, long size, int space, int rows, long salt) {
        for (int row = 0; row < rows && headerAt(row) + ROW_HEADER <= s.byteSize(); row++) {
            long stride = FrameLayout.payloadLength(s, headerAt(row));
            if (stride > 0 && stride <= FrameLayout.MAX_INLINE_VALUE && stride % ROW_HEADER == 0) {
                Shape shape = new Shape(number, space, rows, (int) stride);
                if (shape.size() == size && rowHeaderVerifies(s, shape, row, salt)) {
                    return shape;
                }
            }
        }
        return null;
    }

    static void write(MemorySegment s, UUID store, Header header) {
        s.asSlice(0, HEADERS).fill((byte) 0);
        s.set(LONG, 0, MAGIC);
        s.set(INT, 8, ChunkLayout.FORMAT_VERSION);
        s.set(LONG, 24, store.getMostSignificantBits());
        s.set(LONG, 32, store.getLeastSignificantBits());
        s.set(LONG, 40, header.number);
        s.set(LONG, 48, header.size);
        s.set(INT, 56, header.space);
        s.set(INT, 60, header.rows);
        s.set(LONG, 64, SpaceDefinition.vectorBits(header.options));
        s.set(INT, 72, header.stride());
        s.set(LONG, 80, rowsAt(header.rows));
        s.set(LONG, 88, header.lowestVersion);
        s.set(LONG, 96, header.highestVersion);
        s.set(LONG, 104, Xxh3.hash(s, 0, 104, 0));
    }

    /**
     * Reads a header.
     *
     * @param s at least {@link #HEADER_BYTES} of the file
     * @return null if it is not that of this segment of this store, or is damaged
     * @throws dev.ashlar.UnsupportedFormatException if it is of a format that this code does not know
     */
    public static @Nullable Header read(MemorySegment s, String file, UUID store, long number) {
        if (s.get(LONG, 0) != MAGIC || s.get(LONG, 104) != Xxh3.hash(s, 0, 104, 0)) {
            return null;
        }
        ChunkLayout.checkFormat(s, file);
        VectorOptions options = SpaceDefinition.vectorOptions(s.get(LONG, 64));
        int rows = s.get(INT, 60);
        if (options == null
                || s.get(LONG, 24) != store.getMostSignificantBits()
                || s.get(LONG, 32) != store.getLeastSignificantBits()
                || s.get(LONG, 40) != number
                || rows < 1
                || rows > SegmentFiles.MAX_BYTES / ROW_HEADER
                || s.get(INT, 72) != options.stride()
                || s.get(LONG, 80) != rowsAt(rows)
                || s.get(LONG, 48) != size(rows, options.stride())
                || s.get(LONG, 48) > SegmentFiles.MAX_BYTES) {
            return null;
        }
        return new Header(number, s.get(LONG, 48), s.get(INT, 56), rows, options, s.get(LONG, 88), s.get(LONG, 96));
    }

    /**
     * Whether the header of a row stands in its place and is that of this row of this segment. Says nothing about the row's bytes,
     * but where they stand.
     *
     * @param s the segment, from its beginning; what it has not does not verify
     */
    public static boolean rowHeaderVerifies(MemorySegment s, Shape shape, int row, long salt) {
        long at = headerAt(row);
        if (at + ROW_HEADER > s.byteSize()) {
            return false;
        }
        long head = FrameLayout.head(s, at);
        // With these the header and its key take 56 bytes, so that its checksum can be looked at.
        if (FrameLayout.kind(head) != FrameLayout.kindOfPut(shape.space)
                || FrameLayout.flags(head) != (FrameLayout.RELOCATED | FrameLayout.BATCH_END)
                || FrameLayout.keyLength(head) != Long.BYTES
                || FrameLayout.payloadLength(s, at) != shape.stride
                || FrameLayout.rowOffset(s, at) != shape.rowAt(row)) {
            return false;
        }
        long lsn = Chunk.SEGMENTS + SegmentFiles.offsetOf(shape.number) + at;
        return s.get(INT, at) == FrameLayout.headerChecksum(s, at, lsn, salt) && s.get(LONG, at + 40) >= 0;
    }

    /** Whether the row, whose header verifies, is what was put. */
    public static boolean rowVerifies(MemorySegment s, Shape shape, int row) {
        long rowAt = shape.rowAt(row);
        return rowAt + shape.stride <= s.byteSize()
                && Xxh3.hash(s, rowAt, shape.stride, 0) == FrameLayout.payloadHash(s, headerAt(row));
    }

    /** The version of a row whose header verifies. */
    public static long versionAt(MemorySegment s, int row) {
        return s.get(LONG, headerAt(row) + 40);
    }

    /** Whether there is no row: what it was to be taken from was gone, or damaged. */
    public static boolean isEmpty(MemorySegment s, int row) {
        long at = headerAt(row);
        if (at + ROW_HEADER > s.byteSize()) {
            return false;
        }
        long sum = 0;
        for (int i = 0; i < ROW_HEADER; i += Long.BYTES) {
            sum |= s.get(LONG, at + i);
        }
        return sum == 0;
    }

    /** Writes the header of a row, whose key is there already. */
    static void writeRowHeader(
            MemorySegment s, Header header, int row, long version, long id, long payloadHash, long salt) {
        long at = headerAt(row);
        long distance = rowsAt(header.rows) + (long) row * header.stride() - at;
        long lsn = Chunk.SEGMENTS + SegmentFiles.offsetOf(header.number) + at;
        FrameLayout.writeHeader(
                s,
                at,
                lsn,
                FrameLayout.PUT,
                FrameLayout.RELOCATED | FrameLayout.BATCH_END,
                6,
                Long.BYTES,
                header.space,
                header.stride(),
                payloadHash,
                0,
                lsn - distance / ROW_HEADER,
                lsn);
        s.set(LONG, at + 40, version);
        s.set(BIG_ENDIAN, at + 48, id ^ Long.MIN_VALUE);
        s.set(LONG, at + 56, 0);
        FrameLayout.seal(s, at, lsn, salt);
    }
}
