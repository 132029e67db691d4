package dev.ashlar.engine;

import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import java.nio.file.Path;

/** Opens stores. */
public final class Engine {

    private Engine() {}

    /** Not there yet. */
    @SuppressWarnings("DoNotCallSuggester")
    public static Store open(Path directory, StoreOptions options) {
        throw new UnsupportedOperationException("the engine is not there yet: " + directory + ", " + options);
    }
}
