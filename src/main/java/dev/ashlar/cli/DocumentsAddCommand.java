package dev.ashlar.cli;

import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentCollection;
import dev.ashlar.Durability;
import dev.ashlar.Store;
import dev.ashlar.interchange.DocumentLines;
import dev.ashlar.interchange.JsonLineException;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar documents add}: one document. */
@Command(
        name = "add",
        header = "Adds a document.",
        description = {
            "It is pending until 'ashlar documents commit', or until --commit, which commits everything that is pending. A "
                    + "document whose key is taken is refused (exit code 2) unless --upsert puts it in place of the "
                    + "other.",
            "When the command returns, the document is on the device. It is quiet when all went well."
        },
        footer = {
            "  ashlar documents add data books '{\"isbn\":\"0-201-03801-3\",\"title\":\"TAOCP 1\"}'",
            "  ashlar documents add data books --upsert --commit < book.json"
        })
final class DocumentsAddCommand extends DocumentsAction {
    /** Of standard input; larger documents can be imported. */
    private static final int MAX_TEXT_BYTES = 256 << 20;

    @Parameters(
            index = "2",
            arity = "0..1",
            paramLabel = "DOCUMENT",
            description = "A JSON object. Without it, it is read from standard input.")
    private @Nullable String document;

    @Option(names = "--upsert", description = "Put it in place of the document with its key, if there is one.")
    private boolean upsert;

    @Option(names = "--commit", description = "Commit it, and everything else that is pending.")
    private boolean commit;

    DocumentsAddCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            DocumentCollection target = existing(open);
            if (upsert && target.schema().primaryKey() == null) {
                throw Failure.usage("--upsert goes by the primary key, and the collection has none");
            }
            DocumentBuilder builder = target.document();
            String text = textOrInput(document, "document", MAX_TEXT_BYTES);
            long lsn;
            try {
                DocumentLines.parse(text, builder);
                lsn = upsert ? target.upsert(builder, Durability.DURABLE) : target.add(builder, Durability.DURABLE);
            } catch (JsonLineException | IllegalArgumentException e) {
                throw Failure.usage("DOCUMENT is no document of the collection: " + Errors.describe(e));
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
