package dev.ashlar;

import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * How {@link Store#verify(VerifyOptions)} goes about it.
 *
 * @param bytesPerSecond the most it reads from the disk, evenly; 0: as fast as it can
 * @param progress told from time to time, by the calling thread, how many bytes have been read
 */
public record VerifyOptions(long bytesPerSecond, LongConsumer progress) {
    /** As fast as it can, silently. */
    public static final VerifyOptions DEFAULT = new VerifyOptions(0, _ -> {});

    public VerifyOptions {
        Objects.requireNonNull(progress, "progress");
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("bytesPerSecond is " + bytesPerSecond + "; it must be zero or more");
        }
    }

    public VerifyOptions withBytesPerSecond(long bytesPerSecond) {
        return new VerifyOptions(bytesPerSecond, progress);
    }

    public VerifyOptions withProgress(LongConsumer progress) {
        return new VerifyOptions(bytesPerSecond, progress);
    }
}
