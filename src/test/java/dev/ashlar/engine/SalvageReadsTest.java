package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.ashlar.StorageException;
import dev.ashlar.io.StorageFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Proxy;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Reading files of which the device has lost blocks. */
class SalvageReadsTest {
    private static final int EIO = 5;
    private static final int EACCES = 13;
    private static final long SIZE = 3_000_000;

    // Blocks of 4,096 are lost as a whole.
    private static final long FIRST_LOST = 1_500_000 / 4096 * 4096;
    private static final long FIRST_KEPT = (1_505_000 / 4096 + 1) * 4096;

    /** A file of ones, in which some bytes cannot be read. */
    private static StorageFile file(int errno, long lostFrom, long lostTo) {
        return (StorageFile) Proxy.newProxyInstance(
                SalvageReadsTest.class.getClassLoader(), new Class<?>[] {StorageFile.class}, (_, method, arguments) -> {
                    if (method.getName().equals("name")) {
                        return "log/file";
                    }
                    if (!method.getName().equals("read")) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    MemorySegment target = (MemorySegment) arguments[0];
                    long at = (long) arguments[1];
                    long length = (long) arguments[2];
                    long position = (long) arguments[3];
                    if (position < lostTo && position + length > lostFrom) {
                        throw new StorageException("pread", "log/file", errno, "as asked for");
                    }
                    target.asSlice(at, length).fill((byte) 1);
                    return length;
                });
    }

    @Test
    void aBlockThatCannotBeReadIsZerosAndReportedOnce() {
        long[] last = new long[2];
        SalvageReads reads = new SalvageReads((bytes, total) -> {
            last[0] = bytes;
            last[1] = total;
        });
        reads.expect(2 * SIZE);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(SIZE);
            for (int round = 0; round < 2; round++) {
                reads.read(file(EIO, 1_500_000, 1_505_000), target, SIZE);
            }
            for (long at = 0; at < SIZE; at++) {
                boolean lost = at >= FIRST_LOST && at < FIRST_KEPT;
                assertEquals(lost ? 0 : 1, target.get(ValueLayout.JAVA_BYTE, at), "byte " + at);
            }
        }
        assertEquals(1, reads.unreadable().size());
        assertEquals(FIRST_LOST, reads.unreadable().getFirst().position());
        assertEquals(FIRST_KEPT - FIRST_LOST, reads.unreadable().getFirst().length());
        assertEquals("log/file", reads.unreadable().getFirst().file());
        assertEquals(2 * SIZE, last[0]);
        assertEquals(2 * SIZE, last[1]);
    }

    @Test
    void anErrorThatSaysNothingAboutTheBytesIsThrown() {
        SalvageReads reads = new SalvageReads((_, _) -> {});
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(SIZE);
            assertThrows(StorageException.class, () -> reads.read(file(EACCES, 10, 11), target, SIZE));
        }
        assertEquals(List.of(), reads.unreadable());
    }
}
