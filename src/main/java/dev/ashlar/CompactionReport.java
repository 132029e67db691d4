package dev.ashlar;

import java.time.Duration;

/**
 * What a compaction did.
 *
 * @param chunks chunks that were emptied and retired
 * @param records live records that were relocated
 * @param bytesRelocated their size in the log
 * @param bytesFreed size of the files that left the store; views of them that are still held keep their blocks until
 *     they are let go
 * @param elapsed how long it took
 */
public record CompactionReport(int chunks, long records, long bytesRelocated, long bytesFreed, Duration elapsed) {}
