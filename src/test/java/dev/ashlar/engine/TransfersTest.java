package dev.ashlar.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreClosedException;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.io.Storages;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches that require something, and what is built on reading and writing in one step. */
@Tag("nio")
class TransfersTest {
    private static final int MOST_INLINE = 32 << 10;

    @TempDir
    Path directory;

    private Store store;
    private Keyspace space;
    private Keyspace other;

    @BeforeEach
    void open() {
        store = open("store");
        space = store.keyspace("k");
        other = store.keyspace("l", KeyspaceOptions.DEFAULT.withAlignment(8));
    }

    @AfterEach
    void close() {
        store.close();
    }

    private Store open(String name) {
        Path path = directory.resolve(name);
        return TestEngines.small(
                path,
                Storages.open(path, true),
                StoreOptions.DEFAULT.withAutoCompaction(false).withSyncInterval(java.time.Duration.ZERO),
                true,
                64 << 10,
                MOST_INLINE);
    }

    private void reopen() {
        store.close();
        open();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    private static byte[] bytes(MemorySegment view) {
        return view.toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] random(int length) {
        byte[] value = new byte[length];
        new Random(length).nextBytes(value);
        return value;
    }

    private static long version(Keyspace space, String key) {
        Cursor cursor = space.cursor();
        assertTrue(cursor.find(bytes(key)), key);
        return cursor.version();
    }

    private static void assertValue(byte[] expected, KeyspaceReader space, String key) {
        MemorySegment found = space.get(key);
        assertNotNull(found, key);
        assertArrayEquals(expected, bytes(found), key);
    }

    private long files() throws Exception {
        store.sync();
        TestEngines.tick(store);
        try (var list = Files.list(directory.resolve("store/values"))) {
            return list.count();
        }
    }

    // -------------------------------------------------------------------------------------------------- requirements

    @Test
    @DisplayName(
            "A batch whose requirements hold is written; they are about the state before it, wherever they stand in it")
    void requirementsAreAboutTheStateBefore() {
        long version = space.put("a", bytes("1"));
        try (WriteBatch batch = store.batch()) {
            batch.put(space, "a", bytes("2")).put(other, "new", bytes("3"));
            batch.requireVersion(space, bytes("a"), version).requireAbsent(other, bytes("new"));
            assertEquals(2, batch.size());
            assertTrue(batch.commit() > version);
            assertEquals(0, batch.size());
        }
        assertValue(bytes("2"), space, "a");
        assertValue(bytes("3"), other, "new");
    }

    @Test
    @DisplayName("If anything a batch requires does not hold, nothing of it is written, now or after reopening")
    void oneRequirementRefusesAll() {
        long version = space.put("a", bytes("1"));
        other.put("there", bytes("x"));
        try (WriteBatch batch = store.batch()) {
            batch.put(space, "b", bytes("2")).delete(space, "a");
            batch.requireVersion(space, bytes("a"), version);
            batch.requireAbsent(other, bytes("there"));
            assertEquals(Keyspace.NOT_WRITTEN, batch.commit(Durability.DURABLE));
            batch.requireVersion(space, bytes("a"), version - 8).put(space, "b", bytes("2"));
            assertEquals(
                    Keyspace.NOT_WRITTEN, batch.commitAsync(Durability.DURABLE).join());
            batch.put(space, "b", bytes("2")).requireVersion(space, bytes("absent"), version);
            assertEquals(Keyspace.NOT_WRITTEN, batch.commit());
            batch.put(space, "c", bytes("3"));
            assertTrue(batch.commit() > 0, "a refused batch is empty and can be used again");
        }
        for (int i = 0; i < 2; i++) {
            assertValue(bytes("1"), space, "a");
            assertFalse(space.contains("b"));
            assertValue(bytes("3"), space, "c");
            reopen();
        }
    }

    @Test
    @DisplayName("A batch of nothing but requirements writes nothing; one for another store is refused")
    void requirementsAlone() {
        long end = TestEngines.idleEnd(store);
        try (WriteBatch batch = store.batch();
                Store second = open("second")) {
            batch.requireAbsent(space, bytes("a"));
            assertEquals(0, batch.size());
            assertTrue(batch.bytes() > 0);
            assertEquals(Keyspace.NOT_WRITTEN, batch.commit());
            Keyspace foreign = second.keyspace("k");
            assertThrows(IllegalArgumentException.class, () -> batch.requireAbsent(foreign, bytes("a")));
            assertThrows(NullPointerException.class, () -> batch.requireAbsent(space, null));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> batch.requireVersion(space, new byte[Keyspace.MAX_KEY_BYTES + 1], 1));
        }
        assertEquals(end, store.appendedLsn());
    }

