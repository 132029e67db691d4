package dev.ashlar;

/**
 * What a vector collection consists of; a moment old.
 *
 * @param rows that count
 * @param pendingRows rows that are read from the log, in no segment yet; dead ones included
 * @param segments how many there are
 * @param segmentRows rows in segments, dead ones included
 * @param segmentBytes what the segments take on disk
 * @param deadRows rows of segments that were overwritten or deleted, and that merging will drop
 */
public record VectorStats(
        long rows, long pendingRows, int segments, long segmentRows, long segmentBytes, long deadRows) {}
