package dev.ashlar;

import java.time.Duration;
import java.util.List;

/**
 * What opening a store found and did.
 *
 * @param clean the store had been closed; nothing had to be replayed
 * @param replayedRecords records applied to the indexes from the log
 * @param replayedBytes bytes of log that were read for that
 * @param damaged stretches below the durable watermark that do not verify: lost records, or what holds none, such as the
 *     first frame of a chunk, which says so; reported again by {@link Store#verify} until compaction has removed them
 * @param dropped what followed the end of the log and was not applied: writes that were never acknowledged as durable,
 *     or damage that cannot be told from that
 * @param sweptFiles leftovers of a crash that were removed
 * @param rebuiltIndex the index images were missing or damaged, and all of the log was replayed
 * @param elapsed how long opening took
 */
public record RecoveryReport(
        boolean clean,
        long replayedRecords,
        long replayedBytes,
        List<Damage> damaged,
        List<Damage> dropped,
        List<String> sweptFiles,
        boolean rebuiltIndex,
        Duration elapsed) {

    public RecoveryReport {
        damaged = List.copyOf(damaged);
        dropped = List.copyOf(dropped);
        sweptFiles = List.copyOf(sweptFiles);
    }
}
