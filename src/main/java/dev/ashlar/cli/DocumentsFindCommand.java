package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.ashlar.DocumentCursor;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentSchema;
import dev.ashlar.DocumentSnapshot;
import dev.ashlar.Store;
import dev.ashlar.interchange.DocumentLines;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ashlar documents find}: documents by the values of their fields. */
@Command(
        name = "find",
        header = "Prints the documents that match conditions.",
        description = {
            "Prints each committed document that all conditions hold for as a JSON object on a line. A condition is FIELD=VALUE, or "
                    + "with !=, <, <=, >, >= (i64, f64, keyword); FIELD: it has a value; !FIELD: it has none. Of a "
                    + "field with many values, one has to match; != is the opposite of =, so a document without the "
                    + "field matches it. Bytes are written as Base64.",
            "Documents are read one after the other, but parts of the collection in which nothing can match."
        },
        footer = {
            "  ashlar documents find data books --where 'year>=1968' --where 'year<1970'",
            "  ashlar documents find data books --where tag=algorithms --fields isbn,title --limit 20",
            "  ashlar documents find data books --where '!year' --count"
        })
final class DocumentsFindCommand extends DocumentsAction {
    @Option(names = "--where", paramLabel = "CONDITION", description = "A condition; of several, all have to hold.")
    private List<String> conditions = new ArrayList<>();

    @Option(
            names = "--fields",
            split = ",",
            paramLabel = "FIELD",
            description = "Only these fields, separated by commas (default: all).")
    private List<String> fields = new ArrayList<>();

    @Option(names = "--limit", paramLabel = "N", description = "Stop after N documents.")
    private long limit = Long.MAX_VALUE;

    @Option(names = "--count", description = "Print how many there are, and not the documents.")
    private boolean count;

    DocumentsFindCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if (limit < 0) {
            throw Failure.usage("--limit is " + limit + "; it must be 0 or more");
        }
        if (count && (limit != Long.MAX_VALUE || !fields.isEmpty())) {
            throw Failure.usage("--count counts all that match: --limit and --fields are not about it");
        }
        try (Store open = store().openExisting(output());
                DocumentSnapshot source = existing(open).snapshot()) {
            DocumentFilter filter = DocumentWhere.all(source.schema(), conditions);
            String[] names = names(source.schema(), fields);
            if (count) {
                count(source, filter);
                return ExitCode.OK;
            }
            try (DocumentCursor cursor = cursor(source, filter)) {
                if (json()) {
                    printJson(cursor, names);
                } else {
                    for (long i = 0; i < limit && cursor.next(); i++) {
                        output().line(DocumentLines.toJson(cursor.document(), names));
                    }
                }
            }
        }
        return ExitCode.OK;
    }

    private static DocumentCursor cursor(DocumentSnapshot source, @Nullable DocumentFilter filter) {
        try {
            return filter == null ? source.cursor() : source.cursor(filter);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
    }

    private void count(DocumentSnapshot source, @Nullable DocumentFilter filter) {
        long documents;
        try {
            documents = filter == null ? source.count() : source.count(filter);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
        if (json()) {
            output().json(Json.object("collection", collection(), "count", documents));
        } else {
            output().line(Long.toString(documents));
        }
    }

    private void printJson(DocumentCursor cursor, String[] names) throws IOException {
        try (JsonGenerator generator = output().jsonStream()) {
            Json.oneLine(generator);
            generator.writeStartObject();
            generator.writeStringField("collection", collection());
            generator.writeArrayFieldStart("documents");
            boolean more = cursor.next();
            for (long i = 0; i < limit && more; i++, more = cursor.next()) {
                generator.writeRawValue(DocumentLines.toJson(cursor.document(), names));
            }
            generator.writeEndArray();
            generator.writeBooleanField("more", more);
            generator.writeEndObject();
            generator.flush();
            output().line("");
        }
    }

    /** Names of fields that there are. */
    static String[] names(DocumentSchema schema, List<String> fields) {
        String[] names = fields.stream().map(DocumentsAction::text).toArray(String[]::new);
        for (String name : names) {
            try {
                int ignored = schema.number(name);
            } catch (IllegalArgumentException e) {
                throw Failure.usage("--fields: " + Errors.describe(e));
            }
        }
        return names;
    }
}
