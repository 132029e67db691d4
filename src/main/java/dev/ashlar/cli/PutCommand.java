package dev.ashlar.cli;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ashlar put}: one value, from the command line or of any length from standard input. */
@Command(
        name = "put",
        header = "Stores a value under a key.",
        description = {
            "Replaces the present value, if any. Store and keyspace are created if need be.",
            "When the command returns, the value is on the device. It is quiet when all went well.",
            "",
            "With --ttl or --expires the value expires: the key is absent from then on, whatever it had before. A time to live "
                    + "begins when all of the value was read. If the moment of --expires has passed, the key is absent at once.",
            "",
            "With --json: key, size, version, and expiresAt if it expires."
        },
        footer = {
            "  ashlar put data greetings hello 'Hello, world!'",
            "  ashlar put data pictures cat < cat.jpeg       any length, from standard input",
            "  ashlar put data ticks --key-as=long -- -5 x   a number as the key",
            "  ashlar put data sessions 17 alice --ttl=PT30M",
            "  ashlar put data offers 4 half --expires=2030-01-31T12:00:00Z"
        })
final class PutCommand extends KeyAction {
    @Parameters(
            index = "3",
            arity = "0..1",
            paramLabel = "VALUE",
            description = "UTF-8 text. Without it the value is read from standard input, up to its end.")
    private @Nullable String value;

    @Option(
            names = "--ttl",
            paramLabel = "TIME",
            description = "Expire after this time, written as in ISO 8601: PT90S, PT5M, P7D.")
    private @Nullable String timeToLive;

    @Option(
            names = "--expires",
            paramLabel = "MOMENT",
            description =
                    "Expire at this moment, such as 2030-01-31T12:00:00Z: what other commands print as expiresAt.")
    private @Nullable String moment;

    PutCommand(Output output) {
        super(output);
    }

    @Override
    int run() throws IOException {
        if (timeToLive != null && moment != null) {
            throw Failure.usage("there are both --ttl and --expires; leave out one");
        }
        Duration time = timeToLive == null ? null : parsed(Expiries::timeToLive, "--ttl", timeToLive);
        Instant expiresAt = moment == null ? null : parsed(Expiries::moment, "--expires", moment);
        byte[] keyBytes = key();
        byte @Nullable [] valueBytes = value == null ? null : KeyForm.text(value);
        try (Store open = store().openOrCreate(output())) {
            Keyspace target = StoreArgument.existingOrNew(open, keyspace());
            long version;
            long size;
            if (valueBytes != null) {
                version = put(target, keyBytes, valueBytes, time, expiresAt);
                size = valueBytes.length;
            } else {
                if (output().terminal()) {
                    output().note("Reading the value from the terminal; Ctrl-D ends it.");
                }
                CountingStream stream = new CountingStream(output().in());
                version = put(target, keyBytes, stream, time, expiresAt);
                size = stream.count();
            }
            if (json()) {
                Map<String, Object> members = describe(keyBytes);
                members.put("size", size);
                members.put("version", version);
                Instant stored = target.expiresAt(keyBytes);
                if (stored != null) {
                    members.put("expiresAt", stored.toString());
                }
                output().json(members);
            }
        }
        return ExitCode.OK;
    }

    private static long put(
            Keyspace target, byte[] key, byte[] content, @Nullable Duration time, @Nullable Instant expiresAt) {
        if (time != null) {
            return target.put(key, content, time, Durability.DURABLE);
        }
        return expiresAt != null
                ? target.put(key, content, expiresAt, Durability.DURABLE)
                : target.put(key, content, Durability.DURABLE);
    }

    private static long put(
            Keyspace target, byte[] key, InputStream content, @Nullable Duration time, @Nullable Instant expiresAt) {
        if (time != null) {
            return target.putStream(key, content, time, Durability.DURABLE);
        }
        return expiresAt != null
                ? target.putStream(key, content, expiresAt, Durability.DURABLE)
                : target.putStream(key, content, Durability.DURABLE);
    }

    /** What an option says, before anything is opened. */
    private static <T> T parsed(BiFunction<String, String, T> form, String option, String text) {
        try {
            return form.apply(option, text);
        } catch (IllegalArgumentException e) {
            throw Failure.usage(Errors.describe(e));
        }
    }
}
