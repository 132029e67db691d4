package dev.ashlar.keyspace;

import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameRef;

/** Is told of the records of a space as they come and go: what a vector collection needs to know of its rows. By the writer. */
public interface RowListener {
    /** The index refers to a new record. */
    void added(FrameRef frame);

    /**
     * The index is about to refer to a record no longer. What open snapshots show was kept.
     *
     * @param at offset in the chunk
     * @param frame what supersedes it; its hash is that of the record's key if a snapshot may show the record
     */
    void dropped(Chunk chunk, long at, FrameRef frame);
}
