package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Crashes while files come and go: in compaction, in a checkpoint, in opening, closing and creating a store. */
@ExtendWith(SaysHowToRepeat.class)
class MaintenanceCrashTest {
    /**
     * Chunks with a few live records each, and deletions in later chunks than what they deleted: the first chunk mostly
     * stays, so that it is not worth compacting, and deletions matter.
     */
    private static List<Step> sparse() {
        List<Step> steps = new ArrayList<>(Step.parse("put:0:3000:2,put:1:3000:2,put:2:2500:2,put:3:2500:2"));
        for (int round = 0; round < 3; round++) {
            steps.addAll(Step.parse("put:7:9000:" + (4 + 2 * round)));
            steps.addAll(Step.parse("put:" + (4 + round) + ":700:" + (10 + 2 * round)));
            steps.addAll(Step.parse("delete:" + round + ":0:0"));
        }
        steps.addAll(Step.parse("put:7:9000:20"));
        return steps;
    }

    @Test
    @DisplayName("A13 a crash at every step of compaction, and inside of it, with and without the images of indexes:"
            + " nothing lost, and what was deleted stays deleted")
    void crashesInCompaction() {
        Rig rig = new Rig(new CrashStatistics());
        sparse().forEach(rig::run);
        int from = rig.life().position();
        long moved = rig.life().store().appendedLsn();
        rig.run(Step.of(Step.Kind.COMPACT));
        assertTrue(rig.life().store().appendedLsn() > moved, "records were moved");
        assertTrue(rig.life().position() - from > 15, rig.life().position() - from + " steps");
        everyCrash(rig, from);
        for (int position = from; position <= rig.life().position(); position++) {
            Life next = rig.life().crashWithoutImages(CrashPoint.kill(position));
            next.open();
            next.check();
        }
    }

    @Test
    @DisplayName("A13 a crash at every step of a recovery, of checkpoints and of a close: nothing lost")
    void crashesInOpeningAndClosing() {
        Rig rig = new Rig(new CrashStatistics());
        Step.parse("put_durable:0:100:2,put:1:3000:4,stream:2:40000:6,batch:3:9000:8,crash_now:0:0:1,checkpoint:0:0:0,"
                        + "put:1:100:10,checkpoint:0:0:0,reopen:0:0:0")
                .forEach(rig::run);
        assertTrue(rig.life().position() > 30, rig.life().position() + " steps");
        everyCrash(rig, 0);
    }

    @Test
    @DisplayName("A13 a crash at every step of the creation of a store: it can be created then")
    void crashesInCreation() {
        Rig rig = new Rig(new CrashStatistics());
        assertTrue(rig.life().openedAt() > 5, rig.life().openedAt() + " steps");
        everyCrash(rig, 0);
    }

    private static void everyCrash(Rig rig, int from) {
        for (int position = from; position <= rig.life().position(); position++) {
            Replay.checkCrash(rig, CrashPoint.kill(position));
            if (position < rig.life().position()) {
                Replay.checkCrash(rig, CrashPoint.killInside(position, 0.5));
            }
            for (Damage damage : Damage.values()) {
                Replay.checkCrash(rig, CrashPoint.powerLoss(position, damage));
            }
        }
        System.gc();
    }
}
