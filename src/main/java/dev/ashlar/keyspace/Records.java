package dev.ashlar.keyspace;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.log.Chunk;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.Position;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.InstantSource;

/**
 * What the keyspaces of a store share: where records are and how keys are hashed and compared.
 *
 * @param seed of the key hash, random for each store, so that nobody can choose keys that collide
 * @param hashMask all ones; tests clear bits to make keys collide
 * @param clock what tells whether a record has expired; asked for records that expire, and for no others
 */
public record Records(Chunks chunks, ValueFiles valueFiles, long salt, long seed, long hashMask, InstantSource clock) {
    /** For what is read as it is: the clock says when that is. */
    public static final long NOW = Long.MAX_VALUE;

    /** For what was found before it expired, if it did: it is shown. */
    public static final long EVER = Long.MIN_VALUE;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle HEAP_LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** Bytes 4..11 of a frame header: type, flags, key length, space; without the flags. */
    private static final long IDENTITY_MASK = 0xFFFF_FFFF_FFFF_00FFL;

    public long hash(byte[] key) {
        return Xxh3.hash(key, 0, key.length, seed) & hashMask;
    }

    public long hash(MemorySegment nativeBytes, long at, int length) {
        return Xxh3.hash(nativeBytes, at, length, seed) & hashMask;
    }

    // Keys of 8 to 16 bytes, which most are: two words that overlap say everything.

    static long firstWord(byte[] key) {
        return (long) HEAP_LONG.get(key, 0);
    }

    static long lastWord(byte[] key) {
        return (long) HEAP_LONG.get(key, key.length - Long.BYTES);
    }

    long hashShort(long first, long last, int length) {
        return Xxh3.hash8to16(first, last, length, seed) & hashMask;
    }

    /** What {@link #IDENTITY_MASK} leaves of the header of a put with such a key in such a space. */
    static long identity(int space, int keyLength) {
        return identityOf(space) | (long) keyLength << 16;
    }

    /** The same, for a key without a length. */
    static long identityOf(int space) {
        return (long) space << 32 | FrameLayout.PUT;
    }

    LogMemory memory() {
        return chunks.memory();
    }

    // A record is compared with plain loads: a fault in them is an error, in vector code it would end the process.

    /** Whether the record at a position is of this space and short key. */
    static boolean holdsShort(LogMemory memory, long position, long identity, long first, long last, int length) {
        MemorySegment s = memory.segment(position);
        long at = memory.at(position);
        if (!memory.covers(s, at, FrameLayout.MIN_FRAME)) {
            return false;
        }
        long head = FrameLayout.head(s, at);
        long stored = at + FrameLayout.HEADER + FrameLayout.extensions(head);
        return (head & IDENTITY_MASK) == identity
                && memory.covers(s, stored, length)
                && s.get(LONG, stored) == first
                && s.get(LONG, stored + length - Long.BYTES) == last;
    }

    /**
     * The word with which the value of a record begins, if the record has no extensions, is aligned to 64 bytes, and fits;
     * else any word. Where the value really begins, the header says; loading it from here does not wait for that: the two
     * cache misses are one.
     */
    static long valueAhead(LogMemory memory, long position, int keyLength) {
        MemorySegment s = memory.segment(position);
        long guess = FrameLayout.alignUp(memory.at(position) + FrameLayout.HEADER + keyLength, 64);
        return memory.isOneSegment() ? s.get(LONG, guess) : 0;
    }

