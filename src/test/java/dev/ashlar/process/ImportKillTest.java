package dev.ashlar.process;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.failures.InMemory;
import dev.ashlar.interchange.DriveBytes;
import dev.ashlar.io.Storages;
import dev.ashlar.sim.StoreReader;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * An import that is killed has stored some of the file, from its beginning on, and the rest not at all; doing it again
 * completes it. What was in the keyspace before and is not in the file stays.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ImportKillTest {
    /** In this package, which is the one that is open to JUnit when these tests run alone. */
    static final class Memory extends InMemory {}

    private static final StoreOptions STILL =
            StoreOptions.DEFAULT.withSyncInterval(Duration.ZERO).withAutoCompaction(false);

    private static final List<KillPoint> FEW =
            List.of(KillPoint.GROUP_HALF_WRITTEN, KillPoint.GROUP_WRITTEN, KillPoint.VALUE_FILE_HALF_WRITTEN);

    /** Those that an import may come by. */
    private static final List<KillPoint> ALL = List.of(
            KillPoint.GROUP_BEFORE_WRITE,
            KillPoint.GROUP_HALF_WRITTEN,
            KillPoint.GROUP_WRITTEN,
            KillPoint.CHUNK_CREATED,
            KillPoint.CHUNK_HEADER_WRITTEN,
            KillPoint.ROLL_HALF_WRITTEN,
            KillPoint.ROLL_WRITTEN,
            KillPoint.VALUE_FILE_CREATED,
            KillPoint.VALUE_FILE_HALF_WRITTEN,
            KillPoint.VALUE_DIRECTORY_SYNCED,
            KillPoint.LOG_SYNCED);

    private static final int KEYS = 200;
    private static final int ENTRIES = 1_500;
    private static final long KEPT = -1;

    /** Read in one piece; as a stream; as a stream that goes to a file of its own. */
    private static final int[] SIZES = {1_500, 300_000, (8 << 20) + 1};

    @TempDir(factory = Memory.class)
    Path directory;

    /** An entry of the file; without a value it is a deletion. */
    private record Entry(long hash, byte @Nullable [] value) {}

    private final List<Entry> entries = new ArrayList<>();
    private int partial;

    @Test
    @DisplayName("An import that is killed is done up to some entry of the file; done again it is complete")
    void killedWhileImporting() throws Exception {
        run(Long.getLong(KillChain.SEED, 1), FEW);
        assertTrue(partial > 0, "no kill came in the middle of an import");
    }

    @Test
    @Tag("long")
    @DisplayName("The same, with thirty other files")
    void killedWhileImportingForLong() throws Exception {
        long first = Long.getLong(KillChain.SEED, System.currentTimeMillis());
        for (long seed = first; seed < first + 30; seed++) {
            run(seed, ALL);
        }
    }

    private void run(long seed, List<KillPoint> points) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        Path root = Files.createDirectory(directory.resolve("seed-" + seed));
        Path file = root.resolve("drive.bin");
        Files.write(file, file(random));
        Path store = root.resolve("store");
        Map<Long, byte[]> present = new HashMap<>();
        try (Store first = open(store)) {
            Keyspace target = first.keyspace(ImportingChild.KEYSPACE);
            target.put(KEPT, new byte[] {1});
            target.put(entries.getFirst().hash, new byte[] {2}); // which the file overwrites
            present.put(KEPT, new byte[] {1});
            present.put(entries.getFirst().hash, new byte[] {2});
        }
        try {
            for (KillPoint point : points) {
                child(root, store, file, point, 1 + random.nextInt(point.name().startsWith("GROUP") ? 6 : 1));
                present = check(store, present);
            }
            child(root, store, file, null, 0);
            Map<Long, byte[]> expected = new HashMap<>(present);
            entries.forEach(entry -> apply(entry, expected));
            Map<Long, byte[]> found = read(store);
            assertEquals(expected.keySet(), found.keySet(), "after a whole import");
            expected.forEach((key, value) -> assertTrue(Arrays.equals(value, found.get(key)), () -> "key " + key));
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    "to repeat it: mvn -B -ntp test -Dtest=ImportKillTest -D" + KillChain.SEED + "=" + seed, e);
        }
        Trees.remove(root);
    }

    /** Keys come several times, and are deleted between; each value is another. */
    private byte[] file(SplittableRandom random) {
        entries.clear();
        DriveBytes file = new DriveBytes(64);
        int huge = random.nextInt(ENTRIES);
        for (int i = 0; i < ENTRIES; i++) {
            long hash = random.nextInt(KEYS);
            if (i != huge && random.nextInt(10) == 0) {
                file.delete(hash);
                entries.add(new Entry(hash, null));
                continue;
            }
            int most = SIZES[i == huge ? 2 : random.nextInt(200) == 0 ? 1 : 0];
            byte[] value = new byte[i == huge ? most : 8 + random.nextInt(most)];
            new SplittableRandom(random.nextLong()).nextBytes(value);
            file.put(hash, value);
            entries.add(new Entry(hash, value));
        }
        return file.toBytes();
    }

    private static void apply(Entry entry, Map<Long, byte[]> state) {
        if (entry.value == null) {
            state.remove(entry.hash);
        } else {
            state.put(entry.hash, entry.value);
        }
    }

    private static void child(Path root, Path store, Path file, @Nullable KillPoint point, int times) throws Exception {
        Path ledgerFile = root.resolve("ledger");
        Files.deleteIfExists(ledgerFile);
        Object name = point == null ? "-" : point;
        try (Ledger ledger = new Ledger(ledgerFile);
                ChildJava child = ChildJava.start(
                        root.resolve("child"),
                        List.of(),
                        List.of("-Xmx192m", "--enable-native-access=ALL-UNNAMED"),
                        ImportingChild.class,
                        store,
                        ledgerFile,
                        file,
                        name,
                        times)) {
            int end = child.end();
            boolean isWhole = end == 0 && ledger.acknowledged(0) > 0;
            // Not every file comes by each point; what is whole is compared all the same.
            assertTrue(
                    point == null ? isWhole : isWhole || end == ChildJava.KILLED && ledger.hasReached(point),
                    () -> point + ": " + end + ", " + child.output());
        }
    }

    private static Store open(Path store) {
        return TestEngines.open(store, Storages.open(store, true), STILL, KilledChild.LEAST_CHUNK);
    }

    private static Map<Long, byte[]> read(Path directory) throws IOException {
        try (Store store = open(directory)) {
            assertEquals(List.of(), store.recovery().damaged(), "a kill damages nothing");
            StoreReader.verify(store);
            Map<Long, byte[]> found = new TreeMap<>();
            store.keyspace(ImportingChild.KEYSPACE).forEach(entry -> {
                long hash = ByteBuffer.wrap(entry.keyBytes()).getLong() ^ Long.MIN_VALUE; // see Keyspace.longKey
                found.put(hash, entry.value().toArray(ValueLayout.JAVA_BYTE));
            });
            return found;
        }
    }

    /** What is there must be what was there, with some of the file's entries from the first on. */
    private Map<Long, byte[]> check(Path store, Map<Long, byte[]> before) throws IOException {
        Map<Long, byte[]> found = read(store);
        Map<Long, byte[]> state = new HashMap<>(before);
        int different = 0;
        for (long key = KEPT; key < KEYS; key++) {
            different += Arrays.equals(state.get(key), found.get(key)) ? 0 : 1;
        }
        int least = different;
        for (int i = 0; different > 0 && i < entries.size(); i++) {
            Entry entry = entries.get(i);
            different -= Arrays.equals(state.get(entry.hash), found.get(entry.hash)) ? 0 : 1;
            apply(entry, state);
            different += Arrays.equals(state.get(entry.hash), found.get(entry.hash)) ? 0 : 1;
            least = Math.min(least, different);
            if (different == 0 && i < entries.size() - 1) {
                partial++;
            }
        }
        assertEquals(0, different, "what is there is no beginning of the file; the nearest differs in " + least);
        return found;
    }
}
