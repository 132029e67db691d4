package dev.ashlar.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("simd")
class Xxh3CopyTest {

    private static final int GUARD_BYTES = 80;
    private static final byte GUARD = (byte) 0xA5;

    @Test
    void everyShortLengthIsCopiedExactlyAndHashed() {
        assertCopies(IntStream.rangeClosed(0, 1100).toArray());
    }

    @Test
    void everyBoundaryOfStripesAndBlocksIsCopiedExactlyAndHashed() {
        assertCopies(Inputs.boundaryLengths());
    }

    @Test
    void randomLengthsUpToAMebibyteAreCopiedExactlyAndHashed() {
        assertCopies(new Random(Inputs.RANDOM_SEED).ints(20, 0, 1 << 20).toArray());
    }

    private static void assertCopies(int[] lengths) {
        Random random = new Random(Inputs.RANDOM_SEED);
        for (int length : lengths) {
            byte[] bytes = Inputs.randomBytes(length + 7, length);
            int start = random.nextInt(8);
            long expected = Inputs.oracle(bytes, start, length, 0);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment source = Inputs.nativeCopy(arena, bytes, random.nextInt(65));
                MemorySegment target = arena.allocate(length + 2L * GUARD_BYTES, 64);
                int targetOffset = GUARD_BYTES - random.nextInt(17);

                target.fill(GUARD);
                assertEquals(expected, Xxh3.copyAndHash(source, start, target, targetOffset, length));
                assertExactCopy(bytes, start, length, target, targetOffset);

                target.fill(GUARD);
                assertEquals(expected, Xxh3.copyAndHash(bytes, start, target, targetOffset, length));
                assertExactCopy(bytes, start, length, target, targetOffset);
            }
        }
    }

    private static void assertExactCopy(byte[] bytes, int start, int length, MemorySegment target, int targetOffset) {
        MemorySegment expected = MemorySegment.ofArray(new byte[(int) target.byteSize()]);
        expected.fill(GUARD);
        MemorySegment.copy(MemorySegment.ofArray(bytes), start, expected, targetOffset, length);
        long difference = expected.mismatch(target);
        assertEquals(-1, difference, () -> "length " + length + ": differs at " + (difference - targetOffset));
    }

    /** A caller may go on writing to the memory it hands over; the engine must not store a checksum of other bytes. */
    @Test
    void theHashIsOfTheBytesWrittenWhileTheSourceChanges() throws InterruptedException {
        int[] lengths = {8, 100, 240, 241, 300, 1023, 1024, 1025, 1100, 4096, 20_000};
        byte[] array = Inputs.randomBytes(20_000, 0);
        AtomicBoolean stop = new AtomicBoolean();
        try (Arena arena = Arena.ofShared()) {
            MemorySegment source = Inputs.nativeCopy(arena, array, 0);
            MemorySegment target = arena.allocate(20_000, 64);
            Thread mutator = Thread.ofPlatform().start(() -> mutate(source, array, stop));
            try {
                long deadline = System.nanoTime() + 1_500_000_000L;
                int length = 0;
                for (int i = 0; System.nanoTime() < deadline; i++) {
                    length = lengths[i % lengths.length];
                    assertHashOfTarget(Xxh3.copyAndHash(source, 0, target, 0, length), target, length, "native");
                    assertHashOfTarget(Xxh3.copyAndHash(array, 0, target, 0, length), target, length, "array");
                }
            } finally {
                stop.set(true);
                mutator.join();
            }
        }
    }

    private static void assertHashOfTarget(long hash, MemorySegment target, int length, String kind) {
        byte[] written = target.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        if (Inputs.oracle(written, 0, length, 0) != hash) {
            fail("the hash is not that of the bytes in the target: " + kind + ", length " + length);
        }
    }

    private static void mutate(MemorySegment source, byte[] array, AtomicBoolean stop) {
        Random random = new Random(Inputs.RANDOM_SEED);
        while (!stop.get()) {
            byte value = (byte) random.nextInt();
            for (int i = 0; i < array.length; i += 61) {
                array[i] = value;
                source.set(ValueLayout.JAVA_BYTE, i, value);
            }
        }
    }
}
