package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.DocumentCollection;
import dev.ashlar.sim.Faults.Call;
import dev.ashlar.sim.Faults.Failure;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;

/** Crashes of stores with document collections: everywhere, and while segments are built, published and merged above all. */
@ExtendWith(SaysHowToRepeat.class)
class DocumentCrashTest {
    /** Kinds of damage at each point, of eleven that come in turn; the long run takes all. */
    private static final int FEW = 1;

    // --------------------------------------------------------------------------------------------------- every point

    private static final List<Arguments> lives = List.of(
            Arguments.of("a commit", DocumentCrashes.PENDING, "commit:0:0:0"),
            Arguments.of("an early build", DocumentCrashes.PENDING, "build:0:0:0"),
            Arguments.of("a commit of what was built", DocumentCrashes.BUILT, "commit:0:0:0"),
            Arguments.of("the second phase", DocumentCrashes.PREPARED, "publish:0:0:0"),
            Arguments.of("the second phase in a batch", DocumentCrashes.PREPARED, "batch_publish:1:50:62"),
            Arguments.of("an abort", DocumentCrashes.PREPARED, "abort:0:0:0"),
            Arguments.of("a drop of what is pending", DocumentCrashes.BUILT, "discard:0:0:0"),
            Arguments.of("a merge", DocumentCrashes.SEGMENTS, "merge:0:0:0"),
            Arguments.of("a drop", DocumentCrashes.SEGMENTS, "drop_documents:0:0:0,document:3:10:66"),
            Arguments.of(
                    "more fields, and a close", DocumentCrashes.SEGMENTS, "add_field:0:0:0,upsert:2:2:6,reopen:0:0:0"));

    @ParameterizedTest(name = "{0}")
    @FieldSource("lives")
    @DisplayName("C16 a crash at every step, and inside of it: what is committed is visible, the rest is pending, and"
            + " nothing else")
    void crashes(String what, String before, String last) {
        Rig rig = DocumentCrashes.rigAfter(new CrashStatistics(), before);
        int from = rig.life().position();
        Step.parse(last).forEach(rig::run);
        assertTrue(rig.life().position() - from > 1, rig.life().position() - from + " steps of " + what);
        DocumentCrashes.every(rig, from, FEW);
    }

    @ParameterizedTest(name = "{0}")
    @FieldSource("lives")
    @Tag("long")
    @DisplayName("C16 the same with every kind of damage at every step")
    void everyDamage(String what, String before, String last) {
        Rig rig = DocumentCrashes.rigAfter(new CrashStatistics(), before);
        int from = rig.life().position();
        Step.parse(last).forEach(rig::run);
        assertTrue(rig.life().position() - from > 1, rig.life().position() - from + " steps of " + what);
        DocumentCrashes.every(rig, from, Damage.values().length);
    }

    // ------------------------------------------------------------------------------------------------ calls that fail

    /** A few lives, and each kind of error in one of them. */
    private static final List<Arguments> failing = List.of(
            Arguments.of(Failure.EIO, DocumentCrashes.PENDING, "commit:0:0:0"),
            Arguments.of(Failure.ENOSPC, DocumentCrashes.PENDING, "commit:0:0:2"),
            Arguments.of(Failure.ENOSPC, DocumentCrashes.PENDING, "build:0:0:0"),
            Arguments.of(Failure.EIO, DocumentCrashes.SEGMENTS, "merge:0:0:0"),
            Arguments.of(Failure.EIO, DocumentCrashes.BUILT, "prepare:0:0:0,abort:0:0:0"),
            Arguments.of(Failure.EIO, DocumentCrashes.BUILT, "prepare:0:0:0,batch_publish:3:9:68"),
            Arguments.of(Failure.EIO, DocumentCrashes.SEGMENTS, "discard:0:0:0,drop_documents:0:0:0"));

    @ParameterizedTest
    @FieldSource("failing")
    @DisplayName(
            "C2, C5, C9 every call fails in turn, and then from it on: an error, nothing lost, nothing half there, and the"
                    + " next attempt succeeds")
    void callsThatFail(Failure failure, String before, String last) {
        Rig base = DocumentCrashes.rigAfter(new CrashStatistics(), before);
        int n = 1;
        while (failsAt(base, failure, n, n, last)) {
            if (n % 3 == 0) {
                failsAt(base, failure, n, Integer.MAX_VALUE, last);
            }
            n++;
        }
        assertTrue(n > 6, n + " calls of " + last);
        System.gc();
    }

