package dev.ashlar.sim;

import java.util.List;

/**
 * Lets each part of the rig fail on a broken engine, and does what the message says repeats it. Called through
 * reflection, like {@link Hunt}.
 */
public final class ReplayHunt {
    /** What stands between the lines that repeat the failures. */
    static final String SEPARATOR = " ";

    private ReplayHunt() {}

    /** Returns the lines that repeat the failures, or what is wrong with one: then there are blanks in it. */
    public static String run() {
        CrashStatistics statistics = new CrashStatistics();
        List<Runnable> parts = List.of(
                () -> new ExhaustiveCrashes(statistics, 12).run(2),
                () -> Histories.ALL.forEach(history -> Replay.run(history, statistics)),
                () -> OldOrNew.check(OldOrNew.HISTORIES.getFirst(), statistics),
                () -> PowerLossTest.everyPoint(PowerLossTest.LIFE, Damage.EVERY_SECOND_WRITE_IS_LOST, statistics),
                () -> RandomSteps.of(1, 60).forEach(new Rig(statistics)::run));
        StringBuilder lines = new StringBuilder();
        for (Runnable part : parts) {
            lines.append(lines.isEmpty() ? "" : SEPARATOR).append(repeated(part));
        }
        return lines.toString();
    }

    /** The line that the message of a part's failure says, or what is wrong with it. */
    private static String repeated(Runnable part) {
        Throwable first = failureOf(part);
        if (first == null) {
            return "part-does-not-fail";
        }
        String message = String.valueOf(first.getMessage());
        String option = "ReplayTest -D" + Replay.PROPERTY + "=";
        int at = message.indexOf(option);
        if (at < 0 || message.indexOf(Replay.REPEAT) != message.lastIndexOf(Replay.REPEAT)) {
            return "not-one-command: " + message.lines().findFirst().orElse("");
        }
        String line =
                message.substring(at + option.length()).lines().findFirst().orElseThrow();
        Throwable again = failureOf(() -> Replay.run(line));
        if (again == null) {
            return "does-not-fail-again: " + line;
        }
        return Hunt.lastReason(first).equals(Hunt.lastReason(again))
                ? line
                : "fails-differently: " + line + " " + Hunt.lastReason(first) + " / " + Hunt.lastReason(again);
    }

    private static Throwable failureOf(Runnable action) {
        try {
            action.run();
            return null;
        } catch (AssertionError | RuntimeException e) {
            return e;
        }
    }
}
