package dev.ashlar.simd;

/** From sums to a cosine, the same for every kernel. */
final class Cosine {

    /**
     * Squares of components below this one's root lose bits, as float has no smaller exponents for them. From here up,
     * what is lost is below the rounding of the sum, for as many components as there can be.
     */
    private static final float LEAST_NORM = 0x1p-100f;

    private Cosine() {}

    /** From sums in float: NaN where they cannot be trusted, because they left the range of float or came close. */
    static float ofFloats(float dot, float aNorm, float bNorm) {
        if (aNorm >= LEAST_NORM && aNorm <= Float.MAX_VALUE && bNorm >= LEAST_NORM && bNorm <= Float.MAX_VALUE) {
            return clamped(dot / Math.sqrt((double) aNorm * bNorm));
        }
        return Float.NaN;
    }

    /** From exact sums, each below 2^53: 0 where a norm is. */
    static float ofIntegers(long dot, long aNorm, long bNorm) {
        return aNorm == 0 || bNorm == 0 ? 0 : clamped(dot / Math.sqrt((double) aNorm * bNorm));
    }

    /** Rounding can carry the quotient past what a cosine can be. NaN stays. */
    static float clamped(double cosine) {
        return (float) Math.max(-1, Math.min(1, cosine));
    }
}
