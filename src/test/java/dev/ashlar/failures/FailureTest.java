package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.ashlar.CorruptionException;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.engine.TestEngine;
import dev.ashlar.io.FaultyStorage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** What the tests of failures share: directories, quick openings, and the check that nothing is left behind. */
abstract class FailureTest {
    /** Nothing happens by itself: no sync, no checkpoint, no compaction that was not asked for. */
    static final StoreOptions STILL = StoreOptions.DEFAULT
            .withRingSlots(64)
            .withBufferBytes(32L << 20)
            .withSyncInterval(Duration.ZERO)
            .withAutoCompaction(false)
            // Before every expiry that there can be: the reader in C has no clock.
            .withClock(InstantSource.fixed(Instant.EPOCH));

    private static final int OPENINGS_UNTIL_COLLECTION = 200;
    private static int openings;

    @TempDir(factory = InMemory.class)
    Path root;

    private final Set<String> named = new TreeSet<>();
    private Set<String> workingDirectory = Set.of();

    @BeforeEach
    void rememberWhatIsThere() throws IOException {
        workingDirectory = namesIn(Path.of(""));
    }

    @AfterEach
    void nothingIsLeftBehind() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (!engineThreads().isEmpty() && System.nanoTime() < deadline) {
            Thread.sleep(1); // an executor says that it has ended just before its thread does
        }
        assertEquals(List.of(), engineThreads(), "threads of the engine after all stores were closed");
        assertEquals(named, union(named, namesIn(root)), "files outside of the store");
        assertEquals(workingDirectory, namesIn(Path.of("")), "files in the working directory");
    }

    private static Set<String> union(Set<String> a, Set<String> b) {
        Set<String> both = new TreeSet<>(a);
        both.addAll(b);
        return both;
    }

    private static List<String> engineThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(Thread::isAlive)
                .map(Thread::getName)
                .filter(name -> name.startsWith("ashlar-"))
                .toList();
    }

    private static Set<String> namesIn(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(path -> String.valueOf(path.getFileName()))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** A path in the test's own directory, which may come into being. */
    Path path(String name) {
        named.add(name);
        return root.resolve(name);
    }

    // ----------------------------------------------------------------------------------------------------- stores

    /** Opens a store that runs on the calling thread and does not wait for the device; quick and deterministic. */
    static Store quick(Path directory) {
        collectNowAndThen();
        return TestEngine.open(directory, FaultyStorage.withoutDevice(directory), STILL);
    }

    /** Each opening reserves memory that only a collection gives back. */
    private static void collectNowAndThen() {
        if (++openings % OPENINGS_UNTIL_COLLECTION == 0) {
            System.gc();
        }
    }

    /** The image that a killed process leaves after an action on a store that is then closed. */
    StoreFiles crashAfter(Path directory, java.util.function.Consumer<Store> action) {
        try (Store store = quick(directory)) {
            action.accept(store);
            return StoreFiles.of(directory);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte @Nullable [] value(@Nullable MemorySegment view) {
        return view == null ? null : view.toArray(ValueLayout.JAVA_BYTE);
    }

    static byte[] pattern(int length, int seed) {
        byte[] bytes = new byte[length];
        new java.util.Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** A keyspace has exactly these entries, by lookup and by scan. */
    static void assertHolds(Map<String, byte[]> model, Keyspace space, String context) {
        assertEquals(0, damagedIn(model, space, context), context);
        assertEquals(model.size(), space.size(), context);
        Set<String> scanned = new TreeSet<>();
        try (dev.ashlar.Scan scan = space.scan()) {
            while (scan.next()) {
                scanned.add(new String(value(scan.key()), StandardCharsets.UTF_8));
            }
        }
        assertEquals(new TreeSet<>(model.keySet()), scanned, context);
    }

    /** Every entry is right or says that it is damaged; returns how many are. */
    static int damagedIn(Map<String, byte[]> model, Keyspace space, String context) {
        int damaged = 0;
        for (Map.Entry<String, byte[]> entry : model.entrySet()) {
            try {
                byte[] found = value(space.get(entry.getKey()));
                if (!Arrays.equals(entry.getValue(), found)) {
                    fail(context + ": " + entry.getKey() + " is " + describe(found) + " instead of "
                            + describe(entry.getValue()));
                }
            } catch (CorruptionException e) {
                assertTrue(e.getMessage().contains(e.file()), e.getMessage());
                damaged++;
            }
        }
        return damaged;
    }

    static String describe(byte @Nullable [] value) {
        return value == null
                ? "absent"
                : value.length + " bytes " + Arrays.toString(Arrays.copyOf(value, Math.min(16, value.length)));
    }
}
