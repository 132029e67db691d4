package dev.ashlar;

/**
 * Figures of an open store at one moment, each read on its own.
 *
 * @param records live records in all keyspaces, with those that have expired and were not removed yet, rows of vector
 *     collections, committed documents, and operations on documents that are pending in the log
 * @param chunks chunk files of the log
 * @param logBytes size of the chunk files
 * @param liveBytes bytes of records in the log that a key or id refers to
 * @param valueFiles live values in files of their own
 * @param valueFileBytes their size
 * @param segments files with rows of vector collections; see {@link VectorCollection#stats} for what is in them
 * @param segmentBytes their size
 * @param documentSegments files with documents, committed and pending; see {@link DocumentCollection#stats} for what is in them
 * @param documentSegmentBytes their size
 * @param indexBytes off-heap memory of the indexes in use
 * @param retiredBytes files that have left the store since it was opened, but may be kept by views that escaped
 * @param snapshots open snapshots
 * @param snapshotBytes off-heap memory that they take
 * @param snapshotChunkBytes size of the chunks that are not compacted because of them
 * @param expiredRecords records that were removed since the store was opened because they had expired
 * @param appendedLsn end of the log
 * @param durableLsn durable up to here
 * @param checkpointLsn replay would start here
 * @param writes writes since the store was opened
 * @param groups appends that carried them: writes / groups is the size of a group
 * @param syncs device flushes since the store was opened
 * @param storage what stands behind the storage seam
 * @param simd which kernels run
 */
public record StoreStats(
        long records,
        int chunks,
        long logBytes,
        long liveBytes,
        int valueFiles,
        long valueFileBytes,
        int segments,
        long segmentBytes,
        int documentSegments,
        long documentSegmentBytes,
        long indexBytes,
        long retiredBytes,
        int snapshots,
        long snapshotBytes,
        long snapshotChunkBytes,
        long expiredRecords,
        long appendedLsn,
        long durableLsn,
        long checkpointLsn,
        long writes,
        long groups,
        long syncs,
        String storage,
        String simd) {}
