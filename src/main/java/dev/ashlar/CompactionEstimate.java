package dev.ashlar;

/**
 * What {@link Store#compact} would do at this moment. After a crash the figures are estimates until the next compaction;
 * chunks that a snapshot keeps from being compacted are not counted.
 *
 * @param chunks chunks that would be emptied and retired
 * @param records live records that would be relocated
 * @param bytesToRelocate their size in the log
 * @param bytesToFree size of the chunks
 */
public record CompactionEstimate(int chunks, long records, long bytesToRelocate, long bytesToFree) {
    /** By how much the store would become smaller: the relocated records take space of their own. */
    public long bytesSaved() {
        return bytesToFree - bytesToRelocate;
    }
}
