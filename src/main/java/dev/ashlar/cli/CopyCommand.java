package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import picocli.CommandLine.Command;

/** {@code ashlar copy}: a value to another key, keyspace or store. */
@Command(
        name = "copy",
        header = "Copies a value to another key, keyspace or store.",
        description = {
            "Replaces the value that is there, if any. The target's keyspace and store are created if need be.",
            "When the command returns, the copy is on the device. It is quiet when all went well, and fails (exit code 1) "
                    + "if there is no such key."
        },
        footer = {
            "  ashlar copy data greetings hello archive",
            "  ashlar copy data greetings hello greetings salut",
            "  ashlar copy data greetings hello greetings --to-store other"
        })
final class CopyCommand extends TransferAction {
    CopyCommand(Output output) {
        super(output);
    }

    @Override
    long transfer(Keyspace source, byte[] key, Keyspace target, byte[] newKey) {
        return source.copy(key, target, newKey, Durability.DURABLE);
    }
}
