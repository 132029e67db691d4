package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is under way in a keyspace, or asks for one, while others drop and create. */
class DroppedMeanwhileTest {
    @TempDir
    Path directory;

    /** Whoever asks for the time first, which upkeep does between finding a record and having it deleted. */
    private final AtomicReference<Runnable> whenAsked = new AtomicReference<>(() -> {});

    private final AtomicLong now = new AtomicLong(1_000_000);

    private Instant time() {
        whenAsked.getAndSet(() -> {}).run();
        return Instant.ofEpochMilli(now.get());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aKeyspaceThatIsDroppedWhileUpkeepRemovesWhatExpiredInItCostsNothing(boolean byCompaction) {
        StoreOptions options = StoreOptions.DEFAULT
                .withAutoCompaction(false)
                .withClock(this::time)
                .withSweepInterval(Duration.ZERO);
        try (Store store = Store.open(directory, options)) {
            Keyspace gone = store.keyspace("gone");
            Keyspace other = store.keyspace("other");
            Keyspace first = store.keyspace("first");
            store.dropKeyspace("first"); // the manifest announces removals from here on
            assertThrows(IllegalStateException.class, () -> first.put("a", new byte[1]));
            for (int i = 0; i < 10; i++) {
                gone.put(i, new byte[100], Duration.ofMillis(10));
            }
            for (int i = 0; i < 800; i++) {
                other.put(i % 200, new byte[4000]);
            }
            now.addAndGet(1_000);
            AtomicBoolean dropped = new AtomicBoolean();
            whenAsked.set(() -> dropped.set(store.dropKeyspace("gone")));
            if (byCompaction) {
                assertTrue(store.compact().chunks() > 0);
            } else {
                store.removeExpired();
            }
            assertTrue(dropped.get(), "nobody asked for the time");
            assertEquals(List.of("other"), store.keyspaces());
            other.put("goes on", new byte[1]);
            assertNull(store.keyspace("gone").get(1));
        }
    }

    /** Snapshots wait for the appender's role with the catalog locked, so what looks a name up must not need the lock. */
    @Test
    void aCallbackThatLooksAKeyspaceUpWaitsForNobody() {
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("k");
            AtomicBoolean stop = new AtomicBoolean();
            Thread snapshots = Thread.ofPlatform().daemon().start(() -> {
                while (!stop.get()) {
                    store.snapshot().close();
                }
            });
            assertTimeoutPreemptively(Duration.ofMinutes(2), () -> {
                for (int i = 0; i < 20_000; i++) {
                    CompletableFuture<Long> put = space.putAsync(i % 100, new byte[8], Durability.APPENDED);
                    CompletableFuture<?> looked = put.thenRun(() -> {
                        store.keyspace("k");
                        store.keyspaces();
                    });
                    if (i % 100 == 0) {
                        looked.join();
                    }
                }
                stop.set(true);
                snapshots.join();
            });
        }
    }
}
