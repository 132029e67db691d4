package dev.ashlar.cli;

import dev.ashlar.DocumentStats;
import dev.ashlar.Store;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ashlar documents drop}: a whole collection. */
@Command(
        name = "drop",
        header = "Removes a document collection with all its documents, in one step.",
        description = {
            "Without --yes nothing is removed, and the command says what would go (exit code 2).",
            "When the command returns, the removal is on the device. It is quiet when all went well."
        },
        footer = {"  ashlar documents drop data books", "  ashlar documents drop data books --yes"})
final class DocumentsDropCommand extends DocumentsAction {
    @Option(names = "--yes", description = "Do it. Without this the command only says what would go.")
    private boolean yes;

    DocumentsDropCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            DocumentStats stats = existing(open).stats();
            long pending = stats.pending() + stats.pendingDocuments();
            if (!yes) {
                throw Failure.refused("this would remove " + Units.count(stats.documents())
                        + (stats.documents() == 1 ? " document" : " documents")
                        + (pending == 0 ? "" : " and " + Units.count(pending) + " pending ones")
                        + " of document collection '" + Escapes.show(collection()) + "' in " + store().shown()
                        + ", and the collection itself; nothing was removed. --yes does it");
            }
            boolean dropped = open.dropDocuments(collection());
            if (json()) {
                output().json(Json.object(
                        "collection", collection(), "documents", stats.documents(), "dropped", dropped));
            }
        }
        return ExitCode.OK;
    }
}
