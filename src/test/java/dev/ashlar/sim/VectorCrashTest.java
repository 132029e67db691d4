package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.VectorStats;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.sim.Faults.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Crashes of stores with vector collections: everywhere, and while segments are built, published and merged above all. */
@ExtendWith(SaysHowToRepeat.class)
class VectorCrashTest {
    /** Kinds of damage at each point, of eleven that come in turn; the long run takes all. */
    private static final int FEW = 2;

    /** Found by chance, or needed to find out about a {@link Mutant}. */
    private static final List<String> histories = VectorHistories.ALL;

    private static VectorStats stats(Rig rig) {
        return rig.life().vectors(VectorSpace.ALL.getFirst()).stats();
    }

    // --------------------------------------------------------------------------------------------------- every point

    @Test
    @DisplayName("B5 a crash at every step while segments are built and published, and inside of it, with and without"
            + " the images of indexes: the rows come from the log")
    void crashesWhileSegmentsAreBuilt() {
        Rig rig = VectorCrashes.rigAfter(new CrashStatistics(), VectorCrashes.PENDING);
        int from = rig.life().position();
        rig.run(Step.of(Step.Kind.FLUSH));
        assertEquals(2, stats(rig).segments());
        assertTrue(rig.life().position() - from > 20, rig.life().position() - from + " steps");
        VectorCrashes.every(rig, from, FEW);
    }

    @Test
    @DisplayName("B5, B6 a crash at every step while segments are merged and chunks retire: nothing lost, and what was"
            + " deleted stays deleted")
    void crashesWhileSegmentsAreMerged() {
        Rig rig = VectorCrashes.rigAfter(new CrashStatistics(), VectorCrashes.SPARSE);
        int from = rig.life().position();
        long dead = stats(rig).deadRows();
        rig.run(Step.of(Step.Kind.FLUSH));
        assertTrue(dead > 10 && stats(rig).deadRows() < dead, () -> dead + " were dead, now " + stats(rig));
        VectorCrashes.every(rig, from, FEW);
    }

    @Test
    @DisplayName("B5 a crash at every step while maintenance builds what is due: nothing lost")
    void crashesInMaintenance() {
        Rig rig = VectorCrashes.rigAfter(new CrashStatistics(), "rows:0:19:2,rows:4:15:4,put:0:3000:2");
        int from = rig.life().position();
        rig.run(Step.of(Step.Kind.TICK));
        assertTrue(stats(rig).segments() > 0, () -> stats(rig).toString());
        VectorCrashes.every(rig, from, FEW);
    }

    @Test
    @DisplayName("B5 a crash at every step of clearing a collection with segments, of dropping it and making another of"
            + " its name, and of closing the store with changes: nothing lost, nothing back")
    void crashesWhenAllOfItGoes() {
        for (String last :
                List.of("clear_rows:0:0:2,flush:0:0:0", "drop_rows:0:0:0,row:3:0:6,flush:0:0:0", "reopen:0:0:0")) {
            Rig rig = VectorCrashes.rigAfter(new CrashStatistics(), VectorCrashes.SPARSE);
            int from = rig.life().position();
            Step.parse(last).forEach(rig::run);
            VectorCrashes.every(rig, from, FEW);
        }
    }

    @Test
    @DisplayName("B7 rows of segments whose deletions the log has forgotten: they stay deleted at every step of the"
            + " compaction that drops the deletions, also when the index is rebuilt")
    void deletionsThatTheLogHasForgotten() {
        Rig rig = VectorCrashes.rigAfter(new CrashStatistics(), VectorCrashes.FORGOTTEN);
        int from = rig.life().position();
        Step.parse("compact:0:0:0,compact:0:0:0").forEach(rig::run);
        VectorCrashes.every(rig, from, FEW);
    }

    @ParameterizedTest
    @FieldSource("lives")
    @Tag("long")
    @DisplayName("B5, B6, B7 the same with every kind of damage at every step")
    void everyDamageAtEveryStep(String before, String last) {
        Rig rig = VectorCrashes.rigAfter(new CrashStatistics(), before);
        int from = rig.life().position();
        Step.parse(last).forEach(rig::run);
        VectorCrashes.every(rig, from, Damage.values().length);
    }

    private static final List<Arguments> lives = List.of(
            Arguments.of(VectorCrashes.PENDING, "flush:0:0:0"),
            Arguments.of(VectorCrashes.SPARSE, "flush:0:0:0"),
            Arguments.of(VectorCrashes.SPARSE, "tick:0:0:0,compact:0:0:0"),
            Arguments.of(VectorCrashes.SPARSE, "hold:0:0:0,flush:0:0:0,compact:0:0:0,hold:0:0:0,tick:0:0:0"),
            Arguments.of(VectorCrashes.SPARSE, "clear_rows:0:0:2,flush:0:0:0"),
            Arguments.of(VectorCrashes.SPARSE, "drop_rows:0:0:0,row:3:0:6,flush:0:0:0"),
            Arguments.of(VectorCrashes.SPARSE, "reopen:0:0:0"),
            Arguments.of(VectorCrashes.FORGOTTEN, "compact:0:0:0,compact:0:0:0"));

    // ---------------------------------------------------------------------------------------------- old values or none

    private static final List<String> deletions = List.of(
            // It is in the log, and in a segment.
            "rows:0:3:12,sync:0:0:0,delete_row:0:0:2",
            "rows:0:3:12,flush:0:0:0,delete_row:0:0:2",
            // It is being moved into a segment when its deletion is lost.
            "rows:0:3:12,sync:0:0:0,delete_row:0:0:2,flush:0:0:0",
            "rows:0:19:12,flush:0:0:0,delete_rows:1:9:2,delete_row:0:0:2,flush:0:0:0");

