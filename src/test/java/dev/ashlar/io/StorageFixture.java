package dev.ashlar.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A storage under test, and what its tests share. */
abstract class StorageFixture {
    final Arena arena = Arena.ofAuto();
    Storage storage;

    /** Opens the storage under test; called twice, the second is another instance over the same files. */
    abstract Storage openStorage();

    @BeforeEach
    void open() {
        storage = openStorage();
    }

    @AfterEach
    void close() {
        storage.close();
    }

    MemorySegment bytes(long size, int seed) {
        MemorySegment bytes = arena.allocate(size, 8);
        for (long i = 0; i < size; i++) {
            bytes.set(ValueLayout.JAVA_BYTE, i, (byte) (seed + i * 31));
        }
        return bytes;
    }

    StorageFile createWith(String name, MemorySegment content) {
        StorageFile file = storage.create(name);
        StorageIo.writeFully(file, content, 0, content.byteSize(), 0);
        return file;
    }

    MemorySegment readAll(StorageFile file) {
        MemorySegment all = arena.allocate(Math.max(1, file.size()), 8).asSlice(0, file.size());
        StorageIo.readFully(file, all, 0, all.byteSize(), 0);
        return all;
    }

    static void assertSameBytes(MemorySegment expected, MemorySegment actual) {
        assertEquals(expected.byteSize(), actual.byteSize());
        assertEquals(-1, expected.mismatch(actual));
    }

    static void assertMessage(Throwable e, String... parts) {
        for (String part : parts) {
            assertTrue(e.getMessage().contains(part), () -> "\"" + part + "\" is missing in: " + e.getMessage());
        }
    }

    static void onAnotherThread(Runnable action) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        join(Thread.ofPlatform()
                .uncaughtExceptionHandler((_, e) -> failure.set(e))
                .start(action));
        if (failure.get() != null) {
            throw new AssertionError("on another thread", failure.get());
        }
    }

    static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
