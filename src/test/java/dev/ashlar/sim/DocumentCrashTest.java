package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.DocumentStats;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;

/** Crashes of stores with document collections: everywhere, and while segments are built, published and merged above all. */
@ExtendWith(SaysHowToRepeat.class)
class DocumentCrashTest {
    /** Kinds of damage at each point, of eleven that come in turn; the long run takes all. */
    private static final int FEW = 2;

    static DocumentStats stats(Rig rig) {
        DocumentKind kind = DocumentKind.ALL.getFirst();
        return kind.open(rig.life().store()).stats();
    }

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
        run(Integer.getInteger("first", 1), Integer.getInteger("count", 20), 8);
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