    @ParameterizedTest
    @FieldSource("deletions")
    @DisplayName("B2 a delete whose record is lost, appended only: the row is back with its old values or gone, never"
            + " zeros")
    void aLostDeletion(String history) {
        Rig rig = new Rig(new CrashStatistics());
        int from = 0;
        for (Step step : Step.parse(history)) {
            if (step.kind() == Step.Kind.DELETE_ROW) {
                from = rig.life().position();
            }
            rig.run(step);
        }
        Set<String> seen = new TreeSet<>();
        VectorSpace space = VectorSpace.ALL.getFirst();
        for (int position = from; position <= rig.life().position(); position++) {
            EnumeratedFates fates = new EnumeratedFates();
            int states = 0;
            do {
                CrashPoint point = CrashPoint.powerLoss(position, fates);
                Life next = rig.life().crash(point);
                Replay.checkCrash(rig, point, next);
                byte[] row = next.model().settled().get(space.path(0));
                assertTrue(row == null || Arrays.equals(row, space.row(12)), point.toString());
                seen.add(row == null ? "gone" : "old");
            } while (++states < 6 && fates.next());
        }
        assertEquals(Set.of("gone", "old"), seen);
    }

    // ------------------------------------------------------------------------------------------------ calls that fail

    private record Deed(String name, String before, Consumer<Life> body, boolean closes)
            implements FailingCallTest.Deed {
        @Override
        public void perform(Life life) {
            body.accept(life);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    private static void flush(Life life) {
        life.vectors(VectorSpace.ALL.getFirst()).flush();
    }

    private static final List<Deed> DEEDS = List.of(
            new Deed("a flush that builds", VectorCrashes.PENDING, VectorCrashTest::flush, false),
            new Deed("a flush that merges", VectorCrashes.SPARSE, VectorCrashTest::flush, false),
            new Deed("maintenance that merges", VectorCrashes.SPARSE, life -> TestEngines.tick(life.store()), false),
            new Deed("a close", VectorCrashes.SPARSE, life -> life.store().close(), true));

    @ParameterizedTest
    @EnumSource
    @DisplayName("B4, B5 every call of building, merging, maintenance and closing fails in turn, for want of space and"
            + " otherwise: an error, nothing lost, the next attempt succeeds")
    void callsThatFail(Failure failure) {
        for (Deed deed : failure == Failure.EIO ? DEEDS : DEEDS.subList(0, 1)) {
            callsThatFail(failure, deed);
        }
    }

    @ParameterizedTest
    @EnumSource
    @Tag("long")
    @DisplayName("B4, B5 the same for each kind of failure and all that is done")
    void allCallsThatFail(Failure failure) {
        DEEDS.forEach(deed -> callsThatFail(failure, deed));
    }

    private static void callsThatFail(Failure failure, Deed deed) {
        Rig rig = VectorCrashes.rigAfter(new CrashStatistics(), deed.before);
        int n = 1;
        while (FailingCallTest.failsAt(rig.life(), deed, failure, n)) {
            n++;
        }
        assertTrue(n > (FailingCallTest.isHarmless(failure) ? 1 : 20), deed + " makes " + n + " calls");
        System.gc();
    }

    @Test
    @DisplayName("B4 the disk stays full from every call of a flush on: rows are read as before, and the flush succeeds"
            + " once there is room")
    void theDiskStaysFull() {
        Rig rig = VectorCrashes.rigAfter(new CrashStatistics(), VectorCrashes.SPARSE);
        int n = 1;
        boolean fired;
        do {
            Life life = rig.life().crash(CrashPoint.kill(rig.life().position()));
            life.open();
            life.disk().faults().fail(Faults.Call.CHANGES, Failure.ENOSPC, n, Integer.MAX_VALUE);
            boolean refused = false;
            try {
                flush(life);
            } catch (AshlarException e) {
                life.requireErrors(e);
                refused = true;
            }
            fired = life.disk().faults().fired() > 0;
            if (!life.hasFailed()) {
                life.check();
                life.disk().faults().heal();
                flush(life);
                assertEquals(0, life.vectors(VectorSpace.ALL.getFirst()).stats().pendingRows(), "refused " + refused);
                life.check();
                life.close();
                life.open();
            }
            life.disk().faults().heal();
            n++;
        } while (fired);
        assertTrue(n > 20, n + " calls");
    }

    // ------------------------------------------------------------------------------------------------------- by chance

    @ParameterizedTest
    @FieldSource("histories")
    @DisplayName("B5, B7 crashes of histories that once failed, or that a broken engine fails")
    void everyCrashIsRecoveredFrom(String history) {
        VectorCrashes.rigAfter(new CrashStatistics(), history);
    }

    @Test
    @DisplayName("B5, B7 as many rows written as deleted between checkpoints, in random histories with keys, segments,"
            + " snapshots and errors, and crashes anywhere in them: exactly the right ids")
    void randomHistories() {
        run(1, 8, 8);
    }

    @Test
    @Tag("long")
    @DisplayName("B5, B7 many random histories of rows, keys and segments")
    void manyRandomHistories() {
        run(Long.getLong("ashlar.sim.seed", System.currentTimeMillis()), 600, 40);
    }

    private static void run(long first, int histories, int explored) {
        List<CrashStatistics> all = new ArrayList<>();
        for (long seed = first; seed < first + histories; seed++) {
            CrashStatistics statistics = new CrashStatistics();
            all.add(statistics);
            Rig rig = new Rig(statistics);
            RandomSteps.withRows(seed, explored).forEach(rig::run);
        }
        assertTrue(all.stream().anyMatch(each -> each.of(CrashStatistics.Kind.POWER_LOSSES) > 0));
    }
}
