package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.StorageException;
import dev.ashlar.Store;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreFailedException;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteTimeoutException;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import dev.ashlar.io.FaultyStorage.Extent;
import dev.ashlar.io.FaultyStorage.Kind;
import dev.ashlar.io.FaultyStorage.Operation;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The device, the appender or the caller's thread fails under load. */
class EngineFailureTest extends FailureFixture {
    private static final Set<Operation> SYNCS = EnumSet.of(Operation.SYNC);
    private static final Duration BOUND = Duration.ofSeconds(60);

    private Path path;
    private FaultyStorage storage;

    @BeforeEach
    void prepare() {
        path = directory.resolve("store");
        storage = FaultyStorage.over(path);
    }

    private Store open(StoreOptions options) {
        return TestEngines.open(path, storage, options);
    }

    // ------------------------------------------------------------------------------------------------ failed syncs

    @Test
    @DisplayName("A25: a failed sync: what it covered is not acknowledged, further writes are refused, reads go on")
    void afterAFailedSyncNothingIsAcknowledged() throws Exception {
        TreeMap<String, byte[]> durable = new TreeMap<>();
        TreeMap<String, byte[]> all = new TreeMap<>();
        try (Store store = open(SMALL.withSyncInterval(Duration.ZERO))) {
            Keyspace space = store.keyspace("k");
            TestEngines.tick(store);
            for (int i = 0; i < 10; i++) {
                space.put(bytes("d" + i), bytes("v" + i), Durability.DURABLE);
                durable.put("d" + i, bytes("v" + i));
            }
            space.put("appended", bytes("v"));
            all.putAll(durable);
            all.put("appended", bytes("v"));
            storage.failAt(SYNCS, 1, Kind.EIO, Extent.NOTHING);
            CompletableFuture<Long> future = space.putAsync(bytes("async"), bytes("v"), Durability.DURABLE);
            ExecutionException late = assertThrows(ExecutionException.class, () -> future.get(60, TimeUnit.SECONDS));
            StoreFailedException failure = assertInstanceOf(StoreFailedException.class, late.getCause());
            assertTrue(failure.indeterminate());
            assertTrue(failure.getMessage().contains("EIO"), failure.getMessage());
            // Sticky, although the device is well again.
            assertEquals(1, storage.fired());
            long syncs = storage.counted();
            for (int i = 0; i < 3; i++) {
                assertThrows(StoreFailedException.class, () -> space.put("late", bytes("v")));
                assertThrows(
                        StoreFailedException.class, () -> space.put(bytes("late"), bytes("v"), Durability.DURABLE));
                assertThrows(StoreFailedException.class, () -> space.delete("d1"));
                assertThrows(StoreFailedException.class, () -> space.tryPut(bytes("late"), bytes("v")));
                assertThrows(
                        StoreFailedException.class,
                        () -> space.putAsync(bytes("late"), bytes("v"), Durability.DURABLE));
                assertThrows(StoreFailedException.class, store::sync);
                assertThrows(StoreFailedException.class, store::checkpoint);
                assertThrows(StoreFailedException.class, store::compact);
                assertThrows(StoreFailedException.class, store::batch);
                assertThrows(StoreFailedException.class, () -> store.awaitDurable(store.appendedLsn()));
            }
            assertEquals(syncs, storage.counted(), "a failed sync is never tried again");
            all.forEach((key, value) -> assertEquals(new String(value), new String(value(space.get(key)))));
        }
        try (Store store = Store.open(path, SMALL)) {
            Keyspace space = store.keyspace("k");
            all.put("async", bytes("v"));
            assertHolds(all, space);
            assertIntact(store);
            space.put(bytes("goes on"), bytes("v"), Durability.DURABLE);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 5, 9})
    @DisplayName(
            "A25: a failed sync under many durable writers: each is told, nobody hangs, no acknowledged write is lost")
    void aFailedSyncUnderLoadIsToldToAll(int n) throws Exception {
        Map<String, byte[]> acknowledged = new ConcurrentHashMap<>();
        AtomicInteger refused = new AtomicInteger();
        try (Store store = open(SMALL)) {
            Keyspace space = store.keyspace("k");
            storage.failFrom(SYNCS, n, Kind.EIO, Extent.NOTHING);
            List<Worker> writers = new ArrayList<>();
            for (int w = 0; w < 8; w++) {
                int writer = w;
                writers.add(Worker.start("writer-" + w, () -> {
                    for (int i = 0; i < 100_000; i++) {
                        String key = writer + "-" + i;
                        byte[] value = random(100, i);
                        try {
                            if (writer % 2 == 0) {
                                space.put(bytes(key), value, Durability.DURABLE);
                            } else {
                                space.putAsync(bytes(key), value, Durability.DURABLE)
                                        .get(60, TimeUnit.SECONDS);
                            }
                            acknowledged.put(key, value);
                        } catch (StoreFailedException e) {
                            refused.incrementAndGet();
                            return;
                        } catch (ExecutionException e) {
                            assertInstanceOf(StoreFailedException.class, e.getCause());
                            refused.incrementAndGet();
                            return;
                        }
                    }
                }));
            }
            for (Worker writer : writers) {
                writer.join(BOUND);
            }
            assertEquals(8, refused.get());
        }
        try (Store store = Store.open(path, SMALL)) {
            Keyspace space = store.keyspace("k");
            acknowledged.forEach((key, value) -> assertTrue(
                    java.util.Arrays.equals(value, value(space.get(key))), () -> "acknowledged and lost: " + key));
            assertIntact(store);
        }
    }

