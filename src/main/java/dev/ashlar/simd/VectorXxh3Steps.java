package dev.ashlar.simd;

import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vectors of {@link VectorXxh3}: their one shape in this process, and the steps that run in every call. What may be
 * a helper here and what may not is said there.
 */
final class VectorXxh3Steps {

    static final VectorSpecies<Long> LONGS =
            VectorSpecies.of(long.class, VectorShape.forBitSize(SimdSupport.vectorBits()));
    private static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class, LONGS.vectorShape());

    /** Words per vector, bytes per vector, vectors per stripe. */
    static final int LANES = LONGS.length();

    static final int WIDTH = LONGS.vectorByteSize();
    static final int VECTORS = Xxh3Math.STRIPE_BYTES / WIDTH;

    static final VectorShuffle<Long> NEIGHBOUR = VectorShuffle.fromOp(LONGS, lane -> lane ^ 1);

    private static final long[] INITIAL = {
        Xxh3Math.INITIAL_0,
        Xxh3Math.INITIAL_1,
        Xxh3Math.INITIAL_2,
        Xxh3Math.INITIAL_3,
        Xxh3Math.INITIAL_4,
        Xxh3Math.INITIAL_5,
        Xxh3Math.INITIAL_6,
        Xxh3Math.INITIAL_7
    };

    private VectorXxh3Steps() {}

    static LongVector load(MemorySegment source, long at) {
        return LongVector.fromMemorySegment(LONGS, source, at, ByteOrder.LITTLE_ENDIAN);
    }

    static LongVector load(byte[] source, int at) {
        return ByteVector.fromArray(BYTES, source, at).reinterpretAsLongs();
    }

    static LongVector initial(int group) {
        return state(INITIAL, group);
    }

    /** Words of vector {@code group}; of vector 0 where there is no such vector, so that all are defined. */
    static LongVector state(long[] accumulators, int group) {
        return LongVector.fromArray(LONGS, accumulators, group < VECTORS ? group * LANES : 0);
    }

    static LongVector keyed(LongVector words, long[] secret, int index) {
        return words.lanewise(XOR, LongVector.fromArray(LONGS, secret, index));
    }

    static LongVector product(LongVector words, long[] secret, int index) {
        return multiplyHalves(keyed(words, secret, index));
    }

    /**
     * 32 by 32 bits to 64: the JIT compiler makes one instruction of it, since it knows both upper halves to be zero.
     */
    private static LongVector multiplyHalves(LongVector key) {
        return key.and(Xxh3Math.LOW_HALF).mul(key.lanewise(LSHR, 32));
    }

    static LongVector lastStripe(LongVector a, LongVector words, long[] secret, int group) {
        return a.add(words.rearrange(NEIGHBOUR)).add(product(words, secret, Xxh3Secret.LAST_STRIPE + group * LANES));
    }

    /** What one vector of accumulators, already combined with its secret, contributes to the final sum. */
    static long fold(LongVector key) {
        return LANES == 8 ? foldFirst(key) + foldSecond(key) : foldNarrow(key);
    }

    private static long foldNarrow(LongVector key) {
        return LANES == 4 ? foldFirst(key) : Xxh3Math.multiplyFold(key.lane(0), key.lane(1));
    }

    private static long foldFirst(LongVector key) {
        return Xxh3Math.multiplyFold(key.lane(0), key.lane(1)) + Xxh3Math.multiplyFold(key.lane(2), key.lane(3));
    }

    private static long foldSecond(LongVector key) {
        return Xxh3Math.multiplyFold(key.lane(4), key.lane(5)) + Xxh3Math.multiplyFold(key.lane(6), key.lane(7));
    }
}
