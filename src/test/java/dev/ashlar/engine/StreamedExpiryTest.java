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

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.ValueOutputStream;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import dev.ashlar.io.Storages;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values that expire, and come as streams or are told of by callbacks; and those that expire at a moment. */
class StreamedExpiryTest {
    private static final long START = 1_790_000_000_000L;
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final byte[] OLD = "old".getBytes(UTF_8);
    private static final byte[] NEW = "new".getBytes(UTF_8);
    private static final List<String> FORMS = List.of("input", "channel", "file", "writer", "output");

    @TempDir
    Path directory;

    private final HandClock clock = new HandClock(START);

    private StoreOptions options() {
        return StoreOptions.DEFAULT
                .withAutoCompaction(false)
                .withSweepInterval(Duration.ZERO)
                .withClock(clock);
    }

    private Store open() {
        return Store.open(directory.resolve("store"), options());
    }

    /** With small chunks, files for values above 32 KiB, and nothing that runs by itself. */
    private Store small() {
        Path store = directory.resolve("store");
        return TestEngines.small(store, Storages.open(store, true), options(), false, 16 << 10, 32 << 10);
    }

    private static byte[] bytes(String key) {
        return key.getBytes(UTF_8);
    }

    private static byte[] value(int size) {
        byte[] value = new byte[size];
        new Random(size).nextBytes(value);
        return value;
    }

    private long put(Keyspace space, String form, byte[] value, Duration timeToLive) throws IOException {
        Durability durability = Durability.APPENDED;
        return switch (form) {
            case "input" -> space.putStream(form, new ByteArrayInputStream(value), timeToLive, durability);
            case "channel" ->
                space.putStream(form, Channels.newChannel(new ByteArrayInputStream(value)), timeToLive, durability);
            case "file" -> {
                Path file = Files.write(directory.resolve("source"), value);
                yield space.putFile(form, file, timeToLive, durability);
            }
            case "writer" -> space.putStream(form, out -> out.write(value), timeToLive, durability);
            case "output" -> {
                ValueOutputStream out = space.outputStream(form, timeToLive, durability);
                out.write(value);
                out.close();
                yield out.version();
            }
            default -> throw new IllegalArgumentException(form);
        };
    }

    private static void assertShows(KeyspaceReader space, String key, byte[] value) {
        MemorySegment view = space.get(key);
        assertNotNull(view, key);
        assertArrayEquals(value, view.toArray(ValueLayout.JAVA_BYTE), key);
    }

    private static void assertHides(KeyspaceReader space, String key) {
        assertNull(space.get(key), key);
        assertFalse(space.contains(key), key);
        assertNull(space.expiresAt(key), key);
    }

    // ---------------------------------------------------------------------------------------------------- streams

