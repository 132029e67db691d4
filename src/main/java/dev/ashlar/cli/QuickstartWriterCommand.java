package dev.ashlar.cli;

import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code ashlar quickstart-writer}: the process that quickstart starts in order to kill it. */
@Command(
        name = QuickstartWriterCommand.NAME,
        hidden = true,
        header = "Writes numbered records until it is killed.",
        description = {
            "Writes into the store of a quickstart, and prints the number of each record when its write has been "
                    + "acknowledged. For 'ashlar quickstart', which kills it."
        },
        footer = {"  ashlar quickstart-writer demo 1 | head"})
final class QuickstartWriterCommand extends Action {
    static final String NAME = "quickstart-writer";

    @Parameters(index = "0", paramLabel = "DIR", description = "Directory of a store that exists.")
    private Path directory = Path.of("");

    @Parameters(index = "1", paramLabel = "RUN", description = "A number that tells this run from others.")
    private long run;

    QuickstartWriterCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        try (Store store = Store.open(directory, StoreOptions.DEFAULT.withCreate(false))) {
            QuickstartDirectory.requireOwn(store);
            CrashRecords records = new CrashRecords(store, run);
            try (WriteBatch batch = store.batch()) {
                for (long sequence = 1; ; sequence++) {
                    byte[] value = records.value(sequence);
                    if (CrashRecords.isPair(sequence)) {
                        batch.put(records.singles(), sequence, value)
                                .put(records.pairs(), sequence, value)
                                .commit();
                    } else {
                        records.singles().put(sequence, value);
                    }
                    // At once, and not a moment before: this is the promise that the parent holds us to.
                    output().bytes().write((sequence + "\n").getBytes(StandardCharsets.US_ASCII));
                    output().flush();
                }
            }
        }
    }
}
