package dev.ashlar.document;

import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The bytes of a segment of documents. It is written from front to back in one pass; what is where stands at its end.
 *
 * <pre>
 *   0        64                                                                                      size
 *   ├ header ┼ block ┬ block ┬ ... ┬ parts, each at a multiple of 64 ┬ footer: table of parts ┬ trailer ┤
 *             each at a multiple of 8                                   8 + 32 for each           32
 *
 *   block, decompressed:  0 u32 count   4 u32 ends[count], counted from the first document   then the documents
 *
 *   BLOCK_INDEX, 48 bytes for each block:
 *    0 u64 offset in the file        28 u32 raw length
 *    8 u64 checksum                  32 u32 first ordinal
 *   16 u64 dictionary id, or 0       36 u32 documents
 *   24 u32 stored length             40 u32 flags: 1 = stored as it is, not compressed     44 u32 zero
 *
 *   KEYS: see {@link KeyTable}
 *
 *   KILLS:        0 u64 count   then for each: u16 length, the key
 *   STATISTICS:   0 u64 documents   8 u64 bytes of documents   16 u64 stored bytes of blocks   24 u64 keys   32 u64 kills
 *   ZONES:        bytes of who wrote the documents
 *
 *   footer:   0 u32 parts   4 u32 zero   then for each:
 *             0 u32 kind   4 u32 flags: 1 = who does not know the kind cannot read the file
 *             8 u64 offset   16 u64 length   24 u64 XXH3-64 of its bytes
 *   trailer:  0 u64 size of the file   8 u64 length of the footer   16 u64 XXH3-64 of the footer and bytes 0..15 of the trailer
 *             24 u64 magic "ASHLDEND"
 * </pre>
 *
 * A block's checksum covers its stored bytes, its raw length, its number of documents and its dictionary, and nothing of the
 * file it is in: so a merge copies blocks as they are, and damage on the way is found where it is read.
 */
final class SegmentFormat {
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    static final long MAGIC = 0x4745_5344_4C48_5341L; // "ASHLDSEG"
    static final long END_MAGIC = 0x444E_4544_4C48_5341L; // "ASHLDEND"

    static final int BLOCK_INDEX = 1;
    static final int KEYS = 2;
    static final int KILLS = 3;
    static final int ZONES = 4;
    static final int STATISTICS = 5;
    static final int REQUIRED = 1;

    static final int BLOCKS_AT = DocumentFiles.HEADER;
    static final int BLOCK_ALIGNMENT = 8;
    static final int PART_ALIGNMENT = 64;
    static final int INDEX_ENTRY = 48;
    static final int PART_ENTRY = 32;
    static final int TRAILER = 32;
    static final int STATISTICS_BYTES = 40;
    static final int MAX_PARTS = 1024;

    static final int STORED = 1;

    static final long MAX_DOCUMENT = 1L << 30;
    static final int MAX_KEY = 65_100;
    static final int MAX_DOCUMENTS = Integer.MAX_VALUE - 1;
    static final long MAX_RAW = MAX_DOCUMENT + 8;
    static final int MAX_BLOCK_BYTES = 1 << 20;

    /** No segment is that large; sums of offsets and lengths below cannot overflow. */
    static final long MAX_FILE = 1L << 50;

    private SegmentFormat() {}

    static long align(long value, long unit) {
        return (value + unit - 1) & -unit;
    }

    /** The bytes in front of the documents of a raw block. */
    static long rawHeader(long documents) {
        return 4 + 4 * documents;
    }

    /**
     * The checksum of a block.
     *
     * @param hash XXH3-64 of the stored bytes
     */
    static long checksum(long hash, long rawLength, long documents, long dictionary) {
        return hash ^ Xxh3.hashLong(rawLength | documents << 32, dictionary);
    }

    /** The most bytes that a compressor may make of so many: what zstd states, rounded up. */
    static long bound(long rawLength) {
        return rawLength + (rawLength >> 7) + 512;
    }

    static long documentAt(MemorySegment raw, int documents, int index) {
        long first = rawHeader(documents);
        return index == 0 ? first : first + raw.get(INT, 4L * index);
    }

    static long documentEnd(MemorySegment raw, int documents, int index) {
        return rawHeader(documents) + raw.get(INT, 4L + 4L * index);
    }
}
