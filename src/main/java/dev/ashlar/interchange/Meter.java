package dev.ashlar.interchange;

import java.util.function.LongConsumer;

/** Tells a caller how far it is, never going back, and not for every entry. */
final class Meter {
    private static final long STEP_BYTES = 1 << 20;

    private final LongConsumer target;
    private long told;

    Meter(LongConsumer target) {
        this.target = target;
    }

    void at(long done) {
        if (done - told >= STEP_BYTES) {
            finish(done);
        }
    }

    /** Tells it whatever the distance. */
    void finish(long done) {
        if (done > told) {
            told = done;
            target.accept(done);
        }
    }
}
