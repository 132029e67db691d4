package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorScan;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar vectors list}: the collections of a store, or the rows of a collection. */
@Command(
        name = "list",
        header = "Lists the vector collections of a store, or the ids of a collection.",
        description = "Ids are listed in no order that means anything.",
        footer = {
            "  ashlar vectors list data",
            "  ashlar vectors list data points --limit=20",
            "  ashlar vectors list data points --json | jq '.rows[].id'"
        })
final class VectorsListCommand extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "COLLECTION",
            description = "Name of a vector collection; without it the collections are listed.")
    private @Nullable String collection;

    @Option(names = "--limit", paramLabel = "N", description = "Stop after N ids.")
    private long limit = Long.MAX_VALUE;

    VectorsListCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if (limit < 0) {
            throw Failure.usage("--limit is " + limit + "; it must be 0 or more");
        }
        try (Store open = store.openExisting(output())) {
            if (collection == null) {
                if (json()) {
                    output().json(Json.object("collections", describe(open)));
                } else {
                    table(open).print(output());
                }
            } else {
                listRows(VectorsAction.existing(open, collection, store));
            }
        }
        return ExitCode.OK;
    }

    static List<Map<String, Object>> describe(Store open) {
        List<Map<String, Object>> described = new ArrayList<>();
        for (String name : open.vectorCollections()) {
            VectorCollection listed = open.vectors(name);
            Map<String, Object> members = VectorSettings.describe(name, listed.options());
            members.put("rows", listed.size());
            described.add(members);
        }
        return described;
    }

    static Table table(Store open) {
        Table table = new Table("vector collection", "rows", "dimension", "<type", "<metric");
        for (String name : open.vectorCollections()) {
            VectorCollection listed = open.vectors(name);
            table.row(
                    Escapes.show(name),
                    Units.count(listed.size()),
                    Units.count(listed.options().dimension()),
                    VectorSettings.show(listed.options().type()),
                    VectorSettings.show(listed.options().metric()));
        }
        return table;
    }

    private void listRows(VectorCollection listed) throws IOException {
        try (VectorScan scan = listed.scan()) {
            if (!json()) {
                for (long i = 0; i < limit && scan.next(); i++) {
                    output().line(Long.toString(scan.id()));
                }
                return;
            }
            try (JsonGenerator generator = output().jsonStream()) {
                Json.oneLine(generator);
                generator.writeStartObject();
                generator.writeStringField("collection", listed.name());
                generator.writeArrayFieldStart("rows");
                boolean more = scan.next();
                for (long i = 0; i < limit && more; i++, more = scan.next()) {
                    generator.writePOJO(Json.object("id", scan.id(), "version", scan.version()));
                }
                generator.writeEndArray();
                generator.writeBooleanField("more", more);
                generator.writeEndObject();
                generator.flush();
                output().line("");
            }
        }
    }
}
