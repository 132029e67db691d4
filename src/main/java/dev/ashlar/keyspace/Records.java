package dev.ashlar.keyspace;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.log.Chunk;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.Position;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What the keyspaces of a store share: where records are and how keys are hashed and compared.
 *
 * @param seed of the key hash, random for each store, so that nobody can choose keys that collide
 * @param hashMask all ones; tests clear bits to make keys collide
 */
public record Records(Chunks chunks, ValueFiles valueFiles, long salt, long seed, long hashMask) {
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

    /** What {@link #IDENTITY_MASK} leaves of the header of a put with such a key in such a space. */
    static long identity(int space, int keyLength) {
        return (long) space << 32 | (long) keyLength << 16 | FrameLayout.PUT;
    }

    // A record is compared with plain loads: a fault in them is an error, in vector code it would end the process.

    /** Whether the record at an offset of a chunk is of this space and key. */
    static boolean holds(MemorySegment s, long at, long identity, MemorySegment key, long keyAt, int length) {
        long head = FrameLayout.head(s, at);
        if ((head & IDENTITY_MASK) != identity) {
            return false;
        }
        long stored = at + FrameLayout.HEADER + FrameLayout.extensions(FrameLayout.flags(head));
        int i = 0;
        for (; i + 8 <= length; i += 8) {
            if (s.get(LONG, stored + i) != key.get(LONG, keyAt + i)) {
                return false;
            }
        }
        for (; i < length; i++) {
            if (s.get(JAVA_BYTE, stored + i) != key.get(JAVA_BYTE, keyAt + i)) {
                return false;
            }
        }
        return true;
    }

    static boolean holds(MemorySegment s, long at, long identity, byte[] key) {
        long head = FrameLayout.head(s, at);
        if ((head & IDENTITY_MASK) != identity) {
            return false;
        }
        long stored = at + FrameLayout.HEADER + FrameLayout.extensions(FrameLayout.flags(head));
        int i = 0;
        for (; i + 8 <= key.length; i += 8) {
            if (s.get(LONG, stored + i) != (long) HEAP_LONG.get(key, i)) {
                return false;
            }
        }
        for (; i < key.length; i++) {
            if (s.get(JAVA_BYTE, stored + i) != key[i]) {
                return false;
            }
        }
        return true;
    }

    /** Hash of the key of the record at a position; the chunk is part of the log. */
    long hashAt(long position) {
        Chunk chunk = chunks.at(Position.chunkSlot(position));
        if (chunk == null) {
            throw new IllegalStateException("an index points into a retired chunk, position " + position);
        }
        while (true) {
            MemorySegment s = chunk.segment();
            try {
                long at = Position.offset(position);
                return hash(s, FrameLayout.keyOffset(s, at), FrameLayout.keyLength(s, at));
            } catch (IllegalStateException e) {
                if (chunk.isCurrent(s)) {
                    throw e;
                }
                // The chunk was mapped anew for a view that escapes.
            }
        }
    }
}
