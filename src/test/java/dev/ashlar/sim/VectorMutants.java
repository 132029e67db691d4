package dev.ashlar.sim;

import java.util.List;

/** Engines that are broken in what they do to rows and segments. Their numbers go on behind those of {@link Mutant#all}. */
final class VectorMutants {
    private static final String ENGINE = "dev.ashlar.engine.";
    private static final String VECTOR = "dev.ashlar.vector.";

    private VectorMutants() {}

    static List<Mutant> all() {
        return List.of(
                new Mutant(
                        "does not sync a segment", VECTOR + "SegmentBuilder", ClassEdits.withoutCall("build", "sync")),
                new Mutant(
                        "does not sync the directory in which the directory of segments is",
                        ENGINE + "SegmentUpkeep",
                        ClassEdits.withoutCall("write", "syncDirectory")),
                new Mutant(
                        "removes merged segments before a manifest that does without them",
                        ENGINE + "Maintenance",
                        ClassEdits.postponed("checkpointNow", "publish", "published", 1)),
                new Mutant(
                        "retires the chunks that rows came from before a checkpoint knows where these are",
                        ENGINE + "Maintenance",
                        ClassEdits.postponed("flush", "checkpointNow", "retireEmpty", 1)
                                .and(ClassEdits.withoutCall("retire", "checkpointNow"))),
                new Mutant(
                        "does not write which rows of segments are dead",
                        ENGINE + "SegmentUpkeep",
                        ClassEdits.returning("writeDeaths", 0)),
                new Mutant(
                        "does not sync which rows of segments are dead",
                        ENGINE + "DeathsFile",
                        ClassEdits.withoutCall("write", "sync")),
                new Mutant(
                        "writes that no row of a segment is dead",
                        VECTOR + "Segment",
                        ClassEdits.returning("deadMask", 0)),
                new Mutant(
                        "leaves segments that no manifest names",
                        ENGINE + "Opening",
                        ClassEdits.redirected("sweep", "numberOf", 1, "nobodys")),
                new Mutant(
                        "leaves what says which rows are dead beside checkpoints that are gone",
                        ENGINE + "Opening",
                        ClassEdits.redirected("sweep", "checkpointOf", 1, "nobodys")),
                new Mutant(
                        "forgets the checkpoint, and with it the deaths, when its image is lost",
                        ENGINE + "Opening",
                        ClassEdits.redirected("manifestAfter", "isEmpty", 1, "always", Object.class)),
                new Mutant(
                        "creates a vector collection before the manifest announces it",
                        ENGINE + "Catalog",
                        ClassEdits.withoutCall("openVectors", "run")));
    }
}
