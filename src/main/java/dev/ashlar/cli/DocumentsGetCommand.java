package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.ashlar.Document;
import dev.ashlar.DocumentCollection;
import dev.ashlar.Store;
import dev.ashlar.interchange.DocumentLines;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ashlar documents get}: one document. */
@Command(
        name = "get",
        header = "Prints a document.",
        description = {
            "Prints the committed document with a primary key as a JSON object on one line, which 'import' reads. With --json: "
                    + "collection, and the object in document."
        },
        footer = {
            "  ashlar documents get data books 0-201-03801-3",
            "  ashlar documents get data books 0-201-03801-3 --fields title,year",
            "  ashlar documents get data events -- -7"
        })
final class DocumentsGetCommand extends DocumentsKeyAction {
    @Option(
            names = "--fields",
            split = ",",
            paramLabel = "FIELD",
            description = "Only these fields, separated by commas (default: all).")
    private List<String> fields = new ArrayList<>();

    DocumentsGetCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            DocumentCollection source = existing(open);
            Key key = key(source.schema(), key());
            Document document = key.text() == null ? source.get(key.number()) : source.get(key.text());
            if (document == null) {
                throw absent(source, key);
            }
            String shown = DocumentLines.toJson(document, DocumentsFindCommand.names(source.schema(), fields));
            if (!json()) {
                output().line(shown);
                return ExitCode.OK;
            }
            try (JsonGenerator generator = output().jsonStream()) {
                generator.writeStartObject();
                generator.writeStringField("collection", collection());
                generator.writeFieldName("document");
                generator.writeRawValue(shown);
                generator.writeEndObject();
            }
            output().line("");
        }
        return ExitCode.OK;
    }
}
