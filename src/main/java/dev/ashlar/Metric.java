package dev.ashlar;

/** How alike two vectors are. The engine computes it exactly, in the precision of the components' type. */
public enum Metric {
    /** The cosine of the angle between them, from -1 to 1; 0 if one of them has no length. The highest is the nearest. */
    COSINE(true),
    /** Their dot product. The highest is the nearest. */
    DOT_PRODUCT(true),
    /** The square of their Euclidean distance. The lowest is the nearest. */
    SQUARED_EUCLIDEAN(false),
    /** In how many bits they differ. The lowest is the nearest. For {@link VectorType#BIT}. */
    HAMMING(false),
    /** How many bits both have over how many one of them has; 1 if neither has any. The highest is the nearest. For {@link VectorType#BIT}. */
    JACCARD(true);

    private final boolean highestFirst;

    Metric(boolean highestFirst) {
        this.highestFirst = highestFirst;
    }

    /** Whether a higher score means nearer. */
    public boolean highestFirst() {
        return highestFirst;
    }

    /** Whether vectors of this type can be compared so. */
    public boolean suits(VectorType type) {
        return (type == VectorType.BIT) == (this == HAMMING || this == JACCARD);
    }
}
