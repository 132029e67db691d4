package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreFailedException;
import dev.ashlar.StoreFullException;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import dev.ashlar.io.FaultyStorage.Extent;
import dev.ashlar.io.FaultyStorage.Kind;
import dev.ashlar.io.FaultyStorage.Operation;
import dev.ashlar.io.TestStorages;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes that nobody waits for: futures and callbacks are told once, and the truth, whatever happens to the store. */
class CallbackTest extends FailureFixture {
    private static final Duration BOUND = Duration.ofSeconds(60);
    private static final Durability APPENDED = Durability.APPENDED;
    private static final Durability DURABLE = Durability.DURABLE;

    private Path path;
    private FaultyStorage storage;

    @BeforeEach
    void prepare() {
        path = directory.resolve("store");
        storage = FaultyStorage.over(path);
    }

    private Store open() {
        return TestEngines.open(path, storage, SMALL);
    }

    /** Remembers what it was told, and how often. */
    private static class Told implements WriteCallback {
        private final Map<Long, Object> outcomes = new ConcurrentHashMap<>();
        private final AtomicInteger twice = new AtomicInteger();

        @Override
        public void completed(long tag, long lsn) {
            tell(tag, lsn);
        }

        @Override
        public void failed(long tag, AshlarException failure) {
            tell(tag, failure);
        }

        private void tell(long tag, Object outcome) {
            if (outcomes.put(tag, outcome) != null) {
                twice.incrementAndGet();
            }
        }

        void await(long count) {
            eventually(BOUND, () -> outcomes.size() >= count, count + " outcomes");
            assertEquals(count, outcomes.size());
            assertEquals(0, twice.get(), "told twice");
        }

        long lsn(long tag) {
            eventually(BOUND, () -> outcomes.containsKey(tag), "outcome of " + tag);
            return assertInstanceOf(Long.class, outcomes.get(tag));
        }

        @Nullable
        Throwable failure(long tag) {
            return outcomes.get(tag) instanceof Throwable e ? e : null;
        }
    }

    private static MemorySegment segment(String text) {
        return MemorySegment.ofArray(bytes(text));
    }

    // ----------------------------------------------------------------------------------------- what they are told of

