package dev.ashlar.interchange;

import java.time.Duration;

/**
 * What was imported.
 *
 * @param lines how many lines there were, empty ones included
 * @param documents how many documents were added
 * @param refused how many lines were refused
 * @param commits how many commits were made
 * @param bytes how many bytes were read
 * @param elapsed how long it took
 */
public record DocumentImportReport(
        long lines, long documents, long refused, long commits, long bytes, Duration elapsed) {}
