package dev.ashlar.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("simd")
class Xxh3StreamTest {

    @Test
    void anEmptyStreamHashesAsNoBytes() {
        assertEquals(Inputs.oracle(new byte[0], 0, 0, 0), new Xxh3Stream().digest());
    }

    @Test
    void everyShortLengthInOnePieceEqualsTheOneShotHash() {
        byte[] bytes = Inputs.randomBytes(2200, 0);
        Xxh3Stream stream = new Xxh3Stream();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = Inputs.nativeCopy(arena, bytes, 5);
            for (int length = 0; length <= bytes.length; length++) {
                stream.reset();
                stream.update(segment, 0, length);
                assertEquals(Inputs.oracle(bytes, 0, length, 0), stream.digest(), "length " + length);
            }
        }
    }

    @Test
    void everyCutInTwoEqualsTheOneShotHash() {
        Xxh3Stream stream = new Xxh3Stream();
        try (Arena arena = Arena.ofConfined()) {
            for (int length : new int[] {240, 241, 256, 257, 320, 512, 1024, 1025, 1280}) {
                byte[] bytes = Inputs.randomBytes(length, length);
                MemorySegment segment = Inputs.nativeCopy(arena, bytes, 0);
                long expected = Inputs.oracle(bytes, 0, length, 0);
                for (int cut = 0; cut <= length; cut++) {
                    stream.reset();
                    stream.update(segment, 0, cut);
                    stream.update(segment, cut, length - cut);
                    assertEquals(expected, stream.digest(), "length " + length + ", cut at " + cut);
                }
            }
        }
    }

    @Test
    void randomSplitsEqualTheOneShotHash() {
        Random random = new Random(Inputs.RANDOM_SEED);
        Xxh3Stream stream = new Xxh3Stream();
        for (int i = 0; i < 400; i++) {
            int length = random.nextInt(i % 10 == 0 ? 300_000 : 6_000);
            int longestPiece = 1 + random.nextInt(i % 3 == 0 ? 70 : 5_000);
            byte[] bytes = Inputs.randomBytes(length, i);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment segment = Inputs.nativeCopy(arena, bytes, random.nextInt(65));
                stream.reset();
                for (int at = 0; at < length; ) {
                    int piece = Math.min(length - at, random.nextInt(longestPiece + 1));
                    stream.update(segment, at, piece);
                    at += piece;
                }
                assertEquals(Inputs.oracle(bytes, 0, length, 0), stream.digest(), "round " + i);
            }
        }
    }

    @Test
    void aDigestOnTheWayChangesNothing() {
        byte[] bytes = Inputs.randomBytes(5_000, 0);
        Xxh3Stream stream = new Xxh3Stream();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = Inputs.nativeCopy(arena, bytes, 0);
            for (int at = 0; at < bytes.length; at += 50) {
                stream.update(segment, at, 50);
                assertEquals(Inputs.oracle(bytes, 0, at + 50, 0), stream.digest());
                assertEquals(Inputs.oracle(bytes, 0, at + 50, 0), stream.digest());
            }
        }
    }

    @Test
    void aRangeOutsideOfTheSegmentIsRefusedAndChangesNothing() {
        byte[] bytes = Inputs.randomBytes(300, 0);
        Xxh3Stream stream = new Xxh3Stream();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = Inputs.nativeCopy(arena, bytes, 0);
            stream.update(segment, 0, 300);
            assertThrows(IndexOutOfBoundsException.class, () -> stream.update(segment, 1, 300));
            assertThrows(IndexOutOfBoundsException.class, () -> stream.update(segment, -1, 10));
            assertThrows(IndexOutOfBoundsException.class, () -> stream.update(segment, 0, -1));
            assertEquals(Inputs.oracle(bytes, 0, 300, 0), stream.digest());
        }
    }
}
