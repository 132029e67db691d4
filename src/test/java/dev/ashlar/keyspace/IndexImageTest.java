package dev.ashlar.keyspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Images of an index, quiet and while it changes, and what a restored one refuses. */
class IndexImageTest {
    private static final int KEYS = 150_000;

    /** Of a round: they are remembered, and an image that does not get on need not be disturbed for ever. */
    private static final int MOST_OPERATIONS = 1_000_000;

    @Test
    void emptyIndex() {
        TestIndex test = new TestIndex(new TableMemory(), TestIndex::mix);
        ImageOnHeap image = ImageOnHeap.of(test.index);
        assertEquals(1, image.tables.size());
        test.index = image.restore(test.memory, test::hashAt, null);
        assertEquals(0, test.index.size());
        test.put(1);
        assertTrue(test.get(1) != TestIndex.ABSENT);
    }

    @Test
    void quietIndex() {
        TestIndex test = filled(100_000);
        HashIndex old = test.index;
        test.index = ImageOnHeap.of(old).restore(test.memory, test::hashAt, null);
        old.clear();
        Map<Long, Long> model = new HashMap<>();
        for (long key = 0; key < 100_000; key++) {
            model.put(key, HashIndex.MIN_POSITION + key);
        }
        HashIndexTest.assertSame(model, test, 110_000);
        for (long key = 50_000; key < 200_000; key++) {
            model.put(key, test.put(key));
        }
        HashIndexTest.assertSame(model, test, 210_000);
    }

    @Test
    void filterLeavesEntriesOut() {
        TestIndex test = filled(20_000);
        ImageOnHeap image = ImageOnHeap.of(test.index);
        test.index.clear();
        test.index = image.restore(test.memory, test::hashAt, position -> position % 3 != 0);
        Map<Long, Long> model = new HashMap<>();
        for (long key = 0; key < 20_000; key++) {
            long position = HashIndex.MIN_POSITION + key;
            if (position % 3 != 0) {
                model.put(key, position);
            }
        }
        HashIndexTest.assertSame(model, test, 20_000);
    }

