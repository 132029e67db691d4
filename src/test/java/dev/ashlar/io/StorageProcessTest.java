package dev.ashlar.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.io.Storage.StorageLock;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What takes a second process to see: locks between processes, limits of a process, a JVM without native access. */
@EnabledOnOs(OS.LINUX)
class StorageProcessTest {
    @TempDir
    Path directory;

    private Storage open(String kind) {
        return kind.equals("posix") ? new PosixStorage(directory) : new ChannelStorage(directory);
    }

    @ParameterizedTest
    @CsvSource({"posix,posix", "posix,channel", "channel,posix", "channel,channel"})
    @DisplayName("A34: in one process, one storage holds the lock and another is refused")
    void inOneProcessEitherStorageExcludesTheOther(String holder, String other) throws Exception {
        try (Storage first = open(holder);
                Storage second = open(other)) {
            StorageLock lock = first.tryLock("LOCK");
            assertNotNull(lock);
            assertNull(second.tryLock("LOCK"));
            // The refused attempt must not have dropped the lock: closing a descriptor drops fcntl's.
            assertEquals("refused", ChildJvm.run(other, "lock", directory, ""));
            lock.close();
            StorageLock next = second.tryLock("LOCK");
            assertNotNull(next);
            assertNull(first.tryLock("LOCK"));
            next.close();
            StorageLock reading = first.tryLockForReading("LOCK");
            assertNotNull(reading);
            assertEquals("refused", ChildJvm.run(other, "lock", directory, ""));
            reading.close();
            assertEquals("granted", ChildJvm.run(holder, "lock", directory, ""));
        }
    }

    @ParameterizedTest
    @CsvSource({"posix,posix", "posix,channel", "channel,posix", "channel,channel"})
    @DisplayName("A11: another process is refused, and gets the lock when the holder is killed")
    void anotherProcessExcludesUntilItDies(String holder, String other) throws Exception {
        Process child = ChildJvm.start(holder, "hold", directory, "");
        try {
            assertEquals("granted", child.inputReader().readLine());
            try (Storage storage = open(other)) {
                assertNull(storage.tryLock("LOCK"));
                assertNull(storage.tryLock("LOCK"));
                assertNull(storage.tryLockForReading("LOCK"));
                child.destroyForcibly().waitFor();
                StorageLock lock = storage.tryLock("LOCK");
                assertNotNull(lock);
                lock.close();
            }
        } finally {
            child.destroyForcibly().waitFor();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @DisplayName("A9: at the file size limit a failed write or allocation leaves no trace, and room can be used")
    void aFileSizeLimitIsAClearErrorThatLeavesNoTrace(String kind) throws Exception {
        assertEquals("ok", ChildJvm.run(kind, "full", directory, "ulimit -f 8192"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    void tooManyOpenFilesIsExplained(String kind) throws Exception {
        String message = ChildJvm.run(kind, "descriptors", directory, "ulimit -n 200");
        assertTrue(message.contains("EMFILE (too many open files in this process)"), message);
        assertTrue(message.contains("ulimit -n"), message);
    }

    @ParameterizedTest
    @CsvSource({"posix,PosixStorage", "channel,ChannelStorage"})
    void withoutAskingTheFastStorageRunsWhereNativeAccessIsEnabled(String access, String expected) throws Exception {
        assertEquals(expected, ChildJvm.run(access, "kind", directory, ""));
    }

    @ParameterizedTest
    @CsvSource({"posix,4 1048576 none", "channel,4 3 clear"})
    void memoryWithoutNativeAccessWorksWithinItsLimit(String access, String expected) throws Exception {
        assertEquals(expected, ChildJvm.run(access, "memory", directory, ""));
    }
}
