package dev.ashlar.keyspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@link HashIndex} with one thread: against a model, at its limits, and what it costs. */
class HashIndexTest {
    private static final long SMALL = 64L << 10;

    @Test
    void emptyIndexTakesNoTable() {
        TableMemory memory = new TableMemory();
        TestIndex test = new TestIndex(memory, TestIndex::mix);
        assertEquals(0, memory.usedBytes());
        assertEquals(TestIndex.ABSENT, test.get(1));
        assertEquals(0, test.index.size());
        test.index.forEachPosition(position -> {
            throw new AssertionError("position " + position);
        });
        test.index.clear();
        assertEquals(0, memory.usedBytes());
    }

    @Test
    void putReplaceRemove() {
        TestIndex test = new TestIndex(new TableMemory(), TestIndex::mix);
        long first = test.put(7);
        assertEquals(first, test.get(7));
        long second = test.put(7);
        assertEquals(second, test.get(7));
        assertEquals(1, test.index.size());
        test.remove(7);
        assertEquals(TestIndex.ABSENT, test.get(7));
        assertEquals(0, test.index.size());
    }

    @Test
    void behavesAsAMap() {
        againstModel(TestIndex::mix, new TableMemory(), 300_000, 60_000, 0x5EED_0001L);
    }

    @Test
    void behavesAsAMapWhileTheRegionMoves() {
        againstModel(TestIndex::mix, new TableMemory(SMALL, SMALL), 300_000, 100_000, 0x5EED_0002L);
    }

    @Test
    void behavesAsAMapWithSkewedHashes() {
        // Nodes below the root, several levels, and a root that doubles while nodes hang from it.
        againstModel(
                key -> (key & 7) == 0 ? TestIndex.mix(key) : TestIndex.mix(key) >>> 21,
                new TableMemory(),
                600_000,
                200_000,
                0x5EED_0003L);
    }

    @Test
    void behavesAsAMapWithOneHomeSlot() {
        againstModel(key -> TestIndex.mix(key) | 0x3FF, new TableMemory(), 100_000, 20_000, 0x5EED_0004L);
    }

    @Test
    void growsOverSeveralLevels() {
        // The top 14 bits are the same: two levels deep before the first record, depth 26 and level 3 in the end.
        LongUnaryOperator hash = key -> (0x2A5BL << 50) | (TestIndex.mix(key) >>> 14);
        TestIndex test = new TestIndex(new TableMemory(), hash);
        int n = 2_200_000;
        for (long key = 0; key < n; key++) {
            test.put(key);
        }
        assertEquals(n, test.index.size());
        int deepest = ImageOnHeap.of(test.index).tables.stream()
                .mapToInt(ImageOnHeap.Table::level)
                .max()
                .orElseThrow();
        assertTrue(deepest >= 3, "level " + deepest);
        for (long key = 0; key < n; key++) {
            assertEquals(HashIndex.MIN_POSITION + key, test.get(key));
        }
        for (long key = n; key < n + 10_000; key++) {
            assertEquals(TestIndex.ABSENT, test.get(key));
        }
    }

    @Test
    void distinctHashesThatDifferLateOnly() {
        // 40 common bits; 16,384 hashes of which each 64 share their home slot.
        TestIndex test = new TestIndex(new TableMemory(), key -> key << 8 | 0xAB);
        for (long key = 0; key < 1 << 16; key++) {
            test.put(key);
        }
        for (long key = 0; key < 1 << 16; key++) {
            assertEquals(HashIndex.MIN_POSITION + key, test.get(key));
        }
    }

    @Test
    void sameHashUpTo64Times() {
        TableMemory memory = new TableMemory();
        TestIndex test = new TestIndex(memory, key -> 0x1234_5678_9ABC_DEF0L);
        for (long key = 0; key < 64; key++) {
            test.put(key);
        }
        AshlarException refused = assertThrows(AshlarException.class, () -> test.put(64));
        assertTrue(refused.getMessage().contains("123456789abc"), refused::getMessage);
        assertEquals(64, test.index.size());
        for (long key = 0; key < 64; key++) {
            assertEquals(HashIndex.MIN_POSITION + key, test.get(key));
        }
        assertEquals(TestIndex.ABSENT, test.get(64));
        for (long key = 0; key < 64; key += 2) {
            test.remove(key);
        }
        for (long key = 100; key < 132; key++) {
            test.put(key);
        }
        for (long key = 1; key < 64; key += 2) {
            assertEquals(HashIndex.MIN_POSITION + key, test.get(key));
        }
        assertEquals(64, test.index.size());
    }

