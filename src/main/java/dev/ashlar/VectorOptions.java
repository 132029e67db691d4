package dev.ashlar;

import java.util.Objects;

/**
 * What a vector collection is created with. Dimension, type, metric and {@link #nonFinite()} are stored in the log; opening
 * an existing collection with others is an {@link IllegalArgumentException}. Verification is a choice of each opening.
 *
 * @param dimension number of components, 1 to {@link #MAX_DIMENSION}
 * @param type what they are
 * @param metric what a search ranks by
 * @param nonFinite whether NaN and infinities may be stored
 * @param verification when checksums are compared on reads of single rows
 */
public record VectorOptions(
        int dimension, VectorType type, Metric metric, NonFinite nonFinite, Verification verification) {
    public static final int MAX_DIMENSION = 65_536;

    /** What to do with float components that are NaN or infinite. */
    public enum NonFinite {
        /** A vector with such a component is refused, and so is a query. */
        REJECT,
        /** They are stored as they are. A score that is NaN ranks behind all others. */
        ALLOW
    }

    public VectorOptions {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(metric, "metric");
        Objects.requireNonNull(nonFinite, "nonFinite");
        Objects.requireNonNull(verification, "verification");
        if (dimension < 1 || dimension > MAX_DIMENSION) {
            throw new IllegalArgumentException("dimension is " + dimension + "; it must be from 1 to " + MAX_DIMENSION);
        }
        if (!metric.suits(type)) {
            throw new IllegalArgumentException("vectors of type " + type + " cannot be compared by " + metric
                    + (type == VectorType.BIT ? "; use HAMMING or JACCARD" : "; HAMMING and JACCARD are for BIT"));
        }
    }

    /** Float32, cosine, finite components only, verification at first access. */
    public static VectorOptions of(int dimension) {
        return new VectorOptions(dimension, VectorType.FLOAT32, Metric.COSINE, NonFinite.REJECT, Verification.ONCE);
    }

    /** With this type; the metric becomes {@link Metric#HAMMING} where the present one does not suit bits, and {@link Metric#COSINE} where it suits only them. */
    public VectorOptions type(VectorType type) {
        Metric suitable = metric.suits(type) ? metric : type == VectorType.BIT ? Metric.HAMMING : Metric.COSINE;
        return new VectorOptions(dimension, type, suitable, nonFinite, verification);
    }

    public VectorOptions metric(Metric metric) {
        return new VectorOptions(dimension, type, metric, nonFinite, verification);
    }

    public VectorOptions nonFinite(NonFinite nonFinite) {
        return new VectorOptions(dimension, type, metric, nonFinite, verification);
    }

    public VectorOptions verification(Verification verification) {
        return new VectorOptions(dimension, type, metric, nonFinite, verification);
    }

    /** Bytes of a row: of its components, without padding. */
    public int rowBytes() {
        return type.bytes(dimension);
    }

    /** Bytes from one row of a segment to the next: {@link #rowBytes()} rounded up to 64. */
    public int stride() {
        return (rowBytes() + 63) / 64 * 64;
    }
}
