package dev.ashlar.cli;

import dev.ashlar.DocumentCollection;
import dev.ashlar.DocumentField;
import dev.ashlar.DocumentSchema;
import dev.ashlar.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ashlar documents create}: a new, empty collection. */
@Command(
        name = "create",
        header = "Creates a document collection, or adds fields to one.",
        description = {
            "The store is created if need be. Nothing happens if there is such a collection already; if there is one of that "
                    + "name with another schema, that is an error (exit code 2). With --extend, fields behind those that "
                    + "it has are added to it; documents that are there have none of them.",
            "",
            "Types are text, keyword (a name that is compared as a whole), i64, f64, bool, bytes, json, vector:DIMENSION (float32, "
                    + "in the document), reference:COLLECTION (the id of a row of a vector collection).",
            "",
            "When the command returns, the collection is on the device. It is quiet when all went well."
        },
        footer = {
            "  ashlar documents create data books --field isbn:keyword --field title:text --key isbn",
            "  ashlar documents create data notes --field tag:keyword:many --field body:text --field at:i64",
            "  ashlar documents create data pages --field url:keyword --field row:vector:128 --key url"
        })
final class DocumentsCreateCommand extends DocumentsAction {
    @Option(
            names = "--field",
            required = true,
            paramLabel = "NAME:TYPE[:many][:unstored]",
            description =
                    "A field, in the order of the options: with :many a document may have several values of it, with "
                            + ":unstored it is checked, but not there when a document is read.")
    private List<String> fields = new ArrayList<>();

    @Option(names = "--key", paramLabel = "FIELD", description = "The primary key: a single keyword or i64.")
    private @Nullable String key;

    @Option(names = "--extend", description = "Add the last fields to a collection that has those before them.")
    private boolean extend;

    DocumentsCreateCommand(Output output) {
        super(output);
    }

    @Override
    int run() {
        DocumentSchema schema = schema();
        try (Store open = store().openOrCreate(output())) {
            boolean created = !open.documentCollections().contains(collection());
            DocumentCollection target = existingOrNew(open, schema, created);
            if (json()) {
                Map<String, Object> members = DocumentFields.describe(collection(), target.schema());
                members.put("created", created);
                output().json(members);
            }
        }
        return ExitCode.OK;
    }

    private DocumentSchema schema() {
        DocumentSchema.Builder builder = DocumentSchema.builder();
        try {
            for (String field : fields) {
                builder.field(DocumentFields.parse(field));
            }
            return (key == null ? builder : builder.primaryKey(text(key))).build();
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
    }

    private DocumentCollection existingOrNew(Store open, DocumentSchema schema, boolean created) {
        try {
            if (created) {
                return open.documents(collection(), schema);
            }
            DocumentCollection target = open.documents(collection());
            DocumentSchema stored = target.schema();
            String difference = schema.differenceFrom(stored);
            if (difference == null && schema.size() > stored.size() && extend) {
                DocumentSchema ignored = target.addFields(
                        schema.fields().subList(stored.size(), schema.size()).toArray(DocumentField[]::new));
            } else if (difference != null || schema.size() > stored.size()) {
                throw Failure.refused("document collection '" + Escapes.show(collection()) + "' has another schema: "
                        + (difference == null
                                ? "it has " + stored.size() + " of these " + schema.size()
                                        + " fields; --extend adds the others"
                                : difference));
            }
            return target;
        } catch (IllegalArgumentException e) {
            throw created ? Failure.usage(Errors.describe(e)) : Failure.refused(Errors.describe(e));
        }
    }
}
