package dev.ashlar.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class TopKTest {
    record Offer(int rank, long id, int run, int row) {}

    @Property(tries = 300)
    void theNearestAreKeptHoweverTheyComeAndAreDivided(
            @ForAll @IntRange(min = 1, max = 40) int k,
            @ForAll @IntRange(max = 200) int count,
            @ForAll @IntRange(min = 1, max = 4) int heaps,
            @ForAll @IntRange(min = 1, max = 50) int ranks,
            @ForAll long seed) {
        Random random = new Random(seed);
        List<Offer> offers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            // Few ranks, so that ids decide; ids of both signs.
            int rank = random.nextInt(ranks) == 0 ? Ranking.LAST : random.nextInt(ranks);
            offers.add(new Offer(rank, i % 2 == 0 ? i : Long.MIN_VALUE + i, random.nextInt(), random.nextInt()));
        }
        Collections.shuffle(offers, random);
        List<TopK> parts = new ArrayList<>();
        for (int i = 0; i < heaps; i++) {
            parts.add(new TopK(k));
        }
        for (Offer offer : offers) {
            TopK part = parts.get(random.nextInt(heaps));
            boolean admitted = part.admits(offer.rank, offer.id);
            assertTrue(!admitted || offer.rank <= part.bound(), "what is admitted is within the bound");
            if (admitted) {
                part.add(offer.rank, offer.id, offer.run, offer.row);
            }
        }
        TopK all = parts.getFirst();
        parts.subList(1, heaps).forEach(all::addAll);
        all.sort();
        List<Offer> kept = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            kept.add(new Offer(all.rank(i), all.id(i), all.run(i), all.row(i)));
        }
        offers.sort(Comparator.comparingInt(Offer::rank).thenComparingLong(Offer::id));
        assertEquals(offers.subList(0, Math.min(k, count)), kept);
    }

    @Example
    void aFullHeapAdmitsNothingFartherThanItsTop() {
        TopK top = new TopK(2);
        assertEquals(Ranking.LAST, top.bound());
        top.add(5, 7, 0, 0);
        assertTrue(top.admits(Ranking.LAST, Long.MAX_VALUE), "there is room, even for NaN");
        top.add(9, 3, 0, 1);
        assertEquals(9, top.bound());
        assertFalse(top.admits(9, 3));
        assertFalse(top.admits(9, 4));
        assertTrue(top.admits(9, 2));
        assertTrue(top.admits(9, Long.MIN_VALUE), "ids are signed");
        assertFalse(top.admits(10, 0));
        assertTrue(top.admits(8, Long.MAX_VALUE));
    }
}
