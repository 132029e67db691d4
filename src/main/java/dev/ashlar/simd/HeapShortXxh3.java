package dev.ashlar.simd;

import static dev.ashlar.simd.Xxh3Math.mix16;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * XXH3-64 of up to 240 bytes of a {@code byte[]}: the twin of {@link NativeShortXxh3}, kept apart so that neither
 * spoils the other's type profile.
 */
final class HeapShortXxh3 {

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private HeapShortXxh3() {}

    static long upTo16(byte[] source, int offset, int length, long seed) {
        if (length > 8) {
            return Xxh3Math.hash9to16(longAt(source, offset), longAt(source, offset + length - 8), length, seed);
        }
        if (length >= 4) {
            return Xxh3Math.hash4to8(intAt(source, offset), intAt(source, offset + length - 4), length, seed);
        }
        return upTo3(source, offset, length, seed);
    }

    private static long upTo3(byte[] source, int offset, int length, long seed) {
        if (length > 0) {
            return Xxh3Math.hash1to3(
                    byteAt(source, offset),
                    byteAt(source, offset + (length >>> 1)),
                    byteAt(source, offset + length - 1),
                    length,
                    seed);
        }
        Xxh3.checkNotNegative(length);
        return Xxh3Math.hashEmpty(seed);
    }

    private static int byteAt(byte[] source, int at) {
        return source[at] & 0xFF;
    }

    private static int intAt(byte[] source, int at) {
        return (int) INT.get(source, at);
    }

    static long longAt(byte[] source, int at) {
        return (long) LONG.get(source, at);
    }

    static long from17to128(byte[] source, int offset, int length, long seed) {
        int end = offset + length;
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

    static long from129to240(byte[] source, int offset, int length, long seed) {
        long sum = length * Xxh3Math.PRIME64_1 + first128(source, offset, seed);
        long[] shifted = Xxh3Secret.FROM_BYTE_3;
        long tail = mix(source, offset + length - 16, Xxh3Secret.AT_119, Xxh3Secret.AT_127, seed);
        int rounds = (length >>> 4) - 8;
        for (int i = 0; i < rounds; i++) {
            tail += mix(source, offset + 128 + 16 * i, shifted[2 * i], shifted[2 * i + 1], seed);
        }
        return Xxh3Math.avalanche(Xxh3Math.avalanche(sum) + tail);
    }

    /** Written out: as a loop over the secret it took twice the time. */
    private static long first128(byte[] source, int offset, long seed) {
        return mix(source, offset, Xxh3Secret.W00, Xxh3Secret.W01, seed)
                + mix(source, offset + 16, Xxh3Secret.W02, Xxh3Secret.W03, seed)
                + mix(source, offset + 32, Xxh3Secret.W04, Xxh3Secret.W05, seed)
                + mix(source, offset + 48, Xxh3Secret.W06, Xxh3Secret.W07, seed)
                + mix(source, offset + 64, Xxh3Secret.W08, Xxh3Secret.W09, seed)
                + mix(source, offset + 80, Xxh3Secret.W10, Xxh3Secret.W11, seed)
                + mix(source, offset + 96, Xxh3Secret.W12, Xxh3Secret.W13, seed)
                + mix(source, offset + 112, Xxh3Secret.W14, Xxh3Secret.W15, seed);
    }

    private static long mix(byte[] source, int at, long secretLow, long secretHigh, long seed) {
        return mix16(longAt(source, at), longAt(source, at + 8), secretLow, secretHigh, seed);
    }
}
