package dev.ashlar.cli;

import dev.ashlar.Store;
import dev.ashlar.VectorOptions;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code ashlar vectors create}: a new, empty collection. */
@Command(
        name = "create",
        header = "Creates a vector collection.",
        description = {
            "The store is created if need be. Nothing happens if there is such a collection already; if there is one of that "
                    + "name with another dimension, type, metric or policy, that is an error (exit code 2).",
            "When the command returns, the collection is on the device. It is quiet when all went well."
        },
        footer = {
            "  ashlar vectors create data words --dimension 300",
            "  ashlar vectors create data faces --dimension 128 --type int8 --metric dot-product",
            "  ashlar vectors create data hashes --dimension 256 --type bit"
        })
final class VectorsCreateCommand extends VectorsAction {
    @Option(names = "--dimension", required = true, paramLabel = "N", description = "Number of components.")
    private int dimension;

    @Mixin
    private VectorSettings settings = new VectorSettings();

    VectorsCreateCommand(Output output) {
        super(output);
    }

    @Override
    int run() {
        VectorOptions options = settings.options(dimension);
        try (Store open = store().openOrCreate(output())) {
            boolean created = !open.vectorCollections().contains(collection());
            existingOrNew(open, options);
            if (json()) {
                Map<String, Object> members = VectorSettings.describe(collection(), options);
                members.put("created", created);
                output().json(members);
            }
        }
        return ExitCode.OK;
    }
}
