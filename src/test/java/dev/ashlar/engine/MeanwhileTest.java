package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Metric;
import dev.ashlar.Snapshot;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorScan;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import dev.ashlar.failures.HookedStorage;
import dev.ashlar.failures.HookedStorage.Step;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.Storages;
import dev.ashlar.keyspace.RowListener;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkFiles;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.FrameRef;
import dev.ashlar.process.Trees;
import dev.ashlar.vector.Rows;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What other threads do between two steps of an operation, where a device that is slow, or a thread that is stopped, lets them. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class MeanwhileTest {
    private static final StoreOptions QUIET =
            StoreOptions.DEFAULT.withAutoCompaction(false).withSyncInterval(Duration.ZERO);
    private static final Duration LONG = Duration.ofSeconds(120);
    private static final long SMALL_CHUNKS = 16 << 10;
    private static final int EIO = 5;
    private static final int ENOSPC = 28;
    private static final int DIMENSION = 256;

    @TempDir
    private Path directory;

    /** What is done before and after a step, by the thread that does it. */
    private interface Hook {
        void step(Step step, String name);
    }

    private final AtomicReference<Hook> before = new AtomicReference<>((step, name) -> {});
    private final AtomicReference<Hook> after = new AtomicReference<>((step, name) -> {});

    private final Set<String> withoutHeader = ConcurrentHashMap.newKeySet();

    /** Told of each file that is opened to be read. */
    private final AtomicReference<Hook> whenOpened = new AtomicReference<>((step, name) -> {});

    private Storage storage() {
        return storage(true);
    }

    /** @param survivesInterrupts false: only the engine's own threads touch files, as with plain NIO */
    private Storage storage(boolean survivesInterrupts) {
        return new HookedStorage(Storages.open(directory, true), true) {
            @Override
            public boolean survivesInterrupts() {
                return survivesInterrupts;
            }

            @Override
            protected void before(Step step, String name) {
                before.get().step(step, name);
            }

            @Override
            protected void after(Step step, String name) {
                after.get().step(step, name);
            }

            @Override
            public StorageFile open(String name) {
                whenOpened.get().step(Step.CREATE, name);
                return super.open(name);
            }
        };
    }

    static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(LONG.toSeconds(), TimeUnit.SECONDS), "nobody comes");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    static void until(BooleanSupplier condition, String what) {
        long end = System.nanoTime() + LONG.toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, () -> "not within " + LONG + ": " + what);
            Thread.onSpinWait();
        }
    }

    static <T> CompletableFuture<T> start(Callable<T> action) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(action.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    static <T> T end(CompletableFuture<T> future) throws Exception {
        return future.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }

    /** Whether a thread whose name begins so is in a method of a class. */
    private static boolean isIn(String thread, Class<?> type, String method) {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(each -> each.getKey().getName().startsWith(thread))
                .flatMap(each -> List.of(each.getValue()).stream())
                .anyMatch(frame -> frame.getClassName().equals(type.getName())
                        && frame.getMethodName().equals(method));
    }

    static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    static WriteCallback then(Runnable action) {
        return new WriteCallback() {
            @Override
            public void completed(long tag, long lsn) {
                action.run();
            }

            @Override
            public void failed(long tag, AshlarException failure) {
                throw failure;
            }
        };
    }

    // ------------------------------------------------------------------------------------------------ checkpoints

    @Test
    @DisplayName(
            "A22: a checkpoint waits for the device with all that its image shows, also of a group that is being applied")
    void aCheckpointShowsNothingThatIsNotDurable() throws Exception {
        try (Engine store = (Engine) TestEngines.open(directory, storage(), QUIET)) {
            Keyspace space = store.keyspace("k");
            space.put(bytes("key"), bytes("former"), Durability.DURABLE);
            CountDownLatch imageBegins = new CountDownLatch(1);
            CountDownLatch applying = new CountDownLatch(1);
            CountDownLatch written = new CountDownLatch(1);
            before.set((step, name) -> {
                if (step == Step.CREATE && name.startsWith("index/")) {
                    imageBegins.countDown();
                    await(applying);
                }
            });
            after.set((step, name) -> {
                if (step == Step.SYNC && name.startsWith("index/")) {
                    written.countDown();
                }
            });
            store.spaceOf(space).rows(new RowListener() {
                @Override
                public void added(FrameRef frame) {
                    applying.countDown(); // the index refers to it by now
                    until(
                            () -> written.getCount() == 0 || isIn("ashlar-maintenance", Appender.class, "acquire"),
                            "the image is written, or waits for this");
                }

                @Override
                public void dropped(Chunk chunk, long at, FrameRef frame) {}
            });
            CompletableFuture<Boolean> checkpoint = start(() -> {
                store.checkpoint();
                return true;
            });
            await(imageBegins);
            CompletableFuture<Long> put = start(() -> space.put(bytes("key"), bytes("latter")));
            assertTrue(end(checkpoint));
            long lsn = end(put);
            assertTrue(store.durableLsn() > lsn, "durable up to " + store.durableLsn() + ", and the image has " + lsn);
        }
    }

    @Test
    @DisplayName("A22: a chunk goes when what superseded its records is durable, also of a group that is being applied")
    void aChunkGoesWhenNothingNeedsIt() throws Exception {
        try (Engine store = (Engine) TestEngines.open(directory, storage(), QUIET, SMALL_CHUNKS)) {
            Keyspace space = store.keyspace("k");
            Chunks chunks = store.records().chunks();
            long last = 0;
            while (chunks.size() < 2) {
                space.put(++last, new byte[500]); // the first chunk, with the definition, is not worth compacting
            }
            space.put(bytes("key"), bytes("former"));
            int before = chunks.size();
            while (chunks.size() == before) {
                space.put(bytes("garbage"), new byte[1000]);
            }
            space.put(bytes("garbage"), new byte[1000]);
            space.put(last, new byte[500]);
            store.checkpoint();
            String sparse = chunks.all().get(1).file();
            CountDownLatch applying = new CountDownLatch(1);
            CountDownLatch removed = new CountDownLatch(1);
            AtomicReference<CompletableFuture<Long>> put = new AtomicReference<>();
            store.spaceOf(space).rows(new RowListener() {
                @Override
                public void added(FrameRef frame) {
                    applying.countDown();
                    until(
                            () -> removed.getCount() == 0 || isIn("ashlar-maintenance", Appender.class, "acquire"),
                            "the chunk goes, or waits for this");
                }

                @Override
                public void dropped(Chunk chunk, long at, FrameRef frame) {}
            });
            after.set((step, name) -> {
                if (step == Step.UNLINK && name.equals(sparse)) {
                    removed.countDown();
                }
            });
            whenOpened.set((step, name) -> {
                if (name.equals(sparse) && put.get() == null) {
                    put.set(start(() -> space.put(bytes("key"), bytes("latter"))));
                    await(applying);
                }
            });
            assertEquals(1, store.compact().chunks());
            assertEquals(0, removed.getCount(), sparse + " is there");
            long lsn = end(put.get());
            assertTrue(store.durableLsn() > lsn, "durable up to " + store.durableLsn() + ", and not " + lsn);
        }
    }

    // ------------------------------------------------------------------------------------------------------- rows

    @Test
    @DisplayName(
            "Rows that come into a chunk whose others have just gone to a segment are found, while the log goes on in another")
    void rowsOfTheLastChunkAreNotForgotten() throws Exception {
        try (Engine store = (Engine) TestEngines.open(directory, storage(), QUIET, SMALL_CHUNKS)) {
            VectorCollection rows =
                    store.vectors("rows", VectorOptions.of(DIMENSION).metric(Metric.SQUARED_EUCLIDEAN));
            Keyspace space = store.keyspace("k");
            Chunks chunks = store.records().chunks();
            long key = 0;
            while (chunks.size() < 2) {
                space.put(++key, new byte[1000]);
            }
            space.delete(key);
            int earlier = 3; // with them nothing is in the chunk that counts
            for (int i = 0; i < earlier; i++) {
                long ignored = rows.put(i, row(i));
            }
            int more = 60;
            TestEngines.tick(store);
            CountDownLatch publishing = new CountDownLatch(1);
            CountDownLatch publish = new CountDownLatch(1);
            CountDownLatch crossing = new CountDownLatch(1);
            AtomicReference<Thread> writing = new AtomicReference<>();
            AtomicReference<Integer> meanwhile = new AtomicReference<>(earlier + more);
            Set<String> files = ConcurrentHashMap.newKeySet();
            AtomicInteger copies = new AtomicInteger();
            before.set((step, name) -> {
                boolean maintenance = Thread.currentThread().getName().startsWith("ashlar-maintenance");
                if (maintenance && step == Step.SYNC && name.startsWith("MANIFEST") && copies.incrementAndGet() == 2) {
                    publishing.countDown();
                    await(publish);
                }
                if (maintenance && step == Step.SYNC && name.startsWith("log/") && crossing.getCount() == 0) {
                    try {
                        meanwhile.accumulateAndGet(end(start(() -> found(rows))), Math::min);
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                }
                if (Thread.currentThread() == writing.get() && writesFrames(step, name)) {
                    files.add(name);
                    if (files.size() == 2) {
                        crossing.countDown();
                        until(
                                () -> isIn("ashlar-maintenance", Appender.class, "acquire"),
                                "maintenance waits for what is being written");
                    }
                }
            });
            CompletableFuture<Boolean> flushed = start(() -> {
                rows.flush();
                return true;
            });
            await(publishing);
            CompletableFuture<Boolean> written = start(() -> {
                writing.set(Thread.currentThread());
                try (WriteBatch batch = store.batch()) {
                    for (int i = earlier; i < earlier + more; i++) {
                        batch.put(rows, i, row(i));
                    }
                    batch.commit(Durability.APPENDED);
                }
                return true;
            });
            await(crossing);
            publish.countDown();
            assertTrue(end(written));
            assertTrue(end(flushed));
            assertEquals(earlier + more, meanwhile.get(), "rows that were found meanwhile");
            assertEquals(earlier + more, found(rows));
        }
    }

    /** Whether frames are written into a chunk; the first that is written into one that is created is its header. */
    private boolean writesFrames(Step step, String name) {
        if (step == Step.CREATE) {
            withoutHeader.add(name);
        }
        return step == Step.WRITE && name.startsWith("log/") && !withoutHeader.remove(name);
    }

    private static float[] row(int number) {
        float[] row = new float[DIMENSION];
        row[0] = number;
        return row;
    }

    private static int found(VectorCollection rows) {
        return rows.search(VectorQuery.of(row(0)).k(10_000)).size();
    }

    // ----------------------------------------------------------------------------------------------------- groups

    @Test
    @DisplayName(
            "A24: a batch over several chunks that fails costs nothing but itself, also when somebody synced meanwhile")
    void aBatchThatFailsBehindASync() throws Exception {
        try (Store store = TestEngines.open(directory, storage(), QUIET, SMALL_CHUNKS)) {
            Keyspace space = store.keyspace("k");
            TestEngines.tick(store);
            long ignored = space.put(bytes("before"), bytes("value"));
            long end = store.appendedLsn();
            Set<String> files = new HashSet<>();
            Thread committing = Thread.currentThread();
            before.set((step, name) -> {
                if (Thread.currentThread() == committing && writesFrames(step, name)) {
                    files.add(name);
                    if (files.size() == 2) {
                        before.set((next, file) -> {});
                        CompletableFuture<Boolean> synced = start(() -> {
                            store.awaitDurable(end);
                            return true;
                        });
                        assertTrue(synced.orTimeout(LONG.toSeconds(), TimeUnit.SECONDS)
                                .join());
                        throw new StorageException("write", name, EIO, "no");
                    }
                }
            });
            try (WriteBatch batch = store.batch()) {
                for (int i = 0; i < 40; i++) {
                    batch.put(space, bytes("of the batch " + i), new byte[1000]);
                }
                StorageException failure =
                        assertThrows(StorageException.class, () -> batch.commit(Durability.APPENDED));
                assertEquals(EIO, failure.errno());
            }
            assertEquals(2, files.size(), "the batch went on in another chunk");
            space.put(bytes("after"), bytes("value"), Durability.DURABLE);
            assertEquals(2, space.size());
        }
        try (Store store = Store.open(directory, QUIET)) {
            assertEquals(List.of(), store.recovery().damaged());
            assertEquals(2, store.keyspace("k").size());
        }
    }

    @ParameterizedTest(name = "closed in between: {0}")
    @ValueSource(booleans = {false, true})
    @DisplayName("A22: a batch that goes over into a chunk whose address is far away is there after a kill")
    void aBatchGoesOverIntoAChunkThatIsFarAway(boolean reopened) throws Exception {
        Path path = directory.resolve("store");
        Engine store = (Engine) TestEngines.open(path, Storages.open(path, true), QUIET, SMALL_CHUNKS);
        store.keyspace("k").put(bytes("before"), bytes("value"));
        TestEngines.tick(store);
        useUpAddresses(store);
        if (reopened) {
            store.close();
            store = (Engine) TestEngines.open(path, Storages.open(path, true), QUIET, SMALL_CHUNKS);
        }
        try (Engine open = store) {
            Keyspace space = open.keyspace("k");
            try (WriteBatch batch = open.batch()) {
                for (int i = 0; i < 100; i++) {
                    batch.put(space, i, new byte[1000]);
                }
                batch.commit(Durability.DURABLE);
            }
            Path killed = directory.resolve("killed");
            boolean copied = open.maintenance()
                    .call(
                            () -> { // which so changes nothing meanwhile
                                Trees.copy(path, killed);
                                return true;
                            });
            assertTrue(copied);
            try (Store again = Store.open(killed, QUIET)) {
                assertEquals(List.of(), again.recovery().damaged());
                assertEquals(List.of(), again.recovery().dropped());
                assertEquals(101, again.keyspace("k").size());
            }
        }
    }

    /** What a disk that is full for long does, or opening and closing again and again. */
    private static void useUpAddresses(Engine store) throws ReflectiveOperationException {
        Field files = Engine.class.getDeclaredField("files");
        files.setAccessible(true);
        Field nextBase = ChunkFiles.class.getDeclaredField("nextBase");
        nextBase.setAccessible(true);
        ChunkFiles all = (ChunkFiles) files.get(store);
        nextBase.setLong(all, nextBase.getLong(all) + (5L << 30));
    }

    @Test
    @DisplayName("Chunks that are reserved are there for who needs one before all are")
    void theLogGoesOnWhileChunksAreReserved() throws Exception {
        try (Engine store = (Engine) TestEngines.open(directory, storage(), QUIET, SMALL_CHUNKS)) {
            Chunks chunks = store.records().chunks();
            Keyspace space = store.keyspace("k");
            VectorCollection rows = store.vectors("rows", VectorOptions.of(DIMENSION));
            TestEngines.tick(store);
            AtomicInteger allocated = new AtomicInteger();
            AtomicReference<CompletableFuture<Boolean>> written = new AtomicReference<>();
            before.set((step, name) -> {
                boolean maintenance = Thread.currentThread().getName().startsWith("ashlar-maintenance");
                if (!maintenance || step != Step.ALLOCATE || !name.startsWith("log/")) {
                    return;
                }
                int number = allocated.incrementAndGet();
                if (number == 2) {
                    written.set(start(() -> {
                        int before = chunks.size();
                        for (int i = 0; chunks.size() == before; i++) {
                            space.put(i, new byte[1000]);
                        }
                        return true;
                    }));
                    until(() -> isIn("", ChunkFiles.class, "take"), "the log needs another chunk");
                } else if (number == 5) {
                    try {
                        assertTrue(end(written.get()));
                    } catch (Exception e) {
                        throw new AssertionError(e);
                    }
                }
            });
            rows.reserve(8 * (64L << 20) / 1000);
            assertTrue(allocated.get() >= 5, allocated + " chunks were reserved");
            assertTrue(space.size() > 0);
        }
    }

    @Test
    @DisplayName(
            "A27: where an interrupt closes the files of the thread that it hits, only threads of the engine write to the log")
    void othersDoNotWriteToTheLog() throws Exception {
        Set<String> writing = ConcurrentHashMap.newKeySet();
        try (Store store = TestEngines.open(directory, storage(false), QUIET)) {
            Keyspace space = store.keyspace("k");
            before.set((step, name) -> {
                if (step == Step.WRITE && name.startsWith("log/")) {
                    writing.add(Thread.currentThread().getName());
                }
            });
            for (int i = 0; i < 300; i++) {
                CompletableFuture<Long> put = space.putAsync(bytes("key " + i), bytes("value"), Durability.APPENDED);
                switch (i % 3) {
                    case 0 -> store.snapshot().close();
                    case 1 -> store.sync();
                    default -> store.checkpoint();
                }
                assertTrue(put.isDone(), "what was submitted before is appended");
            }
            before.set((step, name) -> {});
        }
        assertTrue(writing.stream().allMatch(name -> name.startsWith("ashlar-")), writing::toString);
        assertFalse(writing.isEmpty());
    }

    @Test
    @DisplayName("A manifest of which one copy cannot be read is as good as ever")
    void oneCopyOfTheManifestCannotBeRead() {
        try (Store store = TestEngines.open(directory, storage(), QUIET)) {
            store.keyspace("k").put(bytes("key"), bytes("value"));
        }
        for (String copy : List.of("MANIFEST-a", "MANIFEST-b")) {
            whenOpened.set((step, name) -> {
                if (name.equals(copy)) {
                    throw new StorageException("read", name, EIO, "no");
                }
            });
            try (Store store = TestEngines.open(directory, storage(), QUIET)) {
                assertEquals(1, store.keyspace("k").size());
            }
        }
        whenOpened.set((step, name) -> {
            if (name.startsWith("MANIFEST")) {
                throw new StorageException("read", name, EIO, "no");
            }
        });
        StorageException failure =
                assertThrows(StorageException.class, () -> TestEngines.open(directory, storage(), QUIET));
        assertEquals(EIO, failure.errno());
    }

    @Test
    @DisplayName("Checkpoints that come to nothing leave no files behind")
    void checkpointsThatFailLeaveNothing() {
        try (Store store = TestEngines.open(directory, storage(), QUIET)) {
            VectorCollection rows = store.vectors("rows", VectorOptions.of(DIMENSION));
            for (int i = 1; i < 40; i++) {
                long ignored = rows.put(i, row(i));
            }
            rows.flush();
            before.set((step, name) -> {
                if (step == Step.SYNC && name.startsWith("index/")) {
                    throw new StorageException("sync", name, ENOSPC, "no");
                }
            });
            for (int i = 0; i < 3; i++) {
                assertThrows(StorageException.class, store::checkpoint);
            }
            before.set((step, name) -> {});
            store.checkpoint();
            try (Storage files = Storages.open(directory)) {
                assertEquals(
                        1,
                        files.list("segments").stream()
                                .filter(name -> name.endsWith(".del"))
                                .count());
                assertEquals(1, files.list("index").size());
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------ values

    @Test
    @DisplayName("A batch that nobody waits for, and that fails, leaves no files of its large values")
    void anAsynchronousBatchFails() throws Exception {
        try (Store store = TestEngines.small(directory, storage(), QUIET, true, SMALL_CHUNKS, 4096)) {
            Keyspace space = store.keyspace("k");
            TestEngines.tick(store);
            AtomicBoolean failed = new AtomicBoolean();
            before.set((step, name) -> {
                if (step == Step.WRITE && name.startsWith("log/") && failed.compareAndSet(false, true)) {
                    throw new StorageException("write", name, EIO, "no");
                }
            });
            try (WriteBatch batch = store.batch()) {
                batch.put(space, 1, new byte[10_000]);
                batch.put(space, 2, new byte[10_000]);
                CompletableFuture<Long> committed = batch.commitAsync(Durability.APPENDED);
                assertThrows(ExecutionException.class, () -> end(committed));
            }
            assertTrue(failed.get());
            space.put(bytes("key"), bytes("value"), Durability.DURABLE);
            try (Storage files = Storages.open(directory)) {
                until(
                        () -> {
                            TestEngines.tick(store);
                            return files.list("values").isEmpty();
                        },
                        "the files of the batch go");
            }
        }
    }

    @Test
    @DisplayName(
            "A value with a file of its own that is superseded, and whose file is removed, between finding and opening it")
    void aLargeValueIsSupersededWhileItIsOpened() throws Exception {
        try (Store store = TestEngines.small(directory, storage(), QUIET, true, SMALL_CHUNKS, 4096)) {
            Keyspace space = store.keyspace("k");
            space.put(bytes("key"), new byte[10_000]);
            byte[] latter = new byte[12_000];
            latter[5] = 5;
            AtomicReference<String> opened = new AtomicReference<>("none");
            whenOpened.set((step, name) -> {
                if (name.startsWith("values/")) {
                    whenOpened.set((next, file) -> {});
                    opened.set(name);
                    space.put(bytes("key"), latter, Durability.DURABLE);
                    until(
                            () -> {
                                TestEngines.tick(store);
                                return Files.notExists(directory.resolve(name));
                            },
                            name + " goes");
                }
            });
            MemorySegment found = space.get(bytes("key"));
            assertTrue(opened.get().startsWith("values/"), opened.get());
            assertNotNull(found);
            assertArrayEquals(latter, found.toArray(JAVA_BYTE));
        }
    }

    // ------------------------------------------------------------------------------------------------------ spaces

    @Test
    @DisplayName("A keyspace whose deletion waits for the device is gone for all, and can be created again")
    void aKeyspaceIsAskedForWhileItIsDropped() throws Exception {
        try (Store store = TestEngines.open(directory, storage(), QUIET)) {
            Keyspace former = store.keyspace("k");
            former.put(bytes("key"), bytes("value"));
            store.keyspace("first").put(bytes("key"), bytes("value"));
            assertTrue(store.dropKeyspace("first"));
            CountDownLatch syncing = new CountDownLatch(1);
            CountDownLatch goOn = new CountDownLatch(1);
            before.set((step, name) -> {
                if (step == Step.SYNC && name.startsWith("log/")) {
                    syncing.countDown();
                    await(goOn);
                }
            });
            CompletableFuture<Boolean> dropped = start(() -> store.dropKeyspace("k"));
            await(syncing);
            assertThrows(IllegalStateException.class, () -> former.put(bytes("key"), bytes("value")));
            assertFalse(store.dropKeyspace("k"), "it was dropped twice");
            CompletableFuture<Keyspace> again = start(() -> store.keyspace("k"));
            until(() -> isIn("", Catalog.class, "openOrCreate") || again.isDone(), "somebody asks for it again");
            goOn.countDown();
            assertTrue(end(dropped));
            end(again).put(bytes("another"), bytes("value"));
            assertEquals(1, store.keyspace("k").size());
        }
        try (Store store = Store.open(directory)) {
            assertEquals(List.of("k"), store.keyspaces());
            assertEquals(1, store.keyspace("k").size());
        }
    }

    @Test
    @DisplayName(
            "Where one thread syncs for all, a callback on it asks for a keyspace that another drops, and waits for the device")
    void aCallbackAsksForAKeyspaceThatIsBeingDropped() throws Exception {
        try (Store store = TestEngines.open(directory, storage(false), QUIET)) {
            store.keyspace("first").put(bytes("key"), bytes("value"));
            assertTrue(store.dropKeyspace("first"));
            Keyspace other = store.keyspace("other");
            store.keyspace("k").put(bytes("key"), bytes("value"));
            CountDownLatch inCallback = new CountDownLatch(1);
            CompletableFuture<Long> found = new CompletableFuture<>();
            other.put(
                    bytes("key"),
                    bytes("value"),
                    Durability.DURABLE,
                    then(() -> {
                        inCallback.countDown();
                        until(() -> isIn("", Syncer.class, "awaitThread"), "the deletion waits for the device");
                        found.complete(store.keyspace("k").size());
                    }),
                    1);
            await(inCallback);
            CompletableFuture<Boolean> dropped = start(() -> store.dropKeyspace("k"));
            assertEquals(0, end(found), "what is in the keyspace that was created anew");
            assertTrue(end(dropped));
            assertEquals(List.of("k", "other"), store.keyspaces());
        }
    }

    @Test
    @DisplayName(
            "A snapshot's scan of a collection that is dropped shows each row once, where chunks have mappings of their own")
    void aCollectionIsDroppedUnderAScan() {
        try (Engine store = (Engine) TestEngines.open(directory, storage(), QUIET, SMALL_CHUNKS)) {
            Keyspace space = store.keyspace("k");
            VectorCollection rows =
                    store.vectors("rows", VectorOptions.of(DIMENSION).metric(Metric.SQUARED_EUCLIDEAN));
            Chunks chunks = store.records().chunks();
            long key = 0;
            while (chunks.size() < 2) {
                space.put(++key, new byte[1000]);
            }
            long first = rows.put(1, row(1));
            while (chunks.size() < 3) {
                space.put(bytes("garbage"), new byte[1000]);
            }
            space.put(bytes("garbage"), new byte[1000]);
            space.put(key, new byte[1000]);
            assertTrue(rows.put(1, row(2)) > first);
            while (chunks.size() < 4) {
                space.put(++key, new byte[1000]);
            }
            store.checkpoint();
            List<Float> found = new ArrayList<>();
            try (Snapshot snapshot = store.snapshot();
                    VectorScan scan = snapshot.vectors("rows").scan()) {
                assertTrue(store.dropVectors("rows"));
                while (scan.next()) {
                    found.add(scan.row().get(JAVA_FLOAT, 0));
                }
            }
            assertEquals(List.of(2f), found);
        }
    }

    @Test
    @DisplayName(
            "A vector collection that is dropped before its rows are gathered, as somebody asked, leaves nothing behind")
    void aCollectionIsDroppedBeforeItIsFlushed() {
        try (Engine store = (Engine) TestEngines.open(directory, storage(), QUIET, SMALL_CHUNKS)) {
            VectorCollection rows =
                    store.vectors("rows", VectorOptions.of(DIMENSION).metric(Metric.SQUARED_EUCLIDEAN));
            for (int i = 0; i < 40; i++) {
                long ignored = rows.put(i, row(i));
            }
            rows.flush();
            Rows gone = store.vectors().of(((VectorHandle) rows).space()).rows();
            assertTrue(store.dropVectors("rows"));
            Set<String> created = ConcurrentHashMap.newKeySet();
            before.set((step, name) -> {
                if (step == Step.CREATE) {
                    created.add(name);
                }
            });
            boolean built = store.maintenance().call(() -> store.maintenance().flush(gone));
            assertFalse(built);
            assertEquals(0, store.stats().segments());
            assertTrue(created.stream().noneMatch(name -> name.endsWith(".seg")), created::toString);
        }
    }

    // ----------------------------------------------------------------------------------------------------- closing

    @Test
    @DisplayName(
            "A store that is closed while its manifest is about to announce the first expiry is closed as others are")
    void theFirstExpiryComesWithTheClose() throws Exception {
        Store store = TestEngines.open(directory, storage(), QUIET);
        Keyspace space = store.keyspace("k");
        space.put(bytes("key"), bytes("value"));
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        before.set((step, name) -> {
            if (step == Step.SYNC && name.startsWith("index/")) {
                before.set((next, file) -> {});
                busy.countDown();
                await(goOn);
            }
        });
        CompletableFuture<Boolean> checkpoint = start(() -> {
            store.checkpoint();
            return true;
        });
        await(busy);
        assertFalse(space.tryPut(
                bytes("expires"), bytes("value"), Duration.ofDays(1), Durability.APPENDED, then(() -> {}), 1));
        CompletableFuture<Boolean> closed = start(() -> {
            store.close();
            return true;
        });
        until(() -> isIn("", Maintenance.class, "awaitEnd"), "the store waits for maintenance");
        goOn.countDown();
        assertTrue(end(closed));
        assertTrue(end(checkpoint));
        try (Store again = Store.open(directory)) {
            assertTrue(again.recovery().clean(), "it was not closed as it should be");
            assertEquals(1, again.keyspace("k").size());
        }
    }

    @ParameterizedTest(name = "as with plain NIO: {0}")
    @ValueSource(booleans = {false, true})
    @DisplayName("A callback closes the store while maintenance waits for the device")
    void aCallbackClosesWhileMaintenanceWaits(boolean nio) throws Exception {
        Store store = TestEngines.open(directory, storage(!nio), QUIET);
        Keyspace space = store.keyspace("k");
        CountDownLatch inCallback = new CountDownLatch(1);
        CountDownLatch close = new CountDownLatch(1);
        space.put(
                bytes("first"),
                bytes("value"),
                Durability.DURABLE,
                then(() -> {
                    inCallback.countDown();
                    await(close);
                    store.close();
                }),
                1);
        await(inCallback); // the thread that syncs is in there
        space.put(bytes("second"), bytes("value"));
        CompletableFuture<Boolean> checkpoint = start(() -> {
            store.checkpoint();
            return true;
        });
        until(
                () -> isIn("ashlar-maintenance", Syncer.class, "awaitDurable") || checkpoint.isDone(),
                "maintenance waits for the device");
        close.countDown();
        assertTrue(end(checkpoint));
        until(() -> isClosed(store), "the callback comes to its end");
        try (Store again = Store.open(directory)) {
            assertTrue(again.recovery().clean());
            assertEquals(2, again.keyspace("k").size());
        }
    }

    @Test
    @DisplayName("A callback that closes the store is not run by maintenance, which it would wait for")
    void maintenanceRunsNoCallbacks() throws Exception {
        Store store = TestEngines.open(directory, storage(), QUIET);
        Keyspace space = store.keyspace("k");
        CountDownLatch inCallback = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Runnable blocks = () -> {
            inCallback.countDown();
            await(goOn);
        };
        CompletableFuture<Void> first = space.putAsync(bytes("first"), bytes("value"), Durability.DURABLE)
                .thenRun(blocks);
        await(inCallback); // so the sync thread tells nobody else for now
        AtomicReference<String> closedBy = new AtomicReference<>("nobody");
        CompletableFuture<Void> closed = space.putAsync(bytes("second"), bytes("value"), Durability.DURABLE)
                .thenRun(() -> {
                    closedBy.set(Thread.currentThread().getName());
                    goOn.countDown();
                    store.close();
                });
        CompletableFuture<Boolean> checkpoint = start(() -> {
            store.checkpoint();
            return true;
        });
        try {
            until(() -> checkpoint.isDone() || goOn.getCount() == 0, "the checkpoint is made");
        } finally {
            goOn.countDown();
        }
        assertTrue(end(checkpoint));
        assertEquals(null, end(closed));
        assertEquals(null, end(first));
        assertEquals("ashlar-sync", closedBy.get());
        until(() -> isClosed(store), "the store is closed");
        try (Store again = Store.open(directory)) {
            assertTrue(again.recovery().clean());
        }
    }

    private boolean isClosed(Store store) {
        try {
            store.keyspace("k");
        } catch (AshlarException e) {
            // Its lock goes last.
            try (Storage other = Storages.open(directory)) {
                Storage.StorageLock lock = other.tryLock(Opening.LOCK);
                if (lock != null) {
                    lock.close();
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    @DisplayName("A snapshot that a callback may not close can be closed by others")
    void aCallbackTriesToCloseASnapshot() throws Exception {
        try (Store store = TestEngines.open(directory, storage(), QUIET)) {
            Keyspace space = store.keyspace("k");
            space.put(bytes("key"), bytes("value"));
            Snapshot snapshot = store.snapshot();
            CompletableFuture<Throwable> refused = new CompletableFuture<>();
            space.put(
                    bytes("other"),
                    bytes("value"),
                    Durability.APPENDED,
                    then(() -> refused.complete(assertThrows(IllegalStateException.class, snapshot::close))),
                    1);
            assertNotNull(end(refused));
            assertEquals(1, store.stats().snapshots());
            snapshot.close();
            assertEquals(0, store.stats().snapshots());
        }
    }
}
