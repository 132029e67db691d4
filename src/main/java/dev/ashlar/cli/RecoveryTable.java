package dev.ashlar.cli;

import dev.ashlar.RecoveryReport;

/** A recovery report for people. */
final class RecoveryTable {
    private RecoveryTable() {}

    static Table of(RecoveryReport report) {
        Table table = new Table("recovery at opening", "<")
                .row("closed before", report.clean() ? "yes" : "no")
                .row(
                        "replayed",
                        Units.count(report.replayedRecords()) + " records from " + Units.bytes(report.replayedBytes())
                                + " of log")
                .row("index", report.rebuiltIndex() ? "rebuilt from the log" : "from its images")
                .row("damaged", stretches(report.damaged().size()))
                .row("dropped", stretches(report.dropped().size()))
                .row("leftover files removed", Units.count(report.sweptFiles().size()));
        return table.row("time", Units.time(report.elapsed()));
    }

    private static String stretches(int number) {
        return number == 0 ? "nothing" : Units.count(number) + (number == 1 ? " stretch" : " stretches");
    }
}
