package dev.ashlar;

import static dev.ashlar.StoreTest.bytes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.Spliterator;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Scans and streams: all entries or those of a prefix, once each, whatever goes on meanwhile. */
@Tag("nio")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class IterationTest {
    private static final StoreOptions BY_HAND = StoreOptions.DEFAULT.withAutoCompaction(false);

    @TempDir
    Path directory;

    private static String key(Entry entry) {
        return new String(entry.keyBytes(), StandardCharsets.UTF_8);
    }

    private static List<String> keys(Scan scan) {
        List<String> keys = new ArrayList<>();
        try (scan) {
            while (scan.next()) {
                keys.add(key(scan.entry()));
            }
        }
        return keys;
    }

    private static List<String> keys(Stream<Entry> stream) {
        try (stream) {
            return stream.map(IterationTest::key).toList();
        }
    }

    /** Several chunks of entries in two keyspaces: the values of one are large enough for that. */
    private static Map<String, byte[]> fill(Keyspace space, Keyspace other, int count, long seed) {
        Random random = new Random(seed);
        Map<String, byte[]> model = new HashMap<>();
        for (int i = 0; i < count; i++) {
            byte[] value = new byte[random.nextInt(6_000)];
            random.nextBytes(value);
            space.put("key-" + i, value);
            model.put("key-" + i, value);
            other.put("key-" + i, bytes("of the other"));
        }
        return model;
    }

    // ------------------------------------------------------------------------------------------------------- scans

    @Test
    void aScanReadsItsEntriesInPlaceInEveryForm() {
        byte[] large = new byte[(8 << 20) + 3];
        new Random(1).nextBytes(large);
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            space.put(7, Keyspace.longKey(1));
            space.put("empty", new byte[0]);
            space.put("large", large);
            try (Scan scan = space.scan()) {
                assertThrows(NoSuchElementException.class, scan::entry);
                assertThrows(NoSuchElementException.class, () -> scan.getByte(0));
                assertTrue(scan.next());
                assertEquals(7, scan.longKey());
                assertEquals(8, scan.keySize());
                assertEquals(8, scan.size());
                Entry number = scan.entry();
                assertEquals(number.getLong(0), scan.getLong(0));
                assertEquals(number.getInt(3), scan.getInt(3));
                assertEquals(number.getShort(6), scan.getShort(6));
                assertEquals(number.getChar(6), scan.getChar(6));
                assertEquals(number.getFloat(4), scan.getFloat(4));
                assertEquals(number.getDouble(0), scan.getDouble(0));
                assertEquals(number.getByte(7), scan.getByte(7));
                assertThrows(IndexOutOfBoundsException.class, () -> scan.getInt(5));
                assertThrows(IndexOutOfBoundsException.class, () -> scan.getByte(-1));
                assertThrows(IndexOutOfBoundsException.class, () -> scan.getByte(8));
                assertThrows(
                        IndexOutOfBoundsException.class, () -> scan.copyKeyTo(MemorySegment.ofArray(new byte[10]), 3));
                assertTrue(scan.next());
                assertEquals(0, scan.size());
                assertEquals(5, scan.keySize());
                assertThrows(IllegalStateException.class, scan::longKey);
                assertThrows(IndexOutOfBoundsException.class, () -> scan.getByte(0));
                byte[] key = new byte[9];
                assertEquals(5, scan.copyKeyTo(MemorySegment.ofArray(key), 2));
                assertArrayEquals(bytes("\0\0empty\0\0"), key);
                assertTrue(scan.next());
                byte[] copy = new byte[large.length];
                scan.copyTo(0, MemorySegment.ofArray(copy), 0, copy.length);
                assertArrayEquals(large, copy);
                assertEquals(large[large.length - 1], scan.getByte(large.length - 1));
                Entry last = scan.entry();
                assertTrue(last.contentEquals(large));
                assertFalse(scan.next());
                assertThrows(NoSuchElementException.class, scan::keySize);
                space.put("after", bytes("1"));
                assertTrue(last.verify());
            }
        }
    }

    @Test
    void aScanWithAPrefixMeetsTheKeysThatBeginWithIt() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            for (String key : List.of("", "a", "ab", "abc", "b", "abcdefghijklmnop", "abcdefghijk", "ba", "\u00ff")) {
                space.put(key, bytes("of " + key));
            }
            store.keyspace("other").put("abc", bytes("x"));
            assertEquals(List.of("ab", "abc", "abcdefghijklmnop", "abcdefghijk"), keys(space.scan("ab")));
            assertEquals(List.of("abcdefghijk", "abcdefghijklmnop", "abc", "ab"), keys(space.scanBackward("ab")));
            assertEquals(List.of("abcdefghijklmnop", "abcdefghijk"), keys(space.stream("abcdefghij")));
            assertEquals(List.of("abcdefghijklmnop"), keys(space.scan("abcdefghijkl")));
            assertEquals(9, keys(space.scan("")).size());
            assertEquals(List.of(), keys(space.scan("abd")));
            assertEquals(List.of("\u00ff"), keys(space.scan(new byte[] {(byte) 0xC3})));
            assertEquals(List.of(), keys(space.scan(new byte[Keyspace.MAX_KEY_BYTES + 1])));
            byte[] changed = bytes("ab");
            Scan scan = space.scan(changed);
            changed[1] = 'x';
            assertEquals(4, keys(scan).size());
            assertThrows(NullPointerException.class, () -> space.scan((byte[]) null));
        }
    }

    @Test
    void aScanOfASnapshotThatWasClosedSaysSo() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            space.put("a", bytes("1"));
            space.put("b", bytes("1"));
            Snapshot snapshot = store.snapshot();
            Scan forward = snapshot.keyspace("k").scan();
            Scan backward = snapshot.keyspace("k").scanBackward();
            Iterator<Entry> stream = snapshot.keyspace("k").stream().iterator();
            assertTrue(forward.next() && backward.next());
            assertNotNull(stream.next());
            space.delete("a");
            space.delete("b");
            snapshot.close();
            assertThrows(IllegalStateException.class, forward::next);
            assertThrows(IllegalStateException.class, backward::next);
            assertThrows(IllegalStateException.class, stream::hasNext);
        }
    }

    /** Where each chunk has a mapping of its own, what is known of its records goes with it. */
    @Test
    void aScanThatStandsInAChunkThatRetiresMeetsNothingThatWasDeletedBefore() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            space.put("first", bytes("1"));
            for (int i = 0; i < 50; i++) {
                space.put("deleted-" + i, new byte[5_000]);
                space.put("untouched-" + i, bytes("1"));
                space.delete("deleted-" + i);
            }
            try (Scan scan = space.scan()) {
                assertTrue(scan.next());
                int chunks = store.stats().chunks();
                while (store.stats().chunks() == chunks) {
                    space.put("garbage", new byte[100_000]);
                }
                assertTrue(store.compact().chunks() > 0, "no chunk was retired");
                BitSet met = new BitSet();
                while (scan.next()) {
                    String key = key(scan.entry());
                    assertFalse(key.startsWith("deleted-"), key);
                    if (key.startsWith("untouched-")) {
                        met.set(Integer.parseInt(key.substring("untouched-".length())));
                    }
                }
                assertEquals(50, met.cardinality());
            }
        }
    }

    // ---------------------------------------------------------------------------------------------- first and last

    @Test
    void firstAndLastAreTheOldestAndTheNewestThatAreLive() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            Keyspace other = store.keyspace("other");
            assertNull(space.firstEntry());
            assertNull(space.lastEntry());
            fill(space, other, 400, 5);
            assertTrue(store.stats().chunks() > 2);
            assertEquals("key-0", key(space.firstEntry()));
            assertEquals("key-399", key(space.lastEntry()));
            space.delete("key-0");
            space.delete("key-399");
            assertEquals("key-1", key(space.firstEntry()));
            assertEquals("key-398", key(space.lastEntry()));
            space.put("key-1", bytes("again"));
            assertEquals("key-2", key(space.firstEntry()));
            assertEquals("key-1", key(space.lastEntry()));
            // The last ones are the only ones that are left in the first chunks.
            for (int i = 2; i < 399; i++) {
                if (i != 3) {
                    space.delete("key-" + i);
                }
            }
            assertEquals("key-3", key(space.firstEntry()));
            space.delete("key-1");
            assertEquals("key-3", key(space.lastEntry()));
            long version = space.lastEntry().version();
            store.compact();
            assertEquals("key-3", key(space.lastEntry()));
            assertEquals("key-3", key(space.firstEntry()));
            assertEquals(version, space.lastEntry().version());
            space.delete("key-3");
            assertNull(space.firstEntry());
            assertNull(space.lastEntry());
            store.compact();
            assertNull(space.lastEntry());
            assertEquals(keys(other.scan()).getLast(), key(other.lastEntry()));
            assertEquals(400, other.size());
            assertEquals(0, store.stats().snapshots());
        }
        try (Store store = Store.open(directory, BY_HAND)) {
            assertNull(store.keyspace("k").lastEntry());
            Keyspace other = store.keyspace("other");
            assertEquals(keys(other.scanBackward()).getFirst(), key(other.lastEntry()));
        }
    }

    // ------------------------------------------------------------------------------------------------------ streams

    @Test
    void aStreamMeetsEachEntryOnceInTheOrderOfTheLogAlsoInParallel() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            Map<String, byte[]> model = fill(space, store.keyspace("other"), 900, 2);
            for (int i = 0; i < 900; i += 7) {
                space.delete("key-" + i);
                model.remove("key-" + i);
            }
            List<String> scanned = keys(space.scan());
            assertEquals(model.size(), scanned.size());
            assertEquals(scanned, keys(space.stream()));
            assertEquals(scanned, keys(space.parallelStream()));
            assertEquals(scanned.stream().filter(key -> key.startsWith("key-5")).toList(), keys(space.stream("key-5")));
            try (Snapshot snapshot = store.snapshot()) {
                space.put("key-1", bytes("later"));
                KeyspaceReader then = snapshot.keyspace("k");
                assertEquals(scanned, keys(then.stream()));
                assertEquals(scanned, keys(then.parallelStream()));
                Map<String, byte[]> met = new ConcurrentHashMap<>();
                then.parallelStream().forEach(entry -> assertNull(met.put(key(entry), entry.toByteArray())));
                assertEquals(model.keySet(), met.keySet());
                met.forEach((key, value) -> assertArrayEquals(model.get(key), value));
            }
            List<String> called = new ArrayList<>();
            space.forEach(entry -> called.add(key(entry)));
            assertEquals(model.size(), called.size());
            assertEquals("key-1", called.getLast());
        }
    }

    @Test
    void aStreamSplitsBetweenChunksUntilEachPartIsOne() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            fill(space, store.keyspace("other"), 1_500, 3);
            int chunks = store.stats().chunks();
            assertTrue(chunks > 3);
            List<String> scanned = keys(space.scan());
            try (Stream<Entry> stream = space.stream()) {
                Spliterator<Entry> all = stream.spliterator();
                assertTrue(all.hasCharacteristics(
                        Spliterator.ORDERED | Spliterator.DISTINCT | Spliterator.NONNULL | Spliterator.IMMUTABLE));
                assertFalse(all.hasCharacteristics(Spliterator.SIZED));
                assertEquals(3_002, all.estimateSize()); // with the other keyspace, and the two definitions
                List<Spliterator<Entry>> parts = new ArrayList<>(List.of(all));
                for (int i = 0; i < parts.size(); ) {
                    long before = parts.get(i).estimateSize();
                    Spliterator<Entry> split = parts.get(i).trySplit();
                    if (split == null) {
                        i++;
                    } else {
                        assertEquals(before, split.estimateSize() + parts.get(i).estimateSize());
                        parts.add(i, split); // what is split off comes first
                    }
                }
                assertEquals(chunks, parts.size());
                List<String> met = new ArrayList<>();
                for (Spliterator<Entry> part : parts) {
                    assertEquals(1, store.stats().snapshots());
                    part.forEachRemaining(entry -> met.add(key(entry)));
                    assertFalse(part.tryAdvance(entry -> met.add("none is left")));
                    assertNull(part.trySplit());
                }
                assertEquals(scanned, met);
                assertEquals(0, store.stats().snapshots(), "all was met");
            }
        }
    }

    @Test
    void aStreamHoldsASnapshotUntilItIsClosedOrAllWasMet() {
        try (Store store = Store.open(directory, BY_HAND)) {
            Keyspace space = store.keyspace("k");
            fill(space, store.keyspace("other"), 300, 4);
            assertEquals(300, space.stream().count());
            assertEquals(0, store.stats().snapshots());
            assertEquals(300, space.parallelStream().mapToLong(entry -> 1).sum());
            assertEquals(0, store.stats().snapshots());
            try (Stream<Entry> stream = space.stream()) {
                assertEquals("key-0", key(stream.findFirst().orElseThrow()));
                assertEquals(1, store.stats().snapshots());
            }
            assertEquals(0, store.stats().snapshots());
            try (Stream<Entry> stream = space.parallelStream()) {
                assertThrows(
                        ArithmeticException.class,
                        () -> stream.forEach(entry -> {
                            throw new ArithmeticException();
                        }));
            }
            assertEquals(0, store.stats().snapshots());
            Stream<Entry> closed = space.stream();
            Iterator<Entry> rest = closed.iterator();
            Entry first = rest.next();
            closed.close();
            assertEquals(0, store.stats().snapshots());
            assertThrows(IllegalStateException.class, rest::next);
            assertTrue(first.verify());
            // That of a snapshot leaves the snapshot alone.
            try (Snapshot snapshot = store.snapshot()) {
                assertEquals(300, snapshot.keyspace("k").stream().count());
                snapshot.keyspace("k").stream().close();
                assertEquals(1, store.stats().snapshots());
                assertEquals(300, snapshot.keyspace("k").stream().count());
            }
        }
    }

    @Test
    void streamsAndScansMissNothingWhileOthersWriteAndCompactionRuns() throws InterruptedException {
        int untouched = 500;
        try (Store store = Store.open(directory, StoreOptions.DEFAULT.withGarbageRatio(0.2))) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < untouched; i++) {
                // Others come between them, so that there is something to compact in every chunk.
                space.put(i, Keyspace.longKey(i));
                space.put("garbage-" + i % 10, new byte[4_000]);
            }
            AtomicBoolean stop = new AtomicBoolean();
            AtomicInteger chunks = new AtomicInteger();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread writer = Thread.ofPlatform().start(() -> {
                try {
                    Random random = new Random(8);
                    for (int i = 0; !stop.get(); i++) {
                        space.put("garbage-" + random.nextInt(20), new byte[random.nextInt(20_000)]);
                        if (i % 11 == 0) {
                            space.delete("garbage-" + random.nextInt(20));
                        }
                        if (i % 200 == 0) {
                            chunks.addAndGet(store.compact().chunks());
                        }
                    }
                } catch (RuntimeException | Error e) {
                    failure.set(e);
                }
            });
            try {
                long end = System.nanoTime() + 1_500_000_000L;
                for (int round = 0; System.nanoTime() < end || chunks.get() < 5; round++) {
                    assertNull(failure.get());
                    switch (round % 4) {
                        case 0 -> assertOnce(untouched, space.parallelStream());
                        case 1 -> assertOnce(untouched, space.stream());
                        case 2 -> {
                            try (Snapshot snapshot = store.snapshot()) {
                                assertOnce(untouched, snapshot.keyspace("k").parallelStream());
                            }
                        }
                        default -> {
                            BitSet met = new BitSet();
                            try (Scan scan = space.scan()) {
                                while (scan.next()) {
                                    if (scan.keySize() == 8) {
                                        assertEquals(
                                                scan.longKey(), Long.reverseBytes(scan.getLong(0)) ^ Long.MIN_VALUE);
                                        met.set((int) scan.longKey());
                                    }
                                }
                            }
                            assertEquals(untouched, met.cardinality(), "a scan missed " + met.nextClearBit(0));
                        }
                    }
                }
            } finally {
                stop.set(true);
                writer.join();
            }
            assertNull(failure.get());
            assertEquals(0, store.stats().snapshots());
        }
    }

    private static void assertOnce(int untouched, Stream<Entry> stream) {
        AtomicInteger[] met = new AtomicInteger[untouched];
        Arrays.setAll(met, i -> new AtomicInteger());
        ConcurrentHashMap<String, Entry> garbage = new ConcurrentHashMap<>();
        try (stream) {
            stream.forEach(entry -> {
                if (entry.key().byteSize() == 8) {
                    assertTrue(entry.contentEquals(entry.key()));
                    met[(int) entry.longKey()].incrementAndGet();
                } else {
                    assertNull(garbage.put(key(entry), entry), "met twice");
                }
            });
        }
        for (int i = 0; i < untouched; i++) {
            assertEquals(1, met[i].get(), "key " + i);
        }
    }
}
