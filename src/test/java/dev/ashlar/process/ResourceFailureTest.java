package dev.ashlar.process;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A real kernel that has no room, no descriptor, no permission or no file, in a process of its own: a clear exception of the
 * right type, and a JVM that lives. Mounts are made in a namespace of the child's, and go with it.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ResourceFailureTest {
    private static final int KEYS = 60;

    @TempDir
    Path directory;

    private int children;

    private ChildJava start(String storage, List<String> wrapper, List<String> more, String action, Path path)
            throws IOException {
        List<String> flags = new ArrayList<>(List.of("-Xmx256m", "-D" + Storages.PROPERTY + "=" + storage));
        if (storage.equals("posix")) {
            flags.add("--enable-native-access=ALL-UNNAMED");
        }
        flags.addAll(more);
        Path said = directory.resolve("child-" + children++);
        return ChildJava.start(said, wrapper, flags, StarvedChild.class, action, path);
    }

    private String answer(String storage, List<String> wrapper, String action, Path path) throws Exception {
        try (ChildJava child = start(storage, wrapper, List.of(), action, path)) {
            return child.answer();
        }
    }

    private static List<String> bash(String before) {
        return List.of("bash", "-c", before + " && exec \"$@\"", "bash");
    }

    /** Something is mounted where only the child sees it. Skips the test where that is not permitted. */
    private static List<String> mounted(String mount) throws Exception {
        Process trial = new ProcessBuilder("unshare", "-m", "bash", "-c", mount)
                .redirectErrorStream(true)
                .start();
        String said = new String(trial.getInputStream().readAllBytes()).strip();
        boolean permitted = trial.waitFor() == 0;
        assumeTrue(permitted, "SKIPPED: this process may not mount anything in a namespace of its own: " + said);
        List<String> wrapper = new ArrayList<>(List.of("unshare", "-m"));
        wrapper.addAll(bash(mount));
        return wrapper;
    }

    private Path closedStore() {
        Path store = directory.resolve("store");
        try (Store open = Store.open(store, StarvedChild.SMALL)) {
            fill(open);
        }
        return store;
    }

    private static void fill(Store store) {
        Keyspace space = store.keyspace("k");
        StarvedChild.model(KEYS).forEach((key, value) -> space.put(key, value));
    }

    private static Map<String, byte[]> contents(Path store) throws IOException {
        Map<String, byte[]> contents = new TreeMap<>();
        try (Stream<Path> files = Files.walk(store)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                contents.put(store.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return contents;
    }

    private static void assertUntouched(Map<String, byte[]> before, Path store) throws IOException {
        Map<String, byte[]> after = contents(store);
        assertEquals(before.keySet(), after.keySet());
        before.forEach((file, content) -> assertArrayEquals(content, after.get(file), file));
    }

    private static void assertWhole(Path store) {
        try (Store open = Store.open(store, StarvedChild.SMALL)) {
            assertEquals(List.of(), open.recovery().damaged());
            StarvedChild.requireHolds(StarvedChild.model(KEYS), open.keyspace("k"));
            assertTrue(open.verify(bytes -> {}).intact());
        }
    }

    // --------------------------------------------------------------------------------------------------------- room

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @DisplayName(
            "A9: a real device that is full (ENOSPC): refused, emptied, filled, closed, enlarged, and nothing is lost")
    void aFullDevice(String storage) throws Exception {
        Path device = Files.createDirectory(directory.resolve("device"));
        String outcome = answer(storage, mounted("mount -t tmpfs -o size=6m ashlar '" + device + "'"), "full", device);
        assertTrue(outcome.endsWith("done"), outcome);
        assertEquals(Map.of(), contents(device), "the device was the child's alone");
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @DisplayName("A9: a limit on file sizes (EFBIG) below what opening takes: refused, and without it all is there")
    void aFileSizeLimitBelowWhatOpeningTakes(String storage) throws Exception {
        Path killed = directory.resolve("killed");
        Path store = directory.resolve("store");
        try (Store open = Store.open(store, StarvedChild.SMALL)) {
            fill(open);
            Trees.copyAtRest(open, store, killed);
        }
        for (int kibibytes : new int[] {4, 16, 64, 600}) {
            for (Path each : List.of(killed, store, directory.resolve("new-" + kibibytes))) {
                String outcome = answer(storage, bash("ulimit -f " + kibibytes), "open", each);
                assertTrue(
                        outcome.startsWith("opened with ")
                                || outcome.startsWith("StoreFullException")
                                        && outcome.contains("EFBIG (file too large)")
                                        && outcome.contains("ulimit -f"),
                        outcome);
                assertTrue(kibibytes > 64 || each.equals(store) || outcome.startsWith("StoreFull"), outcome);
            }
        }
        assertWhole(killed);
        assertWhole(store);
        assertTrue(
                answer(storage, List.of(), "open", directory.resolve("new-4")).startsWith("opened with 0"));
    }

    // -------------------------------------------------------------------------------------------------- permissions

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @DisplayName("A11: a store on a file system that is mounted read-only: refused, and untouched")
    void aReadOnlyFileSystem(String storage) throws Exception {
        Path store = closedStore();
        Map<String, byte[]> before = contents(directory.resolve("store"));
        String mount = "mount --bind '%1$s' '%1$s' && mount -o remount,bind,ro '%1$s'".formatted(store);
        String outcome = answer(storage, mounted(mount), "open", store);
        assertTrue(outcome.startsWith("StorageException: "), outcome);
        assertTrue(outcome.contains("mounted read-only"), outcome);
        String creation = answer(storage, mounted(mount), "open", store.resolve("below"));
        assertTrue(creation.startsWith("StorageException: "), creation);
        assertTrue(creation.contains("EROFS (read-only file system)"), creation);
        assertUntouched(before, store);
        assertWhole(store);
    }

    // -------------------------------------------------------------------------------------------------- descriptors

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @DisplayName(
            "No descriptors left (EMFILE), when opening and later: refused for what it is, nothing called damaged or lost")
    void noDescriptors(String storage) throws Exception {
        Path stores = Files.createDirectory(directory.resolve("stores"));
        List<String> jar = ChildJava.fromJar(directory);
        List<String> flags = new ArrayList<>(jar);
        flags.add("-XX:-UseDynamicNumberOfCompilerThreads"); // the JVM opens files to find out how many it may have
        try (ChildJava child = start(storage, bash("ulimit -n 256"), flags, "descriptors", stores)) {
            String outcome = child.answer();
            assertTrue(outcome.endsWith("done"), outcome);
        }
    }

    // ------------------------------------------------------------------------------------------------ two processes

    @Test
    @DisplayName("A11: processes that open a new directory at the same moment: one has it, the others are refused")
    void aRaceForANewDirectory() throws Exception {
        for (int round = 0; round < 2; round++) {
            Path store = directory.resolve("raced-" + round);
            List<ChildJava> racers = new ArrayList<>();
            try {
                for (int i = 0; i < 3; i++) {
                    racers.add(start(i == 0 ? "channel" : "posix", List.of(), List.of(), "hold", store));
                }
                int refused = 0;
                ChildJava holder = null;
                for (ChildJava racer : racers) {
                    while (racer.isAlive() && !racer.output().contains("holds it")) {
                        Thread.sleep(1);
                    }
                    if (racer.isAlive()) {
                        holder = racer;
                    } else {
                        assertEquals("refused\ndone", racer.answer());
                        refused++;
                    }
                }
                assertEquals(2, refused);
                holder.kill();
                assertEquals(ChildJava.KILLED, holder.end());
            } finally {
                racers.forEach(ChildJava::close);
            }
            try (Store open = Store.open(store, StarvedChild.SMALL)) {
                assertEquals(1, open.keyspace("k").size());
            }
        }
    }

    // ------------------------------------------------------------------------------------------------ missing files

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @DisplayName("A20: each chunk missing or cut, at open, through real mappings: typed errors, other keys readable")
    void chunksMissingOrShort(String storage) throws Exception {
        Path stores = Files.createDirectory(directory.resolve("stores"));
        Path killed = directory.resolve("killed");
        Path closed = directory.resolve("store");
        try (Store open = Store.open(closed, StarvedChild.SMALL)) {
            fill(open);
            open.checkpoint();
            Trees.copyAtRest(open, closed, killed);
        }
        int variants = 0;
        for (Path image : List.of(killed, closed)) {
            for (Path chunk : Trees.chunks(image)) {
                for (long length : new long[] {-1, 0, 100, 4096, 70_001, Files.size(chunk) / 2 + 1}) {
                    Path copy = stores.resolve(image.getFileName() + "-" + chunk.getFileName() + "-" + length);
                    Trees.copy(image, copy);
                    Trees.cut(copy.resolve(image.relativize(chunk).toString()), length);
                    variants++;
                }
            }
        }
        String[] lines = answer(storage, List.of(), "damaged", stores).split("\n");
        assertEquals("done", lines[lines.length - 1]);
        assertEquals(variants, lines.length - 1);
        int losses = 0;
        for (String line : lines) {
            if (line.contains(" lost ") && !line.contains(" lost 0")) {
                assertTrue(line.endsWith(", reported"), line);
                losses++;
            }
        }
        assertTrue(losses > variants / 4, losses + " of " + variants + " lost anything");
    }
}
