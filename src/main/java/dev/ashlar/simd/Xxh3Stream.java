package dev.ashlar.simd;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * XXH3-64 with seed 0 of an input that comes in pieces, of any number and size; it equals {@link Xxh3#hash} of the
 * whole. It keeps no more than 320 bytes of the input.
 *
 * <p>Not safe for use by several threads at once. Its few bytes of native memory go when the object does; there is
 * nothing to close. Pieces of many stripes (64 bytes) run at the speed of the one-shot hash, small ones are gathered.
 */
public final class Xxh3Stream {

    /** Gathered input; a multiple of the stripe, and above the longest input that is not hashed in stripes. */
    private static final int GATHER_BYTES = 256;

    /** Where gathered input begins: before it stand the 64 bytes that precede it in the input, if it was cut. */
    private static final int GATHER = Xxh3Math.STRIPE_BYTES;

    private static final long[] INITIAL = Xxh3Math.initialAccumulators();

    private final MemorySegment buffer = Arena.ofAuto().allocate(GATHER + GATHER_BYTES, Xxh3Math.STRIPE_BYTES);
    private final long[] accumulators = new long[8];
    private int stripeInBlock;
    private int gathered;
    private long total;

    public Xxh3Stream() {
        reset();
    }

    /** Forgets everything, as if new. */
    public void reset() {
        System.arraycopy(INITIAL, 0, accumulators, 0, INITIAL.length);
        stripeInBlock = 0;
        gathered = 0;
        total = 0;
    }

    /**
     * Appends {@code length} bytes of a native segment, 0 or more. The segment is not needed afterwards. It must not
     * change during the call, or the hash is that of no input.
     */
    public void update(MemorySegment nativeSegment, long offset, long length) {
        assert nativeSegment.isNative() : "heap segment: copy it to native memory first";
        Objects.checkFromIndexSize(offset, length, nativeSegment.byteSize());
        long at = offset;
        long end = offset + length;
        total += length;
        if (gathered > 0 && gathered + length > GATHER_BYTES) {
            int missing = GATHER_BYTES - gathered;
            gather(nativeSegment, at, missing);
            at += missing;
            accumulate(buffer, GATHER, GATHER_BYTES / Xxh3Math.STRIPE_BYTES);
            gathered = 0;
        }
        if (end - at > GATHER_BYTES) {
            // The last stripe of an input is treated differently, so at least one byte is always kept back.
            long stripes = (end - at - 1) / Xxh3Math.STRIPE_BYTES;
            accumulate(nativeSegment, at, stripes);
            at += stripes * Xxh3Math.STRIPE_BYTES;
        }
        gather(nativeSegment, at, end - at);
    }

    /** The hash of all bytes so far. It changes nothing: more may follow. */
    public long digest() {
        if (total <= Xxh3Math.LONGEST_SHORT_INPUT) {
            return Xxh3.hash(buffer, GATHER, total, 0);
        }
        long[] state = accumulators.clone();
        int stripes = (gathered - 1) / Xxh3Math.STRIPE_BYTES;
        Xxh3.activeKernel().accumulate(state, stripeInBlock, buffer, GATHER, stripes);
        return ScalarXxh3.finish(
                buffer,
                GATHER + gathered,
                total,
                Xxh3Secret.DEFAULT,
                state[0],
                state[1],
                state[2],
                state[3],
                state[4],
                state[5],
                state[6],
                state[7]);
    }

    private void gather(MemorySegment source, long at, long length) {
        MemorySegment.copy(source, at, buffer, GATHER + gathered, length);
        gathered += (int) length;
    }

    /**
     * Stripes that leave; the last of them stays in front of the gathered bytes, for a final stripe that overlaps it.
     */
    private void accumulate(MemorySegment source, long at, long stripes) {
        stripeInBlock = Xxh3.activeKernel().accumulate(accumulators, stripeInBlock, source, at, stripes);
        long last = at + (stripes - 1) * Xxh3Math.STRIPE_BYTES;
        MemorySegment.copy(source, last, buffer, 0, Xxh3Math.STRIPE_BYTES);
    }
}
