package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.failures.HookedStorage;
import dev.ashlar.io.Storages;
import dev.ashlar.log.CheckpointFile;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.process.Trees;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Spaces that are created while a checkpoint is made. The definition is in the log before the device has it; a checkpoint that
 * begins there is what an opening builds on, and the definition is behind it.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CreatedMeanwhileTest {
    private static final StoreOptions OPTIONS = StoreOptions.DEFAULT.withAutoCompaction(false);

    @TempDir
    private Path directory;

    /** A storage whose log takes as long to sync, once it is told so, as a checkpoint takes to be written. */
    private static final class SlowLog extends HookedStorage {
        private final CountDownLatch imageWritten = new CountDownLatch(1);
        private volatile boolean slow;
        private volatile boolean waited;

        SlowLog(Path directory) {
            super(Storages.open(directory, true), true);
        }

        @Override
        protected void before(Step step, String name) {
            if (slow && step == Step.SYNC && name.startsWith(ChunkLayout.DIRECTORY + "/")) {
                waited = true;
                try {
                    assertTrue(imageWritten.await(120, TimeUnit.SECONDS), "no checkpoint is written");
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            }
        }

        @Override
        protected void after(Step step, String name) {
            if (slow && step == Step.SYNC && name.startsWith(CheckpointFile.DIRECTORY + "/")) {
                imageWritten.countDown();
            }
        }
    }

    /** Opens a store and creates a space in it, of which a checkpoint knows no more than its definition. */
    private <T> T createMeanwhile(SlowLog storage, Store store, Function<Store, T> creation) throws Exception {
        store.keyspace("first").put("a", new byte[10]);
        store.checkpoint();
        storage.slow = true;
        long before = store.appendedLsn();
        CompletableFuture<T> created = CompletableFuture.supplyAsync(() -> creation.apply(store));
        MeanwhileTest.until(() -> store.appendedLsn() > before, "the definition is in the log");
        store.checkpoint();
        T result = created.get(120, TimeUnit.SECONDS);
        assertTrue(storage.waited, "the definition was durable before the checkpoint began");
        return result;
    }

    private Store open(SlowLog storage) {
        return TestEngines.open(directory.resolve("store"), storage, OPTIONS);
    }

    private Store reopen(Path path) {
        Store store = Store.open(path, OPTIONS);
        assertEquals(List.of(), store.recovery().damaged());
        return store;
    }

    /** What a process that is killed now leaves. Maintenance does it, and so changes nothing meanwhile. */
    private Path killed(Store store) {
        Path to = directory.resolve("killed");
        return ((Engine) store).maintenance().call(() -> {
            Trees.copy(directory.resolve("store"), to);
            return to;
        });
    }

    @Test
    @DisplayName("A22: a keyspace that is created while a checkpoint is made is there after a kill, under its name")
    void aKeyspaceIsThereAfterAKill() throws Exception {
        SlowLog storage = new SlowLog(directory.resolve("store"));
        try (Store store = open(storage)) {
            Keyspace second = createMeanwhile(storage, store, s -> s.keyspace("second"));
            second.put("b", "value".getBytes(UTF_8));
            store.sync();
            try (Store again = reopen(killed(store))) {
                assertEquals(List.of("first", "second"), again.keyspaces());
                assertArrayEquals(
                        "value".getBytes(UTF_8),
                        again.keyspace("second").get("b").toArray(JAVA_BYTE));
            }
        }
    }

    @Test
    @DisplayName(
            "A keyspace that is created while a checkpoint is made, and in which nothing is written, is there again")
    void anEmptyKeyspaceIsThereAfterClosing() throws Exception {
        Path path = directory.resolve("store");
        SlowLog storage = new SlowLog(path);
        try (Store store = open(storage)) {
            Keyspace ignored = createMeanwhile(storage, store, s -> s.keyspace("second"));
        }
        try (Store again = reopen(path)) {
            assertEquals(List.of("first", "second"), again.keyspaces());
            again.keyspace("third").put("c", new byte[1]);
            again.keyspace("second").put("b", new byte[1]);
        }
        try (Store again = reopen(path)) {
            assertEquals(List.of("first", "second", "third"), again.keyspaces());
            assertEquals(1, again.keyspace("second").size());
        }
    }

    @Test
    @DisplayName(
            "A vector collection that is created while a checkpoint is made is there after a kill, with its options")
    void aVectorCollectionIsThereAfterAKill() throws Exception {
        SlowLog storage = new SlowLog(directory.resolve("store"));
        try (Store store = open(storage)) {
            VectorOptions options = VectorOptions.of(3);
            VectorCollection rows = createMeanwhile(storage, store, s -> s.vectors("rows", options));
            long ignored = rows.put(7, new float[] {1, 2, 3});
            store.sync();
            try (Store again = reopen(killed(store))) {
                assertEquals(List.of("rows"), again.vectorCollections());
                assertEquals(1, again.vectors("rows", options).size());
            }
        }
    }
}