    @Test
    void removedSlotsAreUsedAgain() {
        TableMemory memory = new TableMemory();
        TestIndex test = new TestIndex(memory, TestIndex::mix);
        for (long key = 0; key < 400; key++) {
            test.put(key);
        }
        for (long key = 400; key < 200_000; key++) {
            test.put(key);
            test.remove(key - 400);
        }
        assertEquals(400, test.index.size());
        assertTrue(memory.usedBytes() <= 2L * HashIndex.TABLE_BYTES, "bytes " + memory.usedBytes());
    }

    @Test
    void clearGivesEverythingBack() {
        TableMemory memory = new TableMemory();
        TestIndex other = new TestIndex(memory, TestIndex::mix);
        TestIndex test = new TestIndex(memory, key -> TestIndex.mix(key) >>> (key & 31));
        for (int round = 0; round < 3; round++) {
            other.put(round);
            for (long key = 0; key < 20_000; key++) {
                test.put(key);
            }
            assertEquals(20_000, test.index.size());
            test.index.clear();
            assertEquals(0, test.index.size());
            assertEquals(TestIndex.ABSENT, test.get(5));
            assertEquals(HashIndex.TABLE_BYTES, memory.usedBytes());
            for (int i = 0; i <= round; i++) {
                assertTrue(other.get(i) != TestIndex.ABSENT);
            }
        }
    }

    @Test
    void refusesPositionsThatNoSlotCanHold() {
        TestIndex test = new TestIndex(new TableMemory(), TestIndex::mix);
        long[] wrong = {-1, 0, 15, HashIndex.MAX_POSITION + 1};
        for (long position : wrong) {
            assertThrows(IllegalArgumentException.class, () -> test.index.insert(1, position));
        }
        test.index.insert(1, HashIndex.MAX_POSITION);
        long at = test.index.home(test.index.entry(1), 1);
        assertEquals(HashIndex.MAX_POSITION, HashIndex.position(test.index.word(at)));
        for (long position : wrong) {
            assertThrows(IllegalArgumentException.class, () -> test.index.replace(at, position));
        }
        test.index.remove(at);
        assertThrows(IllegalStateException.class, () -> test.index.remove(at));
        assertThrows(IllegalStateException.class, () -> test.index.replace(at, 16));
    }

    @Test
    void removedSlotMatchesNothing() {
        long hash = 0; // its tag is that of the mark for a removed slot
        assertFalse(HashIndex.matches(TableLayout.REMOVED, 0, hash));
        assertFalse(HashIndex.matches(HashIndex.EMPTY, 0, hash));
        assertTrue(HashIndex.matches(HashIndex.MIN_POSITION, 0, hash));
    }

    /** What a reader does that was interrupted in the middle, for as long as one likes. */
    @Test
    void staleEntryFindsTheKeyOrHasChanged() {
        TestIndex test = new TestIndex(new TableMemory(), key -> TestIndex.mix(key) >>> (key & 15));
        HashIndex other = new HashIndex(test.memory, test::hashAt);
        long nextOther = 1L << 40;
        int n = 2_000;
        for (long key = 0; key < n; key++) {
            test.put(key);
        }
        SplittableRandom random = new SplittableRandom(0x5EED_0006L);
        long[] entries = new long[n];
        int changed = 0;
        for (int round = 0; round < 200; round++) {
            for (int key = 0; key < n; key++) {
                entries[key] = test.index.entry(test.hash.applyAsLong(key));
            }
            // Splits while it grows, rebuilds when keys come and go; tables go to the other index and come back.
            for (int i = random.nextInt(1_000); i > 0; i--) {
                test.put(n + (round < 100 ? round * 300L : 30_000) + random.nextInt(1_000));
                other.insert(test.hash.applyAsLong(nextOther), test.append(nextOther));
                nextOther++;
                test.remove(n + random.nextInt(30_000));
            }
            if (random.nextInt(10) == 0) {
                other.clear();
            }
            for (int key = 0; key < n; key++) {
                long position = test.scan(test.index, entries[key], key);
                if (position == TestIndex.ABSENT) {
                    assertTrue(test.index.entry(test.hash.applyAsLong(key)) != entries[key]);
                    changed++;
                }
                assertEquals(HashIndex.MIN_POSITION + key, test.get(key));
            }
        }
        assertTrue(changed > 100, "changed " + changed);
    }

