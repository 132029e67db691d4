package dev.ashlar.cli;

import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What {@code clear} and {@code drop} have in common: nothing goes without {@code --yes}, and nobody is asked. */
abstract class RemovalAction extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(index = "1", paramLabel = "KEYSPACE", description = "Name of the keyspace.")
    private String keyspace = "";

    @Option(names = "--yes", description = "Do it. Without this the command only says what would go.")
    private boolean yes;

    RemovalAction(Output output) {
        super(output);
    }

    /** Removes durably, and adds to what is printed as JSON. */
    abstract void remove(Store open, Keyspace target, Map<String, Object> members);

    /** What would go beside the entries; empty if nothing. */
    abstract String besideEntries();

    @Override
    final int run() throws IOException {
        try (Store open = store.openExisting(output())) {
            Keyspace target = store.existing(open, keyspace);
            long keys = target.size();
            if (!yes) {
                throw Failure.refused(
                        "this would remove " + Units.count(keys) + (keys == 1 ? " key" : " keys") + " of keyspace '"
                                + Escapes.show(keyspace) + "' in " + store.shown() + ", with "
                                + (keys == 1 ? "its value" : "their values") + besideEntries()
                                + "; nothing was removed. --yes does it");
            }
            Map<String, Object> members = Json.object("keyspace", keyspace, "keys", keys);
            remove(open, target, members);
            if (json()) {
                output().json(members);
            }
        }
        return ExitCode.OK;
    }
}
