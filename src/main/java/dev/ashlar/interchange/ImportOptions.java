package dev.ashlar.interchange;

import java.util.Objects;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How a file is imported.
 *
 * @param keys the keys that there may be, for the file has only their hashes: entries are stored under these, and one
 *     whose hash none of them has is left out and reported. Null: every entry is stored under its hash, as a {@code long}
 *     key
 * @param salvage what becomes of a damaged file. False: it is refused before anything is stored. True: what is whole is
 *     stored, and what is not is reported. An entry may come back then that was replaced or deleted by one that is lost
 * @param progress told from time to time how much is done: up to the length of the file while it is verified, up to twice
 *     that while it is stored
 */
public record ImportOptions(@Nullable KnownKeys keys, boolean salvage, LongConsumer progress) {
    /** Hashes for keys; a damaged file is refused. */
    public static final ImportOptions DEFAULT = new ImportOptions(null, false, _ -> {});

    public ImportOptions {
        Objects.requireNonNull(progress, "progress");
    }

    public ImportOptions withKeys(KnownKeys keys) {
        return new ImportOptions(Objects.requireNonNull(keys, "keys"), salvage, progress);
    }

    public ImportOptions withSalvage(boolean salvage) {
        return new ImportOptions(keys, salvage, progress);
    }

    public ImportOptions withProgress(LongConsumer progress) {
        return new ImportOptions(keys, salvage, progress);
    }
}
