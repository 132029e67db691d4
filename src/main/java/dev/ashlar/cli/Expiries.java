package dev.ashlar.cli;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/** When values expire, as people and lines of JSON write it: what can be stored, so that nothing is refused half-way. */
final class Expiries {
    private static final long MAX_DAYS = 36_500;

    private Expiries() {}

    /**
     * A time to live in the form of ISO 8601.
     *
     * @param name what the text is called where it was given
     * @throws IllegalArgumentException if it is none, or not above zero, or more than 100 years
     */
    static Duration timeToLive(String name, String text) {
        try {
            Duration timeToLive = Duration.parse(text);
            if (timeToLive.isPositive() && timeToLive.toDays() <= MAX_DAYS) {
                return timeToLive;
            }
        } catch (DateTimeParseException _) {
            // Said below.
        }
        throw new IllegalArgumentException(name + " is '" + Escapes.show(text)
                + "'; it must be a time above zero, up to 100 years, such as PT90S, PT5M or P7D");
    }

    /**
     * A moment, as commands print it.
     *
     * @param name what the text is called where it was given
     * @throws IllegalArgumentException if it is none, or not after the beginning of 1970, or too far away
     */
    static Instant moment(String name, String text) {
        try {
            Instant moment = Instant.parse(text);
            if (moment.isAfter(Instant.EPOCH) && !moment.isAfter(Instant.ofEpochMilli(Long.MAX_VALUE))) {
                return moment;
            }
        } catch (DateTimeParseException _) {
            // Said below.
        }
        throw new IllegalArgumentException(name + " is '" + Escapes.show(text)
                + "'; it must be a moment after the beginning of 1970, such as 2030-01-31T12:00:00Z");
    }
}
