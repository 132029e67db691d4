package dev.ashlar.sim;

import dev.ashlar.log.ChunkImage;
import dev.ashlar.sim.ClassEdits.Edit;
import java.util.List;

/**
 * An engine that is broken on purpose.
 *
 * @param does what it does, or forgets
 * @param className the class that is changed
 */
record Mutant(String does, String className, Edit edit) {
    private static final String ENGINE = "dev.ashlar.engine.";
    private static final String LOG = "dev.ashlar.log.";

    /** The place in {@link #all} of the one that does this. */
    static int numberOf(String does) {
        List<String> all = all().stream().map(Mutant::does).toList();
        if (!all.contains(does)) {
            throw new IllegalArgumentException("no engine is broken so that it " + does);
        }
        return all.indexOf(does);
    }

    /** Each of them has to be noticed. */
    static List<Mutant> all() {
        return List.of(
                new Mutant(
                        "does not sync the directory of a new chunk",
                        LOG + "ChunkFiles",
                        ClassEdits.withoutCall("create", "syncDirectory")),
                new Mutant("does not sync a new chunk", LOG + "ChunkFiles", ClassEdits.withoutCall("create", "sync")),
                new Mutant(
                        "does not sync the directory of a new manifest",
                        ENGINE + "ManifestFiles",
                        ClassEdits.withoutCall("write", "syncDirectory")),
                new Mutant(
                        "does not sync a manifest",
                        ENGINE + "ManifestFiles",
                        ClassEdits.withoutCall("writeAndSync", "sync")),
                new Mutant(
                        "writes the copy of the manifest first that is known to be whole",
                        ENGINE + "ManifestFiles",
                        ClassEdits.redirected("publish", "equals", 1, "differs", String.class)),
                new Mutant(
                        "takes a manifest that it can read for durable",
                        ENGINE + "ManifestFiles",
                        ClassEdits.returning("isReliable", 1)),
                new Mutant(
                        "acknowledges as durable before the sync",
                        ENGINE + "Syncer",
                        ClassEdits.withoutCall("sync", "sync")),
                new Mutant(
                        "syncs only the chunk that is written to, not those that were left",
                        ENGINE + "Syncer",
                        ClassEdits.redirected("sync", "left", 1, "none", Object.class)),
                new Mutant("forgets that a sync failed", ENGINE + "Health", ClassEdits.returning("fail", 0)),
                new Mutant(
                        "trusts a length before its checksum",
                        LOG + "FrameLayout",
                        ClassEdits.returning("payloadVerifies", 1)),
                new Mutant(
                        "ends the log at the last valid frame instead of the first gap above the watermark",
                        LOG + "LogRecovery",
                        ClassEdits.redirected("survey", "watermark", 0, "ownEnd")),
                new Mutant(
                        "goes on in the chunk that recovery ended in",
                        ENGINE + "Opening",
                        ClassEdits.redirected("recover", "clean", 2, "yes", Object.class)),
                new Mutant(
                        "uses LSNs again that a chunk present could hold",
                        ENGINE + "Opening",
                        ClassEdits.redirected("openChunks", "max", 0, "first")),
                new Mutant(
                        "does not bind headers to their store and place",
                        LOG + "FrameLayout",
                        ClassEdits.returning("saltFor", 0)),
                new Mutant(
                        "accepts each frame of a batch for itself",
                        LOG + "LogRecovery",
                        ClassEdits.redirected("consume", "flags", 0, "batchEnd")),
                new Mutant(
                        "accepts a batch by its last frame",
                        LOG + "LogRecovery",
                        ClassEdits.redirected("accepts", "payloadVerifies", 1, "lastVerifies", ChunkImage.class)),
                new Mutant(
                        "forgets to write the tail again before it says that it is durable",
                        LOG + "LogRecovery",
                        ClassEdits.returning("rewriteTail", 0)),
                new Mutant(
                        "does not sync the tail that was written again",
                        LOG + "LogRecovery",
                        ClassEdits.withoutCall("rewriteTail", "sync")),
                new Mutant(
                        "writes watermarks into frames that are ahead of what is durable",
                        ENGINE + "Appender",
                        ClassEdits.redirected("writeGroup", "durable", 1, "appended", Object.class)),
                new Mutant(
                        "publishes a manifest that is ahead of what is durable",
                        ENGINE + "Maintenance",
                        ClassEdits.redirected("publish", "durable", 1, "appended", Object.class)),
                new Mutant(
                        "publishes a checkpoint before what it shows is durable",
                        ENGINE + "Maintenance",
                        ClassEdits.withoutCall("checkpointNow", "awaitDurable")),
                new Mutant(
                        "does not sync a checkpoint",
                        LOG + "CheckpointFile$Writer",
                        ClassEdits.withoutCall("finish", "sync")),
                new Mutant(
                        "does not sync the directory of a checkpoint",
                        LOG + "CheckpointFile$Writer",
                        ClassEdits.withoutCall("finish", "syncDirectory")),
                new Mutant(
                        "removes a checkpoint before a manifest that does without it",
                        ENGINE + "Maintenance",
                        ClassEdits.withoutCall("checkpointNow", "publish")),
                new Mutant(
                        "retires a chunk before what was moved out of it is durable",
                        ENGINE + "Maintenance",
                        ClassEdits.withoutCall("retire", "awaitDurable")),
                new Mutant(
                        "removes a chunk before a manifest that does without it",
                        ENGINE + "Maintenance",
                        ClassEdits.withoutCall("retire", "publish")),
                new Mutant(
                        "does not sync the file of a large value",
                        LOG + "ValueFiles$Writer",
                        ClassEdits.withoutCall("finish", "sync")),
                new Mutant(
                        "does not sync the directory of a large value's file",
                        LOG + "ValueFiles$Writer",
                        ClassEdits.withoutCall("finish", "syncDirectory")),
                new Mutant(
                        "removes the file of a large value before what superseded it is durable",
                        ENGINE + "Maintenance",
                        ClassEdits.redirected("tick", "durable", 1, "appended", Object.class)),
                new Mutant(
                        "leaves files of large values that no record names",
                        ENGINE + "Opening",
                        ClassEdits.redirected("sweep", "sweep", 1, "none", Object.class)),
                new Mutant(
                        "drops deletions when it compacts",
                        ENGINE + "Compactor",
                        ClassEdits.withoutCall("relocate", "lacks")),
                new Mutant(
                        "drops the deletion of a keyspace's definition when it compacts",
                        ENGINE + "Compactor",
                        ClassEdits.redirected("relocate", "lacks", 1, "lacksOutsideOfCatalog")),
                new Mutant(
                        "drops clears of keyspaces when it compacts",
                        ENGINE + "Compactor",
                        ClassEdits.returning("isLastClear", 0)),
                new Mutant(
                        "takes a clear that was moved for one of what was written since",
                        LOG + "FrameRef",
                        ClassEdits.redirected("read", "version", 1, "ownLsn")),
                new Mutant(
                        "does not look at what a batch requires",
                        ENGINE + "Framer",
                        ClassEdits.redirected("decideMany", "holds", 1, "always", Object.class)),
                new Mutant(
                        "clears a keyspace before the manifest announces it",
                        ENGINE + "Batch",
                        ClassEdits.withoutCall("clear", "require")),
                new Mutant(
                        "drops a keyspace before the manifest announces it",
                        ENGINE + "Engine",
                        ClassEdits.withoutCall("drop", "require")),
                new Mutant(
                        "drops what has expired when it compacts, without a deletion",
                        ENGINE + "Compactor",
                        ClassEdits.redirected("relocate", "addDeletion", 1, "forget", Object.class)),
                new Mutant(
                        "announces that values expire with the next manifest, after the first of them",
                        ENGINE + "Maintenance",
                        ClassEdits.withoutCall("announce", "publish")),
                new Mutant(
                        "removes what has expired without asking whether it was overwritten",
                        ENGINE + "Compactor",
                        ClassEdits.redirected("removeIfExpired", "refersTo", 1, "refers", Object.class)
                                .and(ClassEdits.withoutCall("addDeletion", "condition"))),
                new Mutant(
                        "forgets what would expire if a removal were lost",
                        ENGINE + "Sweeper",
                        ClassEdits.redirected("earliestExpiry", "min", 1, "second")),
                new Mutant(
                        "does not wipe a write that failed",
                        LOG + "LogWriter",
                        ClassEdits.withoutCall("abandonGroup", "writeFully")),
                new Mutant(
                        "does not sync the wiping of a write that failed",
                        LOG + "LogWriter",
                        ClassEdits.withoutCall("abandonGroup", "sync")));
    }
}