    @ParameterizedTest
    @EnumSource(Durability.class)
    @DisplayName("Every write with a future does what the one that waits does")
    void futuresOfEveryWrite(Durability level) throws Exception {
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            long first = space.putAsync("a", bytes("1"), level).get(60, TimeUnit.SECONDS);
            assertTrue(level == APPENDED || store.durableLsn() > first);
            space.putAsync("b", segment("2"), level).get(60, TimeUnit.SECONDS);
            space.putAsync(7, bytes("3"), level).get(60, TimeUnit.SECONDS);
            space.putAsync(8, segment("4"), level).get(60, TimeUnit.SECONDS);
            assertEquals("3", new String(value(space.get(7))));
            assertEquals("4", new String(value(space.get(8))));
            assertEquals(-1L, space.putIfAbsentAsync("a", bytes("x"), level).get(60, TimeUnit.SECONDS));
            assertEquals(-1L, space.putIfAbsentAsync(7, bytes("x"), level).get(60, TimeUnit.SECONDS));
            assertTrue(space.putIfAbsentAsync(segment("c"), segment("5"), level).get(60, TimeUnit.SECONDS) > first);
            assertEquals(
                    -1L, space.replaceAsync("a", bytes("x"), first + 1, level).get(60, TimeUnit.SECONDS));
            assertEquals(-1L, space.replaceAsync(9, bytes("x"), first, level).get(60, TimeUnit.SECONDS));
            long second = space.replaceAsync("a", bytes("6"), first, level).get(60, TimeUnit.SECONDS);
            long third = space.replaceAsync(segment("a"), segment("7"), second, level)
                    .get(60, TimeUnit.SECONDS);
            assertTrue(third > second);
            assertEquals(-1L, space.deleteAsync("absent", level).get(60, TimeUnit.SECONDS));
            assertTrue(space.deleteAsync("b", level).get(60, TimeUnit.SECONDS) > third);
            assertTrue(space.deleteAsync(7, level).get(60, TimeUnit.SECONDS) > third);
            assertTrue(space.deleteAsync(MemorySegment.ofArray(Keyspace.longKey(8)), level)
                            .get(60, TimeUnit.SECONDS)
                    > third);
            assertTrue(space.delete(segment("c"), level) > third);
            assertTrue(space.tryPut("d", bytes("8")));
            assertTrue(space.tryPut(10, bytes("9")));
            assertTrue(space.tryDelete(10));
            assertTrue(space.tryPut("e", bytes("9")));
            assertTrue(space.tryDelete(segment("e")));
            assertTrue(space.tryDelete("absent"));
            store.sync();
            model.put("a", bytes("7"));
            model.put("d", bytes("8"));
            assertHolds(model, space);
        }
        assertReopens(model, path, "k");
    }

    @ParameterizedTest
    @EnumSource(Durability.class)
    @DisplayName("Every write with a callback does what the one that waits does")
    void callbacksOfEveryWrite(Durability level) {
        TreeMap<String, byte[]> model = new TreeMap<>();
        byte[] large = random((8 << 20) + 1, 1);
        byte[] middle = random(100_000, 2);
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            Told told = new Told();
            space.put(bytes("a"), bytes("1"), level, told, 0);
            space.put(bytes("b"), segment("2"), level, told, 1);
            space.put(segment("c"), segment("3"), level, told, 2);
            assertTrue(space.tryPut(bytes("d"), bytes("4"), level, told, 3));
            assertTrue(space.tryPut(segment("e"), segment("5"), level, told, 4));
            long version = told.lsn(0);
            assertTrue(level == APPENDED || store.durableLsn() > version);
            space.putIfAbsent(bytes("a"), bytes("x"), level, told, 5);
            space.putIfAbsent(segment("f"), segment("6"), level, told, 6);
            space.replace(bytes("a"), bytes("7"), version, level, told, 7);
            space.replace(segment("a"), segment("x"), version, level, told, 8);
            space.delete(bytes("b"), level, told, 9);
            space.delete(segment("absent"), level, told, 10);
            assertTrue(space.tryDelete(bytes("c"), level, told, 11));
            assertTrue(space.tryDelete(segment("absent"), level, told, 12));
            space.put(bytes("large"), large, level, told, 13);
            space.put(bytes("middle"), middle, level, told, 14);
            assertTrue(space.tryPut(bytes("large 2"), large, level, told, 15));
            try (WriteBatch batch = store.batch()) {
                batch.commit(level, told, 16);
                batch.put(space, "g", bytes("8")).delete(space, "d");
                batch.commit(level, told, 17);
                batch.put(space, "h", large);
                batch.commit(level, told, 18);
            }
            told.await(19);
            for (long tag : new long[] {5, 8, 10, 12, 16}) {
                assertEquals(Keyspace.NOT_WRITTEN, told.lsn(tag), "tag " + tag);
            }
            for (long tag : new long[] {1, 2, 3, 4, 6, 7, 9, 11, 13, 14, 15, 17, 18}) {
                assertTrue(told.lsn(tag) > version, "tag " + tag);
            }
            model.put("a", bytes("7"));
            model.put("e", bytes("5"));
            model.put("f", bytes("6"));
            model.put("g", bytes("8"));
            model.put("h", large);
            model.put("large", large);
            model.put("large 2", large);
            model.put("middle", middle);
            assertHolds(model, space);
        }
        assertReopens(model, path, "k");
    }

    @Test
    @DisplayName("Bad arguments are refused, change nothing, and tell the callback nothing")
    void badArgumentsAreRefused() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            Told told = new Told();
            byte[] key = bytes("k");
            byte[] tooLong = new byte[Keyspace.MAX_KEY_BYTES + 1];
            assertThrows(IllegalArgumentException.class, () -> space.put(tooLong, key, APPENDED, told, 1));
            assertThrows(IllegalArgumentException.class, () -> space.tryPut(tooLong, key, APPENDED, told, 1));
            assertThrows(IllegalArgumentException.class, () -> space.tryDelete(tooLong));
            assertThrows(IllegalArgumentException.class, () -> space.deleteAsync(tooLong, APPENDED));
            assertThrows(NullPointerException.class, () -> space.put(key, key, null, told, 1));
            assertThrows(NullPointerException.class, () -> space.put(key, key, APPENDED, null, 1));
            assertThrows(NullPointerException.class, () -> space.put(key, (byte[]) null, APPENDED, told, 1));
            assertThrows(NullPointerException.class, () -> space.put((byte[]) null, key, APPENDED, told, 1));
            assertThrows(NullPointerException.class, () -> space.tryPut(key, key, APPENDED, null, 1));
            assertThrows(NullPointerException.class, () -> space.tryPut((byte[]) null, key));
            assertThrows(NullPointerException.class, () -> space.tryDelete((byte[]) null));
            assertThrows(NullPointerException.class, () -> space.putAsync(key, key, null));
            try (WriteBatch batch = store.batch()) {
                batch.put(space, "k", key);
                assertThrows(NullPointerException.class, () -> batch.commit(APPENDED, null, 1));
                assertThrows(NullPointerException.class, () -> batch.commit(null, told, 1));
                assertThrows(NullPointerException.class, () -> batch.commit(null));
                assertEquals(1, batch.size());
            }
            store.sync();
            assertEquals(Map.of(), told.outcomes);
            assertHolds(Map.of(), space);
        }
    }

    // -------------------------------------------------------------------------------------------- what callbacks may
    // do

    @ParameterizedTest
    @EnumSource(Durability.class)
    @DisplayName("A callback may go on with tryPut and tryDelete, which never wait")
    void aCallbackMayGoOn(Durability level) throws Exception {
        int steps = level == DURABLE ? 300 : 10_000;
        storage.close();
        storage = FaultyStorage.withoutDevice(path); // or each step takes as long as the device does
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            CountDownLatch done = new CountDownLatch(1);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            WriteCallback chain = new WriteCallback() {
                @Override
                public void completed(long tag, long lsn) {
                    boolean last = tag == steps;
                    byte[] key = Keyspace.longKey(tag % 10);
                    boolean room = last
                            || (tag % 3 == 2
                                    ? space.tryDelete(key, level, this, tag + 1)
                                    : space.tryPut(key, bytes("v" + tag), level, this, tag + 1));
                    if (last || !room) {
                        failure.compareAndSet(null, room ? null : new AssertionError("no room at " + tag));
                        done.countDown();
                    }
                }

                @Override
                public void failed(long tag, AshlarException e) {
                    failure.set(e);
                    done.countDown();
                }
            };
            space.put(bytes("begin"), bytes("v"), level, chain, 0);
            assertTrue(done.await(60, TimeUnit.SECONDS), "the chain stands still");
            assertNull(failure.get());
            store.sync();
            assertTrue(store.stats().writes() >= steps);
        }
    }

    @Test
    @DisplayName("A callback that waits gets an IllegalStateException, and no other write is harmed")
    void aCallbackMustNotWait() throws Exception {
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            Told told = new Told();
            List<Action> forbidden = List.of(
                    () -> space.put("x", bytes("v")),
                    () -> space.put(bytes("x"), bytes("v"), APPENDED, told, 1),
                    () -> space.putAsync(bytes("x"), bytes("v"), APPENDED),
                    () -> space.delete("x"),
                    () -> space.outputStream("x", APPENDED),
                    () -> space.tryPut(bytes("x"), random(9_000_000, 1)),
                    store::sync,
                    store::close);
            for (Action action : forbidden) {
                AtomicReference<Throwable> thrown = new AtomicReference<>();
                CountDownLatch done = new CountDownLatch(1);
                space.put(
                        bytes("k"),
                        bytes("v"),
                        APPENDED,
                        new Told() {
                            @Override
                            public void completed(long tag, long lsn) {
                                try {
                                    action.run();
                                } catch (Throwable e) {
                                    thrown.set(e);
                                }
                                done.countDown();
                            }
                        },
                        0);
                assertTrue(done.await(60, TimeUnit.SECONDS), "a callback hangs");
                assertInstanceOf(IllegalStateException.class, thrown.get());
                assertTrue(
                        thrown.get().getMessage().contains("callback"),
                        thrown.get().getMessage());
            }
            assertEquals(Map.of(), told.outcomes);
            assertHolds(Map.of("k", bytes("v")), space);
        }
    }

    @ParameterizedTest
    @EnumSource(Durability.class)
    @DisplayName("What a callback throws harms nobody, and the next sync() tells it, once")
    void aCallbackThatThrowsIsReported(Durability level) {
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            Told told = new Told();
            AssertionError broken = new AssertionError("broken callback");
            WriteCallback throwing = new WriteCallback() {
                @Override
                public void completed(long tag, long lsn) {
                    told.completed(tag, lsn);
                    throw broken;
                }

                @Override
                public void failed(long tag, AshlarException failure) {
                    throw new AssertionError("told of a failure", failure);
                }
            };
            TreeMap<String, byte[]> model = new TreeMap<>();
            for (int i = 0; i < 200; i++) {
                space.put(bytes("k" + i), bytes("v"), level, i % 2 == 0 ? throwing : told, i);
                model.put("k" + i, bytes("v"));
            }
            told.await(200);
            AshlarException e = assertThrows(AshlarException.class, store::sync);
            assertSame(broken, e.getCause());
            store.sync();
            space.put("after", bytes("v"));
            model.put("after", bytes("v"));
            assertHolds(model, space);
        }
    }

    // ------------------------------------------------------------------------------------------------- when all ends

    @ParameterizedTest
    @ValueSource(strings = {"posix", "channel"})
    @DisplayName("close() while callbacks are waited for: each is told once, and what it is told is true")
    void closingTellsEveryCallback(String kind) throws Exception {
        Files.createDirectories(path);
        for (int round = 0; round < 6; round++) {
            int present = round;
            Store store = TestEngines.open(path, TestStorages.open(kind, path), SMALL.withAutoCompaction(true));
            Keyspace space = store.keyspace("r" + round);
            Told told = new Told();
            long[] accepted = new long[4];
            List<Worker> writers = new ArrayList<>();
            for (int w = 0; w < accepted.length; w++) {
                int writer = w;
                writers.add(Worker.start("writer-" + w, () -> {
                    for (int i = 0; ; i++) {
                        long tag = i * 4L + writer;
                        byte[] key = bytes("k" + tag);
                        byte[] value = random(i % 11 == 0 ? 5_000 : 40, tag + present);
                        Durability level = i % 3 == 0 ? DURABLE : APPENDED;
                        try {
                            boolean taken = true;
                            switch (writer) {
                                case 0 -> space.put(key, value, level, told, tag);
                                case 1 -> taken = space.tryPut(key, value, level, told, tag);
                                case 2 -> space.putIfAbsent(key, value, level, told, tag);
                                default -> {
                                    try (WriteBatch batch = store.batch()) {
                                        batch.put(space, key, value).commit(level, told, tag);
                                    }
                                }
                            }
                            if (!taken) {
                                i--;
                                continue;
                            }
                            accepted[writer]++;
                        } catch (StoreClosedException e) {
                            return;
                        }
                    }
                }));
            }
            Thread.sleep(20 + 15 * round);
            store.close();
            for (Worker writer : writers) {
                writer.join(BOUND);
            }
            told.await(accepted[0] + accepted[1] + accepted[2] + accepted[3]);
            try (Store reopened = Store.open(path, SMALL)) {
                Keyspace again = reopened.keyspace("r" + round);
                told.outcomes.forEach((tag, outcome) -> {
                    assertTrue(outcome instanceof Long || outcome instanceof StoreClosedException, outcome.toString());
                    assertEquals(outcome instanceof Long, again.contains("k" + tag), () -> tag + ": " + outcome);
                });
            }
        }
    }

    @Test
    @DisplayName("A28: an Error in the appender: every callback is told so, nobody hangs, close returns")
    void aDeadAppenderTellsEveryCallback() throws Exception {
        Store store = open();
        Keyspace space = store.keyspace("k");
        Told told = new Told();
        AtomicInteger accepted = new AtomicInteger();
        CountDownLatch some = new CountDownLatch(200);
        List<Worker> writers = new ArrayList<>();
        for (int w = 0; w < 4; w++) {
            int writer = w;
            writers.add(Worker.start("writer-" + w, () -> {
                for (int i = 0; ; i++) {
                    long tag = i * 4L + writer;
                    try {
                        space.put(bytes("k" + tag), bytes("v"), i % 2 == 0 ? DURABLE : APPENDED, told, tag);
                        accepted.incrementAndGet();
                        some.countDown();
                    } catch (StoreFailedException e) {
                        return;
                    }
                }
            }));
        }
        assertTrue(some.await(60, TimeUnit.SECONDS));
        storage.hook(call -> {
            // Not in a mark or a chunk that is prepared: those nobody waits for.
            String thread = Thread.currentThread().getName();
            if (call.operation() == Operation.WRITE
                    && call.file().startsWith("log/")
                    && (thread.equals("ashlar-appender") || thread.startsWith("writer-"))) {
                throw new StackOverflowError("injected");
            }
        });
        for (Worker writer : writers) {
            writer.join(BOUND);
        }
        told.await(accepted.get());
        assertTrue(told.outcomes.values().stream().anyMatch(StoreFailedException.class::isInstance), "nobody was told");
        told.outcomes
                .values()
                .forEach(outcome -> assertTrue(
                        outcome instanceof Long || outcome instanceof StoreFailedException, outcome.toString()));
        storage.hook(call -> {});
        store.close();
    }

    @Test
    @DisplayName("A28: an Error while the sync thread appends a mark: the store fails, and callbacks are told so")
    void anErrorInAMarkIsTold() throws Exception {
        CountDownLatch thrown = new CountDownLatch(1);
        Store store = open();
        Keyspace space = store.keyspace("k");
        long ignored = TestEngines.idleEnd(store); // the next mark comes behind the next write
        storage.hook(call -> {
            if (call.operation() == Operation.WRITE
                    && call.file().startsWith("log/")
                    && Thread.currentThread().getName().equals("ashlar-sync")) {
                thrown.countDown();
                throw new StackOverflowError("injected");
            }
        });
        Told told = new Told();
        space.put(bytes("k"), bytes("v"), APPENDED, told, 0);
        assertTrue(thrown.await(60, TimeUnit.SECONDS));
        storage.hook(call -> {});
        eventually(
                BOUND,
                () -> {
                    try {
                        space.put(bytes("late"), bytes("v"), DURABLE, new Told(), 0);
                        return false;
                    } catch (StoreFailedException e) {
                        return true;
                    }
                },
                "the store has failed");
        told.await(1);
        store.close();
        assertReopens(Map.of("k", bytes("v")), path, "k");
    }

    @Test
    @DisplayName("A25: a failed sync: the callbacks that waited for it are told, once, and appended ones stay appended")
    void aFailedSyncTellsItsCallbacks() {
        Store store = TestEngines.open(path, storage, SMALL.withSyncInterval(Duration.ZERO));
        Keyspace space = store.keyspace("k");
        TestEngines.tick(store);
        Told told = new Told();
        space.put(bytes("before"), bytes("v"), DURABLE, told, 0);
        told.await(1);
        storage.failAt(EnumSet.of(Operation.SYNC), 1, Kind.EIO, Extent.NOTHING);
        int accepted = 1;
        try {
            for (int i = 1; i <= 50; i++) {
                space.put(bytes("k" + i), bytes("v"), i % 2 == 0 ? APPENDED : DURABLE, told, i);
                accepted++;
            }
        } catch (StoreFailedException e) {
            assertFalse(e.indeterminate());
        }
        told.await(accepted);
        assertTrue(told.lsn(0) > 0);
        StoreFailedException failure = assertInstanceOf(StoreFailedException.class, told.failure(1));
        assertTrue(failure.indeterminate());
        store.close();
        assertEquals(0, told.twice.get());
    }

    @Test
    @DisplayName("A9: a full disk fails the write that does not fit, and its callback is told why")
    void aFullDiskIsToldToTheCallback() {
        byte[] value = random(2_000, 1);
        try (Store store = TestEngines.open(path, storage, SMALL.withSyncInterval(Duration.ZERO))) {
            Keyspace space = store.keyspace("k");
            Told told = new Told();
            space.put(bytes("there"), value, APPENDED, told, 0);
            told.await(1);
            TestEngines.tick(store);
            storage.failAt(EnumSet.of(Operation.WRITE), 1, Kind.ENOSPC, Extent.NOTHING);
            space.put(bytes("k"), value, DURABLE, told, 1);
            told.await(2);
            assertInstanceOf(StoreFullException.class, told.failure(1));
            space.put(bytes("after"), value, DURABLE, told, 2);
            assertTrue(told.lsn(2) > 0);
            assertHolds(Map.of("there", value, "after", value), space);
        }
        assertReopens(Map.of("there", value, "after", value), path, "k");
    }
}
