package dev.ashlar.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.StorageException;
import dev.ashlar.StoreFullException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class PosixStorageTest extends StorageContract {
    @TempDir
    Path directory;

    /** Without the flag these tests would still run, with a warning, but nothing else would use what they test. */
    @BeforeEach
    void nativeAccessIsEnabled() {
        assertTrue(NativeAccess.isAvailable(), "run the tests with --enable-native-access");
    }

    @Override
    Storage openStorage() {
        return new PosixStorage(directory);
    }

    @Test
    void allocatedBlocksAreReallyThere() throws Exception {
        try (Storage storage = openStorage();
                StorageFile file = storage.create("a")) {
            file.truncate(1 << 20); // a hole: allocation has to fill it too
            assertEquals(0, (long) Files.getAttribute(directory.resolve("a"), "unix:size") - (1 << 20));
            file.allocate(8 << 20);
            assertTrue(blocksOf(directory.resolve("a")) >= (8 << 20) / 512);
        }
    }

    private static long blocksOf(Path file) throws IOException, InterruptedException {
        Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
        String blocks = new String(stat.getInputStream().readAllBytes()).strip();
        assertEquals(0, stat.waitFor());
        return Long.parseLong(blocks);
    }

    @Test
    void allocationThatIsTooLargeFailsAsFullAndRestoresTheLength() {
        try (Storage storage = openStorage();
                StorageFile file = storage.create("huge")) {
            file.allocate(5_000);
            // More than a file system holds: EFBIG on ext4, ENOSPC elsewhere.
            StoreFullException e = assertThrows(StoreFullException.class, () -> file.allocate(1L << 60));
            assertTrue(e.getMessage().contains("huge"), e.getMessage());
            assertTrue(e.getMessage().matches("(?s).*(EFBIG|ENOSPC) \\(.*"), e.getMessage());
            assertEquals(5_000, file.size());
        }
    }

    @Test
    void closingADescriptorInUseIsLeftToTheCallThatUsesIt() throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            Path file = Files.createFile(directory.resolve("a"));
            int number = Libc.open(arena.allocateFrom(file.toString()), Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
            Path link = Path.of("/proc/self/fd/" + number);
            Descriptor descriptor = new Descriptor(number, "a");
            assertEquals(number, descriptor.enter("test"));
            descriptor.enter("test");
            descriptor.close();
            assertThrows(StorageException.class, () -> descriptor.enter("test"));
            descriptor.leave();
            assertEquals(file.toRealPath(), link.toRealPath());
            descriptor.leave();
            // Another thread of this JVM may have been given the number at once, but not for this file.
            assertFalse(Files.exists(link) && link.toRealPath().equals(file.toRealPath()));
        }
    }

    @Test
    void aDirectoryWhoseNameIsNotAsciiWorks() throws Exception {
        Path unusual = Files.createDirectory(directory.resolve("a b%20+#?ä"));
        try (Storage storage = new PosixStorage(unusual);
                StorageFile file = storage.create("x")) {
            file.allocate(10);
            storage.syncDirectory("");
            assertTrue(Files.exists(unusual.resolve("x")));
        }
    }
}