    @ParameterizedTest
    @ValueSource(ints = {0, 900, 20_000, 40_000, 200_000})
    @DisplayName(
            "Streamed values of every size expire: after reopening, in snapshots, when they were moved; their files go")
    void streamedValuesExpire(int size) throws IOException {
        byte[] value = value(size);
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            for (String form : FORMS) {
                assertNotEquals(Keyspace.NOT_WRITTEN, put(space, form, value, MINUTE));
                assertEquals(Instant.ofEpochMilli(START + 60_000), space.expiresAt(form), form);
            }
            space.putStream("stays", new ByteArrayInputStream(value), Durability.APPENDED);
            for (int i = 0; i < 40; i++) {
                space.put("other", new byte[1_000]);
            }
            assertTrue(store.compact().chunks() > 0);
        }
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            for (String form : FORMS) {
                assertEquals(Instant.ofEpochMilli(START + 60_000), space.expiresAt(form), form);
                assertShows(space, form, value);
            }
            try (Snapshot snapshot = store.snapshot()) {
                clock.advance(MINUTE);
                KeyspaceReader then = snapshot.keyspace("s");
                for (String form : FORMS) {
                    assertHides(space, form);
                    assertShows(then, form, value);
                }
                assertEquals(FORMS.size(), store.removeExpired());
                store.sync();
                TestEngines.tick(store);
                FORMS.forEach(form -> assertShows(then, form, value));
            }
            store.sync();
            TestEngines.tick(store);
            assertEquals(size > 32 << 10 ? 1 : 0, store.stats().valueFiles());
            assertShows(space, "stays", value);
            assertNull(space.expiresAt("stays"));
            assertTrue(store.verify(_ -> {}).intact());
        }
        try (Store store = small()) {
            assertEquals(2, store.keyspace("s").size());
            assertShows(store.keyspace("s"), "stays", value);
        }
    }

    @Test
    @DisplayName("Compaction removes streamed values that have expired, with their files, although nobody swept before")
    void compaction() throws IOException {
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            for (String form : FORMS) {
                put(space, form, value(50_000), MINUTE);
            }
            for (int i = 0; i < 40; i++) {
                space.put("other", new byte[1_000]);
            }
            clock.advance(MINUTE);
            store.compact();
            assertEquals(1, space.size());
            assertEquals(FORMS.size(), store.stats().expiredRecords());
            store.sync();
            TestEngines.tick(store);
            assertEquals(0, store.stats().valueFiles());
        }
    }

    @Test
    @DisplayName("The time to live begins when the stream has ended, however long that took")
    void theTimeBeginsAtTheEnd() {
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            ValueOutputStream out = space.outputStream("output", MINUTE, Durability.APPENDED);
            InputStream slow = new ByteArrayInputStream(NEW) {
                @Override
                public int read(byte[] target, int offset, int length) {
                    clock.advance(MINUTE);
                    return super.read(target, offset, length);
                }
            };
            space.putStream("input", slow, MINUTE, Durability.APPENDED);
            assertEquals(START + 120_000, clock.millis(), "it was read twice");
            assertEquals(Instant.ofEpochMilli(START + 180_000), space.expiresAt("input"));
            out.write(NEW, 0, NEW.length);
            out.close();
            assertEquals(Instant.ofEpochMilli(START + 180_000), space.expiresAt("output"));
            assertShows(space, "output", NEW);
        }
    }

    @Test
    @DisplayName(
            "An impossible time to live is refused before anything is read, and a stream that fails stores nothing")
    void refused() {
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            space.put("input", OLD);
            long end = store.appendedLsn();
            InputStream unread = new InputStream() {
                @Override
                public int read() {
                    throw new AssertionError("was read");
                }
            };
            for (Duration impossible :
                    List.of(Duration.ZERO, Duration.ofMillis(-1), Duration.ofSeconds(Long.MAX_VALUE))) {
                assertThrows(
                        IllegalArgumentException.class,
                        () -> space.putStream("input", unread, impossible, Durability.APPENDED));
                for (String form : FORMS) {
                    assertThrows(IllegalArgumentException.class, () -> put(space, form, NEW, impossible), form);
                }
            }
            assertThrows(
                    NullPointerException.class,
                    () -> space.putStream("input", unread, (Duration) null, Durability.APPENDED));
            InputStream failing = new InputStream() {
                @Override
                public int read() throws IOException {
                    throw new IOException("gone");
                }
            };
            assertThrows(
                    UncheckedIOException.class, () -> space.putStream("input", failing, MINUTE, Durability.APPENDED));
            try (ValueOutputStream out = space.outputStream("input", MINUTE, Durability.APPENDED)) {
                out.write(NEW, 0, NEW.length);
                out.abandon();
            }
            assertEquals(end, store.appendedLsn());
            assertFalse(TestEngines.announcesExpiry(store));
            assertShows(space, "input", OLD);
        }
    }

    // -------------------------------------------------------------------------------------------------- callbacks

    /** What callbacks were told, in order. */
    private static final class Told implements WriteCallback {
        private final BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();

        @Override
        public void completed(long tag, long lsn) {
            outcomes.add(lsn);
        }

        @Override
        public void failed(long tag, AshlarException failure) {
            outcomes.add(failure);
        }

        long lsn() throws InterruptedException {
            return (Long) assertNotNullAnd(outcomes.poll(60, TimeUnit.SECONDS));
        }

        private static Object assertNotNullAnd(Object outcome) {
            assertNotNull(outcome, "nobody was told");
            return outcome;
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 500, 20_000, 9 << 20})
    @DisplayName(
            "Values that were put with a callback expire, at either durability and of every size, also after reopening")
    void callbacks(int size) throws InterruptedException {
        byte[] value = value(size);
        List<String> keys = List.of("a", "b", "c", "d", "e");
        try (Store store = open();
                Arena arena = Arena.ofConfined()) {
            Keyspace space = store.keyspace("s");
            Told told = new Told();
            MemorySegment segment = arena.allocate(Math.max(1, size)).asSlice(0, size);
            segment.copyFrom(MemorySegment.ofArray(value));
            MemorySegment key = arena.allocate(1).copyFrom(MemorySegment.ofArray(bytes("c")));
            space.put(bytes("a"), value, MINUTE, Durability.DURABLE, told, 1);
            assertTrue(told.lsn() > 0);
            space.put(bytes("b"), segment, MINUTE, Durability.APPENDED, told, 2);
            space.put(key, segment, MINUTE, Durability.APPENDED, told, 3);
            space.putIfAbsent(bytes("d"), value, MINUTE, Durability.APPENDED, told, 4);
            space.putIfAbsent(bytes("d"), OLD, MINUTE, Durability.APPENDED, told, 5);
            assertTrue(told.lsn() > 0);
            assertTrue(told.lsn() > 0);
            assertTrue(told.lsn() > 0);
            assertEquals(Keyspace.NOT_WRITTEN, told.lsn());
            long version = space.put("e", OLD);
            space.replace(bytes("e"), value, version, MINUTE, Durability.APPENDED, told, 6);
            space.replace(bytes("e"), OLD, version, MINUTE, Durability.APPENDED, told, 7);
            assertTrue(told.lsn() > version);
            assertEquals(Keyspace.NOT_WRITTEN, told.lsn());
            space.put("stays", OLD);
        }
        try (Store store = open()) {
            Keyspace space = store.keyspace("s");
            for (String key : keys) {
                assertShows(space, key, value);
                assertEquals(Instant.ofEpochMilli(START + 60_000), space.expiresAt(key));
            }
            clock.advance(MINUTE);
            keys.forEach(key -> assertHides(space, key));
            assertEquals(keys.size(), store.removeExpired());
            assertShows(space, "stays", OLD);
        }
    }

    @Test
    @DisplayName(
            "A put that does not wait is refused until the store is marked, which it sees to itself, and then expires")
    void tryPut() throws InterruptedException {
        try (Store store = open();
                Arena arena = Arena.ofConfined()) {
            Keyspace space = store.keyspace("s");
            Told told = new Told();
            assertFalse(TestEngines.announcesExpiry(store));
            boolean first = space.tryPut(bytes("a"), NEW, MINUTE, Durability.APPENDED, told, 1);
            assertFalse(first, "it cannot have been marked without waiting");
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
            while (!space.tryPut(bytes("a"), NEW, MINUTE, Durability.APPENDED, told, 2)) {
                assertTrue(System.nanoTime() < deadline, "never marked");
                Thread.sleep(1);
            }
            assertTrue(TestEngines.announcesExpiry(store));
            assertTrue(told.lsn() > 0);
            MemorySegment key = arena.allocate(1).copyFrom(MemorySegment.ofArray(bytes("b")));
            MemorySegment value = arena.allocate(20_000).fill((byte) 1);
            assertTrue(space.tryPut(key, value, MINUTE, Durability.DURABLE, told, 3));
            assertTrue(told.lsn() > 0);
            assertTrue(told.outcomes.isEmpty(), "what was refused is not told of");
            assertEquals(Instant.ofEpochMilli(START + 60_000), space.expiresAt("a"));
            assertEquals(Instant.ofEpochMilli(START + 60_000), space.expiresAt("b"));
            clock.advance(MINUTE);
            assertHides(space, "a");
            assertHides(space, "b");
        }
    }

    @Test
    @DisplayName("An impossible time to live is refused on the calling thread, and the callback is not told")
    void refusedCallbacks() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("s");
            Told told = new Told();
            long end = TestEngines.idleEnd(store);
            byte[] key = bytes("k");
            for (Duration impossible :
                    List.of(Duration.ZERO, Duration.ofMillis(-1), Duration.ofSeconds(Long.MAX_VALUE))) {
                List<Runnable> writes = new ArrayList<>();
                writes.add(() -> space.put(key, NEW, impossible, Durability.APPENDED, told, 1));
                writes.add(() -> space.tryPut(key, NEW, impossible, Durability.APPENDED, told, 1));
                writes.add(() -> space.putIfAbsent(key, NEW, impossible, Durability.APPENDED, told, 1));
                writes.add(() -> space.replace(key, NEW, 1, impossible, Durability.APPENDED, told, 1));
                writes.forEach(write -> assertThrows(IllegalArgumentException.class, write::run));
            }
            assertEquals(end, store.appendedLsn());
            assertTrue(told.outcomes.isEmpty());
            assertFalse(TestEngines.announcesExpiry(store));
        }
    }

    // -------------------------------------------------------------------------------------------------- moments

    @Test
    @DisplayName(
            "A value expires at the moment that was given, rounded up to a millisecond; if that has passed, at once")
    void moments() {
        Instant then = Instant.ofEpochMilli(START + 1_000);
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            space.put(bytes("a"), NEW, then, Durability.DURABLE);
            space.putAsync(bytes("b"), NEW, then.minusNanos(1), Durability.DURABLE)
                    .join();
            space.putStream(bytes("c"), new ByteArrayInputStream(value(40_000)), then, Durability.APPENDED);
            space.put("past", OLD);
            space.put("past batch", OLD);
            space.put(bytes("past"), NEW, Instant.ofEpochMilli(START), Durability.APPENDED);
            try (WriteBatch batch = store.batch()) {
                batch.put(space, bytes("d"), NEW, then.minusNanos(999_999));
                batch.put(space, bytes("past batch"), NEW, Instant.EPOCH.plusNanos(1));
                batch.commit();
            }
            for (String key : List.of("a", "b", "c", "d")) {
                assertEquals(then, space.expiresAt(key), key);
            }
            assertHides(space, "past");
            assertHides(space, "past batch");
            assertEquals(2, store.removeExpired());
        }
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            assertEquals(4, space.size());
            assertHides(space, "past");
            clock.set(START + 999);
            assertShows(space, "c", value(40_000));
            clock.set(START + 1_000);
            assertEquals(4, store.removeExpired());
        }
    }

    @Test
    @DisplayName("Moments that cannot be stored are refused, and nothing changes")
    void impossibleMoments() {
        try (Store store = small()) {
            Keyspace space = store.keyspace("s");
            long end = store.appendedLsn();
            Instant latest = Instant.ofEpochMilli(Long.MAX_VALUE);
            for (Instant impossible : List.of(
                    Instant.MIN, Instant.EPOCH.minusNanos(1), Instant.EPOCH, latest.plusNanos(1), Instant.MAX)) {
                assertThrows(
                        IllegalArgumentException.class,
                        () -> space.put(bytes("a"), NEW, impossible, Durability.APPENDED));
                try (WriteBatch batch = store.batch()) {
                    assertThrows(IllegalArgumentException.class, () -> batch.put(space, bytes("a"), NEW, impossible));
                    assertEquals(0, batch.size());
                }
            }
            assertEquals(end, store.appendedLsn());
            space.put(bytes("a"), NEW, latest, Durability.APPENDED);
            assertShows(space, "a", NEW);
            assertEquals(latest, space.expiresAt("a"));
        }
    }
}
