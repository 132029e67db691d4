package dev.ashlar;

import java.util.Objects;

/**
 * How {@link Store#salvage(java.nio.file.Path, java.nio.file.Path, SalvageOptions)} goes about it.
 *
 * @param stale whether a key whose newest value is damaged gets the newest older value that is intact. That value was
 *     overwritten once, so showing it can be worse than showing none: without this the key is absent. Either way the
 *     report names the key
 * @param progress told from time to time, by the calling thread, how far it is
 */
public record SalvageOptions(boolean stale, Progress progress) {
    /** No older values, silently. */
    public static final SalvageOptions DEFAULT = new SalvageOptions(false, (_, _) -> {});

    /** Is told how far a salvage is. */
    @FunctionalInterface
    public interface Progress {
        /**
         * @param bytes read so far; at the end it is the total
         * @param total that will be read, at most
         */
        void at(long bytes, long total);
    }

    public SalvageOptions {
        Objects.requireNonNull(progress, "progress");
    }

    public SalvageOptions withStale(boolean stale) {
        return new SalvageOptions(stale, progress);
    }

    public SalvageOptions withProgress(Progress progress) {
        return new SalvageOptions(stale, progress);
    }
}
