package dev.ashlar.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("simd")
class LineSearchTest {
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int SHIFT = 40;

    private final MemorySegment lines = Arena.ofAuto().allocate(192, 64);
    private final Random random = new Random(Inputs.RANDOM_SEED);

    @Test
    void aTagIsFoundAtEachOfTheEightPlaces() {
        for (int place = 0; place < LineSearch.WORDS; place++) {
            fill(64, 0x111111L);
            set(64 + place * 8, 0xABCDEFL);
            assertEquals(place, LineSearch.indexOf(lines, 64, SHIFT, 0xABCDEFL));
        }
    }

    @Test
    void theFirstOfSeveralIsFound() {
        for (int first = 0; first < LineSearch.WORDS; first++) {
            fill(64, 0x111111L);
            for (int place = first; place < LineSearch.WORDS; place++) {
                set(64 + place * 8, 0xFFFFFFL);
            }
            assertEquals(first, LineSearch.indexOf(lines, 64, SHIFT, 0xFFFFFFL));
        }
    }

    @Test
    void whatIsNotInTheLineIsNotFoundThoughItsNeighboursHaveIt() {
        fill(0, 0x77L);
        fill(64, 0x78L);
        fill(128, 0x77L);
        assertEquals(LineSearch.WORDS, LineSearch.indexOf(lines, 64, SHIFT, 0x77L));
    }

    @Test
    void theBitsBelowTheTagDoNotMatter() {
        for (int i = 0; i < 1000; i++) {
            fill(64, 1);
            int place = random.nextInt(LineSearch.WORDS);
            set(64 + place * 8, 0);
            assertEquals(place, LineSearch.indexOf(lines, 64, SHIFT, 0));
        }
    }

    /** All words of a line get the tag, and any bits below it. */
    private void fill(long line, long tag) {
        for (int place = 0; place < LineSearch.WORDS; place++) {
            set(line + place * 8, tag);
        }
    }

    private void set(long at, long tag) {
        lines.set(WORD, at, tag << SHIFT | random.nextLong() & (1L << SHIFT) - 1);
    }
}
