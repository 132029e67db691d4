package dev.ashlar.bench;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** How fast memory can be read: sums of all of it. */
final class ReadBandwidth {
    private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;
    private static final long STEP = 4L * SPECIES.vectorByteSize();

    private ReadBandwidth() {}

    /** One thread's share of a sum, four vectors at a time. */
    static double sum(MemorySegment all, int thread, int threads) {
        long from = all.byteSize() * thread / threads / STEP * STEP;
        long to = all.byteSize() * (thread + 1) / threads / STEP * STEP;
        LongVector a = LongVector.zero(SPECIES);
        LongVector b = a;
        LongVector c = a;
        LongVector d = a;
        for (long at = from; at < to; at += STEP) {
            a = a.add(load(all, at));
            b = b.add(load(all, at + SPECIES.vectorByteSize()));
            c = c.add(load(all, at + 2L * SPECIES.vectorByteSize()));
            d = d.add(load(all, at + 3L * SPECIES.vectorByteSize()));
        }
        return a.add(b).add(c).add(d).reduceLanes(VectorOperators.ADD);
    }

    private static LongVector load(MemorySegment all, long at) {
        return LongVector.fromMemorySegment(SPECIES, all, at, ByteOrder.LITTLE_ENDIAN);
    }
}
