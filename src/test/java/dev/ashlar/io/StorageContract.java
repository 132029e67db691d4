package dev.ashlar.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.StorageException;
import dev.ashlar.io.Storage.StorageLock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link Storage} has to do, real or simulated. */
abstract class StorageContract extends StorageFixture {
    private static final int ENOENT = 2;
    private static final int EEXIST = 17;

    @Test
    void createdFilesExistAreEmptyAndAreListed() {
        assertFalse(storage.exists("a"));
        try (StorageFile file = storage.create("a")) {
            assertEquals("a", file.name());
            assertEquals(0, file.size());
        }
        storage.createDirectory("d");
        storage.create("d/b").close();
        assertTrue(storage.exists("a"));
        assertTrue(storage.exists("d/b"));
        assertTrue(storage.exists("d"));
        assertFalse(storage.exists("b"));
        assertEquals(List.of("a", "d"), storage.list("").stream().sorted().toList());
        assertEquals(List.of("b"), storage.list("d"));
    }

    @Test
    void creatingAnExistingFileIsRefusedAndLeavesItAlone() {
        MemorySegment content = bytes(100, 1);
        createWith("a", content).close();
        StorageException e = assertThrows(StorageException.class, () -> storage.create("a"));
        assertEquals(EEXIST, e.errno());
        assertEquals("a", e.file());
        assertMessage(e, "EEXIST", " a:");
        try (StorageFile file = storage.open("a")) {
            assertSameBytes(content, readAll(file));
        }
    }