    private static boolean failsAt(Rig base, Failure failure, int from, int to, String last) {
        Life life = base.life().crash(CrashPoint.kill(base.life().position()));
        try {
            life.open();
            Rig rig = new Rig(life);
            life.disk().faults().fail(Call.ALL, failure, from, to);
            Step.parse(last).forEach(rig::run);
            boolean fired = life.disk().faults().fired() > 0;
            life.disk().faults().heal();
            life.check();
            Step.parse(last).forEach(rig::run);
            life.check();
            int position = life.position();
            for (CrashPoint point : List.of(
                    CrashPoint.kill(position),
                    CrashPoint.powerLoss(position, Damage.NOTHING_UNSYNCED_IS_KEPT),
                    CrashPoint.powerLoss(position, Damage.LENGTHS_ARE_KEPT_BUT_DATA_IS_LOST))) {
                Life next = life.crash(point);
                next.open();
                next.check();
            }
            life.close();
            life.open();
            life.check();
            return fired;
        } catch (AssertionError | RuntimeException e) {
            throw new AssertionError(
                    failure + " at calls " + from + " to " + to + " of " + last + ": " + e.getMessage(), e);
        } finally {
            life.abandon();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"EINTR", "SHORT"})
    @DisplayName("C5 calls that are interrupted or do less than they were asked for are none that fail")
    void callsThatAreInterrupted(Failure failure) {
        Rig base = DocumentCrashes.rigAfter(new CrashStatistics(), DocumentCrashes.BUILT);
        Life life = base.life().crash(CrashPoint.kill(base.life().position()));
        life.open();
        DocumentKind kind = DocumentKind.ALL.getFirst();
        DocumentCollection documents = kind.open(life.store());
        long expected = documents.stats().documents();
        for (int n = 1; n < 60; n += 2) {
            life.disk().faults().fail(Call.ALL, failure, n % 7, n);
            documents.upsert(kind.document(documents, "document-" + n, 90, n));
            documents.commit();
            if (n % 9 == 0) {
                documents.forceMerge(1);
            }
            life.disk().faults().heal();
        }
        assertTrue(documents.stats().documents() > expected + 20, () -> documents.stats() + ", before " + expected);
        life.abandon();
    }

    @ParameterizedTest
    @EnumSource(names = {"EIO", "SHORT"})
    @DisplayName(
            "C5 every call of an opening fails in turn, among them those that remove what a crash has left: the next"
                    + " opening finds all")
    void callsOfAnOpeningFail(Failure failure) {
        Rig rig = DocumentCrashes.rigAfter(new CrashStatistics(), DocumentCrashes.PREPARED);
        int n = 1;
        while (true) {
            Life life = rig.life().crash(CrashPoint.kill(rig.life().position()));
            boolean fired = FailingCallTest.failsInOpening(life, failure, n, n);
            life.abandon();
            if (!fired) {
                break;
            }
            n++;
        }
        assertTrue(n > 20, n + " calls of an opening");
    }

    // ------------------------------------------------------------------------------------------------------- by chance

    private static final List<String> histories = DocumentHistories.ALL;

    @ParameterizedTest
    @FieldSource("histories")
    @DisplayName("C12, C16 crashes of histories that once failed, or that a broken engine fails")
    void everyCrashIsRecoveredFrom(String history) {
        DocumentCrashes.rigAfter(new CrashStatistics(), history);
    }

    @Test
    @DisplayName("C12, C16 random histories of documents, keys, snapshots and errors, and crashes anywhere in them")
    void randomHistories() {
        run(1, 10, 8);
    }

    @Test
    @Tag("long")
    @DisplayName("C12, C16 many random histories of documents")
    void manyRandomHistories() {
        run(Long.getLong("ashlar.sim.seed", System.currentTimeMillis()), 1_000, 20);
    }

    private static void run(long first, int histories, int explored) {
        List<CrashStatistics> all = new ArrayList<>();
        for (long seed = first; seed < first + histories; seed++) {
            CrashStatistics statistics = new CrashStatistics();
            all.add(statistics);
            Rig rig = new Rig(statistics);
            RandomSteps.withDocuments(seed, explored).forEach(rig::run);
            rig.life().abandon();
        }
        assertTrue(all.stream().anyMatch(each -> each.of(CrashStatistics.Kind.POWER_LOSSES) > 0));
    }
}
