package dev.ashlar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * What to search for. Immutable, except for what the caller's memory and functions do; may be used for any number of
 * searches.
 *
 * @param vector the components of the query as they are stored: {@link VectorOptions#rowBytes()} bytes. Read while the
 *     search begins
 * @param k how many rows are wanted at the most, 1 to {@link #MAX_K}
 * @param filter asked for the ids of rows that would be among the nearest, on any of the search's threads, any number of
 *     times; what it throws ends the search and reaches the caller as it is. The search does not return before all calls
 *     have; null: all rows count
 * @param among only these rows count; null: all do. Ids that are not there are passed over
 * @param parallelism how many threads may work on the search, the caller's included; 0: as many as there are processors
 * @param deadline how long the search may take, from the call on; null: as long as it takes
 * @param cancelled asked from time to time, on any of the search's threads; null: nobody cancels it
 */
public record VectorQuery(
        MemorySegment vector,
        int k,
        @Nullable LongPredicate filter,
        long @Nullable [] among,
        int parallelism,
        @Nullable Duration deadline,
        @Nullable BooleanSupplier cancelled) {
    public static final int MAX_K = 65_536;

    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    public VectorQuery {
        Objects.requireNonNull(vector, "vector");
        if (k < 1 || k > MAX_K) {
            throw new IllegalArgumentException("k is " + k + "; it must be from 1 to " + MAX_K);
        }
        if (parallelism < 0) {
            throw new IllegalArgumentException("parallelism is " + parallelism + "; it must not be negative");
        }
        if (deadline != null && (deadline.isNegative() || deadline.isZero())) {
            throw new IllegalArgumentException("the deadline is " + deadline + "; it must be above zero");
        }
        among = among == null ? null : among.clone();
    }

    /** The ten nearest of all rows, on as many threads as there are processors. */
    public static VectorQuery of(MemorySegment vector) {
        return new VectorQuery(vector, 10, null, null, 0, null, null);
    }

    /** As {@link #of(MemorySegment)}; the components are copied. */
    public static VectorQuery of(float... vector) {
        // In an array of floats, so that a collection of another type can tell.
        MemorySegment components = MemorySegment.ofArray(new float[vector.length]);
        MemorySegment.copy(vector, 0, components, FLOAT, 0, vector.length);
        return of(components);
    }

    /** As {@link #of(MemorySegment)}, of int8 or bit components, which are copied. */
    public static VectorQuery of(byte[] vector) {
        return of(MemorySegment.ofArray(vector.clone()));
    }

    public VectorQuery k(int k) {
        return new VectorQuery(vector, k, filter, among, parallelism, deadline, cancelled);
    }

    public VectorQuery filter(@Nullable LongPredicate filter) {
        return new VectorQuery(vector, k, filter, among, parallelism, deadline, cancelled);
    }

    public VectorQuery among(long... ids) {
        return new VectorQuery(vector, k, filter, ids, parallelism, deadline, cancelled);
    }

    public VectorQuery parallelism(int threads) {
        return new VectorQuery(vector, k, filter, among, threads, deadline, cancelled);
    }

    public VectorQuery deadline(@Nullable Duration deadline) {
        return new VectorQuery(vector, k, filter, among, parallelism, deadline, cancelled);
    }

    public VectorQuery cancelledBy(@Nullable BooleanSupplier cancelled) {
        return new VectorQuery(vector, k, filter, among, parallelism, deadline, cancelled);
    }
}
