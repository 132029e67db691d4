package dev.ashlar.fuzz;

import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.simd.Xxh3;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * A frame of an intact store, found by docs/FORMAT.md without the engine's code.
 *
 * @param end offset behind it
 * @param watermark the LSN it vouches for, or 0
 */
record LogFrame(
        String file,
        int offset,
        int end,
        long lsn,
        int type,
        int flags,
        int space,
        String key,
        int payload,
        int payloadLength,
        long batchStart,
        long watermark,
        long valueFile) {
    private static final int FIRST = 128;

    boolean isRecord() {
        return type == FrameLayout.PUT || type == FrameLayout.DELETE;
    }

    boolean isPut() {
        return type == FrameLayout.PUT;
    }

    boolean isDefinitionDeleted() {
        return type == FrameLayout.DELETE && space == 0 && key.length() == 4;
    }

    /** The id of the space that a record of the catalog defines. */
    int definedId() {
        return (key.charAt(2) & 0xFF) << 8 | key.charAt(3) & 0xFF;
    }

    boolean endsBatch() {
        return (flags & 1) != 0;
    }

    static long baseOf(String chunk) {
        return Long.parseUnsignedLong(chunk.substring("log/".length(), chunk.length() - ".log".length()), 16);
    }

    static long saltOf(StoreImage image) {
        ByteBuffer manifest = Bytes.little(image.bytes(StoreImage.MANIFEST_A));
        return ChunkLayout.salt(new UUID(manifest.getLong(24), manifest.getLong(32)));
    }

    /** The frames of all chunks, in the order of the log, up to the first of each chunk that does not verify. */
    static List<LogFrame> all(StoreImage image) {
        List<LogFrame> all = new ArrayList<>();
        long salt = saltOf(image);
        for (String chunk : image.in("log")) {
            byte[] bytes = image.bytes(chunk);
            int at = FIRST;
            while (at + FrameLayout.MIN_FRAME <= bytes.length) {
                LogFrame frame = read(chunk, bytes, at, salt);
                if (frame == null) {
                    break;
                }
                all.add(frame);
                at = frame.end;
            }
        }
        return all;
    }

    private static LogFrame read(String chunk, byte[] bytes, int at, long salt) {
        ByteBuffer from = Bytes.little(bytes);
        long lsn = baseOf(chunk) + at;
        int flags = bytes[at + 5] & 15;
        int alignment = 8 << (bytes[at + 5] >> 4 & 15);
        int expiry = (flags & 8) != 0 ? 8 : 0;
        int extensions = ((flags & 2) != 0 ? 8 : 0) + ((flags & 4) != 0 ? 16 : 0) + expiry;
        int keyAt = at + 40 + extensions;
        int keyEnd = keyAt + (from.getShort(at + 6) & 0xFFFF);
        if (keyEnd > bytes.length || from.getInt(at) != headerChecksum(bytes, at, keyEnd, lsn, salt)) {
            return null;
        }
        int length = from.getInt(at + 12);
        int payload = length == 0 ? keyEnd : keyEnd + alignment - 1 & -alignment;
        long distance = from.getInt(at + 36) & 0xFFFF_FFFFL;
        return new LogFrame(
                chunk,
                at,
                Math.max(payload + length + 7 & -8, at + FrameLayout.MIN_FRAME),
                lsn,
                bytes[at + 4],
                flags,
                from.getInt(at + 8),
                Bytes.text(Arrays.copyOfRange(bytes, keyAt, keyEnd)),
                payload,
                length,
                lsn - (from.getInt(at + 32) & 0xFFFF_FFFFL),
                distance > lsn ? 0 : lsn - distance,
                (flags & 4) == 0 ? 0 : from.getLong(keyAt - expiry - 16));
    }

    static int headerChecksum(byte[] bytes, int at, int keyEnd, long lsn, long salt) {
        return (int) Xxh3.hash(bytes, at + 4, keyEnd - at - 4, salt + lsn * 0x9E37_79B9_7F4A_7C15L);
    }
}
