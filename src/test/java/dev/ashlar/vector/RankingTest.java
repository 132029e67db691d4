package dev.ashlar.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Metric;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RankingTest {
    private static final long SEED = 20_261_126;

    private static final float[] ASCENDING = {
        Float.NEGATIVE_INFINITY,
        -Float.MAX_VALUE,
        -1,
        -Float.MIN_NORMAL,
        -Float.MIN_VALUE,
        0,
        Float.MIN_VALUE,
        Float.MIN_NORMAL,
        0.5f,
        Math.nextUp(0.5f),
        Float.MAX_VALUE,
        Float.POSITIVE_INFINITY
    };

    @Test
    void theLowestScoreIsFirstWhereItIsTheNearest() {
        Ranking ranking = new Ranking(Metric.SQUARED_EUCLIDEAN);
        for (int i = 1; i < ASCENDING.length; i++) {
            assertTrue(ranking.rank(ASCENDING[i - 1]) < ranking.rank(ASCENDING[i]), "at " + ASCENDING[i]);
        }
    }

    @Test
    void theHighestScoreIsFirstWhereItIsTheNearest() {
        Ranking ranking = new Ranking(Metric.DOT_PRODUCT);
        for (int i = 1; i < ASCENDING.length; i++) {
            assertTrue(ranking.rank(ASCENDING[i - 1]) > ranking.rank(ASCENDING[i]), "at " + ASCENDING[i]);
        }
    }

    @Test
    void notANumberIsBehindTheInfinities() {
        float negative = Float.intBitsToFloat(0xFFC0_1234);
        for (Metric metric : Metric.values()) {
            Ranking ranking = new Ranking(metric);
            for (float score : ASCENDING) {
                assertTrue(ranking.rank(score) < ranking.rank(Float.NaN), metric + " of " + score);
            }
            assertEquals(ranking.rank(Float.NaN), ranking.rank(negative), "there are many NaNs, and one rank for them");
            assertTrue(Float.isNaN(ranking.score(ranking.rank(negative))));
        }
    }

    @Test
    void bothZerosAreOne() {
        for (Metric metric : Metric.values()) {
            Ranking ranking = new Ranking(metric);
            assertEquals(ranking.rank(0.0f), ranking.rank(-0.0f));
            assertEquals(0, Float.floatToRawIntBits(ranking.score(ranking.rank(-0.0f))));
        }
    }

    @Test
    void aRankKeepsItsScore() {
        Random random = new Random(SEED);
        for (Metric metric : Metric.values()) {
            Ranking ranking = new Ranking(metric);
            for (int i = 0; i < 10_000; i++) {
                float score = Float.intBitsToFloat(random.nextInt());
                if (!Float.isNaN(score) && score != 0) {
                    assertEquals(score, ranking.score(ranking.rank(score)), "seed " + SEED);
                }
            }
        }
    }
}
