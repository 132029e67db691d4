package dev.ashlar.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.StorageException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class AddressRangeTest {
    private static final long UNIT = 1 << 20;
    private static final long PLACES = 16;

    @TempDir
    Path directory;

    private final AddressRange range = Objects.requireNonNull(AddressRange.reserve(PLACES * UNIT, UNIT));

    private StorageFile file(PosixStorage storage, String name, long filling) {
        StorageFile file = storage.create(name);
        file.allocate(UNIT);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(UNIT, 8);
            for (long at = 0; at < UNIT; at += 8) {
                bytes.set(ValueLayout.JAVA_LONG, at, filling);
            }
            StorageIo.writeFully(file, bytes, 0, UNIT, 0);
        }
        return file;
    }

    private long at(long offset) {
        return RawMemory.ALL.get(ValueLayout.JAVA_LONG, range.address() + offset);
    }

    @Test
    void itIsAlignedAndReadsAsZerosFromEndToEnd() {
        assertEquals(0, range.address() % UNIT);
        assertEquals(PLACES * UNIT, range.bytes());
        for (long at = 0; at < range.bytes(); at += 4096) {
            assertEquals(0, at(at));
        }
        assertEquals(0, at(range.bytes() - 8));
    }

    @Test
    void aFileIsReadWhereItWasMappedAndOnlyThere() {
        PosixStorage storage = new PosixStorage(directory);
        try (StorageFile first = file(storage, "first", 11);
                StorageFile second = file(storage, "second", 22)) {
            first.mapInto(range, 2 * UNIT, UNIT);
            second.mapInto(range, 3 * UNIT, UNIT);
        }
        assertEquals(0, at(2 * UNIT - 8));
        assertEquals(11, at(2 * UNIT));
        assertEquals(11, at(3 * UNIT - 8));
        assertEquals(22, at(3 * UNIT));
        assertEquals(0, at(4 * UNIT));
        range.clear(2 * UNIT, UNIT);
        assertEquals(0, at(2 * UNIT));
        assertEquals(0, at(3 * UNIT - 8));
        assertEquals(22, at(3 * UNIT));
    }

    @Test
    void whatIsWrittenToTheFileIsSeenAtOnce() {
        PosixStorage storage = new PosixStorage(directory);
        try (StorageFile file = file(storage, "file", 1);
                Arena arena = Arena.ofConfined()) {
            file.mapInto(range, 0, UNIT);
            MemorySegment word = arena.allocate(8, 8);
            word.set(ValueLayout.JAVA_LONG, 0, 5);
            StorageIo.writeFully(file, word, 0, 8, 4096);
            assertEquals(5, at(4096));
        }
    }

    @Test
    void aFileThatIsShorterThanAskedForIsRefusedAndNothingChanges() {
        PosixStorage storage = new PosixStorage(directory);
        try (StorageFile file = file(storage, "file", 1)) {
            assertThrows(StorageException.class, () -> file.mapInto(range, 0, UNIT + 1));
        }
        assertEquals(0, at(0));
    }

    @Test
    void placesOutsideAreRefused() {
        PosixStorage storage = new PosixStorage(directory);
        try (StorageFile file = file(storage, "file", 1)) {
            assertThrows(IndexOutOfBoundsException.class, () -> file.mapInto(range, PLACES * UNIT, UNIT));
            assertThrows(IndexOutOfBoundsException.class, () -> file.mapInto(range, -UNIT, UNIT));
        }
        assertThrows(IndexOutOfBoundsException.class, () -> range.clear((PLACES - 1) * UNIT, 2 * UNIT));
    }

    /** Loads while mappings come and go: each reads the truth or zeros, and none faults. */
    @Test
    void readersNeverFaultWhileAPlaceIsMappedAndCleared() throws Exception {
        PosixStorage storage = new PosixStorage(directory);
        try (StorageFile file = file(storage, "file", 7)) {
            AtomicBoolean stop = new AtomicBoolean();
            AtomicBoolean seen = new AtomicBoolean();
            long[] wrong = {0};
            Thread reader = Thread.ofPlatform().daemon().start(() -> {
                for (long i = 0; !stop.get(); i += 4096) {
                    long word = at(i % UNIT);
                    wrong[0] += word != 0 && word != 7 ? 1 : 0;
                    if (word == 7 && !seen.get()) {
                        seen.set(true);
                    }
                    Thread.onSpinWait();
                }
            });
            long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
            for (int i = 0; i < 2_000 || !seen.get() && System.nanoTime() < end; i++) {
                file.mapInto(range, 0, UNIT);
                range.clear(0, UNIT);
            }
            stop.set(true);
            assertTrue(reader.join(Duration.ofMinutes(1)), "the reader does not end");
            assertEquals(0, wrong[0]);
            assertTrue(seen.get(), "the reader never met the file");
        }
    }

    @Test
    void whatIsLentIsGivenBackWhenTheLastSliceHasGone() throws Exception {
        PosixStorage storage = new PosixStorage(directory);
        try (StorageFile file = file(storage, "file", 3)) {
            file.mapInto(range, UNIT, UNIT);
        }
        CountDownLatch returned = new CountDownLatch(1);
        MemorySegment[] slice = {range.lend(UNIT, UNIT, returned::countDown).asSlice(4096, 8)};
        System.gc();
        assertEquals(3, slice[0].get(ValueLayout.JAVA_LONG, 0));
        assertEquals(1, returned.getCount());
        assertTrue(slice[0].isReadOnly());
        slice[0] = null;
        for (int i = 0; i < 1_000 && returned.getCount() > 0; i++) {
            System.gc();
            returned.await(50, TimeUnit.MILLISECONDS);
        }
        assertEquals(0, returned.getCount(), "it was not given back after 1,000 collections");
    }

    @Test
    void moreThanTheAddressSpaceIsNotReserved() {
        assertNull(AddressRange.reserve(1L << 60, UNIT));
    }
}
