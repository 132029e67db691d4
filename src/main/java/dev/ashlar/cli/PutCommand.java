package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code ashlar put}: one value, from the command line or of any length from standard input. */
@Command(
        name = "put",
        header = "Stores a value under a key.",
        description = {
            "Replaces the present value, if any. Store and keyspace are created if need be.",
            "When the command returns, the value is on the device. It is quiet when all went well."
        },
        footer = {
            "  ashlar put data greetings hello 'Hello, world!'",
            "  ashlar put data pictures cat < cat.jpeg       any length, from standard input",
            "  ashlar put data ticks --key-as=long -- -5 x   a number as the key"
        })
final class PutCommand extends KeyAction {
    @Parameters(
            index = "3",
            arity = "0..1",
            paramLabel = "VALUE",
            description = "UTF-8 text. Without it the value is read from standard input, up to its end.")
    private @Nullable String value;

    PutCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        byte[] keyBytes = key();
        byte @Nullable [] valueBytes = value == null ? null : KeyForm.text(value);
        try (Store open = store().openOrCreate(output())) {
            Keyspace target = StoreArgument.existingOrNew(open, keyspace());
            long version;
            long size;
            if (valueBytes != null) {
                version = target.put(keyBytes, valueBytes, Durability.DURABLE);
                size = valueBytes.length;
            } else {
                if (output().terminal()) {
                    output().note("Reading the value from the terminal; Ctrl-D ends it.");
                }
                CountingStream stream = new CountingStream(output().in());
                version = target.putStream(keyBytes, stream, Durability.DURABLE);
                size = stream.count();
            }
            if (json()) {
                Map<String, Object> members = describe(keyBytes);
                members.put("size", size);
                members.put("version", version);
                output().json(members);
            }
        }
        return ExitCode.OK;
    }
}
