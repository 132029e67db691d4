package dev.ashlar.vector;

/** A run that also says which rows count without looking at them. */
abstract sealed class PlacedRun implements RowRun permits SegmentRun, LogRun {
    /** As {@link #liveMask}, which verifies the rows as the collection demands and throws if one is damaged; this does not. */
    abstract long presentMask(int word);

    /** @throws dev.ashlar.CorruptionException if the header of a row is damaged, which says its id and version */
    abstract void checkHeader(int row);

    /** The LSN of the write that set a row. */
    abstract long version(int row);
}