    /** Skewed hashes have nodes in the directory; a small region moves while tables are copied. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whileAWriterRuns(boolean skewed) {
        LongUnaryOperator hash = skewed ? key -> TestIndex.mix(key) >>> (key & 15) : TestIndex::mix;
        long bytes = skewed ? 64L << 10 : 1L << 30;
        TestIndex test = new TestIndex(new TableMemory(bytes, bytes), hash);
        Map<Long, Long> model = new HashMap<>();
        SplittableRandom random = new SplittableRandom(0x5EED_0010L);
        for (int round = 0; round < 6; round++) {
            // Its start is where a replay begins, so it has to be taken before the first operation of the round.
            ImageOnHeap image = new ImageOnHeap();
            Map<Integer, long[]> operations = new HashMap<>();
            CompletableFuture<Void> imaging = CompletableFuture.runAsync(() -> test.index.image(image));
            for (int n = 0; n < 40_000 || n < MOST_OPERATIONS && !imaging.isDone(); n++) {
                // Dense keys at first: many changes to few tables, and splits in front of the image.
                long key = random.nextInt((round + 1) * KEYS / 6);
                long position = random.nextInt(100) < 65 ? test.append(key) : TestIndex.ABSENT;
                test.apply(key, position);
                operations.put(n, new long[] {key, position});
                if (position == TestIndex.ABSENT) {
                    model.remove(key);
                } else {
                    model.put(key, position);
                }
            }
            imaging.join();

            HashIndex live = test.index;
            test.index = image.restore(test.memory, test::hashAt, null);
            for (int n = 0; n < operations.size(); n++) {
                test.apply(operations.get(n)[0], operations.get(n)[1]);
            }
            HashIndexTest.assertSame(model, test, KEYS);
            HashIndex restored = test.index;
            test.index = live;
            HashIndexTest.assertSame(model, test, KEYS);
            restored.clear();
        }
    }

    /**
     * One table, in which two entries change places all the time. Their homes are near the end and one of them lies behind
     * the wrap, so a copy made in passing would show one of them twice, where it was before and where it was after.
     */
    @Test
    void copiesAreOfOneMoment() {
        TestIndex test = new TestIndex(new TableMemory(), key -> TestIndex.mix(key) | 0x3FF);
        for (long key = 0; key < 40; key++) {
            test.put(key);
        }
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
            for (long key = 0, far = 39; !stop.get(); key = 39 - key, far = 39 - far) {
                test.remove(key);
                test.remove(far);
                test.apply(far, HashIndex.MIN_POSITION + far);
                test.apply(key, HashIndex.MIN_POSITION + key);
            }
        });
        try {
            TableMemory elsewhere = new TableMemory();
            for (long end = System.nanoTime() + 1_000_000_000L; System.nanoTime() < end; ) {
                HashIndex restored = ImageOnHeap.of(test.index).restore(elsewhere, test::hashAt, null);
                BitSet positions = new BitSet();
                restored.forEachPosition(position -> {
                    assertFalse(positions.get((int) position), () -> "twice: " + position);
                    positions.set((int) position);
                });
                restored.clear();
            }
        } finally {
            stop.set(true);
        }
        writing.join();
    }

    @Test
    void copyOfAnotherTableIsNoticed() {
        TestIndex test = filled(700);
        IndexImage image = new IndexImage(test.index, test.memory);
        MemorySegment copy = Arena.ofAuto().allocate(HashIndex.TABLE_BYTES, 64);
        long entry = test.index.entry(0);
        assertTrue(image.tryCopy(0, entry, copy));
        long base = TableLayout.base(Directory.table(entry));
        TableLayout.set(test.memory.region(), base, TableLayout.get(test.memory.region(), base) + 1);
        assertFalse(image.tryCopy(0, entry, copy));
        TableLayout.set(test.memory.region(), base, TableLayout.get(test.memory.region(), base) + 1);
        assertTrue(image.tryCopy(0, entry, copy));
        for (long key = 700; key < 2_000; key++) {
            test.put(key);
        }
        assertFalse(image.tryCopy(0, entry, copy));
        long now = test.index.entry(0);
        assertTrue(image.tryCopy(0, now, copy));
        test.index.clear();
        assertFalse(image.tryCopy(0, now, copy));
    }

    /** Also while the first table is copied, of which nothing was handed out yet. */
    @Test
    void clearedAllTheTime() {
        TestIndex test = filled(3_000);
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<Void> clearing = CompletableFuture.runAsync(() -> {
            while (!stop.get()) {
                test.index.clear();
                test.index.insert(TestIndex.mix(7), HashIndex.MIN_POSITION + 7);
            }
        });
        try {
            TableMemory elsewhere = new TableMemory();
            for (long end = System.nanoTime() + 300_000_000L; System.nanoTime() < end; ) {
                HashIndex restored = ImageOnHeap.of(test.index).restore(elsewhere, test::hashAt, null);
                assertTrue(restored.size() <= 3_000);
                restored.clear();
            }
        } finally {
            stop.set(true);
        }
        clearing.join();
    }

    @Test
    void clearedMeanwhile() {
        for (int at = 0; at < 7; at++) {
            TestIndex test = filled(5_000);
            ImageOnHeap image = new ImageOnHeap();
            int cleared = at;
            test.index.image((prefix, depth, level, words) -> {
                image.table(prefix, depth, level, words);
                if (image.tables.size() == cleared + 1) {
                    test.index.clear();
                    test.put(5_000);
                }
            });
            // What was handed out before, and nothing of the rest, not even what came after; a replay brings that.
            long before = image.tables.stream()
                    .limit(at + 1)
                    .mapToLong(table -> TableLayout.live(TableLayout.get(table.words(), TableLayout.META_OFFSET)))
                    .sum();
            HashIndex restored = image.restore(test.memory, test::hashAt, null);
            assertTrue(before > 0);
            assertEquals(before, restored.size(), "cleared at table " + at);
            test.index = restored;
            for (long key = 6_000; key < 9_000; key++) {
                test.put(key);
            }
            assertEquals(before + 3_000, test.index.size());
        }
    }

    @Test
    void splitBehindAndBeforeTheImage() {
        TestIndex test = filled(3_000);
        ImageOnHeap image = new ImageOnHeap();
        long[] key = {3_000};
        test.index.image((prefix, depth, level, words) -> {
            image.table(prefix, depth, level, words);
            for (int i = 0; i < 2_000 && image.tables.size() < 8; i++) {
                test.put(key[0]++);
            }
        });
        HashIndex restored = image.restore(test.memory, test::hashAt, null);
        assertTrue(restored.size() >= 3_000 && restored.size() < test.index.size(), "size " + restored.size());
        test.index = restored;
        for (long k = 0; k < 3_000; k++) {
            assertEquals(HashIndex.MIN_POSITION + k, test.get(k));
        }
    }

    @Test
    void tablesMustTileTheHashes() {
        TestIndex test = filled(5_000);
        List<ImageOnHeap.Table> tables = ImageOnHeap.of(test.index).tables;
        long used = test.memory.usedBytes();
        for (int missing = 0; missing < tables.size(); missing++) {
            ImageOnHeap image = new ImageOnHeap();
            image.tables.addAll(tables);
            image.tables.remove(missing);
            assertThrows(AshlarException.class, () -> image.restore(test.memory, test::hashAt, null));
            image.tables.add(missing, tables.get(missing));
            image.tables.add(missing, tables.get(missing));
            assertThrows(AshlarException.class, () -> image.restore(test.memory, test::hashAt, null));
        }
        assertThrows(AshlarException.class, () -> new ImageOnHeap().restore(test.memory, test::hashAt, null));
        assertEquals(used, test.memory.usedBytes());
    }

    @Test
    void refusesWhatIsNoTable() {
        TestIndex test = filled(500);
        ImageOnHeap image = ImageOnHeap.of(test.index);
        assertEquals(1, image.tables.size());
        MemorySegment words = image.tables.getFirst().words();
        long used = test.memory.usedBytes();
        refused(test, 0, -1, 0, words);
        refused(test, 0, 49, 6, words);
        refused(test, 1, 0, 0, words);
        refused(test, 0, 0, 1, words);
        refused(test, 0, 0, -1, words);
        refused(test, 0, 14, 0, words);
        refused(test, 0, 1, 0, words); // half of the entries belong elsewhere
        refused(test, 0, 0, 0, words.asSlice(0, HashIndex.TABLE_BYTES - 8));
        assertEquals(used, test.memory.usedBytes());
    }

    /** Each single slot changed into something that can be told from what belongs there. */
    @Test
    void refusesSlotsThatCannotBe() {
        TestIndex test = filled(700);
        MemorySegment words = ImageOnHeap.of(test.index).tables.getFirst().words();
        for (int slot = 0; slot < TableLayout.SLOTS; slot++) {
            long at = TableLayout.slotOffset(slot);
            long word = words.get(ValueLayout.JAVA_LONG, at);
            if (TableLayout.isLive(word)) {
                // A home line behind its own, or more than 63 slots before it; and what is no position.
                refusedSlot(test, words, at, withHomeLine(word, lineOf(at) + 1));
                refusedSlot(test, words, at, withHomeLine(word, lineOf(at) - 9));
                refusedSlot(test, words, at, (word & ~TableLayout.POSITION_MASK) | 2);
                // Emptied under an entry that lies behind its home: its search would end here.
                long next = TableLayout.next(at);
                long behind = words.get(ValueLayout.JAVA_LONG, next);
                if (TableLayout.isLive(behind) && lineOf(next) == lineOf(at)) {
                    refusedSlot(test, words, at, HashIndex.EMPTY);
                }
            }
        }
        MemorySegment full = MemorySegment.ofArray(new long[1024]);
        for (int slot = 0; slot < TableLayout.SLOTS; slot++) {
            full.set(ValueLayout.JAVA_LONG, TableLayout.slotOffset(slot), TableLayout.REMOVED);
        }
        refused(test, 0, 0, 0, full);
    }

    private static long lineOf(long at) {
        return at / 64;
    }

    private static long withHomeLine(long word, long line) {
        long homeBits = (line & 127) << 3;
        return (word & (-1L >>> TableLayout.HOME_BITS)) | (homeBits << (Long.SIZE - TableLayout.HOME_BITS));
    }

    private static void refusedSlot(TestIndex test, MemorySegment words, long at, long wrong) {
        long word = words.get(ValueLayout.JAVA_LONG, at);
        words.set(ValueLayout.JAVA_LONG, at, wrong);
        refused(test, 0, 0, 0, words);
        words.set(ValueLayout.JAVA_LONG, at, word);
    }

    /** Found by fuzzing: counts below what there is ran over into the depth, and opening never came to an end. */
    @Test
    void refusesCountsThatAreNotThoseOfTheSlotsThoughTheChecksumIsRight() {
        TestIndex test = filled(700);
        test.remove(5);
        MemorySegment words = ImageOnHeap.of(test.index).tables.getFirst().words();
        long meta = words.get(ValueLayout.JAVA_LONG, TableLayout.META_OFFSET);
        for (long wrong : new long[] {
            0, meta + TableLayout.LIVE_ONE, meta - TableLayout.LIVE_ONE, meta + TableLayout.USED_ONE, meta + (1L << 32)
        }) {
            words.set(ValueLayout.JAVA_LONG, TableLayout.META_OFFSET, wrong);
            refused(test, 0, 0, 0, words, true);
        }
        words.set(ValueLayout.JAVA_LONG, TableLayout.META_OFFSET, meta);
        try (IndexRestorer restorer = HashIndex.restore(test.memory, test::hashAt)) {
            restorer.add(0, 0, 0, words, true);
            assertEquals(699, restorer.finish().size());
        }
    }

    private static void refused(TestIndex test, long prefix, int depth, int level, MemorySegment words) {
        refused(test, prefix, depth, level, words, false);
    }

    private static void refused(
            TestIndex test, long prefix, int depth, int level, MemorySegment words, boolean intact) {
        try (IndexRestorer restorer = HashIndex.restore(test.memory, test::hashAt)) {
            AshlarException refused =
                    assertThrows(AshlarException.class, () -> restorer.add(prefix, depth, level, words, intact));
            assertTrue(refused.getMessage().contains("not plausible"), refused::getMessage);
        }
    }

    private static TestIndex filled(int keys) {
        TestIndex test = new TestIndex(new TableMemory(), TestIndex::mix);
        for (long key = 0; key < keys; key++) {
            test.put(key);
        }
        return test;
    }
}
