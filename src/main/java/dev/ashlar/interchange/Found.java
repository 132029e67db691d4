package dev.ashlar.interchange;

/** What was found in a file, in its order. */
@FunctionalInterface
interface Found {
    /**
     * An entry, or a deletion, whose payload is one byte then.
     *
     * @param tail where it begins
     * @param payload where its payload begins
     * @param metadata where its payload ends and its metadata begins
     * @param keyHash hash of its key
     */
    void entry(long tail, long payload, long metadata, long keyHash, boolean deletion);
}
