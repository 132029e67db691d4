package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CompactionReport;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.engine.TestEngine;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Crashes while files come and go: in compaction, in a checkpoint, in opening, closing and creating a store. */
class CompactionCrashTest extends FailureTest {
    /** Shows what a killed process would leave after each step, and where a write was cut in half. */
    private static final class CrashingStorage extends HookedStorage {
        private final Path directory;
        private @Nullable BiConsumer<StoreFiles, String> check;
        private @Nullable StoreFiles last;
        private int steps;

        CrashingStorage(Path directory) {
            super(Storages.open(directory, true), false);
            this.directory = directory;
        }

        @Override
        protected void after(Step step, String name) {
            BiConsumer<StoreFiles, String> present = check;
            if (present == null || step == Step.SYNC || step == Step.SYNC_DIRECTORY) {
                return;
            }
            StoreFiles image = StoreFiles.of(directory);
            String context = "step " + steps++ + ", " + step + " " + name;
            StoreFiles before = last;
            last = image;
            if (step == Step.WRITE && before != null && before.names().contains(name)) {
                present.accept(halfOf(before, image, name), "in the middle of " + context);
            }
            present.accept(image.copy(), "after " + context);
        }

        private static StoreFiles halfOf(StoreFiles before, StoreFiles after, String name) {
            StoreFiles half = after.copy();
            byte[] former = Arrays.copyOf(before.bytes(name), after.bytes(name).length);
            int first = Math.max(0, Arrays.mismatch(former, after.bytes(name)));
            int end = former.length;
            while (end > first && former[end - 1] == after.bytes(name)[end - 1]) {
                end--;
            }
            int middle = (first + end) / 2;
            System.arraycopy(former, middle, half.bytes(name), middle, former.length - middle);
            return half;
        }
    }

