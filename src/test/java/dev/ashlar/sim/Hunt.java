package dev.ashlar.sim;

import java.util.List;

/**
 * Looks for something wrong with an engine, with the same histories each time. Called through reflection, because the
 * engine that it is linked with is a {@link Mutant}.
 */
public final class Hunt {
    /** Random ones that are tried before giving up. */
    private static final int HISTORIES = 10;

    private Hunt() {}

    /** Returns what was noticed after how many crash states, or null. */
    public static String run() {
        CrashStatistics statistics = new CrashStatistics();
        try {
            new ExhaustiveCrashes(statistics, 12).run(1);
            for (String history : Histories.ALL) {
                Replay.run(history, statistics);
            }
            CrashesInRecovery.run(statistics);
            new ExhaustiveCrashes(statistics, 12).run(2);
            for (int seed = 1; seed <= HISTORIES; seed++) {
                run(statistics, RandomSteps.of(seed, 12));
            }
            return null;
        } catch (AssertionError | RuntimeException e) {
            return describe(statistics, e);
        }
    }

    static String describe(CrashStatistics statistics, Throwable e) {
        return statistics.of(CrashStatistics.Kind.STATES) + " states: " + lastReason(e);
    }

    private static void run(CrashStatistics statistics, List<Step> steps) {
        Rig rig = new Rig(statistics);
        steps.forEach(rig::run);
    }

    static String lastReason(Throwable e) {
        Throwable reason = e;
        while (reason.getCause() != null) {
            reason = reason.getCause();
        }
        if (reason instanceof LinkageError broken) {
            throw broken; // of the mutant, which calls what is not there; nothing was noticed
        }
        String message = String.valueOf(reason.getMessage()).strip();
        return reason.getClass().getSimpleName() + ": "
                + message.lines().findFirst().orElse("");
    }
}
