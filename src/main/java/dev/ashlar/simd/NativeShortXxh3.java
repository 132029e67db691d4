package dev.ashlar.simd;

import static dev.ashlar.simd.Xxh3Math.mix16;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * XXH3-64 of up to 240 bytes of native memory. It never sees a heap segment; {@link HeapShortXxh3} is its twin for
 * arrays.
 *
 * <p>In each length class the accesses at both ends cover the whole range, so the checks that the segment makes are all
 * the checks of bounds that are needed.
 */
final class NativeShortXxh3 {

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private NativeShortXxh3() {}

    static long upTo16(MemorySegment source, long offset, long length, long seed) {
        if (length > 8) {
            return Xxh3Math.hash9to16(source.get(LONG, offset), source.get(LONG, offset + length - 8), length, seed);
        }
        if (length >= 4) {
            return Xxh3Math.hash4to8(source.get(INT, offset), source.get(INT, offset + length - 4), length, seed);
        }
        return upTo3(source, offset, length, seed);
    }

    private static long upTo3(MemorySegment source, long offset, long length, long seed) {
        if (length > 0) {
            return Xxh3Math.hash1to3(
                    byteAt(source, offset),
                    byteAt(source, offset + (length >>> 1)),
                    byteAt(source, offset + length - 1),
                    (int) length,
                    seed);
        }
        Xxh3.checkNotNegative(length);
        return Xxh3Math.hashEmpty(seed);
    }

    private static int byteAt(MemorySegment source, long at) {
        return source.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
    }

    static long from17to128(MemorySegment source, long offset, long length, long seed) {
        long end = offset + length;
        long sum = length * Xxh3Math.PRIME64_1;
        if (length > 32) {
            if (length > 64) {
                if (length > 96) {
                    sum += mix(source, offset + 48, Xxh3Secret.W12, Xxh3Secret.W13, seed);
                    sum += mix(source, end - 64, Xxh3Secret.W14, Xxh3Secret.W15, seed);
                }
                sum += mix(source, offset + 32, Xxh3Secret.W08, Xxh3Secret.W09, seed);
                sum += mix(source, end - 48, Xxh3Secret.W10, Xxh3Secret.W11, seed);
            }
            sum += mix(source, offset + 16, Xxh3Secret.W04, Xxh3Secret.W05, seed);
            sum += mix(source, end - 32, Xxh3Secret.W06, Xxh3Secret.W07, seed);
        }
        sum += mix(source, offset, Xxh3Secret.W00, Xxh3Secret.W01, seed);
        sum += mix(source, end - 16, Xxh3Secret.W02, Xxh3Secret.W03, seed);
        return Xxh3Math.avalanche(sum);
    }

    static long from129to240(MemorySegment source, long offset, long length, long seed) {
        long sum = length * Xxh3Math.PRIME64_1 + first128(source, offset, seed);
        long[] shifted = Xxh3Secret.FROM_BYTE_3;
        long tail = mix(source, offset + length - 16, Xxh3Secret.AT_119, Xxh3Secret.AT_127, seed);
        int rounds = ((int) length >>> 4) - 8;
        for (int i = 0; i < rounds; i++) {
            tail += mix(source, offset + 128 + 16L * i, shifted[2 * i], shifted[2 * i + 1], seed);
        }
        return Xxh3Math.avalanche(Xxh3Math.avalanche(sum) + tail);
    }

    /** Written out: as a loop over the secret it took twice the time. */
    private static long first128(MemorySegment source, long offset, long seed) {
        return mix(source, offset, Xxh3Secret.W00, Xxh3Secret.W01, seed)
                + mix(source, offset + 16, Xxh3Secret.W02, Xxh3Secret.W03, seed)
                + mix(source, offset + 32, Xxh3Secret.W04, Xxh3Secret.W05, seed)
                + mix(source, offset + 48, Xxh3Secret.W06, Xxh3Secret.W07, seed)
                + mix(source, offset + 64, Xxh3Secret.W08, Xxh3Secret.W09, seed)
                + mix(source, offset + 80, Xxh3Secret.W10, Xxh3Secret.W11, seed)
                + mix(source, offset + 96, Xxh3Secret.W12, Xxh3Secret.W13, seed)
                + mix(source, offset + 112, Xxh3Secret.W14, Xxh3Secret.W15, seed);
    }

    private static long mix(MemorySegment source, long at, long secretLow, long secretHigh, long seed) {
        return mix16(source.get(LONG, at), source.get(LONG, at + 8), secretLow, secretHigh, seed);
    }
}
