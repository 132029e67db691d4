package dev.ashlar;

/**
 * What a document collection consists of.
 *
 * @param documents committed documents that snapshots show
 * @param pending operations in the log that are in no segment yet
 * @param pendingBytes bytes of log that they take
 * @param pendingDocuments documents that are not committed and in segments already
 * @param segments that have committed documents
 * @param deadDocuments documents in segments that no snapshot taken now shows
 * @param rawBytes of the documents in segments before they were compressed, dead ones included
 * @param fileBytes of all segments
 * @param dictionaries that segments need
 * @param generation number of commits, merges and flushes that there were
 * @param commitPrepared whether a commit is prepared
 * @param mergesRunning whether segments are being merged
 * @param cacheHits reads that found their block decompressed
 * @param cacheMisses blocks that were decompressed
 * @param cacheBytes decompressed blocks that are kept
 */
public record DocumentStats(
        long documents,
        long pending,
        long pendingBytes,
        long pendingDocuments,
        int segments,
        long deadDocuments,
        long rawBytes,
        long fileBytes,
        int dictionaries,
        long generation,
        boolean commitPrepared,
        boolean mergesRunning,
        long cacheHits,
        long cacheMisses,
        long cacheBytes) {
    /** How many times smaller the documents are in segments than they were; 1 if there are none. */
    public double compression() {
        return fileBytes == 0 ? 1 : (double) rawBytes / fileBytes;
    }
}
