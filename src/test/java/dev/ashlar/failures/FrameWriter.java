package dev.ashlar.failures;

import dev.ashlar.log.ChunkLayout;
import dev.ashlar.simd.Xxh3;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * Writes frames into the image of a store as docs/FORMAT.md specifies them, with right checksums, also such as no engine
 * would write. What is not set is as in a PUT of one byte in the first keyspace, in a batch of its own.
 */
final class FrameWriter {
    private static final int HEADER = 40;
    private static final int EXTENSIONS = 32;

    /** The most that may lie between the key and the payload. */
    private static final int ALIGNMENT = 1 << 18;

    private final StoreFiles files;
    private final String chunk;
    private final long base;
    private final long salt;
    private int at;

    private int type = 2;
    private int flags = 1;
    private int alignmentBits = 3;
    private byte[] key = {'x'};
    private int space = 1;
    private byte[] payload = {'y'};
    private int payloadLength = 1;
    private long payloadChecksum;
    private int batchDistance;
    private int watermarkDistance = -1;
    private long version = 4096;
    private long valueFile = 1;
    private long valueLength;
    private long expiry = 1L << 50;

    /** Writes behind the last frame of the last chunk. */
    FrameWriter(StoreFiles files) {
        this.files = files;
        chunk = files.chunks().getLast();
        base = ChunkLayout.baseOf(chunk.substring(ChunkLayout.DIRECTORY.length() + 1));
        ByteBuffer manifest = StoreFiles.little(files.bytes(StoreFiles.MANIFEST_A));
        salt = ChunkLayout.salt(new UUID(manifest.getLong(24), manifest.getLong(32)));
        at = files.frames(chunk).getLast().end();
        payload(payload);
    }

    private FrameWriter(FrameWriter before) {
        files = before.files;
        chunk = before.chunk;
        base = before.base;
        salt = before.salt;
        at = before.at;
        payload(payload);
    }

    FrameWriter type(int type) {
        this.type = type;
        return this;
    }

    FrameWriter flags(int flags) {
        this.flags = flags;
        return this;
    }

    FrameWriter alignmentBits(int alignmentBits) {
        this.alignmentBits = alignmentBits;
        return this;
    }

    FrameWriter key(byte... key) {
        this.key = key;
        return this;
    }

    FrameWriter space(int space) {
        this.space = space;
        return this;
    }

    FrameWriter payload(byte... payload) {
        this.payload = payload;
        payloadLength = payload.length;
        payloadChecksum = Xxh3.hash(payload, 0, payload.length, 0);
        return this;
    }

    FrameWriter payloadLength(int payloadLength) {
        this.payloadLength = payloadLength;
        return this;
    }

    FrameWriter payloadChecksum(long payloadChecksum) {
        this.payloadChecksum = payloadChecksum;
        return this;
    }

    FrameWriter batchDistance(int batchDistance) {
        this.batchDistance = batchDistance;
        return this;
    }

    FrameWriter watermarkDistance(int watermarkDistance) {
        this.watermarkDistance = watermarkDistance;
        return this;
    }

    FrameWriter version(long version) {
        this.version = version;
        return this;
    }

    FrameWriter valueFile(long id, long length) {
        valueFile = id;
        valueLength = length;
        return this;
    }

    FrameWriter expiry(long expiry) {
        this.expiry = expiry;
        return this;
    }

    /** Writes the frame if there is room; the next one goes behind it and starts anew. */
    FrameWriter write() {
        byte[] bytes = files.bytes(chunk);
        if (at < 0 || at > bytes.length - HEADER - EXTENSIONS - key.length - ALIGNMENT - payload.length) {
            return this;
        }
        ByteBuffer to = StoreFiles.little(bytes);
        to.put(at + 4, (byte) type)
                .put(at + 5, (byte) (flags | (alignmentBits - 3) << 4))
                .putShort(at + 6, (short) key.length)
                .putInt(at + 8, space)
                .putInt(at + 12, payloadLength)
                .putLong(at + 16, payloadChecksum)
                .putLong(at + 24, 0)
                .putInt(at + 32, batchDistance)
                .putInt(at + 36, watermarkDistance);
        int end = at + HEADER;
        if ((flags & 2) != 0) {
            to.putLong(end, version);
            end += 8;
        }
        if ((flags & 4) != 0) {
            to.putLong(end, valueFile).putLong(end + 8, valueLength);
            end += 16;
        }
        if ((flags & 8) != 0) {
            to.putLong(end, expiry);
            end += 8;
        }
        to.put(end, key);
        end += key.length;
        long seed = salt + (base + at) * 0x9E37_79B9_7F4A_7C15L;
        to.putInt(at, (int) Xxh3.hash(bytes, at + 4, end - at - 4, seed));
        int start = payloadLength == 0 ? end : align(end, 1 << alignmentBits);
        to.put(start, payload);
        at = Math.max(align(start + payloadLength, 8), at + 64);
        return new FrameWriter(this);
    }

    private static int align(int x, int n) {
        return (x + n - 1) & -n;
    }
}
