package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreFailedException;
import dev.ashlar.StoreFullException;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import dev.ashlar.io.FaultyStorage.Extent;
import dev.ashlar.io.FaultyStorage.Kind;
import dev.ashlar.io.FaultyStorage.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiskFullTest extends FailureFixture {
    private static final Set<Operation> TAKE_SPACE = EnumSet.of(Operation.WRITE, Operation.ALLOCATE, Operation.CREATE);

    private FaultyStorage storage;

    private Store open(Path path) {
        storage = FaultyStorage.withoutDevice(path);
        return TestEngines.inline(path, storage, SMALL, -1L);
    }

    /** The number of operations that take space when nothing fails, opening not counted. */
    private int operationsOf(Path path, boolean withValueFiles) {
        Script script = new Script(withValueFiles);
        int operations;
        try (Store store = open(path)) {
            storage.count(TAKE_SPACE);
            script.run(store);
            operations = storage.counted();
        }
        assertEquals(java.util.List.of(), script.failures());
        return operations;
    }

    private void failEachInTurn(Kind kind, Extent extent, boolean withValueFiles, int step) {
        int operations = operationsOf(directory.resolve("dry"), withValueFiles);
        assertTrue(operations > 40, "the script does too little: " + operations);
        for (int n = 1 + extent.ordinal() % step; n <= operations; n += step) {
            Path path = directory.resolve("store-" + n);
            String what = kind + " " + extent + " at operation " + n;
            Script script = new Script(withValueFiles);
            try (Store store = open(path)) {
                storage.failAt(TAKE_SPACE, n, kind, extent);
                script.run(store);
                assertEquals(1, storage.fired(), what);
                what += ", " + storage.firstFailure();
                assertFalse(script.failed(), what + " must not end all writing: " + script.failures());
                for (AshlarException failure : script.failures()) {
                    assertTrue(failure instanceof StoreFullException, what + ": " + failure);
                }
                // As a kill would leave it, and as a close does.
                check(script, copy(path, directory.resolve("killed-" + n)), what + ", killed");
            }
            check(script, path, what + ", closed");
        }
    }

    private static void check(Script script, Path path, String what) {
        try (Store store = TestEngines.open(path, FaultyStorage.withoutDevice(path), SMALL)) {
            script.checkReopened(store.keyspace("script"));
            assertIntact(store);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(what, e);
        }
    }

    @ParameterizedTest
    @CsvSource({"ENOSPC,NOTHING,4", "ENOSPC,HALF,3", "ENOSPC,ALL,4", "EFBIG,NOTHING,9"})
    @DisplayName("A9: disk full at every write in turn: no trace of the failed write, and later ones stay")
    void aFullDiskAtEveryWriteLeavesNoTrace(Kind kind, Extent extent, int step) {
        failEachInTurn(kind, extent, false, step);
    }

    @ParameterizedTest
    @CsvSource({"ENOSPC,NOTHING", "ENOSPC,HALF", "ENOSPC,ALL", "EFBIG,NOTHING"})
    @Tag("long")
    @Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName("A9: disk full at each and every write in turn")
    void aFullDiskAtEachAndEveryWriteLeavesNoTrace(Kind kind, Extent extent) {
        failEachInTurn(kind, extent, false, 1);
    }

    @ParameterizedTest
    @CsvSource({"ENOSPC,HALF", "EFBIG,ALL"})
    @Tag("long")
    @Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName("A9: the same with values in files of their own")
    void aFullDiskAtEveryWriteOfAValueFileLeavesNoTrace(Kind kind, Extent extent) {
        failEachInTurn(kind, extent, true, 1);
    }

    @Test
    @DisplayName("A9: disk full while a value file is written: nothing of it stays")
    void aValueFileThatFindsNoRoomIsRemoved() {
        Path path = directory.resolve("store");
        byte[] large = random(9_000_000, 1);
        try (Store store = open(path)) {
            Keyspace space = store.keyspace("script");
            space.put("v", bytes("before"));
            storage.count(TAKE_SPACE);
            space.put("w", large);
            int operations = storage.counted();
            for (int n = 1; n <= operations; n++) {
                storage.failAt(TAKE_SPACE, n, Kind.ENOSPC, Extent.HALF);
                int number = n;
                assertThrows(StoreFullException.class, () -> space.put("v", large), () -> "operation " + number);
                assertEquals("before", new String(value(space.get("v"))));
                TestEngines.tick(store);
                assertEquals(1, storage.list("values").size(), "files after failure of operation " + n);
            }
            storage.heal();
            space.put("v", large);
            assertHolds(new TreeMap<>(java.util.Map.of("v", large, "w", large)), space);
        }
        assertReopens(java.util.Map.of("v", large, "w", large), path, "script");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 7, 11, 15, 20, 25, 32, 40})
    @DisplayName("A9: a disk that stays full: reads go on, and what was acknowledged is there when there is room again")
    void aDiskThatStaysFullLosesNothing(int n) {
        Path path = directory.resolve("store");
        Script script = new Script(false);
        try (Store store = open(path)) {
            store.keyspace("script");
            storage.failFrom(TAKE_SPACE, n, Kind.ENOSPC, Extent.HALF);
            script.run(store);
            assertTrue(storage.fired() > 0);
            for (AshlarException failure : script.failures()) {
                assertTrue(
                        failure instanceof StoreFullException || failure instanceof StoreFailedException,
                        failure.toString());
            }
            storage.heal();
        }
        check(script, path, "full from operation " + n);
    }

    @Test
    @DisplayName("A9: a full disk can be emptied: deletes and compaction work, then there is room again")
    void aFullDiskCanBeEmptied() {
        Path path = directory.resolve("store");
        TreeMap<String, byte[]> model = new TreeMap<>();
        storage = FaultyStorage.over(path);
        storage.capacity(6 << 20);
        try (Store store = TestEngines.open(path, storage, SMALL)) {
            Keyspace space = store.keyspace("script");
            fill(space, model);
            assertHolds(model, space);
            for (int i = 0; i < 3; i++) {
                assertThrows(StoreFullException.class, () -> space.put("more", random(50_000, 1)));
            }
            assertFalse(space.contains("more"));
            deleteMost(space, model);
            assertTrue(store.compact().bytesFreed() > 0);
            space.put("more", random(50_000, 1));
            model.put("more", random(50_000, 1));
            assertHolds(model, space);
        }
        assertReopens(model, path, "script");
    }

    @Test
    @DisplayName("A9: after deletes on a full disk space comes back without anyone asking")
    void aFullDiskIsCompactedInTheBackground() {
        Path path = directory.resolve("store");
        TreeMap<String, byte[]> model = new TreeMap<>();
        storage = FaultyStorage.over(path);
        storage.capacity(6 << 20);
        try (Store store = TestEngines.open(path, storage, SMALL.withAutoCompaction(true))) {
            Keyspace space = store.keyspace("script");
            fill(space, model);
            deleteMost(space, model);
            eventually(Duration.ofSeconds(60), () -> putIfRoom(space), "room for a put");
            model.put("more", random(50_000, 1));
            model.forEach((key, expected) -> assertArrayEquals(expected, value(space.get(key)), key));
        }
        assertReopens(model, path, "script");
    }

    private static boolean putIfRoom(Keyspace space) {
        try {
            space.put("more", random(50_000, 1));
            return true;
        } catch (StoreFullException e) {
            return false;
        }
    }

    private static void fill(Keyspace space, TreeMap<String, byte[]> model) {
        for (int i = 0; i < 1_000; i++) {
            byte[] value = random(30_000, i);
            try {
                space.put("k" + i, value);
            } catch (StoreFullException e) {
                assertTrue(i > 30, "full after " + i);
                assertFalse(space.contains("k" + i));
                return;
            }
            model.put("k" + i, value);
        }
        throw new AssertionError("never full");
    }

    private static void deleteMost(Keyspace space, TreeMap<String, byte[]> model) {
        int i = 0;
        for (String key : java.util.List.copyOf(model.keySet())) {
            if (i++ % 10 != 0) {
                assertTrue(space.delete(key) > 0);
                model.remove(key);
            }
        }
    }

    @Test
    @DisplayName("A9: short and interrupted writes are no failures")
    void shortAndInterruptedWritesAreContinued() {
        Path path = directory.resolve("store");
        Script script = new Script(true);
        try (Store store = open(path)) {
            storage.shortAndInterruptedWrites();
            script.run(store);
            assertEquals(java.util.List.of(), script.failures());
        }
        check(script, path, "short writes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @EnabledOnOs(OS.LINUX)
    @DisplayName("A9: a real limit on file sizes: refused clearly, all else goes on, and without it all is there")
    void aRealFileSizeLimitRefusesClearly(String kind) throws Exception {
        Path path = directory.resolve("store");
        String outcome = ChildStore.run(kind, "fill", path, "ulimit -f 4096");
        assertTrue(outcome.startsWith("full after "), outcome);
        int count = Integer.parseInt(outcome.substring("full after ".length()));
        assertTrue(count > 5, outcome);
        TreeMap<String, byte[]> model = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            model.put("k" + i, random(200_000, i));
        }
        assertReopens(model, path, "child");
    }
}
