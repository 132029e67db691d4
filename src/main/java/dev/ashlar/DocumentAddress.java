package dev.ashlar;

/**
 * Where a document is, for the snapshot that said it and all that show the same segment: merging gives documents other addresses.
 *
 * @param segment number of a segment
 * @param ordinal of the document in it, from 0 on
 */
public record DocumentAddress(long segment, int ordinal) {}
