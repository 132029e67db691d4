package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code ashlar vectors put}: one row. */
@Command(
        name = "put",
        header = "Stores a vector under an id.",
        description = {
            "Replaces the present one, if any. The collection must be there: 'ashlar vectors create' makes it.",
            "When the command returns, the vector is on the device. It is quiet when all went well."
        },
        footer = {
            "  ashlar vectors put data points 7 '[0.5,-1,2]'",
            "  ashlar vectors put data hashes 7 00ff12ab",
            "  ashlar vectors put data points -- -7 < vector.json"
        })
final class VectorsPutCommand extends VectorsRowAction {
    /** Of a vector of the highest dimension, with room for all the digits that there may be. */
    private static final int MAX_TEXT_BYTES = 16 << 20;

    @Parameters(
            index = "3",
            arity = "0..1",
            paramLabel = "VECTOR",
            description = "A JSON array, or of bits hexadecimal digits. Without it, it is read from standard input.")
    private @Nullable String vector;

    VectorsPutCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            VectorCollection target = existing(open);
            MemorySegment row = VectorArgument.row(vector == null ? read() : vector, target.options());
            long version = target.put(id(), row, Durability.DURABLE);
            if (json()) {
                Map<String, Object> members = describe(id());
                members.put("version", version);
                output().json(members);
            }
        }
        return ExitCode.OK;
    }

    private String read() throws IOException {
        if (output().terminal()) {
            output().note("Reading the vector from the terminal; Ctrl-D ends it.");
        }
        byte[] text = output().in().readNBytes(MAX_TEXT_BYTES + 1);
        if (text.length > MAX_TEXT_BYTES) {
            throw Failure.refused("what standard input has is longer than a vector can be");
        }
        return new String(text, StandardCharsets.UTF_8);
    }
}
