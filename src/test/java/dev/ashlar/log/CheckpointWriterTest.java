package dev.ashlar.log;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.StorageException;
import dev.ashlar.io.Storage;
import dev.ashlar.sim.SimDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class CheckpointWriterTest {
    private static final int ATTEMPTS = 200;

    /** A buffer of 4 MiB for each attempt would be 800. */
    private static final long MOST_BYTES = 256L << 20;

    /** Also of what is reserved and was never touched. */
    private static long addressSpace() throws IOException {
        return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[0]) * 4096;
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileThatCannotBeCreatedTakesNoMemory() throws IOException {
        Storage withoutDirectory = new SimDisk().storage();
        long before = addressSpace();
        for (int i = 0; i < ATTEMPTS; i++) {
            assertThrows(
                    StorageException.class, () -> new CheckpointFile.Writer(withoutDirectory, new UUID(1, 2), 1, 8192));
        }
        long taken = addressSpace() - before;
        assertTrue(taken < MOST_BYTES, taken + " bytes");
    }
}
