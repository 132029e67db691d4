package dev.ashlar.simd;

import com.dynatrace.hash4j.hashing.Hashing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.IntStream;

/** What the tests of this package share: the oracle, the lengths where something changes, native copies of arrays. */
final class Inputs {

    /** Every failure can be repeated: the source of randomness is this number, and messages name it. */
    static final long RANDOM_SEED = 0x5EED_A51A_2026L;

    static final long[] HASH_SEEDS = {0, 1, -1, 42, 0x8000_0000L, Long.MIN_VALUE, 0x9E37_79B9_7F4A_7C15L};

    private Inputs() {}

    static long oracle(byte[] bytes, int offset, int length, long seed) {
        return Hashing.xxh3_64(seed).hashBytesToLong(bytes, offset, length);
    }

    static byte[] randomBytes(int length, long salt) {
        byte[] bytes = new byte[length];
        new Random(RANDOM_SEED + salt).nextBytes(bytes);
        return bytes;
    }

    /** The bytes at an address of the given distance from a multiple of 64, in a segment of exactly their length. */
    static MemorySegment nativeCopy(Arena arena, byte[] bytes, int misalignment) {
        MemorySegment segment =
                arena.allocate(misalignment + (long) bytes.length, 64).asSlice(misalignment, bytes.length);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment;
    }

    /** Around each multiple of a stripe up to 3 KiB, and of a block up to 16 KiB. */
    static int[] boundaryLengths() {
        IntStream stripes = IntStream.rangeClosed(1, 48).map(i -> i * 64);
        IntStream blocks = IntStream.rangeClosed(1, 16).map(i -> i * 1024);
        return IntStream.concat(stripes, blocks)
                .flatMap(n -> IntStream.of(n - 1, n, n + 1, n + 63, n + 64, n + 65))
                .distinct()
                .sorted()
                .toArray();
    }
}
