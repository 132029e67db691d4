package dev.ashlar.sim;

/** Looks for something wrong with how an engine treats documents. Called through reflection, like {@link Hunt}. */
public final class DocumentHunt {
    private static final int FEW = 3;

    private DocumentHunt() {}

    /** Returns what was noticed, or null. */
    public static String run() {
        CrashStatistics statistics = new CrashStatistics();
        try {
            for (String history : DocumentHistories.ALL) {
                DocumentCrashes.rigAfter(statistics, history);
            }
            crashes(statistics, "documents:0:3:2,commit:0:0:0,upsert:1:9:4,document:9:9:8", "commit:0:0:0");
            crashes(statistics, DocumentCrashes.SEGMENTS, "merge:0:0:0,sync:0:0:0");
            return null;
        } catch (AssertionError | RuntimeException e) {
            return Hunt.describe(statistics, e);
        }
    }

    private static void crashes(CrashStatistics statistics, String before, String last) {
        Rig rig = DocumentCrashes.rigAfter(statistics, before);
        int from = rig.life().position();
        Step.parse(last).forEach(rig::run);
        DocumentCrashes.every(rig, from, FEW);
    }
}
