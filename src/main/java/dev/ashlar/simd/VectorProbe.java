package dev.ashlar.simd;

import java.util.function.IntSupplier;
import jdk.incubator.vector.LongVector;

/**
 * Asks the Vector API for the width it prefers here. It is loaded by name only, so that a process without the incubator
 * module fails to load this class and nothing else.
 */
final class VectorProbe implements IntSupplier {

    VectorProbe() {}

    @Override
    public int getAsInt() {
        return LongVector.SPECIES_PREFERRED.vectorBitSize();
    }
}
