package dev.ashlar.cli;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentStats;
import dev.ashlar.Store;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ashlar documents stat}: schema and figures of a collection. */
@Command(
        name = "stat",
        header = "Shows the schema of a document collection and what it consists of.",
        description = "Bytes before compression are those of all documents in segments, dead ones included.",
        footer = {
            "  ashlar documents stat data books",
            "  ashlar documents stat data books --json | jq .stats.documents"
        })
final class DocumentsStatCommand extends DocumentsAction {
    DocumentsStatCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            DocumentCollection source = existing(open);
            DocumentStats stats = source.stats();
            if (json()) {
                Map<String, Object> members = DocumentFields.describe(collection(), source.schema());
                members.put("stats", Json.of(stats));
                output().json(members);
                return ExitCode.OK;
            }
            new Table("", "<")
                    .row("document collection", Escapes.show(collection()))
                    .row("documents", Units.count(stats.documents()))
                    .row("pending, in the log", Units.count(stats.pending()) + ", " + Units.bytes(stats.pendingBytes()))
                    .row("pending, in segments", Units.count(stats.pendingDocuments()))
                    .row("segments", Units.count(stats.segments()) + ", " + Units.bytes(stats.fileBytes()))
                    .row("before compression", Units.bytes(stats.rawBytes()))
                    .row("compression", String.format(Locale.ROOT, "%.2f times smaller", stats.compression()))
                    .row("dictionaries", Units.count(stats.dictionaries()))
                    .row("dead documents", Units.count(stats.deadDocuments()))
                    .row("generation", Units.count(stats.generation()))
                    .print(output());
            output().line("");
            DocumentFields.table(source.schema()).print(output());
        }
        return ExitCode.OK;
    }
}
