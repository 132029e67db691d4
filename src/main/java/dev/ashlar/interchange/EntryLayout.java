package dev.ashlar.interchange;

import java.util.HexFormat;

/**
 * Where things are in a file of simd-r-drive. It has no header, only entries, one behind the other; all integers are
 * little-endian. {@code T} is the tail, where the entry before ends.
 *
 * <pre>
 * entry     T .. T+pad     zeros, up to the alignment
 *           .. m           payload, 1 byte or more, not a single 0x00
 *           m .. m+8       hash of the key (XXH3-64, seed 0)
 *           m+8 .. m+16    T
 *           m+16 .. m+20   CRC-32 of the payload             the new tail is m+20
 * deletion  T .. m=T+1     0x00, never padded
 *           m .. m+20      as above
 * </pre>
 */
final class EntryLayout {
    /** What payloads are aligned to since version 0.15, in 0.14, and before that. The newest is tried first. */
    static final int[] ALIGNMENTS = {64, 16, 1};

    /** What is written. */
    static final int ALIGNMENT = 64;

    static final int METADATA_BYTES = 20;
    static final int PREVIOUS = 8;
    static final int CRC = 16;

    /** A payload of one byte and its metadata. */
    static final int MIN_ENTRY_BYTES = 1 + METADATA_BYTES;

    /** CRC-32 of the single 0x00 that a deletion has for a payload. */
    static final int DELETION_CRC = 0xd202ef8d;

    private EntryLayout() {}

    /** Zeros between a tail and the payload behind it. */
    static int pad(long tail, int alignment) {
        return (int) (-tail & (alignment - 1));
    }

    static String hex(int crc) {
        return HexFormat.of().toHexDigits(crc);
    }
}
