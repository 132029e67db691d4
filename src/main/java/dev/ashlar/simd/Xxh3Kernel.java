package dev.ashlar.simd;

import java.lang.foreign.MemorySegment;

/**
 * XXH3-64 of inputs above 240 bytes: the part that wide registers speed up. One implementation is chosen per process,
 * so that calls are direct.
 *
 * <p>Callers have checked all ranges. Segments are native; {@code secret} comes from {@link Xxh3Secret#forSeed}.
 * Implementations have no state.
 */
interface Xxh3Kernel {

    long hash(MemorySegment source, long offset, long length, long[] secret);

    long hash(byte[] source, int offset, int length, long[] secret);

    /**
     * Copies, and returns the hash with seed 0 of the bytes that the target got, even if the source changes meanwhile.
     */
    long copyAndHash(MemorySegment source, long sourceOffset, MemorySegment target, long targetOffset, long length);

    /** As above, from an array. */
    long copyAndHash(byte[] source, int sourceOffset, MemorySegment target, long targetOffset, int length);

    /**
     * Feeds whole stripes of an input that comes in pieces to the 8 accumulators, seed 0. A full block is closed at
     * once, so the caller must know that at least one more byte follows the last stripe.
     *
     * @param stripeInBlock how many stripes the current block has, 0 to 15
     * @return the same after this call
     */
    int accumulate(long[] accumulators, int stripeInBlock, MemorySegment source, long offset, long stripes);
}