    // ------------------------------------------------------------------------------------------- the appender dies

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @DisplayName("A28: an Error in the appender: every producer gets an exception, nobody hangs, close returns")
    void anErrorInTheAppenderReachesEveryProducer(boolean asynchronously) throws Exception {
        TreeMap<String, byte[]> before = new TreeMap<>();
        List<CompletableFuture<Long>> futures = new ArrayList<>();
        Store store = open(SMALL);
        Keyspace space = store.keyspace("k");
        TestEngines.tick(store);
        for (int i = 0; i < 50; i++) {
            space.put("k" + i, bytes("v" + i));
            before.put("k" + i, bytes("v" + i));
        }
        store.sync();
        storage.hook(call -> {
            if (call.operation() == Operation.WRITE && call.file().startsWith("log/")) {
                throw new LinkageError("injected");
            }
        });
        List<Worker> producers = new ArrayList<>();
        for (int p = 0; p < 6; p++) {
            int producer = p;
            producers.add(Worker.start("producer-" + p, () -> {
                while (true) {
                    try {
                        if (asynchronously) {
                            CompletableFuture<Long> future =
                                    space.putAsync(bytes("p" + producer), random(5_000, 1), Durability.DURABLE);
                            synchronized (futures) {
                                futures.add(future);
                            }
                        } else if (producer % 3 == 0) {
                            try (WriteBatch batch = store.batch()) {
                                batch.put(space, "p" + producer, bytes("v"));
                                batch.commit(Durability.DURABLE);
                            }
                        } else {
                            space.put("p" + producer, bytes("v"));
                        }
                    } catch (StoreFailedException e) {
                        assertEquals(
                                "injected",
                                e.getCause() instanceof StoreFailedException c
                                        ? c.getCause().getMessage()
                                        : e.getCause().getMessage());
                        return;
                    }
                }
            }));
        }
        for (Worker producer : producers) {
            producer.join(BOUND);
        }
        for (CompletableFuture<Long> future : futures) {
            ExecutionException e = assertThrows(ExecutionException.class, () -> future.get(60, TimeUnit.SECONDS));
            assertInstanceOf(StoreFailedException.class, e.getCause());
        }
        assertThrows(StoreFailedException.class, store::sync);
        before.forEach((key, value) -> assertEquals(new String(value), new String(value(space.get(key)))));
        storage.hook(call -> {});
        store.close();
        assertThrows(StoreClosedException.class, () -> space.get("k1"));
        try (Store reopened = Store.open(path, SMALL)) {
            Keyspace again = reopened.keyspace("k");
            before.forEach((key, value) -> assertEquals(new String(value), new String(value(again.get(key)))));
            assertIntact(reopened);
        }
    }

