package dev.ashlar.sim;

import dev.ashlar.engine.TestEngines;

/** Crashes at every step of something that is done to vector collections. */
final class VectorCrashes {
    /** Rows of a collection that fill a segment and begin another, some of them twice, some dead, among other writes. */
    static final String PENDING =
            "rows:0:19:2,rows:4:15:4,put:0:3000:2,delete_row:1:0:2,row:1:0:3,rows:2:9:6," + "batch_rows:3:900:14";

    /** Most of one segment is dead, and some rows are in none. */
    static final String SPARSE = PENDING + ",flush:0:0:0,delete_rows:0:15:2,rows:5:7:4,row:0:0:8,put_durable:1:200:4";

    /** What deleted rows of a segment is in a chunk that is worth compacting, and gone afterwards. */
    static final String FORGOTTEN = PENDING + ",flush:0:0:0,put:7:9000:0,delete_rows:0:3:2,row:2:0:4,put:7:9000:2,"
            + "put:7:9000:4,checkpoint:0:0:0";

    private VectorCrashes() {}

    static Rig rigAfter(CrashStatistics statistics, String history) {
        Rig rig = new Rig(statistics);
        Step.parse(history).forEach(rig::run);
        return rig;
    }

    /**
     * Every point since one: killed there or inside, power lost with so many kinds of damage, all of them in turn, with the
     * images and without.
     */
    static void every(Rig rig, int from, int kinds) {
        Damage[] damages = Damage.values();
        for (int position = from; position <= rig.life().position(); position++) {
            Replay.checkCrash(rig, CrashPoint.kill(position));
            withoutImages(rig, CrashPoint.kill(position));
            if (position < rig.life().position()) {
                Replay.checkCrash(rig, CrashPoint.killInside(position, 0.5));
            }
            for (int i = 0; i < kinds; i++) {
                Replay.checkCrash(rig, CrashPoint.powerLoss(position, damages[(position + 5 * i) % damages.length]));
            }
            if (kinds == damages.length || position % 2 == 0) {
                withoutImages(rig, CrashPoint.powerLoss(position, damages[position % damages.length]));
            }
            if (position % 16 == 15) {
                System.gc();
            }
        }
    }

    /** The index is built from segments and log, twice in a row, and goes on. */
    private static void withoutImages(Rig rig, CrashPoint point) {
        try {
            Life rebuilt = rig.life().crashWithoutImages(point);
            rebuilt.open();
            rebuilt.check();
            Life again = rebuilt.crash(CrashPoint.kill(rebuilt.position()));
            again.open();
            StoreReader.compare(rebuilt.model().live(), again.model().live());
            TestEngines.tick(again.store());
            again.check();
            again.close();
            again.open();
            again.check();
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(rig.script() + ", and without images " + point + ": " + e.getMessage(), e);
        }
    }
}
