package dev.ashlar.cli;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentStats;
import dev.ashlar.Store;
import java.io.IOException;
import java.time.Duration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ashlar documents merge}: fewer segments, no dead documents. */
@Command(
        name = "merge",
        header = "Merges the segments of a document collection.",
        description = {
            "Merges until there are no more than N segments, and no documents in them that were deleted or replaced. Segments are "
                    + "merged by themselves as they grow many; this gives back the rest of the room, and takes as "
                    + "much as the collection has while it is done."
        },
        footer = {"  ashlar documents merge data books", "  ashlar documents merge data books --segments 4 --json"})
final class DocumentsMergeCommand extends DocumentsAction {
    @Option(
            names = "--segments",
            paramLabel = "N",
            description = "How many segments there may be in the end (default: ${DEFAULT-VALUE}).")
    private int segments = 1;

    DocumentsMergeCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if (segments < 1) {
            throw Failure.usage("--segments is " + segments + "; it must be 1 or more");
        }
        try (Store open = store().openExisting(output())) {
            DocumentCollection target = existing(open);
            DocumentStats before = target.stats();
            long start = System.nanoTime();
            target.forceMerge(segments);
            Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
            DocumentStats after = target.stats();
            if (json()) {
                output().json(Json.object(
                        "collection",
                        collection(),
                        "before",
                        Json.of(before),
                        "after",
                        Json.of(after),
                        "elapsedNanos",
                        elapsed.toNanos()));
                return ExitCode.OK;
            }
            new Table("", "before", "after")
                    .row("segments", Units.count(before.segments()), Units.count(after.segments()))
                    .row("bytes", Units.bytes(before.fileBytes()), Units.bytes(after.fileBytes()))
                    .row("documents", Units.count(before.documents()), Units.count(after.documents()))
                    .row(
                            "dead ones beside them",
                            Units.count(before.deadDocuments()),
                            Units.count(after.deadDocuments()))
                    .row("time", "", Units.time(elapsed))
                    .print(output());
        }
        return ExitCode.OK;
    }
}