    /**
     * Chunks with a few live records each, and deletions in later chunks than what they deleted.
     *
     * @return what is live
     */
    private static Map<String, byte[]> sparse(Keyspace space) {
        Map<String, byte[]> model = new TreeMap<>();
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < 20; i++) {
                // The first round mostly stays, so that its chunk is not worth compacting, and deletions matter.
                String key = round == 0 || i % 5 == 0 ? "key-" + round + "-" + i : "garbage-" + i;
                space.put(key, pattern(24_000, 100 * round + i));
                model.put(key, pattern(24_000, 100 * round + i));
            }
            for (int i = 3 * round; i < 3 * round + 3; i++) {
                space.delete("key-0-" + i);
                model.remove("key-0-" + i);
            }
        }
        return model;
    }

    @Test
    @DisplayName("A13 a crash at every step of compaction: nothing lost, and what was deleted stays deleted")
    void crashesInCompaction() {
        Path directory = path("store");
        Path crashed = path("crashed");
        CrashingStorage storage = new CrashingStorage(directory);
        try (Store store = TestEngine.open(directory, storage, STILL)) {
            Keyspace space = store.keyspace("k");
            Map<String, byte[]> model = sparse(space);
            storage.check = (image, context) -> {
                opensWith(model, image, crashed, context);
                StoreFiles withoutIndex = image.copy();
                image.checkpoints().forEach(withoutIndex::remove);
                opensWith(model, withoutIndex, crashed, context + ", the index rebuilt from the log");
            };
            CompactionReport report = store.compact();
            assertTrue(report.chunks() >= 2 && report.records() > 3, report.toString());
            assertTrue(storage.steps > 10, storage.steps + " steps");
            storage.check = null;
            assertHolds(model, space, "after the compaction");
        }
    }

    private static void opensWith(Map<String, byte[]> model, StoreFiles image, Path directory, String context) {
        image.writeTo(directory);
        try (Store store = quick(directory)) {
            assertHolds(model, store.keyspace("k"), context);
        } catch (RuntimeException e) {
            throw new AssertionError(context, e);
        }
    }

    @Test
    @DisplayName("A13 a crash at every step of a recovery, a checkpoint and a close: nothing lost")
    void crashesInOpeningAndClosing() {
        Path directory = path("store");
        Path crashed = path("crashed");
        Map<String, byte[]> model = new TreeMap<>();
        crashAfter(directory, store -> {
                    for (int i = 0; i < 5; i++) {
                        model.put("key-" + i, pattern(100, i));
                        store.keyspace("k").put("key-" + i, pattern(100, i));
                    }
                })
                .writeTo(directory);
        CrashingStorage storage = new CrashingStorage(directory);
        storage.check = (image, context) -> opensWith(model, image, crashed, context);
        try (Store store = TestEngine.open(directory, storage, STILL)) {
            store.checkpoint();
            store.checkpoint();
        }
        assertTrue(storage.steps > 10, storage.steps + " steps");
    }

    @Test
    @DisplayName("A13 a crash at every step of the creation of a store: it can be created then")
    void crashesInCreation() {
        Path directory = path("store");
        Path crashed = path("crashed");
        CrashingStorage storage = new CrashingStorage(directory);
        storage.check = (image, context) -> {
            image.writeTo(crashed);
            try (Store store = quick(crashed)) {
                assertEquals(0, store.keyspaces().size(), context);
            } catch (RuntimeException e) {
                throw new AssertionError(context, e);
            }
        };
        TestEngine.open(directory, storage, STILL).close();
        assertTrue(storage.steps > 5, storage.steps + " steps");
    }

    @Test
    @DisplayName("A13 left-over files of an earlier crash are removed, and say nothing")
    void leftOvers() {
        Path directory = path("store");
        Map<String, byte[]> model = new TreeMap<>();
        StoreFiles image = crashAfter(directory, store -> model.putAll(sparse(store.keyspace("k"))));
        List<String> leftOver = List.of(
                "log/0000000100000000.log",
                "log/0000000100001000.log",
                "index/00000000000000ff.ckp",
                "values/00000000000000ff.val");
        image.put(leftOver.get(0), new byte[0]);
        image.put(leftOver.get(1), new byte[512 << 10]);
        image.put(leftOver.get(2), pattern(100, 2));
        image.put(leftOver.get(3), pattern(100, 3));
        image.writeTo(directory);
        for (int opening = 0; opening < 2; opening++) {
            try (Store store = quick(directory)) {
                assertHolds(model, store.keyspace("k"), "opening " + opening);
                Set<String> swept = new HashSet<>(store.recovery().sweptFiles());
                assertEquals(opening == 0 ? new HashSet<>(leftOver) : Set.of(), swept);
                assertTrue(store.keyspace("k").put("large", pattern(9 << 20, 1)) > 0);
            }
            leftOver.forEach(name -> assertTrue(!Files.exists(directory.resolve(name)), name));
            model.put("large", pattern(9 << 20, 1));
        }
    }

    // ------------------------------------------------------------------------------------------------------- A31

    /** Shows what a loss of power would leave after each step if nothing survives that was not synced. */
    private static final class ForgetfulStorage extends HookedStorage {
        private final Path directory;
        private final Map<String, byte[]> content = new HashMap<>();
        private final Map<String, Set<String>> names = new HashMap<>();
        private @Nullable BiConsumer<StoreFiles, String> check;
        private int steps;

        ForgetfulStorage(Path directory) {
            super(Storages.open(directory, true), true);
            this.directory = directory;
        }

        @Override
        protected void after(Step step, String name) {
            if (step == Step.SYNC) {
                try {
                    content.put(name, Files.readAllBytes(directory.resolve(name)));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            if (step == Step.SYNC_DIRECTORY) {
                String prefix = name.isEmpty() ? "" : name + "/";
                Set<String> present = new HashSet<>();
                list(name).forEach(entry -> present.add(prefix + entry));
                names.put(name, present);
            }
            BiConsumer<StoreFiles, String> present = check;
            if (present != null) {
                present.accept(afterPowerLoss(), "power lost after step " + steps++ + ", " + step + " " + name);
            }
        }

        private StoreFiles afterPowerLoss() {
            Map<String, byte[]> files = new HashMap<>();
            for (Set<String> each : names.values()) {
                for (String name : each) {
                    if (!Files.isDirectory(directory.resolve(name))) {
                        files.put(name, content.getOrDefault(name, new byte[0]).clone());
                    }
                }
            }
            return StoreFiles.of(files);
        }
    }

    @Test
    @DisplayName("A31 v1 durable, v2 appended only, v1's chunk compacted away, power lost at any step: v1 or v2")
    void oldOrNew() {
        Path directory = path("store");
        Path lost = path("lost");
        byte[] v1 = bytes("version 1");
        byte[] v2 = bytes("version 2");
        ForgetfulStorage storage = new ForgetfulStorage(directory);
        try (Store store = TestEngine.open(directory, storage, STILL)) {
            Keyspace space = store.keyspace("k");
            Map<String, byte[]> durable = new TreeMap<>();
            space.put("key", v1);
            for (int i = 0; i < 40; i++) {
                space.put("garbage", pattern(30_000, i));
                if (i % 8 == 0) {
                    durable.put("key-" + i, pattern(1000, i));
                    space.put("key-" + i, durable.get("key-" + i));
                }
            }
            space.put(bytes("synced"), bytes("all of it"), Durability.DURABLE);
            durable.put("synced", bytes("all of it"));
            space.put("key", v2);
            space.delete("garbage");
            Set<String> seen = new HashSet<>();
            storage.check = (image, context) -> {
                image.writeTo(lost);
                try (Store reopened = quick(lost)) {
                    Keyspace again = reopened.keyspace("k");
                    byte[] found = value(again.get("key"));
                    assertNotNull(found, context);
                    seen.add(new String(found, java.nio.charset.StandardCharsets.UTF_8));
                    assertTrue(Arrays.equals(v1, found) || Arrays.equals(v2, found), context + describe(found));
                    assertEquals(0, damagedIn(durable, again, context), context);
                } catch (RuntimeException e) {
                    throw new AssertionError(context, e);
                }
            };
            CompactionReport report = store.compact();
            storage.check = null;
            assertTrue(report.chunks() >= 2, report.toString());
            assertEquals(Set.of("version 1", "version 2"), seen, "both before and after v2 became durable");
            assertArrayEquals(v2, value(space.get("key")));
        }
    }
}
