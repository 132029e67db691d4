package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar rename}: another key for a value. */
@Command(
        name = "rename",
        header = "Gives the value of a key to another key of the keyspace.",
        description = {
            "In one step: there is no moment at which both keys have the value, or neither. A value that the new key has "
                    + "is replaced, unless --no-replace says that this is refused (exit code 2).",
            "When the command returns, it is on the device. It is quiet when all went well, and fails (exit code 1) if "
                    + "there is no such key."
        },
        footer = {
            "  ashlar rename data greetings hello salut",
            "  ashlar rename data ticks --key-as=long 17 18 --no-replace"
        })
final class RenameCommand extends KeyAction {
    @Parameters(index = "3", paramLabel = "NEW_KEY", description = "The new key, written as KEY is.")
    private String newKey = "";

    @Option(names = "--no-replace", description = "Refuse to replace a value that NEW_KEY has.")
    private boolean noReplace;

    RenameCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        byte[] keyBytes = key();
        byte[] newKeyBytes = parse(newKey);
        try (Store open = store().openExisting(output())) {
            Keyspace target = store().existing(open, keyspace());
            if (!target.contains(keyBytes)) {
                throw noSuchKey(keyBytes);
            }
            long version = rename(target, keyBytes, newKeyBytes);
            if (version == Keyspace.NOT_WRITTEN) {
                throw Failure.refused("there is a key '" + Escapes.show(newKeyBytes) + "' in keyspace '"
                        + Escapes.show(keyspace()) + "' already; without --no-replace its value is replaced");
            }
            if (json()) {
                Map<String, Object> members = describe(keyBytes);
                members.put("target", describe(newKeyBytes));
                members.put("version", version);
                output().json(members);
            }
        }
        return ExitCode.OK;
    }

    private long rename(Keyspace target, byte[] keyBytes, byte[] newKeyBytes) {
        try {
            return noReplace
                    ? target.renameIfAbsent(keyBytes, newKeyBytes, Durability.DURABLE)
                    : target.rename(keyBytes, newKeyBytes, Durability.DURABLE);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
    }
}
