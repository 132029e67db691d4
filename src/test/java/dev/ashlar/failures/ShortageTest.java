package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.ashlar.Keyspace;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.engine.TestEngine;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.Storages;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a process lacks for a moment is not missing from the store. */
class ShortageTest extends FailureTest {
    /** Files of a directory cannot be opened for reading. */
    private static final class ShortStorage extends HookedStorage {
        private final int errno;
        private String directory;

        ShortStorage(Storage storage, String directory, int errno) {
            super(storage, false);
            this.directory = directory;
            this.errno = errno;
        }

        @Override
        public StorageFile open(String name) {
            if (name.startsWith(directory + "/")) {
                throw new StorageException("open", name, errno, "as the test wants it");
            }
            return super.open(name);
        }

        void end() {
            directory = "";
        }
    }

    private static Store open(Path directory, ShortStorage storage) {
        return TestEngine.open(directory, storage, STILL);
    }

    @ParameterizedTest(name = "errno {0}")
    @ValueSource(ints = {12, 23, 24})
    @DisplayName(
            "A checkpoint that cannot be opened for want of descriptors or memory: refused, and the checkpoint stays")
    void theCheckpoint(int errno) {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        try (Store store = quick(directory)) {
            for (int i = 0; i < 20; i++) {
                model.put("key-" + i, pattern(100, i));
                store.keyspace("k").put("key-" + i, pattern(100, i));
            }
        }
        ShortStorage storage = new ShortStorage(Storages.open(directory), "index", errno);
        StorageException e = assertThrows(StorageException.class, () -> open(directory, storage));
        assertEquals(errno, e.errno());
        try (Store store = quick(directory)) {
            assertEquals(0, store.recovery().damaged().size());
            assertFalse(store.recovery().rebuiltIndex());
            assertEquals(0, store.recovery().replayedRecords());
            assertHolds(model, store.keyspace("k"), "afterwards");
        }
    }

    @ParameterizedTest(name = "errno {0}")
    @ValueSource(ints = {12, 13, 23, 24})
    @DisplayName("A value file that cannot be opened is not called lost, and can be read later")
    void aValueFile(int errno) {
        Path directory = path("store");
        byte[] large = pattern(9 << 20, 1);
        try (Store store = quick(directory)) {
            store.keyspace("k").put("large", large);
        }
        ShortStorage storage = new ShortStorage(Storages.open(directory), "values", errno);
        try (Store store = open(directory, storage)) {
            Keyspace space = store.keyspace("k");
            assertEquals(
                    errno,
                    assertThrows(StorageException.class, () -> space.get("large"))
                            .errno());
            assertEquals(
                    errno,
                    assertThrows(StorageException.class, () -> store.verify(bytes -> {}))
                            .errno());
            storage.end();
            assertHolds(Map.of("large", large), space, "later");
        }
    }
}