    /** Whether the record at a position is of this space and key. */
    static boolean holds(LogMemory memory, long position, long identity, MemorySegment key, long keyAt, int length) {
        MemorySegment s = memory.segment(position);
        long at = memory.at(position);
        if (!memory.covers(s, at, FrameLayout.MIN_FRAME)) {
            return false;
        }
        long head = FrameLayout.head(s, at);
        long stored = at + FrameLayout.HEADER + FrameLayout.extensions(head);
        if ((head & IDENTITY_MASK) != identity || !memory.covers(s, stored, length)) {
            return false;
        }
        if (length < Long.BYTES) {
            for (int i = 0; i < length; i++) {
                if (s.get(JAVA_BYTE, stored + i) != key.get(JAVA_BYTE, keyAt + i)) {
                    return false;
                }
            }
            return true;
        }
        int last = length - Long.BYTES;
        if (s.get(LONG, stored) != key.get(LONG, keyAt) || s.get(LONG, stored + last) != key.get(LONG, keyAt + last)) {
            return false;
        }
        for (int i = Long.BYTES; i < last; i += Long.BYTES) {
            if (s.get(LONG, stored + i) != key.get(LONG, keyAt + i)) {
                return false;
            }
        }
        return true;
    }

    static boolean holds(LogMemory memory, long position, long identity, byte[] key) {
        MemorySegment s = memory.segment(position);
        long at = memory.at(position);
        if (!memory.covers(s, at, FrameLayout.MIN_FRAME)) {
            return false;
        }
        long head = FrameLayout.head(s, at);
        long stored = at + FrameLayout.HEADER + FrameLayout.extensions(head);
        if ((head & IDENTITY_MASK) != identity || !memory.covers(s, stored, key.length)) {
            return false;
        }
        if (key.length < Long.BYTES) {
            for (int i = 0; i < key.length; i++) {
                if (s.get(JAVA_BYTE, stored + i) != key[i]) {
                    return false;
                }
            }
            return true;
        }
        int last = key.length - Long.BYTES;
        if (s.get(LONG, stored) != (long) HEAP_LONG.get(key, 0)
                || s.get(LONG, stored + last) != (long) HEAP_LONG.get(key, last)) {
            return false;
        }
        for (int i = Long.BYTES; i < last; i += Long.BYTES) {
            if (s.get(LONG, stored + i) != (long) HEAP_LONG.get(key, i)) {
                return false;
            }
        }
        return true;
    }

    /** The key of the record at a position; the index refers to it, so its chunk stays. */
    byte[] keyAt(long position) {
        Chunk chunk = chunks.at(Position.chunkSlot(position));
        if (chunk == null) {
            throw new IllegalStateException("an index points into a retired chunk, position " + position);
        }
        MemorySegment s = chunk.segment();
        long at = Position.offset(position);
        return s.asSlice(FrameLayout.keyOffset(s, at), FrameLayout.keyLength(s, at))
                .toArray(JAVA_BYTE);
    }

    /**
     * Whether a record whose head was read has expired.
     *
     * @param asOf milliseconds since 1970, {@link #NOW} or {@link #EVER}
     */
    public boolean isExpired(MemorySegment s, long at, long head, long asOf) {
        return FrameLayout.expires(head) && isPast(FrameLayout.expiry(s, at), asOf);
    }

    private boolean isPast(long expiry, long asOf) {
        return expiry <= (asOf == NOW ? clock.millis() : asOf);
    }

    /** As {@link #isExpired}, of bytes that may be damaged: only what verifies has expired, the rest is not absent. */
    boolean isIntactAndExpired(Chunk chunk, MemorySegment s, long at, long asOf) {
        if (at + FrameLayout.MIN_FRAME > s.byteSize()) {
            return false;
        }
        long head = FrameLayout.head(s, at);
        return FrameLayout.expires(head)
                && at + FrameLayout.HEADER + FrameLayout.extensions(head) <= s.byteSize()
                && (chunk.isVerified(at) || chunk.headerVerifies(s, at, salt))
                && isPast(FrameLayout.expiry(s, at), asOf);
    }

    /** Hash of the key of the record at a position; the index refers to it, so its chunk stays. */
    long hashAt(long position) {
        Chunk chunk = chunks.at(Position.chunkSlot(position));
        if (chunk == null) {
            throw new IllegalStateException("an index points into a retired chunk, position " + position);
        }
        MemorySegment s = chunk.segment();
        long at = Position.offset(position);
        return hash(s, FrameLayout.keyOffset(s, at), FrameLayout.keyLength(s, at));
    }
}
