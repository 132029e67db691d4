package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.sim.CrashStatistics.Kind;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Power is lost: everything that was acknowledged as durable is there. */
class PowerLossTest {
    /** Writes of every kind with and without syncs between them, over several chunks, and what maintenance does. */
    static final String LIFE = "put_durable:0:700:0,put:1:3000:2,put:2:100:4,batch:3:1500:6,tick:0:0:0,"
            + "put:4:9000:8,delete:2:0:0,sync:0:0:0,put:5:9000:10,batch_durable:0:200:12,checkpoint:0:0:0,"
            + "put:0:5000:14,put:4:9000:16,put:5:12000:18,compact:0:0:0,put:6:2000:20,put:7:65:22,delete:6:0:0";

    static void everyPoint(String history, Damage damage, CrashStatistics statistics) {
        Rig rig = new Rig(statistics);
        Step.parse(history).forEach(rig::run);
        for (int position = 0; position <= rig.life().position(); position++) {
            Replay.checkCrash(rig, CrashPoint.powerLoss(position, damage));
        }
    }

    /** Values that have files come, are overwritten, moved, deleted, and come in a batch; with and without syncs. */
    private static final String VALUE_FILES = "put:0:100:0,stream:1:70000:0,put:2:40000:2,batch:3:33000:5,"
            + "stream:1:100000:4,sync:0:0:0,tick:0:0:0,delete:2:0:2,put:1:50:6,stream:4:32768:8,put_durable:5:40000:10,"
            + "compact:0:0:0,stream:4:90000:12,checkpoint:0:0:0,delete:4:0:0,sync:0:0:0,tick:0:0:0,stream:6:65536:14";

    @ParameterizedTest
    @EnumSource
    @DisplayName("A14 power lost at every point of a history, with one kind of damage: what is durable is there")
    void oneKindOfDamage(Damage damage) {
        CrashStatistics statistics = new CrashStatistics();
        everyPoint(LIFE, damage, statistics);
        assertTrue(statistics.of(Kind.POWER_LOSSES) > 100, statistics.toString());
    }

    @Test
    @DisplayName("A14, A22 power lost a hundred times, never with a clean close in between: nothing durable is lost")
    void manyTimesInARow() {
        CrashStatistics statistics = new CrashStatistics();
        Random random = new Random(14);
        Rig rig = new Rig(statistics);
        Step.Kind[] kinds = {
            Step.Kind.PUT, Step.Kind.PUT, Step.Kind.PUT_DURABLE, Step.Kind.BATCH, Step.Kind.DELETE, Step.Kind.SYNC
        };
        for (int round = 0; round < 100; round++) {
            for (int i = random.nextInt(5); i >= 0; i--) {
                Step.Kind kind = kinds[random.nextInt(kinds.length)];
                rig.run(new Step(kind, random.nextInt(Life.KEYS), random.nextInt(3_000), random.nextInt(1_000_000)));
            }
            // Size 1: not before the present opening was complete, or rounds would undo each other.
            rig.run(new Step(Step.Kind.CRASH, 0, round % 3, random.nextInt(1_000_000)));
        }
        rig.life().check();
        assertTrue(statistics.of(Kind.AFTER_ANOTHER_CRASH) >= 99, statistics.toString());
    }

    @Test
    @DisplayName("A14, A25 a sync that fails has written some pages and never writes the others: opening writes them")
    void afterASyncThatFailed() {
        List<String> histories = List.of(
                "put:0:3000:0,put:1:100:2,io_error:0:0:8,sync:0:0:0",
                "put:0:9000:0,put:1:9000:2,put:2:9000:4,io_error:0:1:8,put_durable:3:100:6",
                "batch:0:4000:0,io_error:0:1:8,batch_durable:1:2000:2");
        for (String history : histories) {
            CrashStatistics statistics = new CrashStatistics();
            for (Damage damage : Damage.values()) {
                everyPoint(history, damage, statistics);
            }
            assertTrue(statistics.of(Kind.FAILED_STORES) == Damage.values().length, statistics.toString());
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName(
            "A1, A14 power lost around values in files of their own: such a value is there as a whole or not at all,"
                    + " and no file is left that nobody names")
    void valuesInFiles(Damage damage) {
        everyPoint(VALUE_FILES, damage, new CrashStatistics());
    }

    @Test
    @DisplayName(
            "A1, A14 killed around values in files of their own: such a value is there as a whole or not at all, and"
                    + " no file is left that nobody names")
    void killedAroundValuesInFiles() {
        CrashStatistics statistics = new CrashStatistics();
        Rig rig = new Rig(statistics);
        Step.parse(VALUE_FILES).forEach(rig::run);
        Replay.checkCrash(rig, CrashPoint.kill(rig.life().position()));
        for (int position = 0; position < rig.life().position(); position++) {
            Replay.checkCrash(rig, CrashPoint.kill(position));
            Replay.checkCrash(rig, CrashPoint.killInside(position, 0.5));
        }
        assertTrue(statistics.of(Kind.VALUE_FILES_ORPHANED) > 10, statistics.toString());
    }
}
