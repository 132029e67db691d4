package dev.ashlar.sim;

import dev.ashlar.engine.TestEngines;

/** Crashes at every step of something that is done to document collections. */
final class DocumentCrashes {
    /** Committed documents of both collections, some of them replaced and deleted since, in the log only. */
    static final String PENDING =
            "documents:0:6:2,documents:7:3:3,commit:0:0:0,commit:0:0:1,document:9:900:4,upsert:1:300:6,"
                    + "delete_document:2:0:8,delete_document:9:0:8,document:9:20:12,documents:3:3:5,batch_documents:4:100:20";

    /** The same, of which all but the last is in segments already. */
    static final String BUILT =
            PENDING + ",build:0:0:0,build:0:0:1,upsert:1:40:18,delete_document:0:0:8,documents:9:2:7";

    /** The same, prepared, and something after it. */
    static final String PREPARED = BUILT
            + ",prepare:0:0:0,prepare:0:0:1,upsert:1:30:26,document:11:30:6,delete_document:3:0:8,document:0:7:31";

    /** Several segments with dead documents. */
    static final String SEGMENTS =
            BUILT + ",commit:0:0:0,commit:0:0:1,documents:0:7:32,upsert:4:10:34,delete_document:5:0:8,"
                    + "commit:0:0:0,upsert:4:20:38,upsert:6:20:38,delete_document:8:0:8";

    private DocumentCrashes() {}

    static Rig rigAfter(CrashStatistics statistics, String history) {
        Rig rig = new Rig(statistics);
        Step.parse(history).forEach(rig::run);
        return rig;
    }

    /** Every point since one: killed there or inside, power lost with so many kinds of damage, all of them in turn. */
    static void every(Rig rig, int from, int kinds) {
        Damage[] damages = Damage.values();
        for (int position = from; position <= rig.life().position(); position++) {
            check(rig, CrashPoint.kill(position));
            if (position % 2 == 0 && position < rig.life().position()) {
                check(rig, CrashPoint.killInside(position, 0.5));
            }
            for (int i = 0; i < kinds; i++) {
                check(rig, CrashPoint.powerLoss(position, damages[(position + 5 * i) % damages.length]));
            }
            if (position % 16 == 15) {
                System.gc();
            }
        }
    }

    /** What a crash leaves can be committed, merged, closed and opened. */
    private static void check(Rig rig, CrashPoint point) {
        Life next = rig.life().crash(point);
        try {
            next.open();
            StoreReader.verify(next.store());
            if (point.position() % 3 == 0) {
                TestEngines.tick(next.store());
            }
            Rig more = new Rig(next);
            for (String each : point.position() % 2 == 0 ? AFTERWARDS : OTHERWISE) {
                Step.parse(each).forEach(more::run);
            }
            next.check();
            next.close();
            next.open();
            next.check();
        } catch (AssertionError | RuntimeException e) {
            throw Replay.failure(rig.script() + ",crash=" + point, e);
        } finally {
            next.abandon();
        }
    }

    private static final String[] AFTERWARDS = {
        "retry:0:2:91",
        "commit:0:0:0",
        "commit:0:0:1",
        "document:10:33:42",
        "document:0:33:43",
        "upsert:1:5:48",
        "merge:0:0:0",
        "commit:0:0:0",
        "merge:0:0:0",
        "merge:0:0:1"
    };

    private static final String[] OTHERWISE = {
        "prepare:0:0:0",
        "upsert:1:5:48",
        "documents:5:5:50",
        "abort:0:0:0",
        "prepare:0:0:0",
        "publish:0:0:0",
        "discard:0:0:1"
    };
}
