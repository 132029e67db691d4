package dev.ashlar.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.VectorHit;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class WindowsTest {
    /** So many rows, of which nobody asks anything. */
    private record Rows(int count) implements RowRun {
        @Override
        public MemorySegment bytes() {
            throw new AssertionError();
        }

        @Override
        public boolean isDense() {
            throw new AssertionError();
        }

        @Override
        public long rowAt(int row) {
            throw new AssertionError();
        }

        @Override
        public long liveMask(int word) {
            throw new AssertionError();
        }

        @Override
        public long id(int row) {
            throw new AssertionError();
        }

        @Override
        public VectorHit hit(int row, float score) {
            throw new AssertionError();
        }
    }

    private static Windows windows(List<Integer> counts, int stride, int bytes) {
        return new Windows(counts.stream().map(Rows::new).toArray(RowRun[]::new), stride, bytes);
    }

    @Property
    void eachWordOfEachRunIsGivenToOneThreadOnce(
            @ForAll @Size(max = 8) List<@IntRange(max = 5000) Integer> counts,
            @ForAll @IntRange(min = 1, max = 3) int lines,
            @ForAll @IntRange(min = 1, max = 200_000) int bytes,
            @ForAll long seed) {
        Windows windows = windows(counts, lines * 64, bytes);
        List<Windows.Way> ways = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ways.add(windows.new Way());
        }
        List<int[]> seen = new ArrayList<>();
        counts.forEach(count -> seen.add(new int[(count + 63) / 64]));
        Random random = new Random(seed);
        while (!ways.isEmpty()) {
            Windows.Way way = ways.get(random.nextInt(ways.size()));
            if (!way.next()) {
                ways.remove(way);
                continue;
            }
            assertEquals(counts.get(way.runNumber()), way.run().count());
            assertTrue(way.firstWord() < way.endWord(), "no window is empty");
            long taken = (way.endWord() - way.firstWord()) * 64L * lines * 64;
            assertTrue(taken <= bytes || way.endWord() - way.firstWord() == 1, taken + " bytes");
            for (int word = way.firstWord(); word < way.endWord(); word++) {
                seen.get(way.runNumber())[word]++;
            }
        }
        for (int[] words : seen) {
            for (int times : words) {
                assertEquals(1, times);
            }
        }
        assertEquals(counts.stream().mapToLong(Integer::longValue).sum(), windows.rows());
    }

    @Example
    void runsMayBeAsLargeAsNumbersGo() {
        Windows windows = windows(List.of(Integer.MAX_VALUE, Integer.MAX_VALUE), 262_144, 512 << 10);
        assertEquals(2L * Integer.MAX_VALUE, windows.rows());
        assertEquals(Integer.MAX_VALUE, windows.worthThreads());
        Windows.Way way = windows.new Way();
        long words = 0;
        for (int last = 0; way.next() && way.runNumber() == 0; last = way.endWord()) {
            assertEquals(last, way.firstWord());
            words += way.endWord() - way.firstWord();
        }
        assertEquals((Integer.MAX_VALUE + 63L) / 64, words);
    }

    @Example
    void littleWorkIsWorthOneThread() {
        assertEquals(1, windows(List.of(), 64, Windows.BYTES).worthThreads());
        assertEquals(1, windows(List.of(10, 10, 10), 64, Windows.BYTES).worthThreads());
        assertEquals(4, windows(List.of(10_000, 24_000), 64, Windows.BYTES).worthThreads());
    }
}
