package dev.ashlar.sim;

/** Looks for something wrong with how an engine lets values expire. Called through reflection, like {@link Hunt}. */
public final class ExpiryHunt {
    private ExpiryHunt() {}

    /** Returns what was noticed, or null. */
    public static String run() {
        CrashStatistics statistics = new CrashStatistics();
        try {
            for (String history : Histories.ALL) {
                if (history.contains("ttl")) {
                    Replay.run(history, statistics);
                }
            }
            return null;
        } catch (AssertionError | RuntimeException e) {
            return Hunt.describe(statistics, e);
        }
    }
}
