package dev.ashlar.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.Scan;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.io.Storages;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiFunction;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("nio")
class ExpiryTest {
    private static final long START = 1_790_000_000_000L;
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final byte[] OLD = "old".getBytes(UTF_8);
    private static final byte[] NEW = "new".getBytes(UTF_8);

    @TempDir
    Path directory;

    private final HandClock clock = new HandClock(START);

    private Store open() {
        return Store.open(
                directory,
                StoreOptions.DEFAULT
                        .withAutoCompaction(false)
                        .withSweepInterval(Duration.ZERO)
                        .withClock(clock));
    }

    /** With small chunks, and nothing that runs by itself. */
    private Store small() {
        return TestEngines.small(
                directory,
                Storages.open(directory, true),
                StoreOptions.DEFAULT.withAutoCompaction(false).withClock(clock),
                false,
                16 << 10,
                32 << 10);
    }

    private static byte[] bytes(String key) {
        return key.getBytes(UTF_8);
    }

    private static void assertShows(KeyspaceReader space, String key, byte[] value) {
        MemorySegment view = space.get(key);
        assertNotNull(view, key);
        assertArrayEquals(value, view.toArray(ValueLayout.JAVA_BYTE), key);
        assertTrue(space.contains(key), key);
        Cursor cursor = space.cursor();
        assertTrue(cursor.find(bytes(key)), key);
        assertArrayEquals(value, cursor.value().toArray(ValueLayout.JAVA_BYTE), key);
        assertTrue(keys(space).contains(key), key);
    }

    /** Keys of all lengths are looked up, since they take different paths. */
    private static void assertHides(KeyspaceReader space, String key) {
        assertNull(space.get(key), key);
        MemorySegment inMemory = java.lang.foreign.Arena.ofAuto().allocateFrom(ValueLayout.JAVA_BYTE, bytes(key));
        assertNull(space.get(inMemory), key);
        assertFalse(space.contains(key), key);
        assertFalse(space.cursor().find(bytes(key)), key);
        assertFalse(space.cursor().find(inMemory), key);
        assertNull(space.expiresAt(key), key);
        assertFalse(keys(space).contains(key), key);
    }

    private static Set<String> keys(KeyspaceReader space) {
        Set<String> keys = new HashSet<>();
        try (Scan scan = space.scan()) {
            while (scan.next()) {
                keys.add(new String(scan.key().toArray(ValueLayout.JAVA_BYTE), UTF_8));
                scan.value();
            }
        }
        return keys;
    }

    @ParameterizedTest
    @ValueSource(strings = {"k", "key-of-12-by", "a key of more than sixteen bytes"})
    @DisplayName("A value is there until its time to live is over, and then it is nowhere; one without stays")
    void expires(String key) {
        try (Store store = open()) {
            Keyspace space = store.keyspace("s");
            space.put(key, NEW, MINUTE);
            space.put("stays", OLD);
            assertEquals(Instant.ofEpochMilli(START + 60_000), space.expiresAt(key));
            assertNull(space.expiresAt("stays"));
            clock.advance(MINUTE.minusMillis(1));
            assertShows(space, key, NEW);
            clock.advance(Duration.ofMillis(1));
            assertHides(space, key);
            assertShows(space, "stays", OLD);
            assertEquals(2, space.size(), "it counts until it is removed");
            assertEquals(1, store.removeExpired());
            assertEquals(1, space.size());
            assertHides(space, key);
            assertEquals(0, store.removeExpired());
            assertEquals(1, store.stats().expiredRecords());
        }
        try (Store store = open()) {
            assertHides(store.keyspace("s"), key);
            assertShows(store.keyspace("s"), "stays", OLD);
        }
    }

