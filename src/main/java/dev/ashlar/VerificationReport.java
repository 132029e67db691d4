package dev.ashlar;

import java.time.Duration;
import java.util.List;

/**
 * What {@link Store#verify} read.
 *
 * @param records intact records of the log, and intact rows and documents in segments, also what no key or id refers to any
 *     longer
 * @param bytes bytes read, of the log, value files, segments, masks and dictionaries
 * @param damaged everything that does not verify
 * @param elapsed how long it took
 */
public record VerificationReport(long records, long bytes, List<Damage> damaged, Duration elapsed) {
    public VerificationReport {
        damaged = List.copyOf(damaged);
    }

    public boolean intact() {
        return damaged.isEmpty();
    }
}
