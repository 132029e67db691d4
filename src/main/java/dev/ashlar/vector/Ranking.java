package dev.ashlar.vector;

import dev.ashlar.Metric;

/**
 * Scores as ranks: whole numbers of which the lowest is the nearest, whatever the metric. 0.0 and -0.0 are one rank, which
 * stands for 0.0; NaN has the last one, behind the infinities.
 */
final class Ranking {
    static final int LAST = Integer.MAX_VALUE;

    /** All ones where a higher score is nearer. */
    private final int flip;

    Ranking(Metric metric) {
        this.flip = metric.highestFirst() ? -1 : 0;
    }

    int rank(float score) {
        int rank = ordered(Float.floatToRawIntBits(score + 0.0f)) ^ flip; // -0.0 + 0.0 is 0.0
        return Float.isNaN(score) ? LAST : rank;
    }

    float score(int rank) {
        return rank == LAST ? Float.NaN : Float.intBitsToFloat(ordered(rank ^ flip));
    }

    /** The bits of floats in the order of ints, and back: those of negative floats grow with their magnitude. */
    private static int ordered(int bits) {
        return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    }
}
