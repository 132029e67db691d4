package dev.ashlar.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteCallback;
import dev.ashlar.WriteTimeoutException;
import dev.ashlar.failures.HookedStorage;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.Storages;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Maintenance that finds the ring full, because whoever appends does not come to an end. */
class CrowdedMaintenanceTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final int KEYS = 100;

    @TempDir
    Path directory;

    private final HandClock clock = new HandClock(1_790_000_000_000L);

    /** Done once, by a thread that reads a chunk of an open store and is not this one: before it reads. */
    private final AtomicReference<Runnable> whenMaintenanceReads = new AtomicReference<>(() -> {});

    private final Thread test = Thread.currentThread();
    private final CompletableFuture<Keyspace> opened = new CompletableFuture<>();
    private final CountDownLatch crowded = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicBoolean filled = new AtomicBoolean();

    private Storage storage() {
        return new HookedStorage(Storages.open(directory, true), true) {
            @Override
            public StorageFile open(String name) {
                if (Thread.currentThread() != test && name.startsWith("log/")) {
                    whenMaintenanceReads.getAndSet(() -> {}).run();
                }
                return super.open(name);
            }
        };
    }

    private Store open(StoreOptions options) {
        return TestEngines.open(directory, storage(), options.withClock(clock).withRingSlots(8), 16 << 10);
    }

    private static StoreOptions quiet() {
        return StoreOptions.DEFAULT.withAutoCompaction(false).withSweepInterval(Duration.ZERO);
    }

    /** Much garbage, and much that has expired. */
    private void fill() {
        try (Store store = open(quiet())) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < KEYS; i++) {
                space.put(("expires-" + i).getBytes(UTF_8), new byte[500], MINUTE, Durability.APPENDED);
            }
            for (int i = 0; i < 10 * KEYS; i++) {
                // Each chunk has something that is live, so that compaction has to write.
                space.put(i % 10 == 0 ? i : 1, new byte[500]);
            }
        }
        clock.advance(MINUTE);
    }

    /** Keeps the appender, by a callback that does not return, and fills the ring behind it. */
    private void crowd() {
        Keyspace space = opened.join();
        CountDownLatch blocked = new CountDownLatch(1);
        WriteCallback blocking = new WriteCallback() {
            @Override
            public void completed(long tag, long lsn) {
                blocked.countDown();
                await(release);
            }

            @Override
            public void failed(long tag, AshlarException failure) {
                throw failure;
            }
        };
        space.put(new byte[] {1}, new byte[1], Durability.APPENDED, blocking, 1);
        await(blocked);
        while (space.tryPut(new byte[] {2}, new byte[1])) {
            filled.set(true);
        }
        crowded.countDown();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertTrue(latch.await(60, TimeUnit.SECONDS), "waited for a minute");
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Whoever was kept is going on, and makes room for who waits no longer than a tenth of a second. */
    private static void awaitRoom(Keyspace space) throws InterruptedException {
        eventually(() -> space.tryPut(new byte[] {2}, new byte[1]), "there is no room");
    }

    private static void eventually(BooleanSupplier condition, String what) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, what);
            Thread.sleep(5);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sweeper", "compactor"})
    void inTheBackgroundItGivesUpForNowAndTheStoreGoesOn(String which) throws InterruptedException {
        fill();
        whenMaintenanceReads.set(this::crowd);
        StoreOptions options = which.equals("sweeper")
                ? quiet().withSweepInterval(Duration.ofMillis(20))
                : quiet().withAutoCompaction(true);
        try (Store store = open(options.withWriteTimeout(Duration.ofMillis(100)))) {
            Engine engine = (Engine) store;
            Keyspace space = store.keyspace("k");
            long before = store.stats().logBytes();
            opened.complete(space);
            try {
                await(crowded);
                assertTrue(filled.get());
                Throwable[] told = new Throwable[1];
                eventually(
                        () -> engine.health().failed()
                                || (told[0] = engine.appender().takeUnreported()) != null,
                        "nobody said anything");
                assertFalse(engine.health().failed(), "the store has failed");
                WriteTimeoutException timeout = assertInstanceOf(WriteTimeoutException.class, told[0]);
                assertTrue(timeout.getMessage().contains("100 ms"), timeout.getMessage());
            } finally {
                release.countDown();
            }
            awaitRoom(space);
            space.put("goes on".getBytes(UTF_8), new byte[1], Durability.DURABLE);
            if (which.equals("sweeper")) {
                eventually(() -> space.size() == KEYS + 4, "what has expired is never removed");
            } else {
                store.compact();
                assertTrue(store.stats().logBytes() < before, store.stats().logBytes() + " of " + before);
            }
            for (int i = 0; i < KEYS; i++) {
                assertEquals(500, space.get(10L * i).byteSize());
            }
            assertTrue(store.verify(_ -> {}).intact());
        }
    }

    @Test
    void whoAskedForItIsToldAndMayAskAgain() throws InterruptedException {
        fill();
        try (Store store = open(quiet().withWriteTimeout(Duration.ofMillis(100)))) {
            Keyspace space = store.keyspace("k");
            opened.complete(space);
            whenMaintenanceReads.set(this::crowd);
            try {
                assertThrows(WriteTimeoutException.class, store::removeExpired);
            } finally {
                release.countDown();
            }
            awaitRoom(space);
            space.put("goes on".getBytes(UTF_8), new byte[1], Durability.DURABLE);
            assertEquals(KEYS, store.removeExpired());
            assertTrue(store.compact().chunks() > 0);
            store.sync();
        }
    }
}
