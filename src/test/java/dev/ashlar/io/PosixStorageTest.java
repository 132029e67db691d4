package dev.ashlar.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.StoreFullException;
import java.io.IOException;
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
