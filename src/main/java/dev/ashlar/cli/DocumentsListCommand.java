package dev.ashlar.cli;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentStats;
import dev.ashlar.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code ashlar documents list}: the collections of a store. */
@Command(
        name = "list",
        header = "Lists the document collections of a store.",
        description = "'ashlar documents find' lists documents.",
        footer = {"  ashlar documents list data", "  ashlar documents list data --json | jq '.collections[].collection'"
        })
final class DocumentsListCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    DocumentsListCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store.openExisting(output())) {
            if (json()) {
                output().json(Json.object("collections", describe(open)));
            } else {
                table(open).print(output());
            }
        }
        return ExitCode.OK;
    }

    static List<Map<String, Object>> describe(Store open) {
        List<Map<String, Object>> described = new ArrayList<>();
        for (String name : open.documentCollections()) {
            DocumentCollection listed = open.documents(name);
            DocumentField key = listed.schema().primaryKey();
            Map<String, Object> members = Json.object("collection", name);
            if (key != null) {
                members.put("key", key.name());
            }
            members.put("stats", Json.of(listed.stats()));
            described.add(members);
        }
        return described;
    }

    static Table table(Store open) {
        Table table = new Table("document collection", "documents", "pending", "fields", "<key", "bytes");
        for (String name : open.documentCollections()) {
            DocumentCollection listed = open.documents(name);
            DocumentStats stats = listed.stats();
            DocumentField key = listed.schema().primaryKey();
            table.row(
                    Escapes.show(name),
                    Units.count(stats.documents()),
                    Units.count(stats.pending() + stats.pendingDocuments()),
                    Units.count(listed.schema().size()),
                    key == null ? "" : Escapes.show(key.name()),
                    Units.bytes(stats.fileBytes()));
        }
        return table;
    }
}