    @Test
    @DisplayName("The version that is required survives compaction, which moves the record")
    void versionsSurviveCompaction() {
        long version = space.put("a", bytes("1"));
        for (int i = 0; i < 200; i++) {
            space.put("filler", random(1_000));
        }
        assertTrue(store.compact().records() > 0);
        try (WriteBatch batch = store.batch()) {
            batch.requireVersion(space, bytes("a"), version).put(space, "a", bytes("2"));
            assertTrue(batch.commit() > version);
        }
    }

    @Test
    @DisplayName("Files of large values of a refused batch are removed")
    void refusedBatchesLeaveNoFiles() throws Exception {
        space.put("a", bytes("1"));
        try (WriteBatch batch = store.batch()) {
            for (int i = 0; i < 2; i++) {
                batch.put(space, bytes("large"), random(MOST_INLINE + 1)).requireAbsent(space, bytes("a"));
                long lsn = i == 0
                        ? batch.commit()
                        : batch.commitAsync(Durability.APPENDED).join();
                assertEquals(Keyspace.NOT_WRITTEN, lsn);
            }
        }
        assertEquals(0, files());
        assertEquals(0, store.stats().valueFiles());
    }

    @Test
    @DisplayName("Transfers between accounts by read, decide and commit lose and make no money, whoever else transfers")
    void transfersKeepTheSum() throws Exception {
        int accounts = 5;
        for (int i = 0; i < accounts; i++) {
            (i % 2 == 0 ? space : other).put(i, MemorySegment.ofArray(new long[] {1_000}));
        }
        AtomicLong refused = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            Random random = new Random(t);
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 1_000; i++) {
                    int from = random.nextInt(accounts);
                    int to = (from + 1 + random.nextInt(accounts - 1)) % accounts;
                    transfer(from, to, random.nextInt(50), refused);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        long sum = 0;
        for (int i = 0; i < accounts; i++) {
            MemorySegment value = (i % 2 == 0 ? space : other).get(i);
            assertNotNull(value);
            sum += value.get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
        }
        assertEquals(1_000L * accounts, sum, refused + " were refused");
    }

