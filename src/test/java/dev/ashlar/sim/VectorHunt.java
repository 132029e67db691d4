package dev.ashlar.sim;

/** Looks for something wrong with how an engine treats rows and segments. Called through reflection, like {@link Hunt}. */
public final class VectorHunt {
    private static final int FEW = 3;

    private VectorHunt() {}

    /** Returns what was noticed, or null. */
    public static String run() {
        CrashStatistics statistics = new CrashStatistics();
        try {
            for (String history : VectorHistories.ALL) {
                VectorCrashes.rigAfter(statistics, history);
            }
            crashes(statistics, VectorCrashes.PENDING, "flush:0:0:0");
            crashes(statistics, VectorCrashes.SPARSE, "flush:0:0:0");
            crashes(statistics, VectorCrashes.FORGOTTEN, "compact:0:0:0,compact:0:0:0");
            return null;
        } catch (AssertionError | RuntimeException e) {
            return Hunt.describe(statistics, e);
        }
    }

    private static void crashes(CrashStatistics statistics, String before, String last) {
        Rig rig = VectorCrashes.rigAfter(statistics, before);
        int from = rig.life().position();
        Step.parse(last).forEach(rig::run);
        VectorCrashes.every(rig, from, FEW);
    }
}
