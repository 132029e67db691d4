package dev.ashlar;

import java.time.Duration;
import java.util.Objects;

/**
 * How a document collection is used by whoever opens it. None of this is stored: each opening may choose anew, and each
 * segment says for itself how it was written.
 *
 * @param blockBytes bytes of documents that are compressed together: 4 KiB to 1 MiB. Larger blocks are smaller on disk and
 *     take longer to read one document from
 * @param level of Zstd, -5 to 19
 * @param dictionaries train a dictionary from documents when it makes blocks smaller by a twentieth or more
 * @param memoryBytes what all workers together may use for building segments, at least 1 MiB for each of them. Segments begin
 *     to be built when documents that wait take half of a worker's share, and none takes more than a share
 * @param workers threads that build segments, 1 to 64. By default half of the processors, and two at least: while a commit waits for
 *     them its caller does nothing
 * @param cacheBytes bound on the decompressed blocks that are kept, off the heap, at least 512 KiB; as it was when something was
 *     read first since the store was opened
 * @param merging which segments are merged, and when
 * @param commitTimeout how long a commit waits for the workers, and for another commit, before it fails and leaves
 *     everything pending
 */
public record DocumentOptions(
        int blockBytes,
        int level,
        boolean dictionaries,
        long memoryBytes,
        int workers,
        long cacheBytes,
        MergePolicy merging,
        Duration commitTimeout) {
    public static final int MIN_BLOCK_BYTES = 4 << 10;
    public static final int MAX_BLOCK_BYTES = 1 << 20;
    public static final int MIN_LEVEL = -5;
    public static final int MAX_LEVEL = 19;

    public static final long MIN_CACHE_BYTES = 512 << 10;

    private static final int MAX_WORKERS = 64;
    private static final long MIN_WORKER_BYTES = 1 << 20;

    public static final DocumentOptions DEFAULT = new DocumentOptions(
            32 << 10,
            1,
            true,
            64L << 20,
            Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 2, MAX_WORKERS),
            64L << 20,
            MergePolicy.DEFAULT,
            Duration.ofMinutes(10));

    public DocumentOptions {
        Objects.requireNonNull(merging, "merging");
        Objects.requireNonNull(commitTimeout, "commitTimeout");
        require(
                blockBytes >= MIN_BLOCK_BYTES && blockBytes <= MAX_BLOCK_BYTES,
                "blockBytes",
                blockBytes,
                "from 4,096 to 1,048,576");
        require(level >= MIN_LEVEL && level <= MAX_LEVEL, "level", level, "from -5 to 19");
        require(workers >= 1 && workers <= MAX_WORKERS, "workers", workers, "from 1 to 64");
        require(
                memoryBytes >= workers * MIN_WORKER_BYTES,
                "memoryBytes",
                memoryBytes,
                "at least 1 MiB for each of the " + workers + " workers");
        require(cacheBytes >= MIN_CACHE_BYTES, "cacheBytes", cacheBytes, "at least 524,288");
        require(
                !commitTimeout.isNegative() && commitTimeout.toDays() <= 36_500,
                "commitTimeout",
                commitTimeout,
                "from zero to 100 years");
    }

    private static void require(boolean holds, String name, Object value, String wanted) {
        if (!holds) {
            throw new IllegalArgumentException(name + " is " + value + "; it must be " + wanted);
        }
    }

    public DocumentOptions withBlockBytes(int blockBytes) {
        return new DocumentOptions(
                blockBytes, level, dictionaries, memoryBytes, workers, cacheBytes, merging, commitTimeout);
    }

    public DocumentOptions withLevel(int level) {
        return new DocumentOptions(
                blockBytes, level, dictionaries, memoryBytes, workers, cacheBytes, merging, commitTimeout);
    }

    public DocumentOptions withDictionaries(boolean dictionaries) {
        return new DocumentOptions(
                blockBytes, level, dictionaries, memoryBytes, workers, cacheBytes, merging, commitTimeout);
    }

    /** With so much memory for so many workers. */
    public DocumentOptions withMemory(long memoryBytes, int workers) {
        return new DocumentOptions(
                blockBytes, level, dictionaries, memoryBytes, workers, cacheBytes, merging, commitTimeout);
    }

    public DocumentOptions withCacheBytes(long cacheBytes) {
        return new DocumentOptions(
                blockBytes, level, dictionaries, memoryBytes, workers, cacheBytes, merging, commitTimeout);
    }

    public DocumentOptions withMerging(MergePolicy merging) {
        return new DocumentOptions(
                blockBytes, level, dictionaries, memoryBytes, workers, cacheBytes, merging, commitTimeout);
    }

    public DocumentOptions withCommitTimeout(Duration commitTimeout) {
        return new DocumentOptions(
                blockBytes, level, dictionaries, memoryBytes, workers, cacheBytes, merging, commitTimeout);
    }

    /** What each worker may use. */
    public long workerBytes() {
        return memoryBytes / workers;
    }
}
