package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ashlar clear}: all entries of a keyspace. */
@Command(
        name = "clear",
        header = "Removes all entries of a keyspace, in one step.",
        description = {
            "The keyspace stays, with its options. Without --yes nothing is removed, and the command says what would go "
                    + "(exit code 2).",
            "When the command returns, the removal is on the device. It is quiet when all went well. The space in the log "
                    + "comes back with compaction."
        },
        footer = {"  ashlar clear data greetings", "  ashlar clear data greetings --yes"})
final class ClearCommand extends RemovalAction {
    ClearCommand(Output output) {
        super(output);
    }

    @Override
    void remove(Store open, Keyspace target, Map<String, Object> members) {
        long version = target.clear(Durability.DURABLE);
        if (version != Keyspace.NOT_WRITTEN) {
            members.put("version", version);
        }
    }

    @Override
    String besideEntries() {
        return "";
    }
}
