package dev.ashlar.interchange;

import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * How a keyspace is exported.
 *
 * @param longKeysAreHashes true: all keys are {@code long} keys, and each is the hash that its entry gets, as {@link
 *     SimdRDrive#importFile} makes them without known keys. False: an entry gets the hash of its key's bytes
 * @param replace whether a file that is there is replaced; otherwise it is refused
 * @param progress told from time to time how many bytes of values are written
 */
public record ExportOptions(boolean longKeysAreHashes, boolean replace, LongConsumer progress) {
    /** Keys are hashed; no file is replaced. */
    public static final ExportOptions DEFAULT = new ExportOptions(false, false, _ -> {});

    public ExportOptions {
        Objects.requireNonNull(progress, "progress");
    }

    public ExportOptions withLongKeysAsHashes(boolean longKeysAreHashes) {
        return new ExportOptions(longKeysAreHashes, replace, progress);
    }

    public ExportOptions withReplace(boolean replace) {
        return new ExportOptions(longKeysAreHashes, replace, progress);
    }

    public ExportOptions withProgress(LongConsumer progress) {
        return new ExportOptions(longKeysAreHashes, replace, progress);
    }
}
