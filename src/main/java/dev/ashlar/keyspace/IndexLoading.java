package dev.ashlar.keyspace;

import dev.ashlar.log.CheckpointBodies;
import java.util.List;

/** Brings the tables that a restored view has left in the checkpoint into memory, whether or not somebody needs them. */
final class IndexLoading {
    private final CheckpointBodies bodies;
    private final List<HashIndex> indexes;

    IndexLoading(CheckpointBodies bodies, List<HashIndex> indexes) {
        this.bodies = bodies;
        this.indexes = List.copyOf(indexes);
    }

    /**
     * Returns when all are there. Any thread, also several at once.
     *
     * @throws dev.ashlar.AshlarException what reading a table throws; the rest is still loaded by those who need it
     */
    void complete() {
        for (HashIndex index : indexes) {
            index.loadPending();
        }
        bodies.close();
    }

    /** No table is loaded any more; who needs one is told that the store is closed. */
    void stop() {
        bodies.close();
    }
}
