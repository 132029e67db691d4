package dev.ashlar.interchange;

import dev.ashlar.Damage;
import java.time.Duration;
import java.util.List;

/**
 * What was read from a file.
 *
 * @param fileBytes length of the file
 * @param alignment which layout it has: 64 since version 0.15 of simd-r-drive, 16 in 0.14, 1 before
 * @param intact every checksum, every pad and every link was right, from the end to the beginning
 * @param puts entries that were stored, also those that a later one replaced
 * @param deletions deletions that were carried out, also of keys that were not there
 * @param bytes payloads of {@code puts}
 * @param unmatched entries and deletions that were left out because none of the known keys has their hash
 * @param unmatchedHashes the first thousand of their hashes, as often as they were met
 * @param lost stretches of a damaged file that were passed over
 * @param lostBytes bytes of these
 * @param damaged the first thousand of these: position, length, and why
 * @param elapsed how long it took
 */
public record ImportReport(
        long fileBytes,
        int alignment,
        boolean intact,
        long puts,
        long deletions,
        long bytes,
        long unmatched,
        List<Long> unmatchedHashes,
        long lost,
        long lostBytes,
        List<Damage> damaged,
        Duration elapsed) {

    public ImportReport {
        unmatchedHashes = List.copyOf(unmatchedHashes);
        damaged = List.copyOf(damaged);
    }
}