    @Test
    @DisplayName("A short key that has expired is absent for cursors and gets that are fast as well")
    void fastPaths() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("s");
            space.put(5L, NEW, MINUTE);
            Cursor cursor = space.cursor();
            assertTrue(cursor.find(5L));
            clock.advance(MINUTE);
            assertEquals(3, cursor.size(), "what it points at stays in sight");
            assertArrayEquals(NEW, cursor.value().toArray(ValueLayout.JAVA_BYTE));
            assertFalse(cursor.find(5L));
            assertNull(space.get(5L));
            assertFalse(space.contains(5L));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 900, 5_000, 20_000, 40_000})
    @DisplayName("Values of every size expire, those in files of their own too, and their files go")
    void sizes(int size) {
        byte[] value = new byte[size];
        Arrays.fill(value, (byte) 7);
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            space.put("a", value, MINUTE, Durability.DURABLE);
            space.putAsync(bytes("b"), value, MINUTE.multipliedBy(2), Durability.DURABLE)
                    .join();
            try (WriteBatch batch = store.batch()) {
                batch.put(space, "c", value, MINUTE).put(space, bytes("d"), MemorySegment.ofArray(value), MINUTE);
                batch.put(space, "e", value);
                batch.commit();
            }
            for (String key : List.of("a", "b", "c", "d", "e")) {
                assertShows(space, key, value);
            }
            clock.advance(MINUTE);
            for (String key : List.of("a", "c", "d")) {
                assertHides(space, key);
            }
            assertShows(space, "b", value);
            assertShows(space, "e", value);
            assertEquals(3, store.removeExpired());
            store.sync();
            TestEngines.tick(store);
            assertEquals(size > 32 << 10 ? 2 : 0, store.stats().valueFiles());
            assertTrue(store.verify(bytes -> {}).intact());
        }
        try (Store store = small()) {
            assertEquals(2, store.keyspace("s").size());
            assertShows(store.keyspace("s"), "b", value);
            clock.advance(MINUTE);
            assertHides(store.keyspace("s"), "b");
            assertShows(store.keyspace("s"), "e", value);
        }
    }

    @Test
    @DisplayName("Conditional writes take what has expired for absent")
    void conditions() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("s");
            byte[] key = bytes("k");
            long first = space.putIfAbsent(key, OLD, MINUTE, Durability.APPENDED);
            assertEquals(Keyspace.NOT_WRITTEN, space.putIfAbsent(key, NEW));
            clock.advance(MINUTE);
            assertEquals(Keyspace.NOT_WRITTEN, space.replace(key, NEW, first), "the version has expired");
            assertEquals(Keyspace.NOT_WRITTEN, space.delete(key), "there is nothing to delete");
            assertEquals(Keyspace.NOT_WRITTEN, space.expire(key, MINUTE));
            assertEquals(Keyspace.NOT_WRITTEN, space.persist(key));
            assertEquals(1, space.size());
            long second = space.putIfAbsent(key, NEW);
            assertNotEquals(Keyspace.NOT_WRITTEN, second);
            assertEquals(0, store.removeExpired());
            assertShows(space, "k", NEW);
            long third = space.replace(key, OLD, second, MINUTE, Durability.APPENDED);
            assertNotEquals(Keyspace.NOT_WRITTEN, third);
            assertEquals(Instant.ofEpochMilli(clock.millis() + 60_000), space.expiresAt("k"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 40_000})
    @DisplayName("The expiry of what is there can be set, changed and taken away; its value stays")
    void changing(int size) {
        byte[] value = new byte[size];
        Arrays.fill(value, (byte) 5);
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            long first = space.put("k", value);
            assertEquals(Keyspace.NOT_WRITTEN, space.persist("k"), "it stays anyway");
            long second = space.expire("k", MINUTE);
            assertTrue(second > first);
            assertEquals(Instant.ofEpochMilli(START + 60_000), space.expiresAt("k"));
            assertTrue(space.expire("k", MINUTE.multipliedBy(3)) > second);
            clock.advance(MINUTE.multipliedBy(2));
            assertShows(space, "k", value);
            assertTrue(space.persist("k") > second);
            assertNull(space.expiresAt("k"));
            clock.advance(MINUTE.multipliedBy(9));
            assertShows(space, "k", value);
            assertEquals(Keyspace.NOT_WRITTEN, space.expire("absent", MINUTE));
            space.put("k", value, MINUTE);
            space.put("k", value);
            clock.advance(MINUTE);
            assertShows(space, "k", value);
            assertEquals(0, store.removeExpired());
        }
    }

    @Test
    @DisplayName("A time to live that is none, negative or endless is refused, and nothing changes")
    void refused() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("s");
            space.put("k", OLD);
            long end = TestEngines.idleEnd(store);
            List<Duration> impossible = List.of(
                    Duration.ZERO,
                    Duration.ofMillis(-1),
                    Duration.ofSeconds(Long.MIN_VALUE),
                    Duration.ofMillis(Long.MAX_VALUE),
                    Duration.ofSeconds(Long.MAX_VALUE));
            for (Duration timeToLive : impossible) {
                assertThrows(IllegalArgumentException.class, () -> space.put("k", NEW, timeToLive));
                assertThrows(IllegalArgumentException.class, () -> space.expire("k", timeToLive));
                assertThrows(
                        IllegalArgumentException.class,
                        () -> space.putAsync(bytes("k"), NEW, timeToLive, Durability.APPENDED));
                try (WriteBatch batch = store.batch()) {
                    assertThrows(IllegalArgumentException.class, () -> batch.put(space, "k", NEW, timeToLive));
                    assertEquals(0, batch.size());
                }
            }
            assertThrows(IllegalArgumentException.class, () -> space.put(new byte[65_536], NEW, MINUTE));
            assertThrows(NullPointerException.class, () -> space.put(bytes("k"), NEW, (Duration) null));
            clock.set(-120_000);
            assertThrows(IllegalArgumentException.class, () -> space.put("k", NEW, MINUTE), "before 1970");
            clock.set(START);
            assertEquals(end, store.appendedLsn());
            assertShows(space, "k", OLD);
            assertFalse(TestEngines.announcesExpiry(store), "no feature was used");
            space.put("k", NEW, Duration.ofNanos(1));
            assertEquals(Instant.ofEpochMilli(START + 1), space.expiresAt("k"), "rounded up");
            space.put("k", NEW, Duration.ofMillis(Long.MAX_VALUE - START));
            assertShows(space, "k", NEW);
        }
    }

    @Test
    @DisplayName("Where nothing expires the manifest says nothing of it; where something does it does, and goes on to")
    void feature() {
        try (Store store = open()) {
            store.keyspace("s").put("k", OLD);
            assertFalse(TestEngines.announcesExpiry(store));
        }
        try (Store store = open()) {
            assertFalse(TestEngines.announcesExpiry(store));
            store.keyspace("s").put("k", OLD, MINUTE);
            assertTrue(TestEngines.announcesExpiry(store));
        }
        try (Store store = open()) {
            assertTrue(TestEngines.announcesExpiry(store));
        }
    }

    @Test
    @DisplayName("A snapshot shows what had not expired when it was taken, also after that was removed")
    void snapshots() {
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            space.put("gone", OLD, MINUTE);
            space.put("going", OLD, MINUTE.multipliedBy(2));
            space.put("large", new byte[40_000], MINUTE.multipliedBy(2));
            clock.advance(MINUTE);
            try (Snapshot snapshot = store.snapshot();
                    Scan backward = space.scanBackward()) {
                clock.advance(MINUTE.multipliedBy(5));
                for (int round = 0; round < 3; round++) {
                    KeyspaceReader then = snapshot.keyspace("s");
                    assertHides(then, "gone");
                    assertShows(then, "going", OLD);
                    assertShows(then, "large", new byte[40_000]);
                    assertEquals(Instant.ofEpochMilli(START + 120_000), then.expiresAt("going"));
                    assertEquals(Set.of("going", "large"), keys(then));
                    assertEquals(Set.of(), keys(space));
                    if (round == 0) {
                        assertEquals(3, store.removeExpired());
                        store.sync();
                        TestEngines.tick(store);
                    } else if (round == 1) {
                        space.put("going", NEW);
                        space.delete("going");
                        store.compact();
                    }
                }
                assertTrue(backward.next());
                assertEquals(40_000, backward.value().byteSize());
                assertTrue(backward.next());
                assertFalse(backward.next());
            }
            store.sync();
            TestEngines.tick(store);
            assertEquals(0, store.stats().valueFiles());
        }
    }

    @Test
    @DisplayName("If the clock goes back, what was not removed shows again, and what was removed is gone")
    void clockGoesBack() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("s");
            space.put("a", OLD, MINUTE);
            clock.advance(MINUTE);
            assertHides(space, "a");
            clock.set(START);
            assertShows(space, "a", OLD);
            clock.advance(MINUTE);
            assertEquals(1, store.removeExpired());
            clock.set(START);
            assertHides(space, "a");
        }
    }

    @Test
    @DisplayName("Only chunks with something that is due are visited, also after opening without a replay")
    void visits() {
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            for (int i = 0; i < 60; i++) {
                space.put("key-" + i, new byte[1_000], MINUTE.multipliedBy(1 + i / 20));
            }
            space.put("soon", OLD, Duration.ofMillis(1_500));
        }
        for (int round = 1; round <= 3; round++) {
            try (Store store = small()) {
                clock.set(START + round * 60_000 - 1);
                store.removeExpired();
                long before = store.appendedLsn();
                assertEquals(0, store.removeExpired());
                assertEquals(before, store.appendedLsn());
                clock.set(START + round * 60_000);
                assertEquals(20, store.removeExpired(), "round " + round);
                assertEquals(60 - 20 * round, store.keyspace("s").size());
            }
        }
    }

    @Test
    @DisplayName("Compaction brings back the space of what has expired, although nobody removed it before")
    void compaction() {
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            for (int i = 0; i < 200; i++) {
                space.put("key-" + i, new byte[1_000], MINUTE);
                space.put("stays-" + i % 3, new byte[1_500]);
            }
            long full = store.stats().logBytes();
            clock.advance(MINUTE);
            store.compact();
            // What is in the last chunks, or in those with little garbage, stays.
            assertTrue(space.size() < 3 + 20, space.size() + " are left");
            assertEquals(203 - space.size(), store.stats().expiredRecords());
            assertTrue(store.stats().logBytes() <= full / 2, store.stats().logBytes() + " of " + full);
            assertEquals(Set.of("stays-0", "stays-1", "stays-2"), keys(space));
        }
    }

    @Test
    @DisplayName("A record that is moved keeps its expiry")
    void moved() {
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            space.put("small", OLD, MINUTE);
            space.put("large", new byte[40_000], MINUTE);
            for (int i = 0; i < 40; i++) {
                space.put("other", new byte[1_000]);
            }
            Cursor cursor = space.cursor();
            assertTrue(cursor.find(bytes("small")));
            long version = cursor.version();
            assertTrue(store.compact().chunks() > 0);
            assertShows(space, "small", OLD);
            assertEquals(version, cursor.version());
            assertEquals(Instant.ofEpochMilli(START + 60_000), space.expiresAt("small"));
            assertEquals(Instant.ofEpochMilli(START + 60_000), space.expiresAt("large"));
        }
        try (Store store = small()) {
            clock.advance(MINUTE);
            assertHides(store.keyspace("s"), "small");
            assertHides(store.keyspace("s"), "large");
            assertEquals(2, store.removeExpired());
        }
    }

    @Test
    @DisplayName("A newer put is never removed, wherever it comes between the sweeper and the deletion")
    void newerPutStays() {
        List<BiFunction<Keyspace, String, Long>> writes = List.of(
                (space, key) -> space.put(key, NEW),
                (space, key) -> space.put(key, NEW, MINUTE.multipliedBy(9)),
                (space, key) -> space.putIfAbsent(bytes(key), NEW));
        for (BiFunction<Keyspace, String, Long> write : writes) {
            Path own = directory.resolve("newer-" + writes.indexOf(write));
            HandClock time = new HandClock(START);
            StoreOptions options = StoreOptions.DEFAULT.withClock(time).withSweepInterval(Duration.ZERO);
            try (Store store = Store.open(own, options)) {
                Keyspace space = store.keyspace("s");
                for (int i = 0; i < 3_000; i++) {
                    space.put("key-" + i, OLD, MINUTE);
                }
                time.advance(MINUTE);
                Thread sweeper = Thread.ofPlatform().start(store::removeExpired);
                for (int i = 2_999; i >= 0; i -= 2) {
                    assertNotEquals(Keyspace.NOT_WRITTEN, write.apply(space, "key-" + i));
                }
                assertTimely(sweeper);
                store.removeExpired();
                for (int i = 0; i < 3_000; i++) {
                    if (i % 2 == 1) {
                        assertShows(space, i, NEW);
                    } else {
                        assertNull(space.get("key-" + i));
                    }
                }
                assertEquals(1_500, space.size());
            }
        }
    }

    private static void assertShows(Keyspace space, int i, byte[] value) {
        MemorySegment view = space.get("key-" + i);
        assertNotNull(view, "key-" + i);
        assertArrayEquals(value, view.toArray(ValueLayout.JAVA_BYTE));
    }

    private static void assertTimely(Thread thread) {
        try {
            assertTrue(thread.join(Duration.ofSeconds(60)), "it ends");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @DisplayName("Of many that put what has expired if it is absent, one does")
    void leases() throws Exception {
        try (Store store = open()) {
            Keyspace space = store.keyspace("s");
            for (int round = 0; round < 200; round++) {
                java.util.concurrent.atomic.AtomicInteger won = new java.util.concurrent.atomic.AtomicInteger();
                Runnable attempt = () -> {
                    if (space.putIfAbsent(bytes("lease"), NEW, MINUTE, Durability.APPENDED) != Keyspace.NOT_WRITTEN) {
                        won.incrementAndGet();
                    }
                };
                Thread other = Thread.ofPlatform().start(attempt);
                attempt.run();
                assertTimely(other);
                assertEquals(1, won.get(), "round " + round);
                clock.advance(MINUTE);
            }
        }
    }

    @Test
    @DisplayName("What has expired is removed in the background, also of a store that was just opened")
    void inTheBackground() throws Exception {
        StoreOptions options = StoreOptions.DEFAULT.withClock(clock).withSweepInterval(Duration.ofMillis(20));
        try (Store store = Store.open(directory, options)) {
            Keyspace space = store.keyspace("s");
            for (int i = 0; i < 100; i++) {
                space.put("key-" + i, OLD, MINUTE.multipliedBy(1 + i % 2));
            }
            space.put("stays", OLD);
            clock.advance(MINUTE);
            awaitSize(space, 51);
        }
        clock.advance(MINUTE);
        try (Store store = Store.open(directory, options)) {
            awaitSize(store.keyspace("s"), 1);
            store.sync(); // behind who counts what it has removed
            assertEquals(50, store.stats().expiredRecords());
        }
    }

    private static void awaitSize(Keyspace space, long size) throws InterruptedException {
        long deadline = System.nanoTime() + 60_000_000_000L;
        while (space.size() != size && System.nanoTime() < deadline) {
            Thread.sleep(5);
        }
        assertEquals(size, space.size());
    }

    @Test
    @DisplayName("Options of expiry that cannot be are refused")
    void options() {
        assertThrows(
                IllegalArgumentException.class, () -> StoreOptions.DEFAULT.withSweepInterval(Duration.ofMillis(-1)));
        assertThrows(NullPointerException.class, () -> StoreOptions.DEFAULT.withClock(null));
    }
}
