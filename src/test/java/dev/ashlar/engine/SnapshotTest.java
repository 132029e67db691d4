package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.Scan;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("nio")
class SnapshotTest {
    @TempDir
    Path directory;

    private Store open() {
        return Store.open(directory, StoreOptions.DEFAULT.withAutoCompaction(false));
    }

    private static byte[] value(Random random) {
        int[] lengths = {0, 1, 63, 64, 65, 1_000, 4_096, 30_000};
        byte[] value = new byte[lengths[random.nextInt(lengths.length)]];
        random.nextBytes(value);
        return value;
    }

    private static byte[] bytes(MemorySegment view) {
        return view.toArray(ValueLayout.JAVA_BYTE);
    }

    private static void assertShows(Map<String, byte[]> expected, KeyspaceReader shown, String what) {
        assertEquals(expected.size(), shown.size(), what);
        Cursor cursor = shown.cursor();
        for (int i = 0; i < 60; i++) {
            String key = "key-" + i;
            byte[] value = expected.get(key);
            MemorySegment view = shown.get(key);
            assertEquals(value != null, shown.contains(key), what + ", " + key);
            assertEquals(value != null, cursor.find(key.getBytes(java.nio.charset.StandardCharsets.UTF_8)), what + key);
            if (value == null) {
                assertNull(view, what + ", " + key);
                continue;
            }
            assertNotNull(view, what + ", " + key);
            assertArrayEquals(value, bytes(view), what + ", " + key);
            assertArrayEquals(value, bytes(cursor.value()), what + ", " + key);
        }
        List<String> forward = new ArrayList<>();
        try (Scan scan = shown.scan()) {
            collect(scan, expected, forward);
        }
        List<String> backward = new ArrayList<>();
        try (Scan scan = shown.scanBackward()) {
            collect(scan, expected, backward);
        }
        assertEquals(expected.size(), forward.size(), what);
        assertEquals(forward.reversed(), backward, what);
    }

