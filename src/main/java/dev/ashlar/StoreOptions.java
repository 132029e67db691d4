package dev.ashlar;

import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;

/**
 * How a store is opened. None of this is stored: each opening may choose anew.
 *
 * @param create create the store if the directory is absent or empty
 * @param ringSlots writes that may be under way at once; a power of two from 8 to 1,048,576
 * @param bufferBytes bound on the bytes of values that are under way and do not fit their ring slot; at least 32 MiB
 * @param writeTimeout how long a write waits for room in the ring before it fails with {@link WriteTimeoutException}
 * @param syncInterval the longest that an appended write stays exposed to a loss of power; zero turns the background
 *     sync off, and only {@link Durability#DURABLE} writes and {@link Store#sync} sync
 * @param spin how long the appender polls an empty ring before it parks: burns that much CPU after each burst of
 *     writes, and saves writers a wake-up
 * @param checkpointBytes log bytes after which the indexes are checkpointed in the background, so that opening after
 *     a crash replays about this much at most; the size of the index images is added so that checkpoints stay a
 *     bounded share of all writing
 * @param autoCompaction compact in the background when {@link #garbageRatio()} is exceeded
 * @param garbageRatio share of dead bytes in the log above which it is compacted in the background, and in a chunk above
 *     which {@link Store#compact} takes it: above 0, below 1. A larger one takes more disk and less work
 * @param clock what says when values expire; asked by any thread, also by the one that appends, so it must not wait or
 *     throw. Only values that were put with a time to live have it asked
 * @param sweepInterval how often values that have expired are looked for and removed, in a sixteenth of that time at the
 *     most; zero turns that off, and {@link Store#removeExpired} and compaction do it. While no value has a time to live
 *     nothing is looked for
 */
public record StoreOptions(
        boolean create,
        int ringSlots,
        long bufferBytes,
        Duration writeTimeout,
        Duration syncInterval,
        Duration spin,
        long checkpointBytes,
        boolean autoCompaction,
        double garbageRatio,
        InstantSource clock,
        Duration sweepInterval) {

    public static final StoreOptions DEFAULT = new StoreOptions(
            true,
            4096,
            128L << 20,
            Duration.ofSeconds(30),
            Duration.ofMillis(50),
            Duration.ofNanos(50_000),
            256L << 20,
            true,
            0.5,
            InstantSource.system(),
            Duration.ofSeconds(5));

    public StoreOptions {
        Objects.requireNonNull(writeTimeout, "writeTimeout");
        Objects.requireNonNull(syncInterval, "syncInterval");
        Objects.requireNonNull(spin, "spin");
        Objects.requireNonNull(clock, "clock");
        Objects.requireNonNull(sweepInterval, "sweepInterval");
        require(isCountable(sweepInterval), "sweepInterval", sweepInterval, "from zero to 100 years");
        require(
                ringSlots >= 8 && ringSlots <= 1 << 20 && Integer.bitCount(ringSlots) == 1,
                "ringSlots",
                ringSlots,
                "a power of two from 8 to 1,048,576");
        require(bufferBytes >= 32L << 20, "bufferBytes", bufferBytes, "at least 33,554,432");
        require(isCountable(writeTimeout), "writeTimeout", writeTimeout, "from zero to 100 years");
        require(isCountable(syncInterval), "syncInterval", syncInterval, "from zero to 100 years");
        require(!spin.isNegative() && spin.toSeconds() < 1, "spin", spin, "from zero to below one second");
        require(checkpointBytes >= 1L << 20, "checkpointBytes", checkpointBytes, "at least 1,048,576");
        require(garbageRatio > 0 && garbageRatio < 1, "garbageRatio", garbageRatio, "above 0 and below 1");
    }

    /** In nanoseconds, which is how durations are waited for. */
    private static boolean isCountable(Duration duration) {
        return !duration.isNegative() && duration.toDays() <= 36_500;
    }

    private static void require(boolean holds, String name, Object value, String wanted) {
        if (!holds) {
            throw new IllegalArgumentException(name + " is " + value + "; it must be " + wanted);
        }
    }

    public StoreOptions withCreate(boolean create) {
        Draft draft = new Draft(this);
        draft.create = create;
        return draft.finish();
    }

    public StoreOptions withRingSlots(int ringSlots) {
        Draft draft = new Draft(this);
        draft.ringSlots = ringSlots;
        return draft.finish();
    }

    public StoreOptions withBufferBytes(long bufferBytes) {
        Draft draft = new Draft(this);
        draft.bufferBytes = bufferBytes;
        return draft.finish();
    }

    public StoreOptions withWriteTimeout(Duration writeTimeout) {
        Draft draft = new Draft(this);
        draft.writeTimeout = writeTimeout;
        return draft.finish();
    }

    public StoreOptions withSyncInterval(Duration syncInterval) {
        Draft draft = new Draft(this);
        draft.syncInterval = syncInterval;
        return draft.finish();
    }

    public StoreOptions withSpin(Duration spin) {
        Draft draft = new Draft(this);
        draft.spin = spin;
        return draft.finish();
    }

    public StoreOptions withCheckpointBytes(long checkpointBytes) {
        Draft draft = new Draft(this);
        draft.checkpointBytes = checkpointBytes;
        return draft.finish();
    }

    public StoreOptions withAutoCompaction(boolean autoCompaction) {
        Draft draft = new Draft(this);
        draft.autoCompaction = autoCompaction;
        return draft.finish();
    }

    public StoreOptions withGarbageRatio(double garbageRatio) {
        Draft draft = new Draft(this);
        draft.garbageRatio = garbageRatio;
        return draft.finish();
    }

    public StoreOptions withClock(InstantSource clock) {
        Draft draft = new Draft(this);
        draft.clock = clock;
        return draft.finish();
    }

    public StoreOptions withSweepInterval(Duration sweepInterval) {
        Draft draft = new Draft(this);
        draft.sweepInterval = sweepInterval;
        return draft.finish();
    }

    /** The options while one of them is changed; an option is named here and in the record, and nowhere else. */
    private static final class Draft {
        boolean create;
        int ringSlots;
        long bufferBytes;
        Duration writeTimeout;
        Duration syncInterval;
        Duration spin;
        long checkpointBytes;
        boolean autoCompaction;
        double garbageRatio;
        InstantSource clock;
        Duration sweepInterval;

        Draft(StoreOptions from) {
            create = from.create;
            ringSlots = from.ringSlots;
            bufferBytes = from.bufferBytes;
            writeTimeout = from.writeTimeout;
            syncInterval = from.syncInterval;
            spin = from.spin;
            checkpointBytes = from.checkpointBytes;
            autoCompaction = from.autoCompaction;
            garbageRatio = from.garbageRatio;
            clock = from.clock;
            sweepInterval = from.sweepInterval;
        }

        StoreOptions finish() {
            return new StoreOptions(
                    create,
                    ringSlots,
                    bufferBytes,
                    writeTimeout,
                    syncInterval,
                    spin,
                    checkpointBytes,
                    autoCompaction,
                    garbageRatio,
                    clock,
                    sweepInterval);
        }
    }
}
