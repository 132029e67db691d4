package dev.ashlar.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Entry;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.Scan;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.TypedKeyspace;
import dev.ashlar.TypedScan;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import dev.ashlar.interchange.ExportOptions;
import dev.ashlar.interchange.SimdRDrive;
import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Values that expire, and everything else that there is. */
class ExpiryCombinationsTest {
    record Point(int x, int y) {}

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final byte[] OLD = "old".getBytes(UTF_8);
    private static final byte[] NEW = "new".getBytes(UTF_8);

    @TempDir
    Path directory;

    private final HandClock clock = new HandClock(System.currentTimeMillis());
    private Store store;
    private Keyspace space;

    @BeforeEach
    void open() {
        store = Store.open(directory.resolve("store"), options());
        space = store.keyspace("space");
    }

    @AfterEach
    void close() {
        store.close();
    }

    private void reopen() {
        store.close();
        open();
    }

    private StoreOptions options() {
        return StoreOptions.DEFAULT
                .withAutoCompaction(false)
                .withSweepInterval(Duration.ZERO)
                .withClock(clock);
    }

    private static byte[] bytes(String key) {
        return key.getBytes(UTF_8);
    }

    private static byte[] bytes(MemorySegment value) {
        return value.toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] large(int seed) {
        byte[] value = new byte[9 << 20];
        new Random(seed).nextBytes(value);
        return value;
    }

    private Instant in(Duration time) {
        return clock.instant().plus(time);
    }

    /** One that stays, one that expires and is not yet due, one that has expired. */
    private void putSome() {
        space.put("expired", OLD, MINUTE);
        space.put("stays", OLD);
        space.put("not yet", OLD, MINUTE.multipliedBy(10));
        clock.advance(MINUTE);
    }

    // -------------------------------------------------------------------------------------------------- reading

    @Test
    void manyAtOnceLackWhatHasExpired() {
        putSome();
        byte[][] keys = {bytes("expired"), bytes("stays"), bytes("not yet"), bytes("none")};
        MemorySegment[] values = new MemorySegment[4];
        assertEquals(2, space.getAll(keys, values));
        assertNull(values[0]);
        assertNotNull(values[1]);
        assertNotNull(values[2]);
        try (Snapshot now = store.snapshot()) {
            clock.advance(MINUTE.multipliedBy(10));
            assertEquals(1, space.getAll(keys, values));
            assertEquals(2, now.keyspace("space").getAll(keys, values));
            assertNull(values[0]);
            assertNotNull(values[2]);
        }
    }

