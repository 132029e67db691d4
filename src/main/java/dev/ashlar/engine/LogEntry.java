package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.simd.Xxh3Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A record of the log as an entry. It holds bytes that its chunk has lent, and so keeps them. */
final class LogEntry extends ValueBytes {
    private static final long PIECE = 1 << 18;

    /** Of the store. */
    private final Path directory;

    private final long salt;

    /** All that the chunk has lent. */
    private final MemorySegment bytes;

    private final long base;
    private final long at;

    /**
     * @param base of the chunk
     * @param bytes of the chunk, lent
     * @param at where the record begins in them; it was checked
     * @param value of the record
     */
    LogEntry(Path directory, long salt, long base, MemorySegment bytes, long at, MemorySegment value) {
        super(value);
        this.directory = directory;
        this.salt = salt;
        this.bytes = bytes;
        this.base = base;
        this.at = at;
    }

    @Override
    public MemorySegment key() {
        return bytes.asSlice(FrameLayout.keyOffset(bytes, at), FrameLayout.keyLength(bytes, at));
    }

    @Override
    public byte[] keyBytes() {
        return key().toArray(JAVA_BYTE);
    }

    @Override
    public long longKey() {
        return longKey(bytes, at);
    }

    private static final java.lang.foreign.ValueLayout.OfLong BIG_ENDIAN = LONG.withOrder(ByteOrder.BIG_ENDIAN);

    /** The number that the key of the record at an offset stands for. */
    static long longKey(MemorySegment bytes, long at) {
        int length = FrameLayout.keyLength(bytes, at);
        if (length != Long.BYTES) {
            throw new IllegalStateException("the key has " + length + " bytes; one that stands for a long has 8");
        }
        return bytes.get(BIG_ENDIAN, FrameLayout.keyOffset(bytes, at)) ^ Long.MIN_VALUE;
    }

    private boolean hasFile() {
        return FrameLayout.hasValueFile(bytes, at);
    }

    @Override
    public long sizeOnDisk() {
        return sizeOnDisk(bytes, at);
    }

    /** What the record at an offset takes, its value's file included. */
    static long sizeOnDisk(MemorySegment bytes, long at) {
        long frame = FrameLayout.end(bytes, at) - at;
        return FrameLayout.hasValueFile(bytes, at)
                ? frame + ValueFiles.HEADER + FrameLayout.valueFileLength(bytes, at)
                : frame;
    }

    @Override
    public long version() {
        return FrameLayout.version(bytes, at, lsn());
    }

    @Override
    public long lsn() {
        return base + at;
    }

    @Override
    public long checksum() {
        return FrameLayout.payloadHash(bytes, at);
    }

    @Override
    public @Nullable Instant expiresAt() {
        boolean expires = FrameLayout.expires(FrameLayout.head(bytes, at));
        return expires ? Instant.ofEpochMilli(FrameLayout.expiry(bytes, at)) : null;
    }

    @Override
    public boolean verify() {
        return FrameLayout.headerVerifies(bytes, at, bytes.byteSize(), lsn(), salt)
                && (hasFile() ? hashInPieces(value()) == checksum() : FrameLayout.payloadVerifies(bytes, at));
    }

    /** From private memory: the larger a file, the likelier a fault, and one in vector code would end the process. */
    private static long hashInPieces(MemorySegment value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(PIECE, 64);
            Xxh3Stream stream = new Xxh3Stream();
            for (long from = 0; from < value.byteSize(); from += PIECE) {
                long count = Math.min(PIECE, value.byteSize() - from);
                MemorySegment.copy(value, from, piece, 0, count);
                stream.update(piece, 0, count);
            }
            return stream.digest();
        }
    }

    @Override
    public Path file() {
        return directory.resolve(
                hasFile() ? ValueFiles.fileName(FrameLayout.valueFile(bytes, at)) : ChunkLayout.fileName(base));
    }

    @Override
    public long filePosition() {
        return hasFile() ? ValueFiles.HEADER : FrameLayout.payloadOffset(bytes, at);
    }

    @Override
    public boolean equals(@Nullable Object object) {
        return object instanceof LogEntry other
                && version() == other.version()
                && checksum() == other.checksum()
                && contentEquals(other.value())
                && key().mismatch(other.key()) < 0;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(version() * 31 + checksum());
    }

    @Override
    public String toString() {
        return "entry with a key of " + FrameLayout.keyLength(bytes, at) + " bytes and a value of " + size()
                + ", version " + version() + ", in " + file() + " at " + filePosition();
    }
}