    private static void collect(Scan scan, Map<String, byte[]> expected, List<String> keys) {
        while (scan.next()) {
            String key = new String(bytes(scan.key()), java.nio.charset.StandardCharsets.UTF_8);
            assertArrayEquals(expected.get(key), bytes(scan.value()), key);
            keys.add(key);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    @DisplayName("Snapshots show what there was when they were taken, whatever is written, deleted and compacted since")
    void snapshotsShowOnePointInTime(long seed) {
        Random random = new Random(seed);
        Map<String, byte[]> model = new HashMap<>();
        Map<Snapshot, Map<String, byte[]>> open = new LinkedHashMap<>();
        Store store = open();
        try {
            Keyspace space = store.keyspace("k");
            for (int step = 0; step < 1_500; step++) {
                String key = "key-" + random.nextInt(60);
                switch (random.nextInt(40)) {
                    case 0 -> open.put(store.snapshot(), new HashMap<>(model));
                    case 1 -> {
                        if (!open.isEmpty()) {
                            List<Snapshot> all = new ArrayList<>(open.keySet());
                            Snapshot closed = all.get(random.nextInt(all.size()));
                            closed.close();
                            open.remove(closed);
                        }
                    }
                    case 2 -> store.compact();
                    case 3 -> {
                        if (random.nextInt(4) == 0) {
                            open.clear(); // they go with the store
                            store.close();
                            store = open();
                            space = store.keyspace("k");
                        }
                    }
                    case 4 -> {
                        for (Map.Entry<Snapshot, Map<String, byte[]>> each : open.entrySet()) {
                            assertShows(
                                    each.getValue(), each.getKey().keyspace("k"), "seed " + seed + ", step " + step);
                        }
                        assertShows(model, space, "seed " + seed + ", step " + step + ", now");
                    }
                    case 5, 6, 7, 8, 9 -> {
                        space.delete(key);
                        model.remove(key);
                    }
                    default -> {
                        byte[] value = value(random);
                        space.put(key, value);
                        model.put(key, value);
                    }
                }
            }
            for (Map.Entry<Snapshot, Map<String, byte[]>> each : open.entrySet()) {
                assertShows(each.getValue(), each.getKey().keyspace("k"), "seed " + seed);
                each.getKey().close();
            }
            assertEquals(0, store.stats().snapshots());
            assertEquals(0, store.stats().snapshotBytes());
        } finally {
            store.close();
        }
    }

    @Test
    void aBatchIsInASnapshotAsAWholeOrNotAtAll() throws InterruptedException {
        try (Store store = open()) {
            Keyspace first = store.keyspace("a");
            Keyspace second = store.keyspace("b");
            Thread writer = Thread.ofPlatform().start(() -> {
                for (long i = 0; i < 3_000; i++) {
                    try (WriteBatch batch = store.batch()) {
                        batch.put(first, i % 7, Keyspace.longKey(i)).put(second, i % 7, Keyspace.longKey(i));
                        batch.commit();
                    }
                }
            });
            while (writer.isAlive()) {
                try (Snapshot snapshot = store.snapshot()) {
                    for (long key = 0; key < 7; key++) {
                        MemorySegment one = snapshot.keyspace("a").get(key);
                        MemorySegment other = snapshot.keyspace("b").get(key);
                        assertEquals(one == null, other == null);
                        assertTrue(one == null || other != null && one.mismatch(other) == -1);
                    }
                }
            }
            writer.join();
        }
    }

    @Test
    void aValueInAFileOfItsOwnStaysForASnapshot() {
        byte[] large = new byte[9 << 20];
        new Random(1).nextBytes(large);
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            space.putStream(new byte[] {1}, new ByteArrayInputStream(large), dev.ashlar.Durability.DURABLE);
            Snapshot snapshot = store.snapshot();
            space.put(new byte[] {1}, new byte[10]);
            store.sync();
            store.checkpoint();
            store.compact();
            MemorySegment view = snapshot.keyspace("k").get(new byte[] {1});
            assertNotNull(view);
            assertEquals(-1, view.mismatch(MemorySegment.ofArray(large)));
            snapshot.close();
            assertEquals(0, store.stats().valueFiles());
            assertEquals(-1, view.mismatch(MemorySegment.ofArray(large)));
        }
        try (Store store = open()) {
            assertEquals(0, store.stats().valueFiles());
        }
    }

    @Test
    void closedSnapshotsAndClosedStoresSaySo() {
        Store store = open();
        store.keyspace("k").put("key", new byte[1]);
        Snapshot closed = store.snapshot();
        KeyspaceReader reader = closed.keyspace("k");
        Cursor cursor = reader.cursor();
        closed.close();
        closed.close();
        assertThrows(IllegalStateException.class, () -> reader.get("key"));
        assertThrows(
                IllegalStateException.class,
                () -> cursor.find("key".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
        assertThrows(IllegalStateException.class, reader::scan);
        assertThrows(IllegalStateException.class, () -> closed.keyspace("k"));
        Snapshot left = store.snapshot();
        KeyspaceReader late = left.keyspace("k");
        assertThrows(IllegalArgumentException.class, () -> left.keyspace("other"));
        store.close();
        assertThrows(dev.ashlar.StoreClosedException.class, () -> late.get("key"));
        left.close();
    }

    @Test
    @DisplayName(
            "A26 with an open snapshot: what is overwritten after it goes, what it shows stays, and goes when it is closed")
    void spaceBehindASnapshotIsReclaimed() {
        try (Store store = open()) {
            Keyspace space = store.keyspace("k");
            byte[] value = new byte[10_000];
            for (long key = 0; key < 100; key++) {
                space.put(key, value);
            }
            Snapshot snapshot = store.snapshot();
            for (int round = 0; round < 40; round++) {
                for (long key = 0; key < 100; key++) {
                    value[0] = (byte) round;
                    space.put(key, value);
                }
                store.compact();
            }
            long with = store.stats().logBytes();
            assertTrue(with < 20 << 20, "log of " + with + " bytes");
            assertTrue(store.stats().snapshotChunkBytes() > 0);
            for (long key = 0; key < 100; key++) {
                MemorySegment view = snapshot.keyspace("k").get(key);
                assertNotNull(view);
                assertEquals(0, view.get(ValueLayout.JAVA_BYTE, 0));
            }
            snapshot.close();
            store.compact();
            assertTrue(store.stats().logBytes() < with);
            assertFalse(store.stats().snapshotChunkBytes() > 0);
        }
    }
}
