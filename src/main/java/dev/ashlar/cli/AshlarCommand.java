package dev.ashlar.cli;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code ashlar} itself: the commands, and what is printed where none is given. */
@Command(
        name = "ashlar",
        header = "Fills, reads and checks Ashlar stores: directories of keyspaces, which map keys to values, of "
                + "vectors and of documents.",
        description = {"'ashlar help COMMAND' explains a command. One process at a time has a store open."},
        footer = {
            "  ashlar quickstart                          see it work, on the sources of your JDK",
            "  ashlar put data greetings hello 'Hello!'   store a value in a new store 'data'",
            "  ashlar get data greetings hello            print it",
            "  ashlar list data greetings                 print the keys",
            "  ashlar scan data greetings --values        print the entries, in the order of the log",
            "  ashlar batch data < writes.jsonl           apply many writes, all or none",
            "  ashlar import data docs ./docs             store a directory, file by file",
            "  ashlar export data docs ./copy --to dir    write a directory, key by key",
            "  ashlar vectors search data words --like 7  find the vectors most like one",
            "  ashlar documents get data books 0-201-8    print a document",
            "  ashlar verify data                         read everything, check every checksum",
            "  ashlar salvage data new                    make a new store of what is left of a damaged one"
        })
final class AshlarCommand extends Action {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    AshlarCommand(Output output) {
        super(output);
    }

    static CommandLine commandLine(Output output) {
        CommandLine line = new CommandLine(new AshlarCommand(output))
                .addSubcommand(new QuickstartCommand(output))
                .addSubcommand(new PutCommand(output))
                .addSubcommand(new GetCommand(output))
                .addSubcommand(new InfoCommand(output))
                .addSubcommand(new DeleteCommand(output))
                .addSubcommand(new RenameCommand(output))
                .addSubcommand(new CopyCommand(output))
                .addSubcommand(new MoveCommand(output))
                .addSubcommand(new BatchCommand(output))
                .addSubcommand(new ListCommand(output))
                .addSubcommand(new ScanCommand(output))
                .addSubcommand(new ClearCommand(output))
                .addSubcommand(new DropCommand(output))
                .addSubcommand(new ImportCommand(output))
                .addSubcommand(new ExportCommand(output))
                .addSubcommand(VectorsCommand.commandLine(output))
                .addSubcommand(DocumentsCommand.commandLine(output))
                .addSubcommand(new CompactCommand(output))
                .addSubcommand(new StatCommand(output))
                .addSubcommand(new VerifyCommand(output))
                .addSubcommand(new SalvageCommand(output))
                .addSubcommand(new QuickstartWriterCommand(output))
                .addSubcommand(new CommandLine.HelpCommand());
        // For all commands, so not before they are there.
        return line.registerConverter(Path.class, AshlarCommand::path)
                .setOut(output.writer())
                .setErr(output.errorWriter())
                .setUsageHelpWidth(100)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExpandAtFiles(false)
                .setOverwrittenOptionsAllowed(true)
                .setParameterExceptionHandler((problem, _) -> Errors.usage(problem, output))
                .setExecutionExceptionHandler((problem, command, _) -> Errors.report(problem, debug(command), output));
    }

    private static Path path(String argument) {
        try {
            return Path.of(argument);
        } catch (InvalidPathException e) {
            throw new TypeConversionException("'" + Escapes.show(argument) + "' is not a path here: " + e.getReason()
                    + (argument.indexOf(KeyForm.REPLACEMENT) < 0 ? "" : "; run it with LC_ALL=C.UTF-8"));
        }
    }

    private static boolean debug(CommandLine command) {
        return command.getCommand() instanceof Action action && action.debug();
    }

    @Override
    int run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
