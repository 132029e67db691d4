package dev.ashlar.interchange;

import java.time.Duration;

/**
 * What was exported.
 *
 * @param documents how many were written
 * @param damaged how many could not be read
 * @param bytes how many bytes of documents, as they are stored before they are compressed, were read
 * @param elapsed how long it took
 */
public record DocumentExportReport(long documents, long damaged, long bytes, Duration elapsed) {}
