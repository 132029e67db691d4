package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ashlar delete}: one key. */
@Command(
        name = "delete",
        header = "Removes a key and its value.",
        description = {
            "When the command returns, the deletion is on the device. It is quiet when all went well, and fails (exit code 1) if there is no such key."
        },
        footer = {"  ashlar delete data greetings hello", "  ashlar delete data names --key-as=escaped 'two\\nlines'"})
final class DeleteCommand extends KeyAction {
    DeleteCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        byte[] keyBytes = key();
        try (Store open = store().openExisting(output())) {
            Keyspace target = store().existing(open, keyspace());
            long version = target.delete(keyBytes, Durability.DURABLE);
            if (version == Keyspace.NOT_WRITTEN) {
                throw noSuchKey(keyBytes);
            }
            if (json()) {
                Map<String, Object> members = describe(keyBytes);
                members.put("version", version);
                output().json(members);
            }
        }
        return ExitCode.OK;
    }
}
