package dev.ashlar.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("simd")
class Xxh3Test {

    @ParameterizedTest
    @CsvSource({
        "'', 2d06800538d394c2",
        "alice, 4da10dd61a0116b0",
        "bob, 1403c0c40f49b8e5",
        "carol, e2fdb994ad3fcba4",
        "key1, 384d070cd5d829e2",
        "test_key, e0614cc5ecbeed92",
        "longer_key_name, 4c21bc57c3b572ee"
    })
    void knownKeysHaveTheirPublishedHash(String key, String hash) {
        assertPublished(key.getBytes(StandardCharsets.UTF_8), hash);
    }

    @ParameterizedTest
    @CsvSource({
        "16, 5ba2f2b7fe36b88b", "17, 67bba3f0fd901aef", "32, 1ac58d79fe079702", "64, d61189c19e55a44e",
        "128, 6fafef5a44cd2e42", "129, 4d8c5b2fdb05729c", "240, aeaa77641ae692a8", "241, 0fff32570af85537",
        "1024, 4d35ad08e9d77c0d", "1025, 2bbaf002dac60111"
    })
    void runsOfOneLetterHaveTheirPublishedHash(int length, String hash) {
        assertPublished("A".repeat(length).getBytes(StandardCharsets.US_ASCII), hash);
    }

    @Test
    void aZeroByteHasItsPublishedHash() {
        assertPublished(new byte[1], "c44bdff4074eecdb");
    }

    private static void assertPublished(byte[] bytes, String hash) {
        long expected = HexFormat.fromHexDigitsToLong(hash);
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(expected, Xxh3.hash(Inputs.nativeCopy(arena, bytes, 0), 0, bytes.length, 0));
        }
        assertEquals(expected, Xxh3.hash(bytes, 0, bytes.length, 0));
    }

    @Test
    void everyShortLengthEqualsTheOracle() {
        Random random = new Random(Inputs.RANDOM_SEED);
        for (int length = 0; length <= 1100; length++) {
            for (long seed : Inputs.HASH_SEEDS) {
                assertEqualsOracle(length, seed, random.nextInt(65));
            }
            assertEqualsOracle(length, random.nextLong(), random.nextInt(65));
        }
    }

    @Test
    void everyBoundaryOfStripesAndBlocksEqualsTheOracle() {
        Random random = new Random(Inputs.RANDOM_SEED);
        for (int length : Inputs.boundaryLengths()) {
            assertEqualsOracle(length, 0, random.nextInt(65));
            assertEqualsOracle(length, random.nextLong(), random.nextInt(65));
        }
    }

    @Test
    void randomLengthsUpToAMebibyteEqualTheOracle() {
        Random random = new Random(Inputs.RANDOM_SEED);
        for (int i = 0; i < 40; i++) {
            assertEqualsOracle(random.nextInt(1 << 20), i % 2 == 0 ? 0 : random.nextLong(), random.nextInt(65));
        }
        assertEqualsOracle(1 << 20, 0, 0);
    }

    private static void assertEqualsOracle(int length, long seed, int misalignment) {
        int before = 3 + misalignment % 5;
        byte[] bytes = Inputs.randomBytes(before + length + 2, length);
        long expected = Inputs.oracle(bytes, before, length, seed);
        String what = "length " + length + ", seed " + seed + ", misalignment " + misalignment;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = Inputs.nativeCopy(arena, bytes, misalignment);
            assertEquals(expected, Xxh3.hash(segment, before, length, seed), what);
            if (seed == 0) {
                assertEquals(expected, Xxh3.hashEarly(segment, before, length), () -> what + ", early");
            }
            MemorySegment exact = segment.asSlice(before, length);
            assertEquals(expected, Xxh3.hash(exact, 0, length, seed), () -> what + ", in a segment of its size");
        }
        assertEquals(expected, Xxh3.hash(bytes, before, length, seed), () -> what + ", array");
    }

    @Test
    void moreSeedsThanTheCacheHoldsStayExact() {
        byte[] bytes = Inputs.randomBytes(777, 1);
        for (int round = 0; round < 2; round++) {
            for (long seed = 0; seed < 100; seed++) {
                assertEquals(Inputs.oracle(bytes, 0, 777, seed), Xxh3.hash(bytes, 0, 777, seed));
            }
        }
    }

    @Test
    void aLongHashesAsItsEightBytes() {
        Random random = new Random(Inputs.RANDOM_SEED);
        byte[] bytes = new byte[8];
        for (int i = 0; i < 1000; i++) {
            long value = i < 10 ? i - 5 : random.nextLong();
            long seed = Inputs.HASH_SEEDS[i % Inputs.HASH_SEEDS.length];
            ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
            assertEquals(Inputs.oracle(bytes, 0, 8, seed), Xxh3.hashLong(value, seed));
        }
    }

    @ParameterizedTest
    @CsvSource({"1", "3", "4", "8", "9", "16", "17", "128", "129", "240", "241", "1025", "5000"})
    void aRangeOutsideOfTheInputIsRefused(int length) {
        byte[] array = new byte[length];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(length);
            for (long offset : new long[] {-1, 1, length, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
                assertOutside(() -> Xxh3.hash(segment, offset, length, 0));
                assertOutside(() -> Xxh3.hash(array, (int) offset, length, 0));
                assertOutside(() -> Xxh3.copyAndHash(segment, offset, arena.allocate(length), 0, length));
                assertOutside(() -> Xxh3.copyAndHash(arena.allocate(length), 0, segment, offset, length));
                assertOutside(() -> Xxh3.copyAndHash(array, (int) offset, segment, 0, length));
                assertOutside(() -> Xxh3.copyAndHash(new byte[length], 0, segment, offset, length));
            }
            assertOutside(() -> Xxh3.hash(segment, Long.MAX_VALUE, length, 0));
            assertOutside(() -> Xxh3.hash(segment, 0, -length, 0));
            assertOutside(() -> Xxh3.hashEarly(segment, Long.MAX_VALUE, length));
            assertOutside(() -> Xxh3.hashEarly(segment, 0, -length));
            assertOutside(() -> Xxh3.hash(array, 0, -length, 0));
            assertOutside(() -> Xxh3.copyAndHash(segment, 0, arena.allocate(length), 0, -length));
            assertOutside(() -> Xxh3.copyAndHash(array, 0, segment, 0, -length));
        }
    }

    private static void assertOutside(Runnable call) {
        assertThrows(IndexOutOfBoundsException.class, call::run);
    }

    @Test
    void aClosedSegmentIsRefused() {
        Arena arena = Arena.ofShared();
        MemorySegment segment = arena.allocate(5000);
        arena.close();
        assertThrows(IllegalStateException.class, () -> Xxh3.hash(segment, 0, 8, 0));
        assertThrows(IllegalStateException.class, () -> Xxh3.hash(segment, 0, 5000, 0));
    }
}
