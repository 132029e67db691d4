package dev.ashlar.cli;

import dev.ashlar.Store;
import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ashlar documents commit}: makes visible what is pending. */
@Command(
        name = "commit",
        header = "Makes everything visible that is pending.",
        description = {
            "Documents that were added or replaced, and deletions, take effect all at once. When the command returns, that is on "
                    + "the device."
        },
        footer = {"  ashlar documents commit data books"})
final class DocumentsCommitCommand extends DocumentsAction {
    DocumentsCommitCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            Map<String, Object> committed = commit(existing(open));
            if (json()) {
                Map<String, Object> members = Json.object("collection", collection());
                members.putAll(committed);
                output().json(members);
            } else {
                output().line("documents added: " + Units.count((long) committed.getOrDefault("documents", 0L))
                        + ", removed or replaced: " + Units.count((long) committed.getOrDefault("removals", 0L)));
            }
        }
        return ExitCode.OK;
    }
}
