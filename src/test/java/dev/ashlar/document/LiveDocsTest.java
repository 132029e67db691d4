package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.ashlar.CorruptionException;
import java.util.BitSet;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LiveDocsTest {
    private static LiveDocs random(Random random, int documents, BitSet dead) {
        LiveDocs live = LiveDocs.all(documents);
        for (int round = random.nextInt(4); round > 0 && documents > 0; round--) {
            int[] more =
                    random.ints(random.nextInt(1 + documents), 0, documents).toArray();
            live = live.without(more);
            for (int ordinal : more) {
                dead.set(ordinal);
            }
        }
        return live;
    }

    @Property(tries = 200)
    void itIsASetOfOrdinals(@ForAll long seed, @ForAll @IntRange(max = 300) int documents) {
        Random random = new Random(seed);
        BitSet dead = new BitSet();
        LiveDocs live = random(random, documents, dead);
        assertEquals(dead.cardinality(), live.dead());
        assertEquals(documents - dead.cardinality(), live.live());
        for (int i = 0; i < documents; i++) {
            assertEquals(!dead.get(i), live.isLive(i));
        }
        for (int i = 0; i < 20; i++) {
            int from = random.nextInt(documents + 1);
            int to = from + random.nextInt(documents + 1 - from);
            assertEquals(to - from - dead.get(from, to).cardinality(), live.liveBetween(from, to));
            int next = dead.nextClearBit(from);
            assertEquals(next < documents ? next : -1, live.nextLive(from));
        }
        assertThrows(IndexOutOfBoundsException.class, () -> live.isLive(documents));
        assertThrows(IndexOutOfBoundsException.class, () -> live.liveBetween(0, documents + 1));
    }

    @Test
    void whatIsDeadAlreadyChangesNothing() {
        LiveDocs live = LiveDocs.all(100).without(3, 3);
        assertEquals(99, live.live());
        assertSame(live, live.without(3));
        assertEquals(LiveDocs.all(100).without(1).without(3), live.without(1));
        assertEquals(100, LiveDocs.all(100).live());
    }

    @Property(tries = 50)
    void masksAreReadAsTheyWereWritten(@ForAll long seed) {
        Random random = new Random(seed);
        Map<Long, LiveDocs> masks = new TreeMap<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            LiveDocs mask = random.nextBoolean()
                    ? random(random, random.nextInt(2000), new BitSet())
                    : LiveDocs.all(10_000)
                            .without(random.ints(random.nextInt(200), 0, 10_000).toArray());
            masks.put((long) random.nextInt(1000), mask);
        }
        TestSegments segments = TestSegments.simulated();
        LiveFile.write(segments.storage, TestSegments.STORE, 7, 5, masks);
        assertEquals(masks, LiveFile.read(segments.storage, TestSegments.STORE, 7, 5));
    }

    @Test
    void everyByteFlippedIsNoticed() {
        TestSegments segments = TestSegments.simulated();
        Map<Long, LiveDocs> masks = Map.of(
                1L, LiveDocs.all(70).without(1, 64), 2L, LiveDocs.all(2000).without(1500, 7));
        LiveFile.write(segments.storage, TestSegments.STORE, 7, 5, masks);
        String name = DocumentFiles.live(5);
        byte[] content = segments.content(name);
        for (int at = 0; at < content.length; at++) {
            segments.overwrite(name, at, content[at] ^ 4);
            assertThrows(CorruptionException.class, () -> LiveFile.read(segments.storage, TestSegments.STORE, 7, 5));
            segments.overwrite(name, at, content[at]);
        }
        assertThrows(CorruptionException.class, () -> LiveFile.read(segments.storage, TestSegments.STORE, 8, 5));
        assertEquals(masks, LiveFile.read(segments.storage, TestSegments.STORE, 7, 5));
    }
}
