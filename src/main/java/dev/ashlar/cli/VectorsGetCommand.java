package dev.ashlar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ashlar vectors get}: one row. */
@Command(
        name = "get",
        header = "Prints a vector.",
        description = {
            "Prints it as a JSON array, bits as hexadecimal digits. With --json: collection, id, version, and vector or bits, "
                    + "which 'import --from jsonl' reads."
        },
        footer = {"  ashlar vectors get data points 7", "  ashlar vectors get data points --json -- -7"})
final class VectorsGetCommand extends VectorsRowAction {
    VectorsGetCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            VectorCollection source = existing(open);
            MemorySegment row = source.get(id());
            if (row == null) {
                throw noSuchRow(id());
            }
            if (!json()) {
                output().line(VectorText.show(source.options(), row));
                return ExitCode.OK;
            }
            Map<String, Object> members = describe(id());
            members.put("version", source.version(id()));
            try (JsonGenerator generator = output().jsonStream()) {
                Json.oneLine(generator);
                generator.writeStartObject();
                for (Map.Entry<String, Object> member : members.entrySet()) {
                    generator.writePOJOField(member.getKey(), member.getValue());
                }
                VectorText.write(generator, source.options(), row);
                generator.writeEndObject();
            }
            output().line("");
        }
        return ExitCode.OK;
    }
}
