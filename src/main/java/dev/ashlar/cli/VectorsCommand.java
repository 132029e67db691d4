package dev.ashlar.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ashlar vectors}: the commands about vector collections. */
@Command(
        name = "vectors",
        header = "Fills, reads and searches collections of vectors.",
        description = {
            "A collection has vectors of one dimension and type, each under an id, a whole number of 64 bits. "
                    + "'ashlar vectors help COMMAND' explains a command.",
            "",
            "A vector is written as a JSON array, [0.5,-1,2]. Of bits it may also be hexadecimal digits, two for each byte with "
                    + "eight components in each, the first one in the lowest bit."
        },
        footer = {
            "  ashlar vectors create data points --dimension 3 --metric squared-euclidean",
            "  ashlar vectors put data points 7 '[0.5,-1,2]'",
            "  ashlar vectors search data points '[0,0,1]' -k 5",
            "  ashlar vectors import data words glove.npy --ids ids.npy",
            "  ashlar vectors search data words --like 42 --json"
        })
final class VectorsCommand extends Action {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    private VectorsCommand(Output output) {
        super(output);
    }

    static CommandLine commandLine(Output output) {
        return new CommandLine(new VectorsCommand(output))
                .addSubcommand(new VectorsCreateCommand(output))
                .addSubcommand(new VectorsPutCommand(output))
                .addSubcommand(new VectorsGetCommand(output))
                .addSubcommand(new VectorsDeleteCommand(output))
                .addSubcommand(new VectorsListCommand(output))
                .addSubcommand(new VectorsSearchCommand(output))
                .addSubcommand(new VectorsImportCommand(output))
                .addSubcommand(new VectorsExportCommand(output))
                .addSubcommand(new VectorsStatCommand(output))
                .addSubcommand(new VectorsVerifyCommand(output))
                .addSubcommand(new VectorsDropCommand(output))
                .addSubcommand(new CommandLine.HelpCommand());
    }

    @Override
    int run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
