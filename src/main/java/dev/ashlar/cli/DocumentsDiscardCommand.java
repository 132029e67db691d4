package dev.ashlar.cli;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentStats;
import dev.ashlar.Store;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ashlar documents discard}: drops what is pending. */
@Command(
        name = "discard",
        header = "Drops everything that is pending.",
        description = {
            "Documents that were added or replaced, and deletions, are forgotten; what is committed stays as it is. Without --yes "
                    + "nothing is dropped, and the command says what would go (exit code 2).",
            "When the command returns, that is on the device. It is quiet when all went well."
        },
        footer = {"  ashlar documents discard data books --yes"})
final class DocumentsDiscardCommand extends DocumentsAction {
    @Option(names = "--yes", description = "Do it. Without this the command only says what would go.")
    private boolean yes;

    DocumentsDiscardCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            DocumentCollection target = existing(open);
            DocumentStats stats = target.stats();
            long pending = stats.pending() + stats.pendingDocuments();
            if (!yes && pending > 0) {
                throw Failure.refused("this would drop " + Units.count(pending) + " pending "
                        + (pending == 1 ? "write" : "writes") + " of document collection '"
                        + Escapes.show(collection()) + "' in " + store().shown()
                        + "; nothing was dropped. --yes does it");
            }
            long lsn = target.discardPending();
            if (json()) {
                output().json(Json.object("collection", collection(), "discarded", pending, "lsn", lsn));
            }
        }
        return ExitCode.OK;
    }
}