    private void transfer(int from, int to, long amount, AtomicLong refused) {
        Keyspace source = from % 2 == 0 ? space : other;
        Keyspace target = to % 2 == 0 ? space : other;
        Cursor a = source.cursor();
        Cursor b = target.cursor();
        try (WriteBatch batch = store.batch()) {
            while (true) {
                assertTrue(a.find(from) && b.find(to));
                batch.requireVersion(source, Keyspace.longKey(from), a.version());
                batch.requireVersion(target, Keyspace.longKey(to), b.version());
                batch.put(source, Keyspace.longKey(from), MemorySegment.ofArray(new long[] {a.getLong(0) - amount}));
                batch.put(target, Keyspace.longKey(to), MemorySegment.ofArray(new long[] {b.getLong(0) + amount}));
                if (batch.commit() != Keyspace.NOT_WRITTEN) {
                    return;
                }
                refused.incrementAndGet();
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------ deletions

    @Test
    @DisplayName("A conditional delete removes the version it names and no other")
    void deletesByVersion() {
        long first = space.put("a", bytes("1"));
        long second = space.put("a", bytes("2"));
        assertEquals(Keyspace.NOT_WRITTEN, space.delete(bytes("a"), first, Durability.APPENDED));
        assertEquals(Keyspace.NOT_WRITTEN, space.delete(bytes("absent"), first, Durability.APPENDED));
        assertValue(bytes("2"), space, "a");
        assertTrue(space.delete(bytes("a"), second, Durability.DURABLE) > second);
        assertNull(space.get("a"));
    }

    @Test
    @DisplayName("Of many threads that get and delete one value, one has it")
    void oneThreadTakesAValue() throws Exception {
        int keys = 300;
        for (int i = 0; i < keys; i++) {
            space.put(i, bytes("value " + i));
        }
        AtomicLong taken = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 3; t++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < keys; i++) {
                    MemorySegment value = space.getAndDelete(i);
                    if (value != null) {
                        assertArrayEquals(bytes("value " + i), bytes(value));
                        taken.incrementAndGet();
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(keys, taken.get());
        assertEquals(0, space.size());
        assertNull(space.getAndDelete("absent"));
    }

    @Test
    @DisplayName("Many keys are deleted as one; those that are absent do not matter")
    void deletesMany() {
        space.put("a", bytes("1"));
        space.put("b", bytes("2"));
        space.put("c", bytes("3"));
        long end = TestEngines.idleEnd(store);
        assertEquals(Keyspace.NOT_WRITTEN, space.deleteAll(bytes("x"), bytes("y")));
        assertEquals(Keyspace.NOT_WRITTEN, space.deleteAll(List.of()));
        List<byte[]> withNull = Arrays.asList(bytes("a"), null);
        assertThrows(NullPointerException.class, () -> space.deleteAll(withNull));
        assertEquals(end, store.appendedLsn());
        assertTrue(space.deleteAll(List.of(bytes("a"), bytes("x"), bytes("c"), bytes("a")), Durability.DURABLE) > 0);
        assertEquals(1, space.size());
        reopen();
        assertEquals(1, space.size());
        assertValue(bytes("2"), space, "b");
    }

    // ---------------------------------------------------------------------------------------- rename, copy and move

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100, MOST_INLINE, MOST_INLINE + 1, 100_000})
    @DisplayName("Values of every length are renamed, copied and moved as they are, zeros too")
    void valuesOfEveryLength(int length) throws Exception {
        for (byte[] value : List.of(random(length), new byte[length])) {
            space.put("a", value);
            long renamed = space.rename("a", "b");
            assertEquals(version(space, "b"), renamed);
            assertNull(space.get("a"));
            assertValue(value, space, "b");
            long copied = space.copy(bytes("b"), other, bytes("c"), Durability.DURABLE);
            assertEquals(version(other, "c"), copied);
            assertValue(value, space, "b");
            assertValue(value, other, "c");
            assertTrue(space.move(bytes("b"), other, bytes("d"), Durability.DURABLE) > copied);
            assertNull(space.get("b"));
            try (Store second = open("second")) {
                Keyspace foreign = second.keyspace("m");
                assertTrue(other.copy(bytes("d"), foreign, bytes("e")) > 0);
                assertTrue(other.move(bytes("d"), foreign, bytes("f")) > 0);
                assertValue(value, foreign, "e");
                assertValue(value, foreign, "f");
                assertTrue(second.durableLsn() > version(foreign, "f"));
            }
            assertNull(other.get("d"));
            reopen();
            assertEquals(0, space.size());
            assertEquals(1, other.size());
            assertValue(value, other, "c");
            assertEquals(length > MOST_INLINE ? 1 : 0, files());
        }
    }

    @Test
    @DisplayName("A rename replaces what the new key has, or does not, as it is asked for")
    void renamesReplaceOrNot() {
        space.put("a", bytes("1"));
        space.put("b", bytes("2"));
        assertEquals(Keyspace.NOT_WRITTEN, space.renameIfAbsent(bytes("a"), bytes("b"), Durability.APPENDED));
        assertValue(bytes("1"), space, "a");
        assertTrue(space.renameIfAbsent(bytes("a"), bytes("c"), Durability.APPENDED) > 0);
        assertTrue(space.rename("c", "b") > 0);
        assertValue(bytes("1"), space, "b");
        assertEquals(1, space.size());
        assertEquals(Keyspace.NOT_WRITTEN, space.rename("absent", "b"));
        assertEquals(Keyspace.NOT_WRITTEN, space.copy(bytes("absent"), other, bytes("b")));
        assertEquals(Keyspace.NOT_WRITTEN, space.move(bytes("absent"), other, bytes("b")));
        assertValue(bytes("1"), space, "b");
        assertEquals(0, other.size());
    }

    @Test
    @DisplayName("What goes onto itself, or to an impossible key, is refused and changes nothing")
    void refusesItself() {
        space.put("a", bytes("1"));
        long end = TestEngines.idleEnd(store);
        byte[] tooLong = new byte[Keyspace.MAX_KEY_BYTES + 1];
        Keyspace again = store.keyspace("k");
        assertThrows(IllegalArgumentException.class, () -> space.rename("a", "a"));
        assertThrows(IllegalArgumentException.class, () -> space.copy(bytes("a"), again, bytes("a")));
        assertThrows(IllegalArgumentException.class, () -> space.move(bytes("a"), again, bytes("a")));
        assertThrows(IllegalArgumentException.class, () -> space.rename(bytes("a"), tooLong));
        assertThrows(IllegalArgumentException.class, () -> space.copy(bytes("a"), other, tooLong));
        assertThrows(NullPointerException.class, () -> space.rename(bytes("a"), null));
        assertThrows(NullPointerException.class, () -> space.move(bytes("a"), null, bytes("b")));
        assertThrows(NullPointerException.class, () -> space.put(bytes("a"), (byte[]) null));
        assertThrows(NullPointerException.class, () -> space.put((byte[]) null, bytes("b")));
        assertEquals(end, store.appendedLsn());
        assertValue(bytes("1"), space, "a");
    }

    @Test
    @DisplayName("If the other store refuses, the source is as it was")
    void otherStoreRefuses() {
        space.put("a", bytes("1"));
        long end = TestEngines.idleEnd(store);
        Store second = open("second");
        Keyspace foreign = second.keyspace("m");
        second.close();
        assertThrows(StoreClosedException.class, () -> space.move(bytes("a"), foreign, bytes("a")));
        assertThrows(StoreClosedException.class, () -> space.copy(bytes("a"), foreign, bytes("a")));
        assertEquals(end, store.appendedLsn());
        assertValue(bytes("1"), space, "a");
    }

    @Test
    @DisplayName("Renames of one key in a ring by several threads lose nothing while others read")
    void renamesLoseNothing() throws Exception {
        space.put("k-0", random(500));
        List<Thread> threads = new ArrayList<>();
        AtomicLong done = new AtomicLong();
        for (int t = 0; t < 3; t++) {
            Random random = new Random(t);
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 2_000; i++) {
                    int from = random.nextInt(4);
                    int to = (from + 1) % 4;
                    done.addAndGet(space.rename("k-" + from, "k-" + to) >= 0 ? 1 : 0);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertTrue(done.get() > 0);
        assertEquals(1, space.size());
        for (int i = 0; i < 4; i++) {
            if (space.contains("k-" + i)) {
                assertValue(random(500), space, "k-" + i);
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------ multi-get

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 63, 64, 65, 1_000})
    @DisplayName("Many keys looked up at once give what each gives on its own, in a snapshot too")
    void getsMany(int count) {
        Random random = new Random(count);
        byte[][] keys = new byte[count][];
        for (int i = 0; i < count; i++) {
            int[] lengths = {0, 1, 7, 8, 12, 16, 17, 300};
            keys[i] = new byte[lengths[random.nextInt(lengths.length)]];
            random.nextBytes(keys[i]);
            if (random.nextInt(4) > 0) {
                space.put(keys[i], random(random.nextInt(50) == 0 ? MOST_INLINE + 1 : random.nextInt(300)));
            }
        }
        keys[count / 2] = new byte[Keyspace.MAX_KEY_BYTES + 1]; // there can be none
        compare(space, keys);
        try (Snapshot snapshot = store.snapshot()) {
            for (int i = 0; i < count; i += 2) {
                if (i != count / 2) {
                    space.delete(keys[i]);
                }
            }
            compare(snapshot.keyspace("k"), keys);
            compare(space, keys);
        }
        reopen();
        compare(space, keys);
        compare(space, new byte[0][]);
    }

    private static void compare(KeyspaceReader reader, byte[][] keys) {
        MemorySegment[] values = new MemorySegment[keys.length + 1];
        MemorySegment untouched = MemorySegment.NULL;
        values[keys.length] = untouched;
        int found = reader.getAll(keys, values);
        List<MemorySegment> list = reader.getAll(List.of(keys));
        for (int i = 0; i < keys.length; i++) {
            MemorySegment expected = reader.get(keys[i]);
            for (MemorySegment value : new MemorySegment[] {values[i], list.get(i)}) {
                assertEquals(expected == null, value == null, "key " + i);
                if (expected != null) {
                    assertArrayEquals(bytes(expected), bytes(value), "key " + i);
                    assertTrue(value.isReadOnly());
                }
            }
            found -= expected == null ? 0 : 1;
        }
        assertEquals(0, found);
        assertEquals(untouched, values[keys.length]);
    }

    @Test
    @DisplayName("Long keys are looked up many at once; too few places are refused")
    void getsManyLongKeys() {
        long[] keys = new long[200];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = (i - 100) * 1_000_003L;
            if (i % 3 != 0) {
                space.put(keys[i], bytes("value " + i));
            }
        }
        MemorySegment[] values = new MemorySegment[keys.length];
        assertEquals(133, space.getAll(keys, values));
        for (int i = 0; i < keys.length; i++) {
            assertEquals(i % 3 == 0, values[i] == null);
            if (i % 3 != 0) {
                assertArrayEquals(bytes("value " + i), bytes(values[i]));
            }
        }
        assertThrows(IllegalArgumentException.class, () -> space.getAll(keys, new MemorySegment[199]));
        assertThrows(NullPointerException.class, () -> space.getAll(new byte[][] {null}, values));
        store.close();
        assertThrows(StoreClosedException.class, () -> space.getAll(keys, values));
        open();
    }

    @Test
    @DisplayName("Keys that are always there are always found while they are overwritten and compacted")
    void findsWhatMoves() throws Exception {
        long[] keys = new long[300];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = i;
            space.put(i, random(200));
        }
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            Random random = new Random(7);
            for (int round = 0; round < 20; round++) {
                for (int i = 0; i < 500; i++) {
                    space.put(random.nextInt(keys.length), random(200));
                }
                store.compact();
            }
        });
        MemorySegment[] values = new MemorySegment[keys.length];
        do {
            assertEquals(keys.length, space.getAll(keys, values));
            for (MemorySegment value : values) {
                assertEquals(200, value.byteSize());
            }
        } while (!writer.isDone());
        writer.join();
    }
}