    @Test
    void manyLongKeysAtOnceLackWhatHasExpired() {
        long[] keys = new long[200];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = i;
            if (i % 3 == 0) {
                space.put(i, OLD, MINUTE);
            } else {
                space.put(i, OLD);
            }
        }
        clock.advance(MINUTE);
        MemorySegment[] values = new MemorySegment[keys.length];
        assertEquals(133, space.getAll(keys, values));
        for (int i = 0; i < keys.length; i++) {
            assertEquals(i % 3 == 0, values[i] == null, "key " + i);
        }
    }

    @Test
    void entriesSayWhenTheyExpireAndAreAbsentThen() {
        putSome();
        assertNull(space.entry(bytes("expired")));
        assertNull(space.entry(MemorySegment.ofArray(bytes("expired"))));
        assertNull(space.entry(bytes("stays")).expiresAt());
        Entry entry = space.entry(bytes("not yet"));
        assertEquals(in(MINUTE.multipliedBy(9)), entry.expiresAt());
        assertArrayEquals(bytes("stays"), space.firstEntry().keyBytes());
        assertArrayEquals(bytes("not yet"), space.lastEntry().keyBytes());

        clock.advance(MINUTE.multipliedBy(9));
        assertNull(space.entry(bytes("not yet")));
        assertArrayEquals(bytes("stays"), space.lastEntry().keyBytes());
        assertArrayEquals(OLD, entry.toByteArray(), "an entry that was taken stays readable");
    }

    @Test
    void largeEntriesExpireToo() {
        space.put(bytes("large"), large(1), MINUTE, Durability.APPENDED);
        Entry entry = space.entry(bytes("large"));
        assertEquals(in(MINUTE), entry.expiresAt());
        clock.advance(MINUTE);
        assertNull(space.entry(bytes("large")));
        assertEquals(1, store.removeExpired());
        assertArrayEquals(large(1), entry.toByteArray());
    }

    @Test
    void streamsAndScansOfAllKindsPassOverWhatHasExpired() {
        for (int i = 0; i < 20_000; i++) {
            byte[] key = bytes("key " + i);
            if (i % 2 == 0) {
                space.put(key, new byte[100], MINUTE, Durability.APPENDED);
            } else {
                space.put(key, new byte[100]);
            }
        }
        try (Snapshot before = store.snapshot()) {
            clock.advance(MINUTE);
            assertEquals(
                    20_000, keys(before.keyspace("space").stream().parallel()).size());
            assertOnlyOdd(keys(space.stream()), 10_000);
            assertOnlyOdd(keys(space.stream().parallel()), 10_000);
            assertOnlyOdd(keys(space.stream(bytes("key 1")).parallel()), 5_556);
            assertOnlyOdd(keys(space.scan(bytes("key 1"))), 5_556);
            assertOnlyOdd(keys(space.scanBackward()), 10_000);
        }
    }

    private static void assertOnlyOdd(TreeSet<String> keys, int count) {
        assertEquals(count, keys.size());
        assertTrue(keys.stream().noneMatch(key -> Integer.parseInt(key.substring(4)) % 2 == 0), "what has expired");
    }

    private static TreeSet<String> keys(Stream<Entry> entries) {
        try (entries) {
            return entries.map(entry -> new String(entry.keyBytes(), UTF_8))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    private static TreeSet<String> keys(Scan entries) {
        TreeSet<String> keys = new TreeSet<>();
        try (entries) {
            while (entries.next()) {
                keys.add(new String(bytes(entries.key()), UTF_8));
            }
        }
        return keys;
    }

    @Test
    void typedValuesExpireLikeOthers() {
        TypedKeyspace<Point> points = store.keyspace("points").typed(Point.class);
        points.put("a", new Point(1, 2), MINUTE);
        points.put("b", new Point(3, 4));
        points.put(7, new Point(5, 6), MINUTE.multipliedBy(2));
        try (WriteBatch batch = store.batch()) {
            points.put(batch, bytes("c"), new Point(7, 8), MINUTE);
            batch.commit();
        }
        assertEquals(new Point(1, 2), points.get("a"));
        clock.advance(MINUTE);
        assertNull(points.get("a"));
        assertNull(points.get("c"));
        assertEquals(new Point(5, 6), points.get(7));
        assertTrue(!points.cursor().find(bytes("a")), "found what has expired");
        int scanned = 0;
        try (TypedScan<Point> scan = points.scan()) {
            while (scan.next()) {
                scanned++;
            }
        }
        assertEquals(2, scanned);
        assertNotEquals(Keyspace.NOT_WRITTEN, points.putIfAbsent(bytes("a"), new Point(9, 9), Durability.APPENDED));
        assertEquals(new Point(9, 9), points.get("a"));
    }

    // -------------------------------------------------------------------------------------------------- writing

    @Test
    void whatIsMovedOrCopiedExpiresAtTheSameMoment() {
        Keyspace other = store.keyspace("other");
        Instant then = in(MINUTE);
        for (String key : List.of("a", "b", "c", "d")) {
            space.put(key, OLD, MINUTE);
        }
        clock.advance(Duration.ofSeconds(20));
        space.rename(bytes("a"), bytes("renamed"), Durability.APPENDED);
        space.renameIfAbsent(bytes("b"), bytes("renamed too"), Durability.APPENDED);
        space.copy(bytes("c"), other, bytes("copied"), Durability.APPENDED);
        space.move(bytes("d"), other, bytes("moved"), Durability.APPENDED);
        reopen();
        other = store.keyspace("other");
        assertEquals(then, space.expiresAt("renamed"));
        assertEquals(then, space.expiresAt("renamed too"));
        assertEquals(then, space.expiresAt("c"));
        assertEquals(then, other.expiresAt("copied"));
        assertEquals(then, other.expiresAt("moved"));
    }

    @Test
    void toAnotherStoreItGoesWithItsExpiry() {
        Instant then = in(MINUTE);
        try (Store second = Store.open(directory.resolve("second"), options())) {
            Keyspace target = second.keyspace("target");
            space.put(bytes("copied"), large(2), MINUTE, Durability.APPENDED);
            space.put("moved", OLD, MINUTE);
            space.put("stays", OLD);
            space.copy(bytes("copied"), target, bytes("copied"), Durability.APPENDED);
            space.move(bytes("moved"), target, bytes("moved"), Durability.APPENDED);
            space.move(bytes("stays"), target, bytes("stays"), Durability.APPENDED);
            assertEquals(then, target.expiresAt("copied"));
            assertEquals(then, target.expiresAt("moved"));
            assertNull(target.expiresAt("stays"));
            clock.advance(MINUTE);
            assertNull(target.get("copied"));
            assertNull(target.get("moved"));
            assertNotNull(target.get("stays"));
        }
    }

    @Test
    void whatHasExpiredIsNotThereToBeMovedOrTaken() {
        putSome();
        Keyspace other = store.keyspace("other");
        assertEquals(Keyspace.NOT_WRITTEN, space.rename(bytes("expired"), bytes("x"), Durability.APPENDED));
        assertEquals(Keyspace.NOT_WRITTEN, space.copy(bytes("expired"), other, bytes("x"), Durability.APPENDED));
        assertEquals(Keyspace.NOT_WRITTEN, space.move(bytes("expired"), other, bytes("x"), Durability.APPENDED));
        assertNull(space.getAndDelete(bytes("expired"), Durability.APPENDED));
        assertEquals(Keyspace.NOT_WRITTEN, space.deleteAll(List.of(bytes("expired")), Durability.APPENDED));
        assertArrayEquals(OLD, bytes(space.getAndDelete(bytes("not yet"), Durability.APPENDED)));

        assertNotEquals(
                Keyspace.NOT_WRITTEN, space.renameIfAbsent(bytes("stays"), bytes("expired"), Durability.APPENDED));
        assertArrayEquals(OLD, bytes(space.get("expired")));
        assertNull(space.expiresAt("expired"), "the one that was moved here stays");
    }

    @Test
    void aBatchThatRequiresAnAbsentKeyTakesAnExpiredOneForAbsent() {
        long version = space.put("lease", OLD, MINUTE);
        assertEquals(Keyspace.NOT_WRITTEN, requireAbsent("lease"));
        assertNotEquals(Keyspace.NOT_WRITTEN, requireVersion("lease", version));
        clock.advance(MINUTE);
        assertEquals(Keyspace.NOT_WRITTEN, requireVersion("lease", version));
        assertNotEquals(Keyspace.NOT_WRITTEN, requireAbsent("lease"));
    }

    private long requireAbsent(String key) {
        try (WriteBatch batch = store.batch()) {
            return batch.requireAbsent(space, bytes(key))
                    .put(space, "written", NEW)
                    .commit();
        }
    }

    private long requireVersion(String key, long version) {
        try (WriteBatch batch = store.batch()) {
            return batch.requireVersion(space, bytes(key), version)
                    .put(space, "written", NEW)
                    .commit();
        }
    }

    @Test
    void conditionalWritesThatCallBackTakeAnExpiredKeyForAbsent() throws InterruptedException {
        long version = space.put("lease", OLD, MINUTE);
        clock.advance(MINUTE);
        List<Long> outcomes = new ArrayList<>();
        CountDownLatch told = new CountDownLatch(2);
        WriteCallback callback = new WriteCallback() {
            @Override
            public void completed(long tag, long lsn) {
                outcomes.add(lsn);
                told.countDown();
            }

            @Override
            public void failed(long tag, AshlarException failure) {
                throw failure;
            }
        };
        space.replace(bytes("lease"), NEW, version, Durability.APPENDED, callback, 1);
        space.putIfAbsent(bytes("lease"), NEW, Durability.APPENDED, callback, 2);
        assertTrue(told.await(60, TimeUnit.SECONDS));
        assertEquals(Keyspace.NOT_WRITTEN, outcomes.getFirst());
        assertNotEquals(Keyspace.NOT_WRITTEN, outcomes.getLast());
        assertArrayEquals(NEW, bytes(space.get("lease")));
    }

    @Test
    void aStreamedValueInPlaceOfOneThatExpiresStays() {
        space.put("streamed", OLD, MINUTE);
        space.putStream(bytes("streamed"), new ByteArrayInputStream(NEW), Durability.APPENDED);
        clock.advance(MINUTE);
        assertEquals(0, store.removeExpired());
        assertArrayEquals(NEW, bytes(space.get("streamed")));
    }

    @Test
    void aClearedOrDroppedKeyspaceHasNothingLeftThatExpires() {
        putSome();
        Keyspace dropped = store.keyspace("dropped");
        dropped.put("a", OLD, MINUTE);
        dropped.put(bytes("b"), large(3), MINUTE, Durability.APPENDED);
        assertNotEquals(Keyspace.NOT_WRITTEN, space.clear(Durability.APPENDED));
        assertTrue(store.dropKeyspace("dropped"));
        space.put("later", NEW, MINUTE);
        clock.advance(MINUTE.multipliedBy(20));
        assertEquals(1, space.size());
        assertEquals(1, store.removeExpired());
        assertEquals(0, space.size());
        reopen();
        assertEquals(0, store.removeExpired());
        assertEquals(List.of("space"), store.keyspaces());
    }

    @Test
    void clearingRemovesWhatHasExpiredToo() {
        space.put("expired", OLD, MINUTE);
        clock.advance(MINUTE);
        assertEquals(1, space.size());
        assertNotEquals(Keyspace.NOT_WRITTEN, space.clear(Durability.APPENDED));
        assertEquals(0, space.size());
        assertEquals(Keyspace.NOT_WRITTEN, space.clear(Durability.APPENDED));
    }

    // ------------------------------------------------------------------------------------- to another store, or file

    @Test
    void aSalvageKeepsWhenValuesExpire() {
        Instant tomorrow = in(Duration.ofDays(1));
        space.put("inline", OLD, Duration.ofDays(1));
        space.put(bytes("large"), large(4), Duration.ofDays(1), Durability.APPENDED);
        space.put("stays", OLD, Duration.ofDays(1));
        space.put("stays", NEW);
        space.put("moved", OLD, Duration.ofDays(1));
        space.put("hides an older one", OLD);
        clock.advance(Duration.ofHours(-2));
        space.put("hides an older one", NEW, Duration.ofHours(1)); // by any clock that has expired
        clock.advance(Duration.ofHours(2));
        store.close();
        Path target = directory.resolve("salvaged");
        assertTrue(Store.salvage(directory.resolve("store"), target).complete());
        try (Store salvaged = Store.open(target, options())) {
            KeyspaceReader found = salvaged.keyspace("space");
            assertEquals(tomorrow, found.expiresAt("inline"));
            assertEquals(tomorrow, found.expiresAt("large"));
            assertArrayEquals(large(4), bytes(found.get("large")));
            assertNull(found.expiresAt("stays"));
            assertArrayEquals(NEW, bytes(found.get("stays")));
            assertNull(found.get("hides an older one"));
            clock.advance(Duration.ofDays(1));
            assertNull(found.get("inline"));
            assertNull(found.get("large"));
        }
    }

    @Test
    void anExportLacksWhatHasExpired() {
        putSome();
        Path file = directory.resolve("exported.bin");
        try (Snapshot now = store.snapshot()) {
            assertEquals(
                    2,
                    SimdRDrive.exportFile(now, "space", file, ExportOptions.DEFAULT)
                            .entries());
        }
    }
}
