package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What opening has to cope with, found by reading the format as a stranger would. */
class OpeningTest {
    @TempDir
    Path directory;

    @Test
    void aCrashWhileTheFirstManifestIsWrittenLeavesAnEmptyStore() throws IOException {
        for (String folder : new String[] {"log", "values", "index"}) {
            Files.createDirectory(directory.resolve(folder));
        }
        Files.write(directory.resolve("MANIFEST-a.new"), new byte[17]);
        try (Store store = Store.open(directory)) {
            store.keyspace("k").put("a", new byte[1]);
        }
        try (Store store = Store.open(directory)) {
            assertEquals(1, store.keyspace("k").size());
        }
        assertFalse(Files.exists(directory.resolve("MANIFEST-a.new")));
    }

    @Test
    void aPublicationReplacesTheDamagedCopyFirst() throws IOException {
        try (Store store = Store.open(directory)) {
            store.keyspace("k").put("a", new byte[1]);
        }
        Files.write(directory.resolve("MANIFEST-b"), new byte[200]);
        // Without threads, so that nobody else publishes meanwhile.
        try (Store store = TestEngines.inline(directory, Storages.open(directory, true), StoreOptions.DEFAULT, -1L)) {
            assertEquals(1, store.keyspace("k").size());
            byte[] a = Files.readAllBytes(directory.resolve("MANIFEST-a"));
            byte[] b = Files.readAllBytes(directory.resolve("MANIFEST-b"));
            assertArrayEquals(a, b, "after an opening both are new files");
        }
        Files.delete(directory.resolve("MANIFEST-a"));
        try (Store store = Store.open(directory)) {
            assertEquals(1, store.keyspace("k").size());
        }
    }

    @Test
    void aFeatureIsInBothManifestsBeforeItIsUsedAndStays() throws IOException {
        try (Store store = Store.open(directory)) {
            ((Engine) store).maintenance().require(Feature.REMOVAL);
            for (String copy : new String[] {"MANIFEST-a", "MANIFEST-b"}) {
                assertEquals(Feature.REMOVAL.bit(), Files.readAllBytes(directory.resolve(copy))[12], copy);
            }
            ((Engine) store).maintenance().require(Feature.EXPIRY);
            store.checkpoint();
        }
        try (Store store = Store.open(directory)) {
            store.keyspace("k").put("a", new byte[1]);
        }
        for (String copy : new String[] {"MANIFEST-a", "MANIFEST-b"}) {
            int bits = Files.readAllBytes(directory.resolve(copy))[12];
            assertEquals(Feature.REMOVAL.bit() | Feature.EXPIRY.bit(), bits, copy);
        }
    }

    @Test
    void filesThatOnlyResembleOursStay() throws IOException {
        try (Store store = Store.open(directory)) {
            store.keyspace("k").put("a", new byte[1]);
        }
        Path[] foreign = {
            directory.resolve("values/+000000000000abc.val"),
            directory.resolve("values/000000000000ABCD.val"),
            directory.resolve("index/-000000000000001.ckp"),
            directory.resolve("log/0000000000001000.log.bak"),
            directory.resolve("log/000000000000A000.log")
        };
        for (Path file : foreign) {
            Files.writeString(file, "mine");
        }
        Store.open(directory).close();
        for (Path file : foreign) {
            assertEquals("mine", Files.readString(file));
        }
    }

    @Test
    void withoutTheIndexDirectoryTheIndexIsRebuiltFromTheLog() throws IOException {
        try (Store store = Store.open(directory)) {
            store.keyspace("k").put("a", new byte[1]);
            store.keyspace("l").put("b", new byte[2]);
        }
        deleteTree(directory.resolve("index"));
        try (Store store = Store.open(directory)) {
            assertTrue(store.recovery().rebuiltIndex());
            assertNotNull(store.keyspace("k").get("a"));
            assertNotNull(store.keyspace("l").get("b"));
        }
        try (Store store = Store.open(directory)) {
            assertTrue(store.recovery().clean());
        }
    }

    @Test
    void aLargeValueSurvivesTheReuseOfItsNeighboursFile() throws IOException {
        byte[] large = new byte[9 << 20];
        large[5] = 1;
        Path copy = directory.resolve("copy");
        Path store = directory.resolve("store");
        try (Store open = Store.open(store)) {
            Keyspace keys = open.keyspace("k");
            keys.put("a", large, Durability.DURABLE);
            keys.delete("a", Durability.DURABLE);
            keys.put("b", large, Durability.DURABLE);
            copyTree(open, copy);
        }
        for (int round = 0; round < 3; round++) {
            Path next = directory.resolve("copy" + round);
            try (Store open = Store.open(copy)) {
                Keyspace keys = open.keyspace("k");
                assertNotNull(keys.get("b"), "round " + round);
                keys.put("c" + round, large, Durability.DURABLE);
                open.checkpoint();
                assertNotNull(keys.get("b"), "round " + round);
                copyTree(open, next);
            }
            copy = next;
        }
        try (Store open = Store.open(copy)) {
            Keyspace keys = open.keyspace("k");
            for (String key : new String[] {"b", "c0", "c1", "c2"}) {
                assertEquals(large.length, keys.get(key).byteSize());
                assertEquals(1, keys.get(key).get(java.lang.foreign.ValueLayout.JAVA_BYTE, 5));
            }
        }
    }

    /** Maintenance is idle meanwhile, or files that nothing names any longer would go. */
    private static void copyTree(Store store, Path to) throws IOException {
        TestEngines.tick(store);
        Path from = store.directory();
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    private static void deleteTree(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : (Iterable<Path>) files.sorted(java.util.Comparator.reverseOrder())::iterator) {
                Files.delete(file);
            }
        }
    }
}
