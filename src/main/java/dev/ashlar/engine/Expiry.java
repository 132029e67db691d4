package dev.ashlar.engine;

import java.time.Duration;
import java.time.Instant;

/** From a time to live, or a moment, to the expiry that is stored. */
final class Expiry {
    private Expiry() {}

    /**
     * The end of a time to live, in milliseconds since 1970, rounded up.
     *
     * @throws IllegalArgumentException if it is not above zero, or ends before 1970 or beyond what 63 bits hold
     */
    static long after(long nowMillis, Duration timeToLive) {
        if (!timeToLive.isPositive()) {
            throw new IllegalArgumentException("a time to live of " + timeToLive + "; it must be above zero");
        }
        long expiry;
        try {
            long millis = timeToLive.toMillis();
            boolean exact = timeToLive.toNanosPart() % 1_000_000 == 0; // without an object: callbacks come here too
            expiry = Math.addExact(nowMillis, exact ? millis : Math.addExact(millis, 1));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    "a time to live of " + timeToLive + " ends later than can be stored; put the value without one", e);
        }
        if (expiry <= 0) {
            throw new IllegalArgumentException("a time to live that ends at " + expiry
                    + " ms since 1970, by the clock of the store's options; the earliest is 1");
        }
        return expiry;
    }

    /**
     * A moment in milliseconds since 1970, rounded up.
     *
     * @throws IllegalArgumentException if it is not after the beginning of 1970, or beyond what 63 bits hold
     */
    static long at(Instant moment) {
        long expiry;
        try {
            long millis = moment.toEpochMilli();
            expiry = moment.equals(Instant.ofEpochMilli(millis)) ? millis : Math.addExact(millis, 1);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException(
                    "a value that expires at " + moment + ", which is later, or earlier, than can be stored", e);
        }
        if (expiry <= 0) {
            throw new IllegalArgumentException(
                    "a value that expires at " + moment + "; the earliest is 1 ms after the beginning of 1970, UTC");
        }
        return expiry;
    }
}
