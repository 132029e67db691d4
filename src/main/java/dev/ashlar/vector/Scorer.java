package dev.ashlar.vector;

import dev.ashlar.Metric;
import dev.ashlar.VectorOptions;
import dev.ashlar.simd.Distances;
import java.lang.foreign.MemorySegment;

/**
 * Scores rows of a run against one query, with the kernel for the collection's metric and type. For any thread.
 *
 * <p>A row's score does not depend on which rows it is scored with ({@link Distances} promises that), so neither does it on
 * how a search is divided.
 */
final class Scorer {
    /** A kernel. Not objects with a method each: a call through one would see eight classes, and stay a call. */
    private enum Kernel {
        DOT,
        SQUARED_L2,
        COSINE,
        DOT_INT8,
        SQUARED_L2_INT8,
        COSINE_INT8,
        HAMMING,
        JACCARD
    }

    private final Kernel kernel;
    private final MemorySegment query;
    private final int dimension;
    private final long stride;

    /** @param query native, begins at a multiple of 64 and has zeros behind it up to the next one */
    Scorer(VectorOptions options, MemorySegment query) {
        this.kernel = kernel(options);
        this.query = query;
        this.dimension = options.dimension();
        this.stride = options.stride();
    }

    private static Kernel kernel(VectorOptions options) {
        Metric metric = options.metric();
        return switch (options.type()) {
            case FLOAT32 ->
                switch (metric) {
                    case COSINE -> Kernel.COSINE;
                    case DOT_PRODUCT -> Kernel.DOT;
                    case SQUARED_EUCLIDEAN -> Kernel.SQUARED_L2;
                    case HAMMING, JACCARD -> throw unsuitable(options);
                };
            case INT8 ->
                switch (metric) {
                    case COSINE -> Kernel.COSINE_INT8;
                    case DOT_PRODUCT -> Kernel.DOT_INT8;
                    case SQUARED_EUCLIDEAN -> Kernel.SQUARED_L2_INT8;
                    case HAMMING, JACCARD -> throw unsuitable(options);
                };
            case BIT ->
                switch (metric) {
                    case HAMMING -> Kernel.HAMMING;
                    case JACCARD -> Kernel.JACCARD;
                    case COSINE, DOT_PRODUCT, SQUARED_EUCLIDEAN -> throw unsuitable(options);
                };
        };
    }

    /** VectorOptions refuses those. */
    private static AssertionError unsuitable(VectorOptions options) {
        return new AssertionError(options.metric() + " of " + options.type());
    }

    /**
     * Scores rows that follow each other, all of which count.
     *
     * @param bytes the run's
     * @param scores gets the score of row {@code first + i} at i
     */
    void score(RowRun run, MemorySegment bytes, int first, int count, float[] scores) {
        if (count > 1 && run.isDense()) {
            many(bytes, run.rowAt(first), count, scores);
        } else {
            for (int i = 0; i < count; i++) {
                scores[i] = one(bytes, run.rowAt(first + i));
            }
        }
    }

    private float one(MemorySegment rows, long at) {
        return switch (kernel) {
            case DOT -> Distances.dot(query, 0, rows, at, dimension);
            case SQUARED_L2 -> Distances.squaredL2(query, 0, rows, at, dimension);
            case COSINE -> Distances.cosine(query, 0, rows, at, dimension);
            case DOT_INT8 -> Distances.dotInt8(query, 0, rows, at, dimension);
            case SQUARED_L2_INT8 -> Distances.squaredL2Int8(query, 0, rows, at, dimension);
            case COSINE_INT8 -> Distances.cosineInt8(query, 0, rows, at, dimension);
            case HAMMING -> Distances.hamming(query, 0, rows, at, dimension);
            case JACCARD -> Distances.jaccard(query, 0, rows, at, dimension);
        };
    }

    private void many(MemorySegment rows, long at, int count, float[] scores) {
        switch (kernel) {
            case DOT -> Distances.dotMany(query, 0, rows, at, stride, count, dimension, scores);
            case SQUARED_L2 -> Distances.squaredL2Many(query, 0, rows, at, stride, count, dimension, scores);
            case COSINE -> Distances.cosineMany(query, 0, rows, at, stride, count, dimension, scores);
            case DOT_INT8 -> Distances.dotInt8Many(query, 0, rows, at, stride, count, dimension, scores);
            case SQUARED_L2_INT8 -> Distances.squaredL2Int8Many(query, 0, rows, at, stride, count, dimension, scores);
            case COSINE_INT8 -> Distances.cosineInt8Many(query, 0, rows, at, stride, count, dimension, scores);
            case HAMMING -> Distances.hammingMany(query, 0, rows, at, stride, count, dimension, scores);
            case JACCARD -> Distances.jaccardMany(query, 0, rows, at, stride, count, dimension, scores);
        }
    }
}
