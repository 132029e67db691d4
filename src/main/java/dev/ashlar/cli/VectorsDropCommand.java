package dev.ashlar.cli;

import dev.ashlar.Store;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ashlar vectors drop}: a whole collection. */
@Command(
        name = "drop",
        header = "Removes a vector collection with all its vectors, in one step.",
        description = {
            "Without --yes nothing is removed, and the command says what would go (exit code 2).",
            "When the command returns, the removal is on the device. It is quiet when all went well."
        },
        footer = {"  ashlar vectors drop data points", "  ashlar vectors drop data points --yes"})
final class VectorsDropCommand extends VectorsAction {
    @Option(names = "--yes", description = "Do it. Without this the command only says what would go.")
    private boolean yes;

    VectorsDropCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store open = store().openExisting(output())) {
            long rows = existing(open).size();
            if (!yes) {
                throw Failure.refused("this would remove " + Units.count(rows) + (rows == 1 ? " vector" : " vectors")
                        + " of vector collection '" + Escapes.show(collection()) + "' in " + store().shown()
                        + ", and the collection itself; nothing was removed. --yes does it");
            }
            boolean dropped = open.dropVectors(collection());
            if (json()) {
                output().json(Json.object("collection", collection(), "rows", rows, "dropped", dropped));
            }
        }
        return ExitCode.OK;
    }
}
