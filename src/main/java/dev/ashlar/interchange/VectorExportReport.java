package dev.ashlar.interchange;

import java.time.Duration;

/**
 * What was written to a file of vectors.
 *
 * @param format of the file
 * @param components what its rows consist of, as {@link VectorFileInfo} names it
 * @param rows how many rows are in it
 * @param fileBytes length of the file
 * @param elapsed how long it took
 */
public record VectorExportReport(
        VectorFileFormat format, String components, long rows, long fileBytes, Duration elapsed) {}
