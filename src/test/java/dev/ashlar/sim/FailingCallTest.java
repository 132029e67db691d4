package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.sim.Faults.Call;
import dev.ashlar.sim.Faults.Failure;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The n-th call to the storage fails, for every n, inside of everything that a store does by itself. */
@ExtendWith(SaysHowToRepeat.class)
class FailingCallTest {
    /** A chunk with garbage and a live record, a deletion, a value file, a checkpoint, and writes that are not synced. */
    private static final String LIFE = "put_durable:0:9000:2,put:3:100:2,put:1:9000:4,checkpoint:0:0:0,put:0:300:6,"
            + "stream:4:40000:8,delete:1:0:0,batch:5:600:10,stream:4:33000:12,put:2:9000:14";

    /** What is done while a call fails. */
    private enum Action implements Deed {
        CHECKPOINT(life -> life.store().checkpoint()),
        COMPACTION(life -> life.store().compact()),
        SYNC(life -> life.store().sync()),
        MAINTENANCE(life -> TestEngines.tick(life.store())),
        CLOSE(life -> life.store().close());

        private final java.util.function.Consumer<Life> body;

        Action(java.util.function.Consumer<Life> body) {
            this.body = body;
        }

        @Override
        public void perform(Life life) {
            body.accept(life);
        }

        @Override
        public boolean closes() {
            return this == CLOSE;
        }
    }

    /** Something in which calls fail. */
    interface Deed {
        void perform(Life life);

        /** Whether the store is closed by it. */
        boolean closes();
    }

    private static Life base() {
        Rig rig = new Rig(new CrashStatistics());
        Step.parse(LIFE).forEach(rig::run);
        return rig.life();
    }

    static boolean isHarmless(Failure failure) {
        return failure == Failure.EINTR || failure == Failure.SHORT;
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("A9, A13, A25 every call of a checkpoint, a compaction, a sync, maintenance and a close fails in turn:"
            + " nothing is lost, and an interrupted or short call is none that fails")
    void insideOfWhatAStoreDoes(Failure failure) {
        Life base = base();
        for (Action action : Action.values()) {
            int n = 1;
            while (failsAt(base, action, failure, n)) {
                n++;
            }
            assertTrue(n > (isHarmless(failure) && action == Action.SYNC ? 0 : 1), action + " calls nothing");
            System.gc();
        }
    }

    /** False if the action makes fewer calls than n. */
    static boolean failsAt(Life base, Deed action, Failure failure, int n) {
        String what = failure + " at call " + n + " of " + action;
        Life life = base.crash(CrashPoint.kill(base.position()));
        life.open();
        life.disk().faults().fail(Call.ALL, failure, n, n);
        boolean refused = false;
        try {
            action.perform(life);
        } catch (AshlarException e) {
            life.requireErrors(e);
            refused = true;
        }
        boolean fired = life.disk().faults().fired() > 0;
        life.disk().faults().heal();
        assertFalse(refused && isHarmless(failure), what + " is taken for a failure");
        try {
            goesOn(life, action);
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(what + ": " + e.getMessage(), e);
        }
        return fired;
    }

    private static void goesOn(Life life, Deed action) {
        boolean closed = action.closes();
        if (!closed && !life.hasFailed()) {
            life.check();
            action.perform(life);
            life.check();
        }
        int position = life.position();
        for (CrashPoint point : List.of(
                CrashPoint.kill(position),
                CrashPoint.powerLoss(position, Damage.NOTHING_UNSYNCED_IS_KEPT),
                CrashPoint.powerLoss(position, Damage.LENGTHS_ARE_KEPT_BUT_DATA_IS_LOST))) {
            Life next = life.crash(point);
            next.open();
            next.check();
        }
    }

    @ParameterizedTest
    @EnumSource
    @DisplayName("A9, A22 every call of an opening fails in turn, once and from then on: the next opening finds all")
    void insideOfAnOpening(Failure failure) {
        Life base = base();
        int position = base.position();
        for (CrashPoint point : List.of(
                CrashPoint.kill(position),
                CrashPoint.powerLoss(position, Damage.EVERY_SECOND_WRITE_IS_LOST),
                CrashPoint.powerLoss(position, Damage.NAMES_ARE_LOST))) {
            int n = 1;
            while (failsInOpening(base.crash(point), failure, n, n)) {
                if (!isHarmless(failure) && !point.isPowerLoss()) {
                    failsInOpening(base.crash(point), failure, n, Integer.MAX_VALUE);
                }
                n++;
            }
            assertTrue(n > 10, "an opening calls little: " + n);
            System.gc();
        }
    }

    /** False if the opening makes fewer calls than n. */
    static boolean failsInOpening(Life life, Failure failure, int n, int last) {
        life.disk().faults().fail(Call.ALL, failure, n, last);
        try {
            if (isHarmless(failure)) {
                life.open();
                assertTrue(life.store().recovery().damaged().isEmpty(), "taken for damage");
            } else {
                life.openDespiteErrors();
            }
            boolean fired = life.disk().faults().fired() > 0;
            life.check();
            Life next = life.crash(CrashPoint.powerLoss(life.position(), Damage.NOTHING_UNSYNCED_IS_KEPT));
            next.open();
            next.check();
            return fired;
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(failure + " at call " + n + " of an opening: " + e.getMessage(), e);
        }
    }
}
