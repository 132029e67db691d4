package dev.ashlar.engine;

import java.time.Duration;

/** From a time to live to the moment when it ends. */
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
            boolean exact = Duration.ofMillis(millis).equals(timeToLive);
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
}
