package dev.ashlar.log;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The bytes of a frame, the unit of the log. All integers are little-endian.
 *
 * <pre>
 *   start (multiple of 8)                                    payload (multiple of 2^alignment)
 *   │                                                        │
 *   ├─ header, 40 ─┬─ extensions ─┬─ key ─┬─ zero padding ───┼─ payload ─┬─ zero padding to 8 ─┤
 *
 *    0 u32 header checksum      of everything from byte 4 to the end of the key, salted
 *    4 u8  type
 *    5 u8  flags, low 4 bits; log2(alignment) - 3, high 4 bits
 *    6 u16 key length
 *    8 u32 space
 *   12 u32 payload length
 *   16 u64 payload XXH3-64
 *   24 u64 previous             LSN of the frame this one was relocated from; else 0
 *   32 u32 batch distance       this LSN minus that of the batch's first frame
 *   36 u32 watermark distance   this LSN minus the durable LSN known when framing; 0xFFFFFFFF: too far to say
 *
 *   extensions, in this order, each there if its flag is set
 *      u64 version LSN          RELOCATED: the LSN under which the record was first written
 *      u64 value file, u64 length   VALUE_FILE: the payload stands in values/; payload length is 0
 *      u64 expiry               EXPIRES: milliseconds since 1970-01-01T00:00Z from which on the record reads as absent
 * </pre>
 *
 * A frame takes at least {@value #MIN_FRAME} bytes, so that no two frames start in the same 64-byte line: one bit per
 * line is enough to remember which records were verified. With alignment 64, a key of 16 bytes and a value of 8 take 64
 * bytes in the long run, because the next header and key fit between this value and the next multiple of 64.
 */
public final class FrameLayout {
    public static final int HEADER = 40;
    public static final int MAX_EXTENSIONS = 32;
    public static final int MIN_FRAME = 64;
    public static final int GRANULE = 8;
    public static final int MAX_KEY = 65_535;

    /** Values longer than this are kept in files of their own. */
    public static final int MAX_INLINE_VALUE = 8 << 20;

    /** Upper bound of a frame's size: header, all extensions, key, padding, payload. */
    public static final int MAX_FRAME = HEADER + MAX_EXTENSIONS + MAX_KEY + 4096 + MAX_INLINE_VALUE + GRANULE;

    /** Starts a chunk: payload = u64 base of the preceding chunk, u64 LSN where that ended. Belongs to no batch. */
    public static final byte CHUNK_START = 1;

    public static final byte PUT = 2;
    public static final byte DELETE = 3;
    /** Carries a watermark and nothing else. */
    public static final byte MARK = 4;
    /** All records of its space with an LSN below the frame's version are gone. No key, no payload. */
    public static final byte CLEAR = 5;

    /** The last frame of a batch; a frame on its own is a batch of one. */
    public static final int BATCH_END = 1;

    public static final int RELOCATED = 2;
    public static final int VALUE_FILE = 4;
    public static final int EXPIRES = 8;
    private static final int SPACE_BITS = 16;

    /** XXH3-64 of no bytes: the payload checksum of frames without a payload. */
    public static final long EMPTY_HASH = 0x2d06_8005_38d3_94c2L;

    /** From the first frame of a batch to its last, at the most: what the header has room for. */
    public static final long MOST_OF_A_BATCH = 0xFFFF_FFFFL;

    public static final int MIN_ALIGNMENT_SHIFT = 3;
    public static final int MAX_ALIGNMENT_SHIFT = 12;
    private static final long UNKNOWN_DISTANCE = 0xFFFF_FFFFL;

    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private FrameLayout() {}

    // ------------------------------------------------------------------------------------------- fields, by position

    public static byte type(MemorySegment s, long at) {
        return s.get(JAVA_BYTE, at + 4);
    }

    public static int flags(MemorySegment s, long at) {
        return s.get(JAVA_BYTE, at + 5) & 0x0F;
    }

    public static int alignmentShift(MemorySegment s, long at) {
        return ((s.get(JAVA_BYTE, at + 5) & 0xF0) >>> 4) + MIN_ALIGNMENT_SHIFT;
    }

    public static int keyLength(MemorySegment s, long at) {
        return s.get(SHORT, at + 6) & 0xFFFF;
    }

    public static int space(MemorySegment s, long at) {
        return s.get(INT, at + 8);
    }

    /** Bytes of payload inside the frame; 0 where it stands in a value file. */
    public static long payloadLength(MemorySegment s, long at) {
        return s.get(INT, at + 12) & 0xFFFF_FFFFL;
    }

    public static long payloadHash(MemorySegment s, long at) {
        return s.get(LONG, at + 16);
    }

    public static long previous(MemorySegment s, long at) {
        return s.get(LONG, at + 24);
    }

    /** LSN of the first frame of the batch that the frame at {@code lsn} belongs to. */
    public static long batchStart(MemorySegment s, long at, long lsn) {
        return lsn - (s.get(INT, at + 32) & 0xFFFF_FFFFL);
    }

    /** The durable LSN that was known when the frame was written, or 0. */
    public static long watermark(MemorySegment s, long at, long lsn) {
        long distance = s.get(INT, at + 36) & 0xFFFF_FFFFL;
        return distance == UNKNOWN_DISTANCE ? 0 : lsn - distance;
    }

    /** The LSN under which the record was first written: the frame's own unless it was relocated. */
    public static long version(MemorySegment s, long at, long lsn) {
        return version(s, at, lsn, head(s, at));
    }

    /** As {@link #version(MemorySegment, long, long)}, of a frame whose head was read. */
    public static long version(MemorySegment s, long at, long lsn, long head) {
        return (head & (long) RELOCATED << 8) != 0 ? s.get(LONG, at + HEADER) : lsn;
    }

    public static boolean hasValueFile(MemorySegment s, long at) {
        return (flags(s, at) & VALUE_FILE) != 0;
    }

    public static long valueFile(MemorySegment s, long at) {
        return s.get(LONG, at + HEADER + ((flags(s, at) & RELOCATED) != 0 ? 8 : 0));
    }

    public static long valueFileLength(MemorySegment s, long at) {
        return s.get(LONG, at + HEADER + ((flags(s, at) & RELOCATED) != 0 ? 16 : 8));
    }

    /** Milliseconds since 1970-01-01T00:00Z; of a frame that {@linkplain #expires expires}, the last extension. */
    public static long expiry(MemorySegment s, long at) {
        return s.get(LONG, at + HEADER + extensions(head(s, at)) - 8);
    }

    // ------------------------------------------------------------------------------------------- fields, at one load

    /** Bytes 4 to 11: type, flags, alignment, key length and space. What follows takes them apart. */
    public static long head(MemorySegment s, long at) {
        return s.get(LONG, at + 4);
    }

    public static int flags(long head) {
        return (int) (head >>> 8) & 0x0F;
    }

    private static int alignmentShift(long head) {
        return ((int) (head >>> 12) & 0x0F) + MIN_ALIGNMENT_SHIFT;
    }

    public static int keyLength(long head) {
        return (int) (head >>> 16) & 0xFFFF;
    }

    /** What {@link #kind} makes of the head of a put in a space. */
    public static long kindOfPut(int space) {
        return (long) space << 32 | PUT;
    }

    /** The type and the space. */
    public static long kind(long head) {
        return head & 0xFFFF_FFFF_0000_00FFL;
    }

    public static boolean hasValueFile(long head) {
        return (head & (long) VALUE_FILE << 8) != 0;
    }

    public static boolean isRelocated(long head) {
        return (head & (long) RELOCATED << 8) != 0;
    }

    public static boolean expires(long head) {
        return (head & (long) EXPIRES << 8) != 0;
    }

    /** Whether the value stands in the frame and stays: one question for what nearly all records are. */
    public static boolean isPlain(long head) {
        return (head & (long) (VALUE_FILE | EXPIRES) << 8) == 0;
    }

    /** Bytes of the extensions: bit 9 of the head announces 8, bit 10 announces 16, bit 11 announces 8. */
    public static long extensions(long head) {
        return (head >>> 6 & 24) + (head >>> 8 & 8);
    }

    /** Where the payload begins if there is one. */
    public static long alignedPayloadOffset(long at, long head) {
        long mask = -(1L << MIN_ALIGNMENT_SHIFT) << (head >>> 12 & 0x0F);
        return at + HEADER + extensions(head) + (head >>> 16 & 0xFFFF) + ~mask & mask;
    }

    /** Where the payload begins, of a frame whose head and payload length were read. */
    public static long payloadOffset(long at, long head, long payloadLength) {
        return payloadStart(at, flags(head), keyLength(head), payloadLength, alignmentShift(head));
    }

    // ------------------------------------------------------------------------------------------------------- geometry

    /** Bytes of the extensions that the flags announce. */
    public static int extensions(int flags) {
        return ((flags & (RELOCATED | VALUE_FILE)) << 2) + (flags & EXPIRES); // 2 announces 8 bytes, 4 16, and 8 8
    }

    public static long keyOffset(MemorySegment s, long at) {
        return at + HEADER + extensions(flags(head(s, at)));
    }

    /**
     * Where the payload of a frame at {@code start} begins. Starts may be LSNs or offsets in a file or mapping: they are
     * congruent modulo the largest alignment.
     */
    public static long payloadStart(long start, int flags, int keyLength, long payloadLength, int alignmentShift) {
        long end = start + HEADER + extensions(flags) + keyLength;
        return payloadLength == 0 ? end : alignUp(end, 1L << alignmentShift);
    }

    public static long payloadOffset(MemorySegment s, long at) {
        return payloadOffset(at, head(s, at), payloadLength(s, at));
    }

    /** Where the payload of a frame in a segment stands: apart, as many times 64 bytes on as bytes 32..35 say. */
    public static long rowOffset(MemorySegment s, long at) {
        return at + (s.get(INT, at + 32) & 0xFFFF_FFFFL) * MIN_FRAME;
    }

    /** First byte behind the frame. */
    public static long end(long start, int flags, int keyLength, long payloadLength, int alignmentShift) {
        long end = payloadStart(start, flags, keyLength, payloadLength, alignmentShift) + payloadLength;
        return Math.max(alignUp(end, GRANULE), start + MIN_FRAME);
    }

    public static long end(MemorySegment s, long at) {
        return end(at, head(s, at), payloadLength(s, at));
    }

    /** As {@link #end(MemorySegment, long)}, of a frame whose head and payload length were read. */
    public static long end(long at, long head, long payloadLength) {
        return end(at, flags(head), keyLength(head), payloadLength, alignmentShift(head));
    }

    public static long alignUp(long value, long alignment) {
        return (value + alignment - 1) & -alignment;
    }

    // ------------------------------------------------------------------------------------------------------- checking

    /**
     * Whether an intact header with its key stands at {@code at}, belonging to this LSN of this log, and the whole frame
     * lies below {@code limit}. Says nothing about the payload's bytes.
     */
    public static boolean headerVerifies(MemorySegment s, long at, long limit, long lsn, long salt) {
        if (limit - at < MIN_FRAME) {
            return false;
        }
        byte type = type(s, at);
        int flagByte = s.get(JAVA_BYTE, at + 5) & 0xFF;
        if (type < CHUNK_START
                || type > CLEAR
                || (flagByte >>> 4) + MIN_ALIGNMENT_SHIFT > MAX_ALIGNMENT_SHIFT
                || space(s, at) >>> SPACE_BITS != 0
                || payloadLength(s, at) > MAX_INLINE_VALUE
                || (flagByte & VALUE_FILE) != 0 && (type != PUT || payloadLength(s, at) != 0)
                || end(s, at) > limit
                || (flagByte & EXPIRES) != 0 && (type != PUT || space(s, at) == 0 || expiry(s, at) <= 0)) {
            return false;
        }
        return s.get(INT, at) == headerChecksum(s, at, lsn, salt);
    }

    /** The checksum that belongs into the header; the frame's fields and key must lie inside the segment. */
    public static int headerChecksum(MemorySegment s, long at, long lsn, long salt) {
        long covered = HEADER + extensions(flags(s, at)) + keyLength(s, at) - 4L;
        return (int) Xxh3.hash(s, at + 4, covered, saltFor(lsn, salt));
    }

    /** Whether the payload inside the frame is what its header says; true where there is none. */
    public static boolean payloadVerifies(MemorySegment s, long at) {
        return hasValueFile(s, at) || Xxh3.hash(s, payloadOffset(s, at), payloadLength(s, at), 0) == payloadHash(s, at);
    }

    /** Binds a header to its place: the same bytes elsewhere, or in another store, do not verify. */
    private static long saltFor(long lsn, long salt) {
        return salt + lsn * 0x9E37_79B9_7F4A_7C15L;
    }

    // -------------------------------------------------------------------------------------------------------- writing

    /**
     * Writes the fixed part of a header; extensions and key follow by the caller, then {@link #seal}.
     *
     * @param batchStart LSN of the first frame of the batch
     * @param watermark the durable LSN
     */
    public static void writeHeader(
            MemorySegment s,
            long at,
            long lsn,
            byte type,
            int flags,
            int alignmentShift,
            int keyLength,
            int space,
            int payloadLength,
            long payloadHash,
            long previous,
            long batchStart,
            long watermark) {
        if (lsn - batchStart > MOST_OF_A_BATCH) {
            throw new IllegalStateException("a frame at " + lsn + " of a batch that begins at " + batchStart);
        }
        long distance = Math.min(lsn - watermark, UNKNOWN_DISTANCE);
        int flagByte = flags | (alignmentShift - MIN_ALIGNMENT_SHIFT) << 4;
        s.set(LONG, at + 4, (long) space << 32 | (long) keyLength << 16 | (long) flagByte << 8 | type);
        s.set(INT, at + 12, payloadLength);
        s.set(LONG, at + 16, payloadHash);
        s.set(LONG, at + 24, previous);
        s.set(LONG, at + 32, distance << 32 | lsn - batchStart);
    }

    /** Sets the header checksum, once header, extensions and key are in place. */
    public static void seal(MemorySegment s, long at, long lsn, long salt) {
        s.set(INT, at, headerChecksum(s, at, lsn, salt));
    }
}
