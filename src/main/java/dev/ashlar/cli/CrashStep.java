package dev.ashlar.cli;

import dev.ashlar.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Lets another process write, kills it in the middle of that (SIGKILL, which no process can catch), opens the store again,
 * and looks whether every acknowledged write is there, nothing else is, and no batch is half there.
 */
final class CrashStep {
    private final int seconds;
    private final QuickstartReport report;
    private final long run = System.nanoTime();
    private WriterProcess.Outcome outcome = new WriterProcess.Outcome(0, Duration.ZERO);

    CrashStep(int seconds, QuickstartReport report) {
        this.seconds = seconds;
        this.report = report;
    }

    void killWriter(Path store) throws IOException, InterruptedException {
        report.tell("letting another process write for " + Units.time(TimeUnit.SECONDS.toNanos(seconds))
                + ", and killing it");
        outcome = WriterProcess.runAndKill(
                JavaCommand.of(QuickstartWriterCommand.NAME, store.toString(), Long.toString(run)),
                Duration.ofSeconds(seconds));
        report.tell("recovering, and looking for every acknowledged write");
    }

    void check(Store recovered) {
        report.recovered(recovered.recovery());
        CrashRecords records = new CrashRecords(recovered, run);
        long start = System.nanoTime();
        long bytes = 0;
        long found = 0;
        while (records.isThere(records.singles(), found + 1)) {
            found++;
            bytes += records.value(found).length;
            requireWholeBatch(records, found, true);
        }
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        long acknowledged = outcome.acknowledged();
        if (found < acknowledged) {
            throw Failure.refused("the killed process had acknowledged " + Units.count(acknowledged)
                    + " writes, and write " + Units.count(found + 1) + " is missing. " + recovered.recovery());
        }
        requireNothingBehind(records, found);
        report.measured("put in a process, until killed", found, bytes, outcome.writing(), null);
        report.measured("read after recovery, and compare", found, bytes, elapsed, null);
        report.fact("crashAcknowledged", acknowledged);
        report.fact("crashFound", found);
        report.found("killed with SIGKILL after acknowledging " + Units.count(acknowledged) + " writes: all are there, "
                + Units.count(found - acknowledged) + " more had been written, no batch is half there");
    }

    private static void requireWholeBatch(CrashRecords records, long sequence, boolean expected) {
        if (CrashRecords.isPair(sequence) && records.isThere(records.pairs(), sequence) != expected) {
            throw Failure.refused("half of the batch of record " + sequence + " is there after recovery");
        }
    }

    /** A write behind a missing one would be a hole in the history. */
    private static void requireNothingBehind(CrashRecords records, long found) {
        for (long sequence = found + 1; sequence <= found + 1_000; sequence++) {
            if (records.isThere(records.singles(), sequence)) {
                throw Failure.refused("write " + sequence + " is there after recovery, and " + (found + 1) + " is not");
            }
            requireWholeBatch(records, sequence, false);
        }
    }
}
