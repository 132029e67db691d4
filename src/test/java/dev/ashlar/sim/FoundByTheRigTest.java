package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.ashlar.Keyspace;
import dev.ashlar.StoreFailedException;
import dev.ashlar.StoreFullException;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.sim.Faults.Call;
import dev.ashlar.sim.Faults.Failure;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the rig has found wrong with the engine, each in the smallest history that shows it. */
class FoundByTheRigTest {
    private static Life newStore() {
        Life life = Life.first(new CrashStatistics());
        life.open();
        return life;
    }

    @Test
    @DisplayName("A chunk that was being made when the process was killed is not taken into the log: its name is not"
            + " durable, and after a loss of power it would be reported as missing")
    void aChunkThatWasBeingMadeIsLeftOut() {
        Life life = newStore();
        for (int first = 0; first <= life.position(); first++) {
            Life next = life.crash(CrashPoint.kill(first));
            next.open();
            for (int second = 0; second <= next.position(); second++) {
                next.crash(CrashPoint.powerLoss(second, ForgetAll.FATES)).open();
            }
        }
    }
}
