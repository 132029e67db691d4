package dev.ashlar.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code ashlar documents}: the commands about document collections. */
@Command(
        name = "documents",
        header = "Fills, reads and searches collections of documents.",
        description = {
            "A document is an object with the fields of its collection's schema. 'ashlar documents help COMMAND' explains a "
                    + "command.",
            "",
            "What is added, replaced or deleted is pending, durably, and becomes visible with the next commit, all at once.",
            "",
            "A document is written as a JSON object: text and keyword as strings, i64 as integers, f64 as numbers, bool, "
                    + "bytes as Base64, json as any value, vectors as arrays of numbers, fields with many values as arrays "
                    + "of these."
        },
        footer = {
            "  ashlar documents create data books --field isbn:keyword --field title:text --field year:i64 --key isbn",
            "  ashlar documents add data books '{\"isbn\":\"0-201-03801-3\",\"title\":\"TAOCP 1\",\"year\":1968}' --commit",
            "  ashlar documents get data books 0-201-03801-3",
            "  ashlar documents import data books books.jsonl --upsert",
            "  ashlar documents find data books --where 'year>=1968' --fields title,year"
        })
final class DocumentsCommand extends Action {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    private DocumentsCommand(Output output) {
        super(output);
    }

    static CommandLine commandLine(Output output) {
        return new CommandLine(new DocumentsCommand(output))
                .addSubcommand(new DocumentsCreateCommand(output))
                .addSubcommand(new DocumentsListCommand(output))
                .addSubcommand(new DocumentsAddCommand(output))
                .addSubcommand(new DocumentsDeleteCommand(output))
                .addSubcommand(new DocumentsImportCommand(output))
                .addSubcommand(new DocumentsCommitCommand(output))
                .addSubcommand(new DocumentsDiscardCommand(output))
                .addSubcommand(new DocumentsGetCommand(output))
                .addSubcommand(new DocumentsFindCommand(output))
                .addSubcommand(new DocumentsExportCommand(output))
                .addSubcommand(new DocumentsMergeCommand(output))
                .addSubcommand(new DocumentsStatCommand(output))
                .addSubcommand(new DocumentsVerifyCommand(output))
                .addSubcommand(new DocumentsDropCommand(output))
                .addSubcommand(new CommandLine.HelpCommand());
    }

    @Override
    int run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
