package dev.ashlar.cli;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ashlar drop}: a keyspace. */
@Command(
        name = "drop",
        header = "Removes a keyspace with all its entries.",
        description = {
            "The name is free afterwards, also for a keyspace with other options. Without --yes nothing is removed, and "
                    + "the command says what would go (exit code 2).",
            "When the command returns, the removal is on the device. It is quiet when all went well. The space in the log "
                    + "comes back with compaction."
        },
        footer = {"  ashlar drop data greetings", "  ashlar drop data greetings --yes"})
final class DropCommand extends RemovalAction {
    DropCommand(Output output) {
        super(output);
    }

    @Override
    void remove(Store open, Keyspace target, Map<String, Object> members) {
        members.put("dropped", open.dropKeyspace(target.name()));
    }

    @Override
    String besideEntries() {
        return ", and the keyspace itself";
    }
}
