package dev.ashlar.sim;

import java.util.List;

/** Engines that are broken in what they do to documents. Their numbers go on behind those of {@link VectorMutants#all}. */
final class DocumentMutants {
    private static final String ENGINE = "dev.ashlar.engine.";
    private static final String DOCUMENT = "dev.ashlar.document.";

    private DocumentMutants() {}

    static List<Mutant> all() {
        return List.of(
                new Mutant(
                        "does not sync a segment of documents",
                        DOCUMENT + "SegmentWriter",
                        ClassEdits.withoutCall("finish", "sync")),
                new Mutant(
                        "does not sync the directory of new segments of documents",
                        ENGINE + "DocumentBuild",
                        ClassEdits.withoutCall("build", "syncDirectory")),
                new Mutant(
                        "does not sync the directory of a merged segment of documents",
                        ENGINE + "DocumentMerges",
                        ClassEdits.withoutCall("copyAndPublish", "syncDirectory")),
                new Mutant(
                        "does not sync the directory in which the directory of documents is",
                        ENGINE + "DocumentFileKeeper",
                        ClassEdits.withoutCall("ensureDirectory", "syncDirectory")),
                new Mutant(
                        "does not sync which documents are dead",
                        DOCUMENT + "LiveFile",
                        ClassEdits.withoutCall("write", "sync")),
                new Mutant(
                        "does not write which documents are dead",
                        ENGINE + "DocumentBuild",
                        ClassEdits.withoutCall("kill", "write")),
                new Mutant(
                        "forgets in a merge which documents are to die",
                        ENGINE + "DocumentMerges",
                        ClassEdits.redirected("publish", "diedSince", 0, "nobody")),
                new Mutant(
                        "removes files of documents before the record that does without them is durable",
                        ENGINE + "Documents",
                        ClassEdits.redirected("wake", "durable", 1, "forever", Object.class)),
                new Mutant(
                        "leaves files of documents that no record names",
                        ENGINE + "DocumentFileKeeper",
                        ClassEdits.withoutCall("sweep", "unlink")),
                new Mutant(
                        "leaves files of documents that were replaced",
                        ENGINE + "DocumentFileKeeper",
                        ClassEdits.returning("retire", 0)),
                new Mutant(
                        "leaves files of a commit that was given up",
                        ENGINE + "DocumentBuild",
                        ClassEdits.withoutCall("close", "discard")),
                new Mutant(
                        "gives ids of files again that others have",
                        ENGINE + "DocumentFileKeeper",
                        ClassEdits.returning("idsBegin", 0)),
                new Mutant(
                        "gives numbers of documents again that others have",
                        ENGINE + "Documents",
                        ClassEdits.returning("numbersBegin", 0)),
                new Mutant(
                        "leaves pending what it has committed",
                        ENGINE + "DocumentSpace",
                        ClassEdits.withoutCall("stage", "clearBelow")),
                new Mutant(
                        "drops with a commit what was added after it",
                        ENGINE + "DocumentSpace",
                        ClassEdits.redirected("stage", "clearBelow", 1, "clearAll", Object.class)),
                new Mutant(
                        "drops nothing when a commit is aborted",
                        ENGINE + "PreparedDocuments",
                        ClassEdits.withoutCall("abort", "publish")),
                new Mutant(
                        "drops what a commit was about when it is released",
                        ENGINE + "PreparedDocuments",
                        ClassEdits.redirected("release", "end", 1, "abortAndEnd", Object.class)),
                new Mutant(
                        "lets others publish while a commit is prepared",
                        ENGINE + "DocumentSpace",
                        ClassEdits.returning("tryTake", 1).and(ClassEdits.returning("checkNothingPrepared", 0))),
                new Mutant(
                        "takes a document for deleted that only a pending deletion names",
                        ENGINE + "DocumentReads",
                        ClassEdits.redirected("find", "now", 0, "next", Object.class)),
                new Mutant(
                        "replaces nothing in segments that are not published",
                        ENGINE + "DocumentBuild",
                        ClassEdits.redirected("kill", "addAll", 1, "addsNothing", Object.class)),
                new Mutant(
                        "creates a document collection before the manifest announces it",
                        ENGINE + "Catalog",
                        ClassEdits.withoutCall("openDocuments", "run")));
    }
}
