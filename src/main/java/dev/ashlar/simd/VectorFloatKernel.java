package dev.ashlar.simd;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static jdk.incubator.vector.VectorOperators.MAX;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Distances of float32 rows in vectors of the width that {@link SimdSupport} chose. Loaded by name only. As in
 * {@link VectorXxh3}, no vector enters or leaves a method of ours.
 *
 * <p>A row's vectors are added in turn to four accumulators, so that an addition need not wait for the one before it;
 * vectors that are left over go to the first.
 *
 * <p>Of many rows, one comes after the other, from its beginning to its end: so memory is read as one stream, which the
 * processor reads ahead. Two rows at a time, which share what is loaded of the query, are two streams that begin anew with
 * each pair: from memory that took one and a half to twice as long. What it saves is worth something only to rows that a
 * cache holds, and then there are few.
 *
 * <p>Each access to a segment is checked against its bounds, in a 64-bit comparison. Before a loop with such, the
 * compiler does a good deal of work for each, which took as long as 20 vectors. So a step of the loop makes a slice of
 * four vectors, one check, and what is loaded from it at constant places needs none. The slice is never an object.
 *
 * <p>Lanes are added up by exchanging halves, and not with {@code reduceLanes}: that may add floats in any order, and
 * does so in another before it is compiled than after.
 */
