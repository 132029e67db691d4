package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ashlar vectors delete}: one row. */
@Command(
        name = "delete",
        header = "Removes a vector.",
        description = {
            "When the command returns, the deletion is on the device. It is quiet when all went well, and fails (exit code 1) "
                    + "if there is no such row."
        },
        footer = {"  ashlar vectors delete data points 7", "  ashlar vectors delete data points -- -7"})
final class VectorsDeleteCommand extends VectorsRowAction {
    VectorsDeleteCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            long version = existing(open).delete(id(), Durability.DURABLE);
            if (version == Keyspace.NOT_WRITTEN) {
                throw noSuchRow(id());
            }
            if (json()) {
                Map<String, Object> members = describe(id());
                members.put("version", version);
                output().json(members);
            }
        }
        return ExitCode.OK;
    }
}
