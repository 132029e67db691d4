package dev.ashlar.interchange;

import java.time.Duration;

/**
 * What was read from a file of vectors.
 *
 * @param format of the file
 * @param components what its rows consist of, as {@link VectorFileInfo} names it
 * @param rows how many rows were stored, those included that a later one with the same id replaced
 * @param fileBytes length of the file
 * @param elapsed how long it took
 */
public record VectorImportReport(
        VectorFileFormat format, String components, long rows, long fileBytes, Duration elapsed) {}
