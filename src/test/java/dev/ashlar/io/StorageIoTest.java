package dev.ashlar.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.StorageException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

class StorageIoTest {
    private static final int EIO = 5;
    private static final int EINTR = 4;

    private final Arena arena = Arena.ofAuto();

    /** 1,000 bytes in memory; what the n-th call moves, or the error it ends with (negative), is scripted. */
    private final class ScriptedFile implements StorageFile {
        private final MemorySegment content = arena.allocate(1_000);
        private final IntToLongFunction script;
        private int calls;

        ScriptedFile(IntToLongFunction script) {
            this.script = script;
        }

        private long next(long length) {
            long step = script.applyAsLong(calls++);
            if (step < 0) {
                throw new StorageException("scripted", name(), (int) -step, "as the script says");
            }
            return Math.min(step, length);
        }

        @Override
        public long write(MemorySegment source, long sourceOffset, long length, long position) {
            long count = next(length);
            MemorySegment.copy(source, sourceOffset, content, position, count);
            return count;
        }

        @Override
        public long read(MemorySegment target, long targetOffset, long length, long position) {
            long count = next(Math.min(length, size() - position));
            MemorySegment.copy(content, position, target, targetOffset, count);
            return count;
        }

        @Override
        public String name() {
            return "scripted-file";
        }

        @Override
        public long size() {
            return content.byteSize();
        }

        @Override
        public void allocate(long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public MemorySegment map(long size, Arena owner) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void sync() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void truncate(long size) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    private MemorySegment numbered(long size) {
        MemorySegment bytes = arena.allocate(size);
        for (int i = 0; i < size; i++) {
            bytes.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 7 + 1));
        }
        return bytes;
    }

    @Test
    void shortCountsAndSignalsAreTriedAgainAtTheRightPlace() {
        IntToLongFunction script = call -> call % 3 == 0 ? -EINTR : call % 3 == 1 ? 0 : call;
        ScriptedFile file = new ScriptedFile(script);
        MemorySegment source = numbered(500);
        StorageIo.writeFully(file, source, 100, 400, 300);
        assertEquals(-1, file.content.asSlice(300, 400).mismatch(source.asSlice(100)));
        assertEquals(-1, file.content.asSlice(0, 300).mismatch(arena.allocate(300)));
        assertEquals(-1, file.content.asSlice(700).mismatch(arena.allocate(300)));

        ScriptedFile reading = new ScriptedFile(call -> call % 2 == 0 ? -EINTR : call);
        reading.content.copyFrom(numbered(1_000));
        MemorySegment target = arena.allocate(500);
        StorageIo.readFully(reading, target, 100, 400, 600);
        assertEquals(-1, target.asSlice(100).mismatch(reading.content.asSlice(600)));
        assertEquals(-1, target.asSlice(0, 100).mismatch(arena.allocate(100)));
    }

    @Test
    void anyOtherErrorIsNotTriedAgain() {
        ScriptedFile file = new ScriptedFile(_ -> -EIO);
        MemorySegment memory = numbered(10);
        assertEquals(
                EIO,
                assertThrows(StorageException.class, () -> StorageIo.writeFully(file, memory, 0, 10, 0))
                        .errno());
        assertEquals(1, file.calls);
        assertThrows(StorageException.class, () -> StorageIo.readFully(file, memory, 0, 10, 0));
        assertEquals(2, file.calls);
    }

    @Test
    void noProgressForEverIsAFailure() {
        MemorySegment memory = numbered(10);
        ScriptedFile stuck = new ScriptedFile(call -> call == 0 ? 4 : 0);
        StorageException e = assertThrows(StorageException.class, () -> StorageIo.writeFully(stuck, memory, 0, 10, 16));
        assertTrue(e.getMessage().contains("10 bytes at 16, wrote 4"), e.getMessage());
        ScriptedFile signals = new ScriptedFile(_ -> -EINTR);
        assertThrows(StorageException.class, () -> StorageIo.writeFully(signals, memory, 0, 10, 0));
        assertThrows(StorageException.class, () -> StorageIo.readFully(signals, memory, 0, 10, 0));
    }

    @Test
    void nothingToDoCallsNothing() {
        ScriptedFile file = new ScriptedFile(_ -> -EIO);
        StorageIo.writeFully(file, numbered(1), 0, 0, 0);
        StorageIo.readFully(file, numbered(1), 0, 0, 0);
        assertEquals(0, file.calls);
    }
}