    @Test
    void whatIsMissingIsReportedWithItsName() {
        List<Consumer<Storage>> calls = List.of(
                s -> s.open("d-missing"),
                s -> s.openForWriting("d-missing"),
                s -> s.unlink("d-missing"),
                s -> s.rename("d-missing", "other"),
                s -> s.list("d-missing"),
                s -> s.create("d-missing/file"),
                s -> s.createDirectory("d-missing/below"),
                s -> s.syncDirectory("d-missing"));
        for (Consumer<Storage> call : calls) {
            StorageException e = assertThrows(StorageException.class, () -> call.accept(storage));
            assertEquals(ENOENT, e.errno());
            assertMessage(e, "ENOENT (no such file or directory)", "d-missing");
        }
        assertFalse(storage.exists("other"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/etc/passwd", "../x", "a/../../x", "a//b", "a/", ".", "a/./b", "nul\0"})
    void namesThatLeadOutsideAreRefused(String name) {
        assertThrows(IllegalArgumentException.class, () -> storage.create(name));
        assertThrows(IllegalArgumentException.class, () -> storage.unlink(name));
        assertThrows(IllegalArgumentException.class, () -> storage.exists(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"with space", "100%25", "a;b?c#d&e", "-rf", "0000000000000001.log"})
    void unusualNamesAreTakenAsTheyAre(String name) {
        storage.create(name).close();
        assertEquals(List.of(name), storage.list(""));
        storage.rename(name, name + "2");
        assertEquals(List.of(name + "2"), storage.list(""));
        storage.unlink(name + "2");
        assertEquals(List.of(), storage.list(""));
    }

    @Test
    void creatingADirectoryTwiceIsHarmlessButNotOverAFile() {
        storage.createDirectory("d");
        storage.create("d/a").close();
        storage.createDirectory("d");
        assertTrue(storage.exists("d/a"));
        storage.create("f").close();
        assertEquals(
                EEXIST,
                assertThrows(StorageException.class, () -> storage.createDirectory("f"))
                        .errno());
    }

    @Test
    void renameReplacesAndTakesTheContentAlong() {
        MemorySegment content = bytes(1000, 7);
        createWith("new", content).close();
        createWith("old", bytes(10, 9)).close();
        storage.createDirectory("d");
        storage.rename("new", "old");
        storage.rename("old", "d/moved");
        storage.syncDirectory("");
        storage.syncDirectory("d");
        assertEquals(List.of("d"), storage.list(""));
        try (StorageFile file = storage.open("d/moved")) {
            assertSameBytes(content, readAll(file));
        }
    }

    @Test
    void unlinkRemovesAFileButNotADirectory() {
        storage.create("a").close();
        storage.createDirectory("d");
        storage.unlink("a");
        assertFalse(storage.exists("a"));
        assertThrows(StorageException.class, () -> storage.unlink("d"));
        assertTrue(storage.exists("d"));
    }

    @Test
    void writesAreReadBackByAnyHandle() {
        MemorySegment content = bytes(100_000, 3);
        try (StorageFile file = createWith("a", content)) {
            StorageIo.writeFully(file, content, 0, 64, 50_000);
            MemorySegment.copy(content, 0, content, 50_000, 64);
            file.sync();
            storage.syncDirectory("");
            assertSameBytes(content, readAll(file));
            try (Storage other = openStorage();
                    StorageFile reader = other.open("a");
                    StorageFile writer = other.openForWriting("a")) {
                assertSameBytes(content, readAll(reader));
                StorageIo.writeFully(writer, content, 0, 8, 100_000);
                assertEquals(100_008, file.size());
            }
        }
    }

    @Test
    void readAtAndBeyondTheEndFindsNothingAndReadFullySaysSo() {
        try (StorageFile file = createWith("short", bytes(100, 1))) {
            MemorySegment target = arena.allocate(64);
            assertEquals(0, file.read(target, 0, 64, 100));
            assertEquals(0, file.read(target, 0, 64, 1000));
            assertEquals(0, file.read(target, 0, 0, 0));
            assertEquals(36, file.read(target, 0, 64, 64));
            StorageException e =
                    assertThrows(StorageException.class, () -> StorageIo.readFully(file, target, 0, 64, 64));
            assertMessage(e, "short", "expected 64 bytes at 64", "found only 36", "100 bytes");
        }
    }

    @Test
    void badArgumentsAreRefused() {
        try (StorageFile file = createWith("a", bytes(100, 1))) {
            MemorySegment heap = MemorySegment.ofArray(new byte[8]);
            MemorySegment mapping = file.map(100, arena);
            MemorySegment small = arena.allocate(8);
            assertThrows(IllegalArgumentException.class, () -> file.write(heap, 0, 8, 0));
            assertThrows(IllegalArgumentException.class, () -> file.read(heap, 0, 8, 0));
            assertThrows(IllegalArgumentException.class, () -> file.read(mapping, 0, 8, 0));
            assertThrows(IllegalArgumentException.class, () -> file.write(small, 0, 8, -1));
            assertThrows(IllegalArgumentException.class, () -> file.read(small, 0, 8, -1));
            assertThrows(IndexOutOfBoundsException.class, () -> file.write(small, 4, 8, 0));
            assertThrows(IndexOutOfBoundsException.class, () -> file.read(small, 4, 8, 0));
            assertThrows(IndexOutOfBoundsException.class, () -> file.read(small, 0, -1, 0));
            assertThrows(IllegalArgumentException.class, () -> file.map(0, arena));
            assertThrows(IllegalArgumentException.class, () -> file.allocate(-1));
            assertThrows(IllegalArgumentException.class, () -> file.truncate(-1));
            assertEquals(100, file.size());
        }
    }

    @Test
    void memoryOfAClosedArenaOrAnotherThreadIsRefused() {
        try (StorageFile file = storage.create("a")) {
            MemorySegment closed;
            try (Arena brief = Arena.ofShared()) {
                closed = brief.allocate(8);
            }
            assertThrows(IllegalStateException.class, () -> file.write(closed, 0, 8, 0));
            assertThrows(IllegalStateException.class, () -> file.read(closed, 0, 8, 0));
            try (Arena own = Arena.ofConfined()) {
                MemorySegment confined = own.allocate(8);
                onAnotherThread(() -> assertThrows(WrongThreadException.class, () -> file.write(confined, 0, 8, 0)));
            }
            assertEquals(0, file.size());
        }
    }

    @Test
    void aFileOpenedForReadingRefusesChanges() {
        MemorySegment content = bytes(64, 5);
        createWith("a", content).close();
        try (StorageFile file = storage.open("a")) {
            List<Consumer<StorageFile>> changes = List.of(
                    f -> f.write(content, 0, 8, 0), f -> f.allocate(128), f -> f.truncate(0), f -> f.truncate(128));
            for (Consumer<StorageFile> change : changes) {
                StorageException e = assertThrows(StorageException.class, () -> change.accept(file));
                assertMessage(e, "EBADF", "a", "for reading only");
            }
            assertSameBytes(content, readAll(file));
        }
    }

    @Test
    void aClosedFileRefusesEverythingEvenIfItsDescriptorNumberIsInUseAgain() {
        StorageFile closed = createWith("closed", bytes(64, 5));
        closed.close();
        closed.close();
        MemorySegment content = bytes(64, 8);
        try (StorageFile next = createWith("next", content)) {
            List<Consumer<StorageFile>> calls = List.of(
                    f -> f.write(content, 0, 8, 0),
                    f -> f.read(content, 0, 8, 0),
                    f -> f.allocate(128),
                    f -> f.truncate(0),
                    StorageFile::sync,
                    StorageFile::size,
                    f -> f.map(8, arena));
            for (Consumer<StorageFile> call : calls) {
                StorageException e = assertThrows(StorageException.class, () -> call.accept(closed));
                assertMessage(e, "EBADF", "on closed:", "was closed before");
            }
            assertSameBytes(content, readAll(next));
        }
    }

    @Test
    void allocationGivesExactlyTheSizeAndZeros() {
        MemorySegment content = bytes(5_000, 5);
        try (StorageFile file = createWith("a", content)) {
            for (long size : new long[] {0, 1, 4_999, 5_000}) {
                file.allocate(size);
                assertEquals(5_000, file.size());
            }
            for (long size : new long[] {5_001, 65_536, 3_000_001}) {
                file.allocate(size);
                assertEquals(size, file.size());
            }
            MemorySegment all = readAll(file);
            assertSameBytes(content, all.asSlice(0, 5_000));
            MemorySegment zeros = arena.allocate(3_000_001 - 5_000);
            assertSameBytes(zeros, all.asSlice(5_000));
        }
    }

    @Test
    void truncateCutsAndExtendsWithZeros() {
        MemorySegment content = bytes(5_000, 5);
        try (StorageFile file = createWith("a", content)) {
            file.truncate(1_000);
            assertEquals(1_000, file.size());
            file.truncate(9_000);
            MemorySegment all = readAll(file);
            assertEquals(9_000, all.byteSize());
            assertSameBytes(content.asSlice(0, 1_000), all.asSlice(0, 1_000));
            assertSameBytes(arena.allocate(8_000), all.asSlice(1_000));
        }
    }

    @Test
    void writesAreVisibleThroughAnExistingMappingAtOnce() {
        try (StorageFile file = storage.create("a")) {
            file.allocate(1 << 20);
            MemorySegment mapping = file.map(1 << 20, arena);
            assertEquals(1 << 20, mapping.byteSize());
            assertEquals(0, mapping.address() % 4096);
            for (int i = 0; i < 200; i++) {
                MemorySegment content = bytes(300, i);
                long position = i * 5_003L;
                StorageIo.writeFully(file, content, 0, 300, position);
                assertSameBytes(content, mapping.asSlice(position, 300));
            }
        }
    }

    @Test
    void aMappingIsReadOnlyAndOfTheSizeAskedFor() {
        try (StorageFile file = createWith("a", bytes(10_000, 5))) {
            MemorySegment mapping = file.map(5_001, arena);
            assertEquals(5_001, mapping.byteSize());
            assertTrue(mapping.isReadOnly());
            assertTrue(mapping.isNative());
            assertThrows(IllegalArgumentException.class, () -> mapping.set(ValueLayout.JAVA_BYTE, 0, (byte) 1));
            assertThrows(IllegalArgumentException.class, () -> mapping.fill((byte) 0));
            assertThrows(IndexOutOfBoundsException.class, () -> mapping.get(ValueLayout.JAVA_BYTE, 5_001));
        }
    }

    @Test
    void aMappingBeyondTheEndIsRefusedAndDoesNotExtendTheFile() {
        try (StorageFile file = createWith("cut", bytes(100, 5))) {
            StorageException e = assertThrows(StorageException.class, () -> file.map(101, arena));
            assertMessage(e, "cut", "expected at least 101 bytes", "found a file of 100");
            assertEquals(100, file.size());
        }
    }

    @Test
    void aMappingSurvivesClosingAndUnlinkingTheFile() {
        MemorySegment content = bytes(200_000, 5);
        StorageFile file = createWith("a", content);
        MemorySegment mapping = file.map(content.byteSize(), Arena.ofAuto());
        file.close();
        storage.unlink("a");
        storage.close();
        assertSameBytes(content, mapping);
    }

    @Test
    void closingTheArenaEndsTheMapping() {
        try (StorageFile file = createWith("a", bytes(200_000, 5))) {
            Arena shared = Arena.ofShared();
            MemorySegment mapping = file.map(200_000, shared);
            shared.close();
            assertThrows(IllegalStateException.class, () -> mapping.get(ValueLayout.JAVA_BYTE, 0));
            assertThrows(IllegalStateException.class, () -> file.map(200_000, shared));
        }
    }

    @Test
    void anUnlinkedOpenFileStaysUsable() {
        MemorySegment content = bytes(1_000, 5);
        try (StorageFile file = createWith("a", content)) {
            storage.unlink("a");
            storage.create("a").close();
            StorageIo.writeFully(file, content, 0, 1_000, 1_000);
            file.sync();
            assertEquals(2_000, file.size());
            assertSameBytes(content, readAll(file).asSlice(1_000));
        }
    }

    @Test
    @DisplayName("A11: a second instance is refused while the first has the lock, and gets it afterwards")
    void aSecondInstanceIsRefusedUntilTheLockIsReleased() {
        StorageLock first = granted(storage.tryLock("LOCK"));
        try (Storage second = openStorage()) {
            assertNull(second.tryLock("LOCK"));
            assertNull(storage.tryLock("LOCK"));
            StorageLock unrelated = granted(second.tryLock("LOCK2"));
            unrelated.close();
            assertNull(second.tryLock("LOCK"));
            first.close();
            StorageLock next = granted(second.tryLock("LOCK"));
            first.close(); // a second time: must not release the other's
            assertNull(storage.tryLock("LOCK"));
            next.close();
        }
        granted(storage.tryLock("LOCK")).close();
    }

    @Test
    @DisplayName("A11: a reader's lock and a writer's exclude each other")
    void aReadersLockAndAWritersExcludeEachOther() {
        createWith("LOCK", bytes(3, 5)).close();
        try (Storage second = openStorage()) {
            StorageLock reading = granted(storage.tryLockForReading("LOCK"));
            assertNull(second.tryLock("LOCK"));
            reading.close();
            StorageLock writing = granted(second.tryLock("LOCK"));
            assertNull(storage.tryLockForReading("LOCK"));
            writing.close();
            granted(second.tryLockForReading("LOCK")).close();
        }
    }

    private static StorageLock granted(StorageLock lock) {
        assertNotNull(lock);
        return lock;
    }

    @Test
    @DisplayName("A11: locking leaves the content of the lock file alone")
    void lockingLeavesTheContentAlone() {
        MemorySegment content = bytes(77, 5);
        createWith("LOCK", content).close();
        storage.tryLock("LOCK").close();
        try (StorageFile file = storage.open("LOCK")) {
            assertSameBytes(content, readAll(file));
        }
    }

    @Test
    void writersOnSeveralThreadsWhileAnotherSyncsLoseNothing() {
        try (StorageFile file = storage.create("a")) {
            file.allocate(4 * 64_000);
            List<Thread> threads = IntStream.range(0, 4)
                    .mapToObj(i -> Thread.ofPlatform().start(() -> {
                        MemorySegment piece = arena.allocate(640);
                        piece.fill((byte) (i + 1));
                        for (int k = 0; k < 100; k++) {
                            StorageIo.writeFully(file, piece, 0, 640, i * 64_000L + k * 640L);
                        }
                    }))
                    .toList();
            for (int i = 0; i < 5; i++) {
                file.sync();
            }
            threads.forEach(StorageContract::join);
            MemorySegment mapping = file.map(4 * 64_000, arena);
            for (int i = 0; i < 4; i++) {
                MemorySegment expected = arena.allocate(64_000);
                expected.fill((byte) (i + 1));
                assertSameBytes(expected, mapping.asSlice(i * 64_000L, 64_000));
            }
        }
    }

    @Test
    void closingUnderTheFeetOfWritersNeverHitsAnotherFile() {
        MemorySegment content = bytes(4_096, 0);
        for (int round = 0; round < 20; round++) {
            String suffix = String.valueOf(round);
            StorageFile victim = storage.create("victim" + suffix);
            Thread writer = Thread.ofPlatform().start(() -> {
                MemorySegment ones = arena.allocate(512);
                ones.fill((byte) 1);
                try {
                    while (true) {
                        victim.write(ones, 0, 512, 0);
                    }
                } catch (StorageException _) {
                    // refused at last
                }
            });
            while (victim.size() == 0) {
                Thread.onSpinWait();
            }
            victim.close();
            try (StorageFile next = createWith("next" + suffix, content)) {
                join(writer);
                assertSameBytes(content, readAll(next));
            }
        }
    }

    @Test
    @DisplayName("A27: an interrupted thread does no harm to others where the storage says so, and is told elsewhere")
    void anInterruptedThreadDoesNoHarmWhereTheStorageSaysSo() {
        MemorySegment content = bytes(4_096, 5);
        StorageFile file = createWith("a", content);
        MemorySegment mapping = file.map(4_096, arena);
        onAnotherThread(() -> {
            Thread.currentThread().interrupt();
            if (storage.survivesInterrupts()) {
                file.allocate(8_192);
                StorageIo.writeFully(file, content, 0, 4_096, 4_096);
                StorageIo.readFully(file, bytes(4_096, 6), 0, 4_096, 4_096);
                file.sync();
                assertSameBytes(content, file.map(4_096, arena));
                storage.create("b").close();
                storage.syncDirectory("");
                storage.tryLock("LOCK").close();
            } else {
                StorageException e = assertThrows(StorageException.class, () -> file.write(content, 0, 4_096, 4_096));
                assertMessage(e, "a", "was interrupted", "--enable-native-access");
            }
            assertTrue(Thread.currentThread().isInterrupted());
        });
        assertSameBytes(content, mapping);
        if (storage.survivesInterrupts()) {
            assertSameBytes(content, readAll(file).asSlice(4_096));
            file.sync();
        } else {
            assertThrows(StorageException.class, () -> file.sync());
        }
        file.close();
    }
}
