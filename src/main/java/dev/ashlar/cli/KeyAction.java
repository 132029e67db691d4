package dev.ashlar.cli;

import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** What the commands about a single key have in common: the arguments STORE, KEYSPACE and KEY. */
abstract class KeyAction extends Action {
    @Mixin
    private StoreArgument store = new StoreArgument();

    @Parameters(index = "1", paramLabel = "KEYSPACE", description = "Name of the keyspace.")
    private String keyspace = "";

    @Parameters(index = "2", paramLabel = "KEY", description = "The key; put -- before it if it begins with a hyphen.")
    private String key = "";

    @Mixin
    private KeyOption keyOption = new KeyOption();

    KeyAction(Output output) {
        super(output);
    }

    final StoreArgument store() {
        return store;
    }

    final String keyspace() {
        return keyspace;
    }

    final byte[] key() {
        return parse(key);
    }

    /** Another key, written as KEY is. */
    final byte[] parse(String argument) {
        return keyOption.form().parse(argument);
    }

    /** The beginning of what a command about a key prints as JSON. */
    final Map<String, Object> describe(byte[] keyBytes) {
        Map<String, Object> members = Json.object("keyspace", keyspace);
        keyOption.form().describe(keyBytes, members);
        return members;
    }

    final Failure noSuchKey(byte[] keyBytes) {
        return Failure.notFound(
                "there is no key '" + Escapes.show(keyBytes) + "' in keyspace '" + Escapes.show(keyspace) + "'");
    }
}
