package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import picocli.CommandLine.Command;

/** {@code ashlar move}: a value to another key, keyspace or store. */
@Command(
        name = "move",
        header = "Moves a value to another key, keyspace or store.",
        description = {
            "Replaces the value that is there, if any. The target's keyspace and store are created if need be.",
            "Within a store it is one step. To another store the copy is made durable there before the key is deleted here: "
                    + "a crash in between leaves both.",
            "When the command returns, all of it is on the device. It is quiet when all went well, and fails (exit code 1) "
                    + "if there is no such key."
        },
        footer = {
            "  ashlar move data inbox letter archive",
            "  ashlar move data inbox letter archive 2026/letter",
            "  ashlar move data inbox letter inbox --to-store other"
        })
final class MoveCommand extends TransferAction {
    MoveCommand(Output output) {
        super(output);
    }

    @Override
    long transfer(Keyspace source, byte[] key, Keyspace target, byte[] newKey) {
        return source.move(key, target, newKey, Durability.DURABLE);
    }
}
