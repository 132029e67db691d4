package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Keyspace;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * What a key or a value is copied from: a {@code byte[]}, a {@link MemorySegment} in any memory, or null for no bytes; a
 * vector also from a {@code float[]}.
 * They are told apart here and nowhere else, so that no object has to be made that holds either.
 */
final class Source {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Source() {}

    static long length(@Nullable Object source) {
        return source instanceof byte[] heap
                ? heap.length
                : source instanceof MemorySegment s
                        ? s.byteSize()
                        : source instanceof float[] floats ? (long) floats.length * Float.BYTES : 0;
    }

    /** @throws IllegalArgumentException if it is too long for a key */
    static int keyLength(Object key) {
        long length = length(key);
        if (length > Keyspace.MAX_KEY_BYTES) {
            throw new IllegalArgumentException(
                    "the key has " + length + " bytes; the most is " + Keyspace.MAX_KEY_BYTES);
        }
        return (int) length;
    }

    static void copy(@Nullable Object source, MemorySegment target, long at, int length) {
        if (source instanceof byte[] heap) {
            MemorySegment.copy(heap, 0, target, JAVA_BYTE, at, length);
        } else if (source instanceof MemorySegment memory) {
            MemorySegment.copy(memory, 0, target, at, length);
        } else if (source instanceof float[] floats) {
            MemorySegment.copy(floats, 0, target, FLOAT, at, length / Float.BYTES);
        }
    }

    /** Copies and hashes; the hash is that of the bytes that arrived, whatever others do to the source meanwhile. */
    static long copyAndHash(@Nullable Object source, MemorySegment target, long at, long from, int length) {
        if (source instanceof byte[] heap) {
            return Xxh3.copyAndHash(heap, (int) from, target, at, length);
        }
        if (!(source instanceof MemorySegment memory)) {
            return Xxh3.hash(target, at, 0, 0);
        }
        if (memory.isNative() && !memory.isMapped()) {
            return Xxh3.copyAndHash(memory, from, target, at, length);
        }
        // A mapped source may lose its pages at any moment: a plain copy survives that, vector code does not.
        MemorySegment.copy(memory, from, target, at, length);
        return Xxh3.hash(target, at, length, 0);
    }

    /** True of a source that may lose its pages at any moment. */
    static boolean isMapped(@Nullable Object source) {
        return source instanceof MemorySegment memory && memory.isMapped();
    }
}
