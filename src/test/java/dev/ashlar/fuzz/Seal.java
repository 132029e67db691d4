package dev.ashlar.fuzz;

import dev.ashlar.simd.Xxh3;
import java.nio.ByteBuffer;

/**
 * A checksum of the format that covers a field: how to make it hold again when the field was changed, so that the checks
 * behind it are reached.
 *
 * @param at where the frame or block begins that has it
 * @param number of the block
 */
record Seal(Kind kind, int at, int number) {
    enum Kind {
        NONE,
        MANIFEST,
        CHUNK,
        FRAME,
        /** A frame and its payload. */
        PAYLOAD,
        VALUE,
        CHECKPOINT,
        BLOCK,
        SEGMENT,
        /** The header of a row of a segment. */
        ROW,
        DEATHS
    }

    static final Seal NONE = new Seal(Kind.NONE, 0, 0);

    static Seal of(Kind kind, int at) {
        return new Seal(kind, at, 0);
    }

    @Override
    public String toString() {
        return kind + "@" + at + "@" + number;
    }

    static Seal parse(String text) {
        String[] parts = text.split("@");
        return new Seal(Kind.valueOf(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
    }

    /** True if data may be other than what was written: a record whose header was forged is one. */
    boolean forgesRecords() {
        return kind == Kind.ROW || kind == Kind.FRAME || kind == Kind.PAYLOAD;
    }

    /** Where what is covered does not lie in the file, nothing is changed: the bound is checked before the checksum. */
    void mend(String file, byte[] bytes, long salt) {
        ByteBuffer to = Bytes.little(bytes);
        switch (kind) {
            case NONE -> {}
            case MANIFEST -> {
                int length = to.getInt(52);
                if (length >= 8 && length <= bytes.length) {
                    to.putLong(length - 8, Xxh3.hash(bytes, 0, length - 8, 0));
                }
            }
            case CHUNK, CHECKPOINT -> to.putLong(56, Xxh3.hash(bytes, 0, 56, 0));
            case VALUE -> to.putLong(64, Xxh3.hash(bytes, 0, 64, 0));
            case PAYLOAD -> {
                mendPayload(bytes);
                mendFrame(file, bytes, salt);
            }
            case FRAME -> mendFrame(file, bytes, salt);
            case SEGMENT -> to.putLong(104, Xxh3.hash(bytes, 0, 104, 0));
            case ROW -> {
                int keyEnd = keyEnd(bytes);
                long number = Long.parseUnsignedLong(
                        file.substring("segments/".length(), file.length() - ".seg".length()), 16);
                long place = (1L << 62) + (number << 26) + at;
                if (keyEnd <= bytes.length) {
                    to.putInt(at, LogFrame.headerChecksum(bytes, at, keyEnd, place, salt));
                }
            }
            case DEATHS -> to.putLong(bytes.length - 8, Xxh3.hash(bytes, 0, bytes.length - 8, 0));
            case BLOCK -> {
                long length = to.getLong(at + 24);
                if (length >= 0 && length <= bytes.length - at - 40) {
                    to.putLong(at + 32, Xxh3.hash(bytes, at + 40, (int) length, 0) ^ Xxh3.hash(bytes, at, 32, number));
                }
            }
        }
    }

    private int keyEnd(byte[] bytes) {
        int flags = bytes[at + 5];
        return at
                + 40
                + ((flags & 2) != 0 ? 8 : 0)
                + ((flags & 4) != 0 ? 16 : 0)
                + (Bytes.little(bytes).getShort(at + 6) & 0xFFFF);
    }

    private void mendFrame(String file, byte[] bytes, long salt) {
        int keyEnd = keyEnd(bytes);
        if (keyEnd <= bytes.length) {
            int checksum = LogFrame.headerChecksum(bytes, at, keyEnd, LogFrame.baseOf(file) + at, salt);
            Bytes.little(bytes).putInt(at, checksum);
        }
    }

    private void mendPayload(byte[] bytes) {
        int alignment = 8 << (bytes[at + 5] >> 4 & 15);
        int start = keyEnd(bytes) + alignment - 1 & -alignment;
        int length = Bytes.little(bytes).getInt(at + 12);
        Bytes.little(bytes).putLong(at + 16, Xxh3.hash(bytes, start, length, 0));
    }
}
