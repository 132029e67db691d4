package dev.ashlar.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that say which entries of a keyspace a command goes through, and how it shows their keys. */
final class EntriesOptions {
    @Option(
            names = "--prefix",
            paramLabel = "P",
            description = "Only keys that begin with P, written as --key-as says.")
    private @Nullable String prefix;

    @Option(names = "--limit", paramLabel = "N", description = "Stop after N keys.")
    private long limit = Long.MAX_VALUE;

    @Mixin
    private KeyOption keyOption = new KeyOption();

    boolean hasPrefix() {
        return prefix != null;
    }

    /** What keys have to begin with; nothing, if it was not said. */
    byte[] prefix() {
        if (prefix == null) {
            return new byte[0];
        }
        if (form() == KeyForm.LONG) {
            throw Failure.usage("--prefix is about the bytes of keys, and --key-as=long shows them as numbers");
        }
        return form().parse(prefix);
    }

    long limit() {
        if (limit < 0) {
            throw Failure.usage("--limit is " + limit + "; it must be 0 or more");
        }
        return limit;
    }

    KeyForm form() {
        return keyOption.form();
    }
}
