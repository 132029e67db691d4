package dev.ashlar.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.ashlar.io.Storage.StorageLock;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class ChannelStorageTest extends StorageContract {
    @TempDir
    Path directory;

    @Override
    Storage openStorage() {
        return new ChannelStorage(directory);
    }

    @Test
    void aLockOfOtherCodeInThisJvmIsRespectedAndNotDropped() throws Exception {
        try (Storage storage = openStorage()) {
            // As another class loader would hold it: unknown to ProcessLocks, and dropped if we close the file.
            try (FileChannel other =
                    FileChannel.open(directory.resolve("LOCK"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                other.lock();
                assertNull(storage.tryLock("LOCK"));
                assertNull(storage.tryLock("LOCK"));
                assertEquals("refused", ChildJvm.run("channel", "lock", directory, ""));
            }
            StorageLock lock = storage.tryLock("LOCK");
            assertNotNull(lock);
            assertEquals("refused", ChildJvm.run("channel", "lock", directory, ""));
            lock.close();
            assertEquals("granted", ChildJvm.run("channel", "lock", directory, ""));
        }
    }
}