    @Test
    @DisplayName("A28: an Error in the sync thread or in maintenance reaches the next caller, and close returns")
    void anErrorInAnotherThreadOfTheEngineIsTold() {
        try (Store store = open(SMALL)) {
            Keyspace space = store.keyspace("k");
            space.put("k", bytes("v"));
            storage.hook(call -> {
                if (call.operation() == Operation.SYNC) {
                    throw new LinkageError("injected");
                }
            });
            eventually(
                    BOUND,
                    () -> {
                        try {
                            space.put("k", bytes("v"));
                            return false;
                        } catch (StoreFailedException e) {
                            return e.getMessage().contains("injected");
                        }
                    },
                    "the failure of the background sync");
            storage.hook(call -> {});
        }
        assertReopens(Map.of("k", bytes("v")), path, "k");
    }

    // ---------------------------------------------------------------------------------------------- blocked device

    @Test
    @DisplayName("A full ring: tryPut says no, put times out with nothing written, and all goes on after")
    void whenTheDeviceHangsWritersAreToldInTime() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        AtomicBoolean block = new AtomicBoolean();
        CountDownLatch blocked = new CountDownLatch(1);
        storage.hook(call -> {
            if (block.get()
                    && call.operation() == Operation.WRITE
                    && call.file().startsWith("log/")) {
                blocked.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store = open(SMALL.withRingSlots(8).withWriteTimeout(Duration.ofMillis(200)))) {
            Keyspace space = store.keyspace("k");
            TestEngines.tick(store);
            block.set(true);
            CompletableFuture<Long> first = space.putAsync(bytes("first"), bytes("1"), Durability.APPENDED);
            model.put("first", bytes("1"));
            assertTrue(blocked.await(60, TimeUnit.SECONDS));
            int accepted = 0;
            while (space.tryPut(bytes("t" + accepted), bytes("v" + accepted))) {
                model.put("t" + accepted, bytes("v" + accepted));
                accepted++;
                assertTrue(accepted <= 8, "more than the ring has slots");
            }
            assertTrue(accepted >= 6, "accepted " + accepted);
            long start = System.nanoTime();
            WriteTimeoutException e = assertThrows(WriteTimeoutException.class, () -> space.put("late", bytes("v")));
            assertTrue(e.getMessage().contains("200 ms"), e.getMessage());
            assertTrue(System.nanoTime() - start < 30_000_000_000L);
            assertThrows(
                    WriteTimeoutException.class,
                    () -> space.putAsync(bytes("late"), random(3_000, 1), Durability.APPENDED));
            try (WriteBatch batch = store.batch()) {
                batch.put(space, "late", bytes("v"));
                assertThrows(WriteTimeoutException.class, batch::commit);
                assertEquals(1, batch.size(), "a batch that timed out can be committed again");
            }
            // The buffers of large values are bounded too.
            while (space.tryPut(bytes("large"), random(4 << 20, 1))) {
                throw new AssertionError("there is no slot");
            }
            assertFalse(first.isDone());
            assertEquals(0, space.size());
            block.set(false);
            release.countDown();
            first.get(60, TimeUnit.SECONDS);
            eventually(BOUND, () -> space.size() == model.size(), "what tryPut accepted");
            assertHolds(model, space);
            space.put("after", bytes("v"));
            model.put("after", bytes("v"));
        }
        assertReopens(model, path, "k");
    }

    @Test
    @DisplayName("The bytes under way are bounded: a large value waits for a buffer and times out")
    void largeValuesWaitForBuffers() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        AtomicBoolean block = new AtomicBoolean();
        storage.hook(call -> {
            if (block.get()
                    && call.operation() == Operation.WRITE
                    && call.file().startsWith("log/")) {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        List<CompletableFuture<Long>> futures = new ArrayList<>();
        try (Store store = open(SMALL.withWriteTimeout(Duration.ofMillis(100)))) {
            Keyspace space = store.keyspace("k");
            TestEngines.tick(store);
            block.set(true);
            WriteTimeoutException e = assertThrows(WriteTimeoutException.class, () -> {
                for (int i = 0; i < 60; i++) {
                    futures.add(space.putAsync(bytes("k" + i), random(1_500_000, i), Durability.APPENDED));
                }
            });
            assertTrue(e.getMessage().contains("bufferBytes"), e.getMessage());
            assertFalse(space.tryPut(bytes("x"), random(1_500_000, 1)));
            assertTrue(futures.size() >= 8 && futures.size() <= 22, "under way: " + futures.size());
            block.set(false);
            release.countDown();
            for (CompletableFuture<Long> future : futures) {
                future.get(60, TimeUnit.SECONDS);
            }
            space.put("x", random(1_500_000, 1));
            assertEquals(futures.size() + 1, space.size());
        }
    }

    // --------------------------------------------------------------------------------------------------- interrupts

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @DisplayName("A27: an interrupt before a call: there is room, so it succeeds, and the status stays")
    void anInterruptBeforeACallIsKept(String kind) throws Exception {
        java.nio.file.Files.createDirectories(path);
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store = TestEngines.open(path, dev.ashlar.io.TestStorages.open(kind, path), SMALL)) {
            Keyspace space = store.keyspace("k");
            Worker.start("interrupted", () -> {
                        for (int length : new int[] {10, 2_000, 100_000, 9_000_000}) {
                            byte[] value = random(length, 1);
                            if (kind.equals("channel") && length > 8 << 20) {
                                // The caller writes the value's own file, which plain NIO closes under its interrupt.
                                Thread.currentThread().interrupt();
                                assertThrows(StorageException.class, () -> space.put("large", value));
                                assertTrue(Thread.interrupted());
                                continue;
                            }
                            for (Durability durability : Durability.values()) {
                                String key = durability + "-" + length;
                                Thread.currentThread().interrupt();
                                space.put(bytes(key), value, durability);
                                assertTrue(Thread.currentThread().isInterrupted(), key);
                                assertTrue(readsOrIsTold(kind, space, key, length), key);
                                assertTrue(Thread.currentThread().isInterrupted(), key);
                                model.put(key, value);
                            }
                            Thread.currentThread().interrupt();
                            CompletableFuture<Long> future =
                                    space.putAsync(bytes("async-" + length), value, Durability.DURABLE);
                            model.put("async-" + length, value);
                            assertTrue(Thread.interrupted());
                            future.get(60, TimeUnit.SECONDS);
                        }
                        Thread.currentThread().interrupt();
                        assertTrue(space.delete("DURABLE-10") > 0);
                        model.remove("DURABLE-10");
                        store.sync();
                        try (WriteBatch batch = store.batch()) {
                            batch.put(space, "batch", bytes("v"));
                            batch.commit(Durability.DURABLE);
                        }
                        model.put("batch", bytes("v"));
                        assertTrue(Thread.interrupted());
                    })
                    .join(Duration.ofSeconds(60));
            space.put(bytes("other"), bytes("thread"), Durability.DURABLE);
            model.put("other", bytes("thread"));
            assertHolds(model, space);
        }
        assertReopens(model, path, "k");
    }

    /** Plain NIO closes the file that an interrupted thread opens to map it: its own, and nobody else's. */
    private static boolean readsOrIsTold(String kind, Keyspace space, String key, int length) {
        try {
            return space.get(key).byteSize() == length;
        } catch (StorageException e) {
            return kind.equals("channel") && e.getMessage().contains("interrupted");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @DisplayName("A27: threads that are interrupted all the time close nothing under others")
    void interruptsAtAnyMomentCloseNothing(String kind) throws Exception {
        java.nio.file.Files.createDirectories(path);
        Map<String, byte[]> model = new ConcurrentHashMap<>();
        AtomicBoolean stop = new AtomicBoolean();
        try (Store store = TestEngines.open(path, dev.ashlar.io.TestStorages.open(kind, path), SMALL)) {
            Keyspace space = store.keyspace("k");
            space.put("shared", bytes("always"));
            List<Worker> victims = new ArrayList<>();
            for (int w = 0; w < 3; w++) {
                int worker = w;
                victims.add(Worker.start("victim-" + w, () -> {
                    for (int i = 0; !stop.get(); i++) {
                        String key = worker + "-" + i % 200;
                        byte[] value = random(i % 10 == 0 ? 20_000 : 100, i);
                        try {
                            space.put(bytes(key), value, i % 20 == 0 ? Durability.DURABLE : Durability.APPENDED);
                            model.put(key, value);
                        } catch (WriteTimeoutException e) {
                            Thread.interrupted(); // nothing was written
                        }
                        assertTrue(readsOrIsTold(kind, space, "shared", "always".length()));
                        if (i % 50 == 0) {
                            Thread.interrupted();
                        }
                    }
                }));
            }
            long end = System.nanoTime() + 1_500_000_000L;
            while (System.nanoTime() < end && victims.stream().noneMatch(Worker::hasFailed)) {
                victims.forEach(victim -> victim.thread().interrupt());
                Thread.sleep(1);
            }
            stop.set(true);
            for (Worker victim : victims) {
                victim.join(BOUND);
            }
            model.put("shared", bytes("always"));
            assertHolds(model, space);
            assertIntact(store);
        }
        assertReopens(model, path, "k");
    }

    // -------------------------------------------------------------------------------------------------------- close

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @DisplayName("close() while writers run: nobody hangs, and each write succeeded and is there, or failed")
    void closingUnderWritersIsClean(String kind) throws Exception {
        java.nio.file.Files.createDirectories(path);
        for (int round = 0; round < 5; round++) {
            Map<String, byte[]> written = new ConcurrentHashMap<>();
            Map<String, byte[]> refused = new ConcurrentHashMap<>();
            int present = round;
            Store store =
                    TestEngines.open(path, dev.ashlar.io.TestStorages.open(kind, path), SMALL.withAutoCompaction(true));
            Keyspace space = store.keyspace("r" + round);
            List<Worker> writers = new ArrayList<>();
            for (int w = 0; w < 4; w++) {
                int writer = w;
                writers.add(Worker.start("writer-" + w, () -> {
                    for (int i = 0; ; i++) {
                        String key = writer + "-" + i;
                        byte[] value = random(i % 7 == 0 ? 5_000 : 50, i + present);
                        try {
                            switch (writer) {
                                case 0 -> space.put(key, value);
                                case 1 -> space.put(bytes(key), value, Durability.DURABLE);
                                case 2 ->
                                    space.putAsync(bytes(key), value, Durability.DURABLE)
                                            .get(60, TimeUnit.SECONDS);
                                default -> {
                                    try (WriteBatch batch = store.batch()) {
                                        batch.put(space, key, value).commit();
                                    }
                                }
                            }
                            written.put(key, value);
                        } catch (StoreClosedException e) {
                            refused.put(key, value);
                            return;
                        } catch (ExecutionException e) {
                            assertInstanceOf(StoreClosedException.class, e.getCause());
                            refused.put(key, value);
                            return;
                        }
                    }
                }));
            }
            Thread.sleep(30 + 20 * round);
            store.close();
            for (Worker writer : writers) {
                writer.join(BOUND);
            }
            try (Store reopened = Store.open(path, SMALL)) {
                assertTrue(reopened.recovery().clean(), "a close under load is a clean close");
                Keyspace again = reopened.keyspace("r" + round);
                refused.keySet().forEach(key -> assertFalse(again.contains(key), () -> "refused and there: " + key));
                assertHolds(written, again);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sync", "async"})
    @DisplayName("A write that is published after close() fails: it neither hangs nor is it there")
    void aWriteThatComesAfterTheCloseFails(String how) throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch blocked = new CountDownLatch(1);
        storage.hook(call -> {
            if (call.operation() == Operation.SYNC && call.file().startsWith("values/")) {
                blocked.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        Store store = open(SMALL);
        Keyspace space = store.keyspace("k");
        // The large value is checked, then written to a file, and only then published.
        Worker writer = Worker.start("writer", () -> {
            AshlarException e = assertThrows(AshlarException.class, () -> {
                if (how.equals("sync")) {
                    space.put(bytes("large"), random(9_000_000, 1), Durability.DURABLE);
                } else {
                    try {
                        space.putAsync(bytes("large"), random(9_000_000, 1), Durability.DURABLE)
                                .get(60, TimeUnit.SECONDS);
                    } catch (ExecutionException failed) {
                        throw failed.getCause();
                    }
                }
            });
            assertInstanceOf(StoreClosedException.class, e);
        });
        assertTrue(blocked.await(60, TimeUnit.SECONDS));
        store.close();
        release.countDown();
        writer.join(BOUND);
        assertReopens(Map.of(), path, "k");
    }

    // ---------------------------------------------------------------------------------------------------- callbacks

    @Test
    @DisplayName("A callback that writes or waits gets an IllegalStateException; the write itself is done")
    void callbacksMustNotWrite() throws Exception {
        try (Store store = open(SMALL)) {
            Keyspace space = store.keyspace("k");
            List<Action> forbidden = List.of(
                    () -> space.put("x", bytes("v")),
                    () -> space.putAsync(bytes("x"), bytes("v"), Durability.APPENDED),
                    () -> space.tryPut(bytes("x"), random(9_000_000, 1)),
                    () -> space.delete("k0"),
                    () -> space.putFile("x", path, Durability.APPENDED),
                    () -> space.outputStream("x", Durability.APPENDED),
                    () -> space.put(bytes("x"), random(9_000_000, 1), Durability.APPENDED),
                    () -> store.batch().put(space, "x", bytes("v")).commit(),
                    () -> store.batch().put(space, "x", bytes("v")).commitAsync(Durability.APPENDED),
                    () -> store.keyspace("new"),
                    store::sync,
                    store::checkpoint,
                    store::compact,
                    () -> store.verify(bytes -> {}),
                    store::close);
            for (int i = 0; i < forbidden.size(); i++) {
                int number = i;
                CountDownLatch done = new CountDownLatch(1);
                Throwable[] thrown = new Throwable[1];
                TestEngines.whileNobodyAppends(store, () -> {
                    // Published while nobody can append, so that the callback is there before it completes.
                });
                CompletableFuture<Long> future = new CompletableFuture<>();
                CountDownLatch attached = new CountDownLatch(1);
                storage.hook(call -> {
                    if (call.operation() == Operation.WRITE && attached.getCount() > 0) {
                        try {
                            assertTrue(attached.await(60, TimeUnit.SECONDS));
                        } catch (InterruptedException e) {
                            throw new IllegalStateException(e);
                        }
                    }
                });
                space.putAsync(bytes("k" + i), bytes("v"), Durability.APPENDED).whenComplete((lsn, failure) -> {
                    try {
                        forbidden.get(number).run();
                    } catch (Throwable e) {
                        thrown[0] = e;
                    }
                    done.countDown();
                    if (failure == null) {
                        future.complete(lsn);
                    }
                });
                attached.countDown();
                assertTrue(done.await(60, TimeUnit.SECONDS), "call " + i + " hangs");
                storage.hook(call -> {});
                assertTrue(future.get(60, TimeUnit.SECONDS) > 0);
                assertInstanceOf(IllegalStateException.class, thrown[0], "call " + i);
                assertTrue(thrown[0].getMessage().contains("callback"), thrown[0].getMessage());
            }
            assertEquals(forbidden.size(), space.size());
            assertFalse(space.contains("x"));
            assertEquals(List.of("k"), store.keyspaces());
        }
    }

    @Test
    @DisplayName("A callback of a durable write may close the store")
    void aDurableCallbackMayClose() throws Exception {
        Store store = open(SMALL);
        Keyspace space = store.keyspace("k");
        CountDownLatch closed = new CountDownLatch(1);
        storage.hook(call -> {
            if (call.operation() == Operation.SYNC) {
                try {
                    Thread.sleep(50);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        space.putAsync(bytes("k"), bytes("v"), Durability.DURABLE).thenRun(() -> {
            store.close();
            closed.countDown();
        });
        assertTrue(closed.await(60, TimeUnit.SECONDS), "close() in a callback hangs");
        assertReopens(Map.of("k", bytes("v")), path, "k");
    }
}
