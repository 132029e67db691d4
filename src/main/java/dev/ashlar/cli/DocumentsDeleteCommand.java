package dev.ashlar.cli;

import dev.ashlar.DocumentCollection;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ashlar documents delete}: one document. */
@Command(
        name = "delete",
        header = "Removes a document.",
        description = {
            "The deletion is pending until 'ashlar documents commit', or until --commit, which commits everything that is "
                    + "pending.",
            "When the command returns, it is on the device. It is quiet when all went well, and fails (exit code 1) if there is "
                    + "no such document."
        },
        footer = {
            "  ashlar documents delete data books 0-201-03801-3 --commit",
            "  ashlar documents delete data events -- -7"
        })
final class DocumentsDeleteCommand extends DocumentsKeyAction {
    @Option(names = "--commit", description = "Commit it, and everything else that is pending.")
    private boolean commit;

    DocumentsDeleteCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            DocumentCollection target = existing(open);
            Key key = key(target.schema(), key());
            long lsn = key.text() == null
                    ? target.delete(key.number(), Durability.DURABLE)
                    : target.delete(key.text(), Durability.DURABLE);
            if (lsn == Keyspace.NOT_WRITTEN) {
                throw absent(target, key);
            }
            Map<String, Object> members = Json.object("collection", collection(), "lsn", lsn);
            if (commit) {
                members.put("commit", commit(target));
            }
            if (json()) {
                output().json(members);
            }
        }
        return ExitCode.OK;
    }
}
