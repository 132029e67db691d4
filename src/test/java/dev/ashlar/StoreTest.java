package dev.ashlar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("nio")
class StoreTest {
    @TempDir
    Path directory;

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static byte @Nullable [] value(@Nullable MemorySegment view) {
        return view == null ? null : view.toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void aValueIsThereAfterPutAndAfterReopening() {
        try (Store store = Store.open(directory)) {
            Keyspace quotes = store.keyspace("quotes");
            long lsn = quotes.put("a", bytes("one"));
            assertTrue(lsn > 0);
            assertArrayEquals(bytes("one"), value(quotes.get("a")));
            assertNull(quotes.get("b"));
        }
        try (Store store = Store.open(directory)) {
            assertTrue(store.recovery().clean());
            assertEquals(List.of("quotes"), store.keyspaces());
            assertArrayEquals(bytes("one"), value(store.keyspace("quotes").get("a")));
        }
    }

    @Test
    void manyKeysOfManySizesAreThereAfterReopening() {
        Map<String, byte[]> model = new HashMap<>();
        Random random = new Random(42);
        // A scan meets an entry twice if compaction moves it meanwhile, so that runs only where it is asked for.
        StoreOptions quiet = StoreOptions.DEFAULT.withAutoCompaction(false);
        try (Store store = Store.open(directory, quiet)) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < 30_000; i++) {
                String key = "key-" + random.nextInt(10_000);
                if (random.nextInt(5) == 0) {
                    long deleted = space.delete(key);
                    assertEquals(model.remove(key) != null, deleted != Keyspace.NOT_WRITTEN);
                } else {
                    byte[] value = new byte[random.nextInt(10) == 0 ? random.nextInt(50_000) : random.nextInt(300)];
                    random.nextBytes(value);
                    space.put(key, value);
                    model.put(key, value);
                }
            }
            check(model, space);
        }
        try (Store store = Store.open(directory, quiet)) {
            check(model, store.keyspace("k"));
            assertTrue(store.verify(bytes -> {}).intact());
            CompactionReport report = store.compact();
            assertTrue(report.chunks() > 0, report.toString());
            check(model, store.keyspace("k"));
            assertTrue(store.verify(bytes -> {}).intact());
        }
        try (Store store = Store.open(directory, quiet)) {
            check(model, store.keyspace("k"));
        }
    }

    private static void check(Map<String, byte[]> model, Keyspace space) {
        assertEquals(model.size(), space.size());
        Cursor cursor = space.cursor();
        model.forEach((key, value) -> {
            assertArrayEquals(value, value(space.get(key)));
            assertTrue(cursor.find(bytes(key)));
            assertEquals(value.length, cursor.size());
            assertArrayEquals(value, value(cursor.value()));
        });
        int scanned = 0;
        try (Scan scan = space.scan()) {
            while (scan.next()) {
                byte[] expected = model.get(new String(value(scan.key()), StandardCharsets.UTF_8));
                assertNotNull(expected);
                assertArrayEquals(expected, value(scan.value()));
                scanned++;
            }
        }
        assertEquals(model.size(), scanned);
    }

    @Test
    void aBatchSpansKeyspacesAndTheLastWriteToAKeyWins() {
        try (Store store = Store.open(directory)) {
            Keyspace a = store.keyspace("a");
            Keyspace b = store.keyspace("b");
            b.put("gone", bytes("x"));
            try (WriteBatch batch = store.batch()) {
                batch.put(a, "k", bytes("1"))
                        .put(a, "k", bytes("2"))
                        .delete(a, "k")
                        .put(a, "k", bytes("3"))
                        .delete(b, "gone")
                        .put(b, "n", bytes("4"));
                assertTrue(batch.commit(Durability.DURABLE) > 0);
                assertEquals(0, batch.size());
            }
            assertArrayEquals(bytes("3"), value(a.get("k")));
            assertNull(b.get("gone"));
            assertArrayEquals(bytes("4"), value(b.get("n")));
            assertTrue(store.durableLsn() > 0);
        }
    }

    @Test
    void conditionalWritesWriteOnlyIfTheirConditionHolds() {
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("c");
            long first = space.putIfAbsent(bytes("k"), bytes("1"));
            assertTrue(first > 0);
            assertEquals(Keyspace.NOT_WRITTEN, space.putIfAbsent(bytes("k"), bytes("2")));
            assertEquals(Keyspace.NOT_WRITTEN, space.replace(bytes("k"), bytes("2"), first + 8));
            long second = space.replace(bytes("k"), bytes("2"), first);
            assertTrue(second > first);
            assertEquals(Keyspace.NOT_WRITTEN, space.replace(bytes("k"), bytes("3"), first));
            assertArrayEquals(bytes("2"), value(space.get("k")));
        }
    }

    @Test
    void valuesAboveTheThresholdAreStoredInFilesOfTheirOwn() {
        byte[] large = new byte[9 << 20];
        new Random(1).nextBytes(large);
        byte[] streamed = new byte[20 << 20];
        new Random(2).nextBytes(streamed);
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("large");
            space.put("l", large);
            space.putStream(bytes("s"), new ByteArrayInputStream(streamed), Durability.DURABLE);
            space.putStream(bytes("t"), new ByteArrayInputStream(large, 0, 100), Durability.APPENDED);
            assertEquals(2, store.stats().valueFiles());
            assertArrayEquals(large, value(space.get("l")));
            assertArrayEquals(streamed, value(space.get("s")));
        }
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("large");
            assertArrayEquals(large, value(space.get("l")));
            assertArrayEquals(streamed, value(space.get("s")));
            assertEquals(100, value(space.get("t")).length);
            space.delete("l");
            assertNull(space.get("l"));
        }
        try (Store store = Store.open(directory)) {
            assertEquals(1, store.stats().valueFiles());
            assertNull(store.keyspace("large").get("l"));
        }
    }

    @Test
    void asynchronousWritesComplete() throws Exception {
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("async");
            List<java.util.concurrent.CompletableFuture<Long>> futures = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                futures.add(space.putAsync(
                        Keyspace.longKey(i), bytes("v" + i), i % 100 == 0 ? Durability.DURABLE : Durability.APPENDED));
            }
            long last = 0;
            for (var future : futures) {
                long lsn = future.get(60, java.util.concurrent.TimeUnit.SECONDS);
                assertTrue(lsn > last);
                last = lsn;
            }
            assertEquals(10_000, space.size());
            assertArrayEquals(bytes("v77"), value(space.get(77)));
        }
    }

    @Test
    void aViewOutlivesOverwriteCompactionAndClose() {
        MemorySegment view;
        try (Store store = Store.open(directory)) {
            Keyspace space = store.keyspace("v");
            space.put("k", bytes("first"));
            view = space.get("k");
            assertNotNull(view);
            assertTrue(view.isReadOnly());
            assertEquals(0, view.address() % 64);
            for (int i = 0; i < 20_000; i++) {
                space.put("k", new byte[100]);
            }
            store.compact();
            assertArrayEquals(bytes("first"), value(view));
        }
        assertArrayEquals(bytes("first"), value(view));
    }

    @Test
    void aSecondOpenerIsRefusedWhileTheFirstHasTheStore() {
        try (Store store = Store.open(directory)) {
            store.keyspace("k").put("a", bytes("b"));
            assertThrows(StoreLockedException.class, () -> Store.open(directory));
            assertFalse(store.keyspaces().isEmpty());
        }
    }
}
