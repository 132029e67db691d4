package dev.ashlar.cli;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code copy} and {@code move} have in common: where the value goes. */
abstract class TransferAction extends KeyAction {
    @Parameters(
            index = "3",
            paramLabel = "TARGET_KEYSPACE",
            description = "Name of the keyspace that gets it; created if need be.")
    private String targetKeyspace = "";

    @Parameters(
            index = "4",
            arity = "0..1",
            paramLabel = "NEW_KEY",
            description = "The key there, written as KEY is; without it, the same.")
    private @Nullable String newKey;

    @Option(
            names = "--to-store",
            paramLabel = "STORE2",
            description = "Directory of the store that TARGET_KEYSPACE is of; created if need be.")
    private @Nullable Path toStore;

    TransferAction(Output output) {
        super(output);
    }

    /** @return the version of the value in the target, or {@link Keyspace#NOT_WRITTEN} if the key is absent */
    abstract long transfer(Keyspace source, byte[] key, Keyspace target, byte[] newKey);

    @Override
    final int run() throws IOException {
        byte[] keyBytes = key();
        byte[] newKeyBytes = newKey == null ? keyBytes : parse(newKey);
        try (Store open = store().openExisting(output())) {
            Keyspace source = store().existing(open, keyspace());
            // Before the target is created.
            if (!source.contains(keyBytes)) {
                throw noSuchKey(keyBytes);
            }
            if (toStore == null || isSource(toStore)) {
                return transfer(source, keyBytes, open, newKeyBytes);
            }
            try (Store other = StoreArgument.openOrCreate(toStore, output())) {
                return transfer(source, keyBytes, other, newKeyBytes);
            }
        }
    }

    /** A store cannot be opened twice. */
    private boolean isSource(Path directory) throws IOException {
        return Files.exists(directory) && Files.isSameFile(directory, store().directory());
    }

    private int transfer(Keyspace source, byte[] keyBytes, Store targetStore, byte[] newKeyBytes) {
        Keyspace target = StoreArgument.existingOrNew(targetStore, targetKeyspace);
        long version;
        try {
            version = transfer(source, keyBytes, target, newKeyBytes);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
        if (version == Keyspace.NOT_WRITTEN) {
            throw noSuchKey(keyBytes);
        }
        if (json()) {
            Map<String, Object> there = describe(newKeyBytes);
            there.put("keyspace", targetKeyspace);
            Map<String, Object> members = describe(keyBytes);
            members.put("target", there);
            members.put("version", version);
            output().json(members);
        }
        return ExitCode.OK;
    }
}
