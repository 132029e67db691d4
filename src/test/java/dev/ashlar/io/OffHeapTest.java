package dev.ashlar.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.StorageException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OffHeapTest {
    private static final Pattern MAPPING = Pattern.compile("([0-9a-f]+)-([0-9a-f]+) ");
    private static final long MIB = 1 << 20;

    @ParameterizedTest
    @CsvSource({
        "1,1",
        "8,64",
        "65535,64",
        "65536,64",
        "65537,4096",
        "100000,16384",
        "2097151,64",
        "2097152,64",
        "2097153,64",
        "5000000,2097152",
        "3000000,8388608",
        "70000,4194304"
    })
    void memoryIsZeroedAlignedAndOfTheSizeAskedFor(long size, long alignment) {
        try (Arena arena = Arena.ofConfined()) {
            for (int round = 0; round < 2; round++) {
                MemorySegment memory = OffHeap.allocate(size, alignment, arena);
                assertEquals(size, memory.byteSize());
                assertEquals(0, memory.address() % alignment);
                assertEquals(-1, memory.mismatch(arena.allocate(size)));
                memory.fill((byte) -1);
            }
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void largeMemoryIsAlignedForHugePages() {
        try (Arena arena = Arena.ofConfined()) {
            assertEquals(0, OffHeap.allocate(2 * MIB, 64, arena).address() % (2 * MIB));
            assertEquals(0, OffHeap.reserve(9 * MIB + 5, MIB, arena).address() % (2 * MIB));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void memoryIsTakenOnlyWhenTouchedAndGivenBackWithTheArena() throws IOException {
        MemorySegment memory;
        try (Arena arena = Arena.ofShared()) {
            memory = OffHeap.allocate(4L << 30, 64, arena);
            memory.set(ValueLayout.JAVA_LONG, (4L << 30) - 8, 42);
            assertTrue(residentBytes(memory) < 50 * MIB);
            memory.asSlice(0, 256 * MIB).fill((byte) 1);
            assertTrue(residentBytes(memory) >= 256 * MIB);
            OffHeap.discard(memory, 0, 256 * MIB);
            assertTrue(residentBytes(memory) < 50 * MIB);
            assertEquals(42, memory.get(ValueLayout.JAVA_LONG, (4L << 30) - 8));
            memory.asSlice(0, 256 * MIB).fill((byte) 1);
        }
        assertTrue(residentBytes(memory) < 200 * MIB); // others may have some of these addresses by now
    }

    /** Of some addresses, not of the process: others take and give back memory meanwhile. */
    private static long residentBytes(MemorySegment memory) throws IOException {
        long from = memory.address();
        long to = from + memory.byteSize();
        long bytes = 0;
        boolean within = false;
        for (String line : Files.readAllLines(Path.of("/proc/self/smaps"), StandardCharsets.ISO_8859_1)) {
            Matcher mapping = MAPPING.matcher(line);
            if (mapping.lookingAt()) {
                within = Long.compareUnsigned(Long.parseUnsignedLong(mapping.group(1), 16), to) < 0
                        && Long.compareUnsigned(Long.parseUnsignedLong(mapping.group(2), 16), from) > 0;
            } else if (within && line.startsWith("Rss:")) {
                bytes += 1024 * Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        return bytes;
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void reservingTakesLessWhenThereIsNoRoomForAll() {
        try (Arena arena = Arena.ofShared()) {
            // No address space holds 2^62 bytes; x86-64 and AArch64 give 2^47 to 2^48 to a process.
            MemorySegment memory = OffHeap.reserve(1L << 62, MIB, arena);
            assertTrue(memory.byteSize() >= 1L << 32 && memory.byteSize() < 1L << 57, () -> "" + memory.byteSize());
            memory.set(ValueLayout.JAVA_BYTE, memory.byteSize() - 1, (byte) 1);
            assertThrows(StorageException.class, () -> OffHeap.reserve(1L << 62, 1L << 61, arena));
        }
    }

    @Test
    void discardTouchesWholePagesOnly() {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = OffHeap.allocate(MIB, 64, arena);
            memory.fill((byte) 1);
            OffHeap.discard(memory, 100, 4_096 + 100); // no whole page of 8 KiB or more, one of 4 KiB
            for (long i = 0; i < 100; i++) {
                assertEquals(1, memory.get(ValueLayout.JAVA_BYTE, i));
                assertEquals(1, memory.get(ValueLayout.JAVA_BYTE, 4_196 + i));
            }
            OffHeap.discard(memory, 1, 10);
            assertEquals(1, memory.get(ValueLayout.JAVA_BYTE, 5));
            assertThrows(IllegalArgumentException.class, () -> OffHeap.discard(memory.asReadOnly(), 0, 10));
            assertThrows(IndexOutOfBoundsException.class, () -> OffHeap.discard(memory, MIB, 10));
        }
    }

    @Test
    void adviceChangesNoContent() {
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = OffHeap.allocate(MIB, 64, arena);
            memory.fill((byte) 3);
            for (Advice advice : Advice.values()) {
                OffHeap.advise(memory, 0, MIB, advice);
                OffHeap.advise(memory.asReadOnly(), 12_345, 1, advice);
                OffHeap.advise(memory.asSlice(4_097), 0, 5_000, advice);
                OffHeap.advise(memory, MIB, 0, advice);
            }
            MemorySegment expected = arena.allocate(MIB);
            expected.fill((byte) 3);
            assertEquals(-1, memory.mismatch(expected));
            assertThrows(IndexOutOfBoundsException.class, () -> OffHeap.advise(memory, MIB - 1, 2, Advice.WILL_NEED));
        }
    }

    @Test
    void badArgumentsAreRefused() {
        try (Arena arena = Arena.ofConfined()) {
            assertThrows(IllegalArgumentException.class, () -> OffHeap.allocate(0, 1, arena));
            assertThrows(IllegalArgumentException.class, () -> OffHeap.allocate(8, 0, arena));
            assertThrows(IllegalArgumentException.class, () -> OffHeap.allocate(MIB, 3, arena));
            assertThrows(IllegalArgumentException.class, () -> OffHeap.allocate(8, Long.MIN_VALUE, arena));
            assertThrows(IllegalArgumentException.class, () -> OffHeap.reserve(5, 6, arena));
            assertThrows(IllegalArgumentException.class, () -> OffHeap.reserve(5, 0, arena));
        }
        Arena closed = Arena.ofConfined();
        closed.close();
        assertThrows(IllegalStateException.class, () -> OffHeap.allocate(MIB, 64, closed));
    }
}