final class VectorFloatKernel implements FloatKernel {
    private static final VectorShape SHAPE = VectorShape.forBitSize(SimdSupport.vectorBits());
    private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, SHAPE);
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SHAPE);

    private static final int LANES = FLOATS.length();
    private static final int WIDTH = FLOATS.vectorByteSize();
    private static final int PER_LINE = Distances.LINE / WIDTH;

    private static final boolean FMA = SimdSupport.hasFusedMultiplyAdd();

    /** Each lane from the one that far away; of no use, but valid, where there is none. */
    private static final VectorShuffle<Float> BY_2 = VectorShuffle.fromOp(FLOATS, lane -> lane ^ 2);

    private static final VectorShuffle<Float> BY_4 = VectorShuffle.fromOp(FLOATS, lane -> (lane ^ 4) % LANES);
    private static final VectorShuffle<Float> BY_8 = VectorShuffle.fromOp(FLOATS, lane -> (lane ^ 8) % LANES);

    /** The bits of a float without its sign, and what they are of an infinity; those of NaN are above. */
    private static final int ABSOLUTE = 0x7FFF_FFFF;

    private static final int INFINITE = 0x7F80_0000;

    VectorFloatKernel() {}

    @Override
    public float dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        FloatVector s2 = FloatVector.zero(FLOATS);
        FloatVector s3 = FloatVector.zero(FLOATS);
        int vectors = lines * PER_LINE;
        int quads = vectors / 4;
        for (int i = 0; i < quads; i++) {
            long at = (long) i * (4 * WIDTH);
            MemorySegment fromA = a.asSlice(aAt + at, 4 * WIDTH);
            MemorySegment fromB = b.asSlice(bAt + at, 4 * WIDTH);
            FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, fromA, 0, LITTLE_ENDIAN);
            FloatVector y0 = FloatVector.fromMemorySegment(FLOATS, fromB, 0, LITTLE_ENDIAN);
            s0 = FMA ? x0.fma(y0, s0) : s0.add(x0.mul(y0));
            FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, fromA, WIDTH, LITTLE_ENDIAN);
            FloatVector y1 = FloatVector.fromMemorySegment(FLOATS, fromB, WIDTH, LITTLE_ENDIAN);
            s1 = FMA ? x1.fma(y1, s1) : s1.add(x1.mul(y1));
            FloatVector x2 = FloatVector.fromMemorySegment(FLOATS, fromA, 2 * WIDTH, LITTLE_ENDIAN);
            FloatVector y2 = FloatVector.fromMemorySegment(FLOATS, fromB, 2 * WIDTH, LITTLE_ENDIAN);
            s2 = FMA ? x2.fma(y2, s2) : s2.add(x2.mul(y2));
            FloatVector x3 = FloatVector.fromMemorySegment(FLOATS, fromA, 3 * WIDTH, LITTLE_ENDIAN);
            FloatVector y3 = FloatVector.fromMemorySegment(FLOATS, fromB, 3 * WIDTH, LITTLE_ENDIAN);
            s3 = FMA ? x3.fma(y3, s3) : s3.add(x3.mul(y3));
        }
        for (int i = 4 * quads; i < vectors; i++) {
            long at = (long) i * WIDTH;
            FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, a, aAt + at, LITTLE_ENDIAN);
            FloatVector y0 = FloatVector.fromMemorySegment(FLOATS, b, bAt + at, LITTLE_ENDIAN);
            s0 = FMA ? x0.fma(y0, s0) : s0.add(x0.mul(y0));
        }
        s0 = s0.add(s1).add(s2.add(s3));
        if (LANES > 8) {
            s0 = s0.add(s0.rearrange(BY_8));
        }
        if (LANES > 4) {
            s0 = s0.add(s0.rearrange(BY_4));
        }
        s0 = s0.add(s0.rearrange(BY_2));
        return s0.lane(0) + s0.lane(1);
    }

    @Override
    public float squaredL2(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        FloatVector s2 = FloatVector.zero(FLOATS);
        FloatVector s3 = FloatVector.zero(FLOATS);
        int vectors = lines * PER_LINE;
        int quads = vectors / 4;
        for (int i = 0; i < quads; i++) {
            long at = (long) i * (4 * WIDTH);
            MemorySegment fromA = a.asSlice(aAt + at, 4 * WIDTH);
            MemorySegment fromB = b.asSlice(bAt + at, 4 * WIDTH);
            FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, fromA, 0, LITTLE_ENDIAN);
            FloatVector y0 = FloatVector.fromMemorySegment(FLOATS, fromB, 0, LITTLE_ENDIAN);
            FloatVector d0 = x0.sub(y0);
            s0 = FMA ? d0.fma(d0, s0) : s0.add(d0.mul(d0));
            FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, fromA, WIDTH, LITTLE_ENDIAN);
            FloatVector y1 = FloatVector.fromMemorySegment(FLOATS, fromB, WIDTH, LITTLE_ENDIAN);
            FloatVector d1 = x1.sub(y1);
            s1 = FMA ? d1.fma(d1, s1) : s1.add(d1.mul(d1));
            FloatVector x2 = FloatVector.fromMemorySegment(FLOATS, fromA, 2 * WIDTH, LITTLE_ENDIAN);
            FloatVector y2 = FloatVector.fromMemorySegment(FLOATS, fromB, 2 * WIDTH, LITTLE_ENDIAN);
            FloatVector d2 = x2.sub(y2);
            s2 = FMA ? d2.fma(d2, s2) : s2.add(d2.mul(d2));
            FloatVector x3 = FloatVector.fromMemorySegment(FLOATS, fromA, 3 * WIDTH, LITTLE_ENDIAN);
            FloatVector y3 = FloatVector.fromMemorySegment(FLOATS, fromB, 3 * WIDTH, LITTLE_ENDIAN);
            FloatVector d3 = x3.sub(y3);
            s3 = FMA ? d3.fma(d3, s3) : s3.add(d3.mul(d3));
        }
        for (int i = 4 * quads; i < vectors; i++) {
            long at = (long) i * WIDTH;
            FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, a, aAt + at, LITTLE_ENDIAN);
            FloatVector y0 = FloatVector.fromMemorySegment(FLOATS, b, bAt + at, LITTLE_ENDIAN);
            FloatVector d0 = x0.sub(y0);
            s0 = FMA ? d0.fma(d0, s0) : s0.add(d0.mul(d0));
        }
        s0 = s0.add(s1).add(s2.add(s3));
        if (LANES > 8) {
            s0 = s0.add(s0.rearrange(BY_8));
        }
        if (LANES > 4) {
            s0 = s0.add(s0.rearrange(BY_4));
        }
        s0 = s0.add(s0.rearrange(BY_2));
        return s0.lane(0) + s0.lane(1);
    }

    @Override
    public float cosine(MemorySegment a, long aAt, MemorySegment b, long bAt, int lines) {
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        FloatVector s2 = FloatVector.zero(FLOATS);
        FloatVector s3 = FloatVector.zero(FLOATS);
        FloatVector p0 = FloatVector.zero(FLOATS);
        FloatVector p1 = FloatVector.zero(FLOATS);
        FloatVector p2 = FloatVector.zero(FLOATS);
        FloatVector p3 = FloatVector.zero(FLOATS);
        FloatVector q0 = FloatVector.zero(FLOATS);
        FloatVector q1 = FloatVector.zero(FLOATS);
        FloatVector q2 = FloatVector.zero(FLOATS);
        FloatVector q3 = FloatVector.zero(FLOATS);
        int vectors = lines * PER_LINE;
        int quads = vectors / 4;
        for (int i = 0; i < quads; i++) {
            long at = (long) i * (4 * WIDTH);
            MemorySegment fromA = a.asSlice(aAt + at, 4 * WIDTH);
            MemorySegment fromB = b.asSlice(bAt + at, 4 * WIDTH);
            FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, fromA, 0, LITTLE_ENDIAN);
            FloatVector y0 = FloatVector.fromMemorySegment(FLOATS, fromB, 0, LITTLE_ENDIAN);
            s0 = FMA ? x0.fma(y0, s0) : s0.add(x0.mul(y0));
            p0 = FMA ? x0.fma(x0, p0) : p0.add(x0.mul(x0));
            q0 = FMA ? y0.fma(y0, q0) : q0.add(y0.mul(y0));
            FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, fromA, WIDTH, LITTLE_ENDIAN);
            FloatVector y1 = FloatVector.fromMemorySegment(FLOATS, fromB, WIDTH, LITTLE_ENDIAN);
            s1 = FMA ? x1.fma(y1, s1) : s1.add(x1.mul(y1));
            p1 = FMA ? x1.fma(x1, p1) : p1.add(x1.mul(x1));
            q1 = FMA ? y1.fma(y1, q1) : q1.add(y1.mul(y1));
            FloatVector x2 = FloatVector.fromMemorySegment(FLOATS, fromA, 2 * WIDTH, LITTLE_ENDIAN);
            FloatVector y2 = FloatVector.fromMemorySegment(FLOATS, fromB, 2 * WIDTH, LITTLE_ENDIAN);
            s2 = FMA ? x2.fma(y2, s2) : s2.add(x2.mul(y2));
            p2 = FMA ? x2.fma(x2, p2) : p2.add(x2.mul(x2));
            q2 = FMA ? y2.fma(y2, q2) : q2.add(y2.mul(y2));
            FloatVector x3 = FloatVector.fromMemorySegment(FLOATS, fromA, 3 * WIDTH, LITTLE_ENDIAN);
            FloatVector y3 = FloatVector.fromMemorySegment(FLOATS, fromB, 3 * WIDTH, LITTLE_ENDIAN);
            s3 = FMA ? x3.fma(y3, s3) : s3.add(x3.mul(y3));
            p3 = FMA ? x3.fma(x3, p3) : p3.add(x3.mul(x3));
            q3 = FMA ? y3.fma(y3, q3) : q3.add(y3.mul(y3));
        }
        for (int i = 4 * quads; i < vectors; i++) {
            long at = (long) i * WIDTH;
            FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, a, aAt + at, LITTLE_ENDIAN);
            FloatVector y0 = FloatVector.fromMemorySegment(FLOATS, b, bAt + at, LITTLE_ENDIAN);
            s0 = FMA ? x0.fma(y0, s0) : s0.add(x0.mul(y0));
            p0 = FMA ? x0.fma(x0, p0) : p0.add(x0.mul(x0));
            q0 = FMA ? y0.fma(y0, q0) : q0.add(y0.mul(y0));
        }
        s0 = s0.add(s1).add(s2.add(s3));
        p0 = p0.add(p1).add(p2.add(p3));
        q0 = q0.add(q1).add(q2.add(q3));
        if (LANES > 8) {
            s0 = s0.add(s0.rearrange(BY_8));
        }
        if (LANES > 4) {
            s0 = s0.add(s0.rearrange(BY_4));
        }
        s0 = s0.add(s0.rearrange(BY_2));
        if (LANES > 8) {
            p0 = p0.add(p0.rearrange(BY_8));
        }
        if (LANES > 4) {
            p0 = p0.add(p0.rearrange(BY_4));
        }
        p0 = p0.add(p0.rearrange(BY_2));
        if (LANES > 8) {
            q0 = q0.add(q0.rearrange(BY_8));
        }
        if (LANES > 4) {
            q0 = q0.add(q0.rearrange(BY_4));
        }
        q0 = q0.add(q0.rearrange(BY_2));
        return Cosine.ofFloats(s0.lane(0) + s0.lane(1), p0.lane(0) + p0.lane(1), q0.lane(0) + q0.lane(1));
    }

    @Override
    public void dotMany(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores) {
        for (int row = 0; row < count; row++) {
            scores[row] = dot(query, queryAt, rows, rowsAt + row * stride, lines);
        }
    }

    @Override
    public void squaredL2Many(
            MemorySegment query,
            long queryAt,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores) {
        for (int row = 0; row < count; row++) {
            scores[row] = squaredL2(query, queryAt, rows, rowsAt + row * stride, lines);
        }
    }

    @Override
    public void cosineMany(
            MemorySegment query,
            long queryAt,
            float queryNorm,
            MemorySegment rows,
            long rowsAt,
            long stride,
            int count,
            int lines,
            float[] scores) {
        for (int row = 0; row < count; row++) {
            scores[row] = cosine(query, queryAt, queryNorm, rows, rowsAt + row * stride, lines);
        }
    }

    /** Of a query whose squared length is known. */
    private static float cosine(
            MemorySegment query, long queryAt, float queryNorm, MemorySegment rows, long rowAt, int lines) {
        int vectors = lines * PER_LINE;
        int quads = vectors / 4;
        FloatVector s0 = FloatVector.zero(FLOATS);
        FloatVector s1 = FloatVector.zero(FLOATS);
        FloatVector s2 = FloatVector.zero(FLOATS);
        FloatVector s3 = FloatVector.zero(FLOATS);
        FloatVector q0 = FloatVector.zero(FLOATS);
        FloatVector q1 = FloatVector.zero(FLOATS);
        FloatVector q2 = FloatVector.zero(FLOATS);
        FloatVector q3 = FloatVector.zero(FLOATS);
        for (int i = 0; i < quads; i++) {
            long at = (long) i * (4 * WIDTH);
            MemorySegment fromQuery = query.asSlice(queryAt + at, 4 * WIDTH);
            MemorySegment fromRow = rows.asSlice(rowAt + at, 4 * WIDTH);
            FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, fromQuery, 0, LITTLE_ENDIAN);
            FloatVector y0 = FloatVector.fromMemorySegment(FLOATS, fromRow, 0, LITTLE_ENDIAN);
            s0 = FMA ? x0.fma(y0, s0) : s0.add(x0.mul(y0));
            q0 = FMA ? y0.fma(y0, q0) : q0.add(y0.mul(y0));
            FloatVector x1 = FloatVector.fromMemorySegment(FLOATS, fromQuery, WIDTH, LITTLE_ENDIAN);
            FloatVector y1 = FloatVector.fromMemorySegment(FLOATS, fromRow, WIDTH, LITTLE_ENDIAN);
            s1 = FMA ? x1.fma(y1, s1) : s1.add(x1.mul(y1));
            q1 = FMA ? y1.fma(y1, q1) : q1.add(y1.mul(y1));
            FloatVector x2 = FloatVector.fromMemorySegment(FLOATS, fromQuery, 2 * WIDTH, LITTLE_ENDIAN);
            FloatVector y2 = FloatVector.fromMemorySegment(FLOATS, fromRow, 2 * WIDTH, LITTLE_ENDIAN);
            s2 = FMA ? x2.fma(y2, s2) : s2.add(x2.mul(y2));
            q2 = FMA ? y2.fma(y2, q2) : q2.add(y2.mul(y2));
            FloatVector x3 = FloatVector.fromMemorySegment(FLOATS, fromQuery, 3 * WIDTH, LITTLE_ENDIAN);
            FloatVector y3 = FloatVector.fromMemorySegment(FLOATS, fromRow, 3 * WIDTH, LITTLE_ENDIAN);
            s3 = FMA ? x3.fma(y3, s3) : s3.add(x3.mul(y3));
            q3 = FMA ? y3.fma(y3, q3) : q3.add(y3.mul(y3));
        }
        for (int i = 4 * quads; i < vectors; i++) {
            long at = (long) i * WIDTH;
            FloatVector x0 = FloatVector.fromMemorySegment(FLOATS, query, queryAt + at, LITTLE_ENDIAN);
            FloatVector y0 = FloatVector.fromMemorySegment(FLOATS, rows, rowAt + at, LITTLE_ENDIAN);
            s0 = FMA ? x0.fma(y0, s0) : s0.add(x0.mul(y0));
            q0 = FMA ? y0.fma(y0, q0) : q0.add(y0.mul(y0));
        }
        s0 = s0.add(s1).add(s2.add(s3));
        q0 = q0.add(q1).add(q2.add(q3));
        if (LANES > 8) {
            s0 = s0.add(s0.rearrange(BY_8));
        }
        if (LANES > 4) {
            s0 = s0.add(s0.rearrange(BY_4));
        }
        s0 = s0.add(s0.rearrange(BY_2));
        if (LANES > 8) {
            q0 = q0.add(q0.rearrange(BY_8));
        }
        if (LANES > 4) {
            q0 = q0.add(q0.rearrange(BY_4));
        }
        q0 = q0.add(q0.rearrange(BY_2));
        return Cosine.ofFloats(s0.lane(0) + s0.lane(1), queryNorm, q0.lane(0) + q0.lane(1));
    }

    @Override
    public boolean allFinite(MemorySegment row, long at, int lines) {
        IntVector most = IntVector.zero(INTS);
        for (int i = 0; i < lines * PER_LINE; i++) {
            most = most.max(IntVector.fromMemorySegment(INTS, row, at + (long) i * WIDTH, LITTLE_ENDIAN)
                    .and(ABSOLUTE));
        }
        return most.reduceLanes(MAX) < INFINITE;
    }
}
