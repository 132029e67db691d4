package dev.ashlar.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.ashlar.StorageException;
import dev.ashlar.StoreFullException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Choosing and opening storages. Isolated: it changes a system property. */
@Isolated
@EnabledOnOs(OS.LINUX)
class StoragesTest {
    @TempDir
    Path directory;

    @AfterEach
    void chooseFreely() {
        System.clearProperty(Storages.PROPERTY);
    }

    private static void choose(String kind) {
        System.setProperty(Storages.PROPERTY, kind);
    }

    /** Not through {@link Storages}: a user who is not the superuser may not write to it. */
    private static Storage devices(String kind) {
        Path dev = Path.of("/dev");
        return kind.equals("posix") ? new PosixStorage(dev) : new ChannelStorage(dev);
    }

    @Test
    void thePropertyDecides() {
        choose("channel");
        assertInstanceOf(ChannelStorage.class, Storages.open(directory));
        choose("posix");
        assertInstanceOf(PosixStorage.class, Storages.open(directory));
        choose("auto");
        assertInstanceOf(PosixStorage.class, Storages.open(directory));
        choose("fast");
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> Storages.open(directory));
        assertTrue(e.getMessage().contains("auto, posix or channel"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    void missingDirectoriesAreCreatedOnlyWhenAskedFor(String kind) {
        choose(kind);
        Path deep = directory.resolve("a/b ä/c");
        StorageException e = assertThrows(StorageException.class, () -> Storages.open(deep));
        assertTrue(e.getMessage().contains("ENOENT") && e.getMessage().contains("b ä"), e.getMessage());
        assertFalse(Files.exists(directory.resolve("a")));
        try (Storage storage = Storages.open(deep, true)) {
            storage.create("x").close();
            assertEquals(deep.toString(), storage.describe());
        }
        try (Storage again = Storages.open(deep, true)) {
            assertTrue(again.exists("x"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    void aFileInPlaceOfTheDirectoryIsRefusedAndLeftAlone(String kind) throws IOException {
        choose(kind);
        Path file = Files.writeString(directory.resolve("file"), "mine");
        for (Path path : new Path[] {file, file.resolve("below")}) {
            for (boolean create : new boolean[] {false, true}) {
                assertThrows(StorageException.class, () -> Storages.open(path, create));
            }
        }
        StorageException e = assertThrows(StorageException.class, () -> Storages.open(file, true));
        assertTrue(e.getMessage().contains("ENOTDIR") && e.getMessage().contains("found a file"), e.getMessage());
        assertEquals("mine", Files.readString(file));
    }

    @Test
    void aDirectoryThatMayNotBeWrittenIsRefusedWithAdvice() throws IOException {
        Path closed = Files.createDirectory(
                directory.resolve("closed"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("r-xr-xr-x")));
        assumeFalse(Files.isWritable(closed), "the superuser may do everything");
        StorageException e = assertThrows(StorageException.class, () -> Storages.open(closed));
        assertTrue(e.getMessage().contains("EACCES") && e.getMessage().contains("permissions"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    void aFullDeviceIsRecognised(String kind) {
        try (Storage devices = devices(kind);
                StorageFile full = devices.openForWriting("full");
                Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(64);
            StoreFullException e =
                    assertThrows(StoreFullException.class, () -> StorageIo.writeFully(full, bytes, 0, 64, 128));
            assertEquals(Errno.ENOSPC, e.errno());
            assertEquals("full", e.file());
            assertTrue(e.getMessage().contains("ENOSPC (no space left on device)"), e.getMessage());
            assertTrue(e.getMessage().contains("64 bytes at 128 in /dev"), e.getMessage());
            assertTrue(e.getMessage().contains("Free space"), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    void aFailedSyncSaysThatNothingIsKnown(String kind) {
        try (Storage devices = devices(kind);
                StorageFile zero = devices.openForWriting("zero")) { // a device that cannot be synced: EINVAL
            StorageException e = assertThrows(StorageException.class, zero::sync);
            assertTrue(e.getMessage().contains("zero") && e.getMessage().contains("indeterminate"), e.getMessage());
        }
    }

    @Test
    void aSyncThatFindsNoSpaceIsNotTakenForAWriteThatLeftNoTrace() {
        StorageException e = Errno.syncFailure("fdatasync", "a", Errno.ENOSPC, null);
        assertEquals(StorageException.class, e.getClass());
    }

    @Test
    void messagesOfNioAreUnderstood() {
        assertInstanceOf(
                StoreFullException.class,
                Errno.failure("write", "a", new IOException("No space left on device"), "writing"));
        assertInstanceOf(
                StoreFullException.class,
                Errno.failure("write", "a", new IOException("Disk quota exceeded"), "writing"));
        assertEquals(
                StorageException.UNKNOWN_ERRNO,
                Errno.failure("write", "a", new IOException("anything"), "writing")
                        .errno());
        assertTrue(Errno.failure("write", "a", new IOException("the words"), "writing")
                .getMessage()
                .contains("the words"));
    }

    @Test
    void aFailedMappingNamesTheLimits() {
        String message = Errno.failure("mmap", "a", Errno.ENOMEM, "mapping 64 bytes", null)
                .getMessage();
        assertTrue(message.contains("vm.max_map_count is ") && message.contains("ulimit -v"), message);
    }
}