    @Test
    void unreadableRecordDelaysTheNextLevel() {
        long[] bad = {TestIndex.ABSENT};
        TestIndex test = new TestIndex(new TableMemory(), TestIndex::mix);
        test.index = new HashIndex(test.memory, position -> {
            if (position == bad[0]) {
                throw new IllegalStateException("damaged");
            }
            return test.hashAt(position);
        });
        bad[0] = test.put(0);
        int n = 400_000; // depth 9 or 10
        for (long key = 1; key < n; key++) {
            test.put(key);
        }
        for (long key = 0; key < n; key++) {
            assertEquals(HashIndex.MIN_POSITION + key, test.get(key));
        }
        ImageOnHeap image = ImageOnHeap.of(test.index);
        assertTrue(image.tables.stream().anyMatch(table -> table.depth() > 8 && table.level() == 0));
        assertTrue(image.tables.stream().filter(table -> table.level() == 0).count() < image.tables.size() / 50);
        // Readable again, so the next split makes up for it.
        bad[0] = TestIndex.ABSENT;
        for (long key = n; key < 3L * n; key++) {
            test.put(key);
        }
        assertTrue(ImageOnHeap.of(test.index).tables.stream().allMatch(table -> table.level() == 1));
    }

    @Test
    void sourceThatContradictsTheIndexStopsItInTheEnd() {
        boolean[] wrong = {false};
        // The top 13 bits are the same, so a few hundred keys more make all the levels that a wrong source can delay.
        LongUnaryOperator hash = key -> TestIndex.mix(key) >>> 13;
        TestIndex test = new TestIndex(new TableMemory(), hash);
        test.index = new HashIndex(test.memory, position -> wrong[0] ? ~test.hashAt(position) : test.hashAt(position));
        wrong[0] = true;
        AshlarException refused = assertThrows(AshlarException.class, () -> {
            for (long key = 0; key < 5_000; key++) {
                test.put(key);
            }
        });
        assertTrue(refused.getMessage().contains("delete its directory \"index\""), refused::getMessage);
        long n = test.index.size();
        for (long key = 0; key < n; key++) {
            assertEquals(HashIndex.MIN_POSITION + key, test.get(key));
        }
        wrong[0] = false;
        test.put(6_000);
        assertEquals(n + 1, test.index.size());
    }

    @Test
    void oneMillionEntriesTakeNoMoreThan20BytesEach() {
        assertBytesPerEntry(1_000_000);
    }

    @Test
    @Tag("long")
    void tenMillionEntriesTakeNoMoreThan20BytesEach() {
        assertBytesPerEntry(10_000_000);
    }

    private static void assertBytesPerEntry(int n) {
        TableMemory memory = new TableMemory();
        long[] hashes = new long[n + (int) HashIndex.MIN_POSITION];
        HashIndex index = new HashIndex(memory, position -> hashes[(int) position]);
        SplittableRandom random = new SplittableRandom(0x5EED_0005L);
        for (int position = (int) HashIndex.MIN_POSITION; position < hashes.length; position++) {
            hashes[position] = random.nextLong();
            index.insert(hashes[position], position);
        }
        assertEquals(n, index.size());
        double bytes = (double) memory.usedBytes() / n;
        assertTrue(bytes <= 20, () -> bytes + " bytes per entry");
    }

    private static void againstModel(LongUnaryOperator hash, TableMemory memory, int steps, int keys, long seed) {
        TestIndex test = new TestIndex(memory, hash);
        Map<Long, Long> model = new HashMap<>();
        SplittableRandom random = new SplittableRandom(seed);
        for (int step = 0; step < steps; step++) {
            long key = random.nextInt(keys);
            // Waves of growing and shrinking, so that tables are rebuilt too.
            if (random.nextInt(100) < (step / (steps / 6) % 2 == 0 ? 80 : 35)) {
                model.put(key, test.put(key));
            } else {
                model.remove(key);
                test.remove(key);
            }
            assertEquals(model.size(), test.index.size());
        }
        assertSame(model, test, keys);
    }

    /** The index holds what the model holds, and nothing else. */
    static void assertSame(Map<Long, Long> model, TestIndex test, long keys) {
        for (long key = 0; key < keys; key++) {
            assertEquals(model.getOrDefault(key, TestIndex.ABSENT), test.get(key));
        }
        assertEquals(model.size(), test.index.size());
        Set<Long> positions = new HashSet<>();
        test.index.forEachPosition(positions::add);
        assertEquals(Set.copyOf(model.values()), positions);
    }
}
