package dev.ashlar.document;

/**
 * What a segment has.
 *
 * @param id of its file
 * @param documents number of documents
 * @param documentBytes bytes of the documents, not compressed
 * @param storedBytes bytes of the blocks in the file
 * @param keys documents that have a key
 * @param kills keys whose documents in older segments do not count any more
 * @param fileBytes size of the file
 * @param blocks number of blocks
 */
public record SegmentInfo(
        long id,
        int documents,
        long documentBytes,
        long storedBytes,
        int keys,
        long kills,
        long fileBytes,
        int blocks) {}
