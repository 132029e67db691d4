package dev.ashlar.interchange;

import java.time.Duration;
import java.util.List;

/**
 * What was written to a file.
 *
 * @param entries entries in it
 * @param bytes bytes of their values
 * @param fileBytes length of the file
 * @param zeroValues entries whose values are nothing but zeros, two bytes or more. simd-r-drive reads them, but its
 *     compaction fails on them
 * @param zeroValueKeys the first thousand of their keys
 * @param elapsed how long it took
 */
public record ExportReport(
        long entries, long bytes, long fileBytes, long zeroValues, List<byte[]> zeroValueKeys, Duration elapsed) {

    public ExportReport {
        zeroValueKeys = List.copyOf(zeroValueKeys);
    }
}
