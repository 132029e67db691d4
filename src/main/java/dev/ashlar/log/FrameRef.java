package dev.ashlar.log;

import java.lang.foreign.MemorySegment;

/**
 * A frame that takes effect: what a view needs to know of it. Reused for one frame after the other, by the appender or
 * by recovery; a view keeps nothing of it but numbers.
 */
public final class FrameRef {
    public Chunk chunk;
    public long lsn;
    public byte type;
    public int flags;
    public int space;

    /** Bytes the frame takes in the log. */
    public long size;

    /** LSN under which the record was first written. */
    public long version;

    public long valueFile;
    public long valueFileLength;

    /** Milliseconds since 1970; 0 if the record does not expire. */
    public long expiry;

    public MemorySegment keyBytes;
    public long keyAt;
    public int keyLength;

    /** The hash of the key, seeded for this store. */
    public long keyHash;

    /** Where the value begins in the memory of the key; of what is being written. */
    public long payloadAt;

    /** Bytes of the value in the frame. 0 during recovery, where a value is not known to be whole. */
    public long payloadLength;

    @SuppressWarnings("NullAway.Init") // set before every use
    public FrameRef() {}

    public long position() {
        return chunk.position(lsn);
    }

    public boolean hasValueFile() {
        return (flags & FrameLayout.VALUE_FILE) != 0;
    }

    /** Takes everything but the key's hash and the value from a frame in memory. */
    public void read(Chunk chunk, long lsn, MemorySegment s, long at) {
        this.chunk = chunk;
        this.lsn = lsn;
        this.type = FrameLayout.type(s, at);
        this.flags = FrameLayout.flags(s, at);
        this.space = FrameLayout.space(s, at);
        this.size = FrameLayout.end(s, at) - at;
        this.version = FrameLayout.version(s, at, lsn);
        this.valueFile = hasValueFile() ? FrameLayout.valueFile(s, at) : 0;
        this.valueFileLength = hasValueFile() ? FrameLayout.valueFileLength(s, at) : 0;
        this.expiry = (flags & FrameLayout.EXPIRES) != 0 ? FrameLayout.expiry(s, at) : 0;
        this.keyBytes = s;
        this.keyAt = FrameLayout.keyOffset(s, at);
        this.keyLength = FrameLayout.keyLength(s, at);
        this.payloadLength = 0;
    }
}
