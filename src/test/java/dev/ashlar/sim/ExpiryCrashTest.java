package dev.ashlar.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Crashes while something expires, is removed, and its chunk goes. */
@ExtendWith(SaysHowToRepeat.class)
class ExpiryCrashTest {
    /** The older version without a time to live, the newer one, and all ways in which the newer one's place goes. */
    private static final List<String> histories = List.of(
            // Its chunk is compacted, the older one's is not.
            Histories.EXPIRED_ABOVE_PLAIN + "compact:0:0:0",
            // It was swept before, and the deletion's chunk is compacted too.
            Histories.EXPIRED_ABOVE_PLAIN + "sweep:0:0:0,put:7:9000:6,put:7:9000:8,compact:0:0:0",
            // The older one's chunk is compacted.
            Histories.EXPIRED_ABOVE_PLAIN + "put:1:100:2,compact:0:0:0,sweep:0:0:0,compact:0:0:0",
            // It was moved before it expired.
            "put:0:3000:0,put:1:12500:0,put_ttl:0:900:400,put:7:9000:0,put:7:9000:2,put:7:9000:4,compact:0:0:0,"
                    + "advance:0:500:0,put:7:9000:6,put:7:9000:8,compact:0:0:0,compact:0:0:0",
            // A checkpoint knows it, and the store is closed and opened in between.
            Histories.EXPIRED_ABOVE_PLAIN + "checkpoint:0:0:0,reopen:0:0:0,sweep:0:0:0,checkpoint:0:0:0,reopen:0:0:0",
            // Its value, or the older one's, is a file.
            "put:0:33000:0,put:1:12500:0,put_ttl:0:34000:2,put:7:9000:0,put:7:9000:2,advance:0:50:0,compact:0:0:0,"
                    + "tick:0:0:0,sweep:0:0:0,tick:0:0:0",
            // It got its time to live afterwards.
            "put:0:3000:0,put:1:12500:0,put:0:900:0,put:7:9000:0,expire:0:0:2,put:7:9000:2,advance:0:50:0,sweep:0:0:0,"
                    + "compact:0:0:0");

    @ParameterizedTest
    @FieldSource("histories")
    @DisplayName(
            "A35: an expired newest version above an older one that stays: the older one never comes back, wherever"
                    + " the store crashes, its chunks are compacted, and its indexes are rebuilt from the log")
    void theOlderOneStaysAway(String history) {
        CrashStatistics statistics = new CrashStatistics();
        Rig rig = new Rig(statistics);
        Set<String> whatWasSeen = new TreeSet<>();
        int expired = Integer.MAX_VALUE;
        for (Step step : Step.parse(history)) {
            rig.run(step);
            expired = step.kind() == Step.Kind.ADVANCE ? rig.life().position() : expired;
        }
        assertNull(rig.life().space(0).get(Life.key(0)));
        for (int position = 0; position <= rig.life().position(); position++) {
            everyCrash(rig, position);
            Life rebuilt = rig.life().crashWithoutImages(CrashPoint.kill(position));
            rebuilt.open();
            byte[] value = rebuilt.model().settled().get("k/" + Life.key(0));
            whatWasSeen.add(value == null ? "absent" : "there");
            if (position >= expired) {
                assertNull(value, "killed at " + position);
            }
            StoreReader.sweep(rebuilt.store());
            rebuilt.check();
            if (position % 40 == 39) {
                System.gc();
            }
        }
        assertEquals(Set.of("absent", "there"), whatWasSeen, "the older one was there before");
        assertTrue(statistics.of(CrashStatistics.Kind.EXPIRED) > 10, statistics.toString());
    }

    /** Both ways to be killed, and one of the kinds of damage that a loss of power does, each in turn. */
    private static void everyCrash(Rig rig, int position) {
        Replay.checkCrash(rig, CrashPoint.kill(position));
        if (position < rig.life().position()) {
            Replay.checkCrash(rig, CrashPoint.killInside(position, 0.5));
        }
        Damage[] damages = Damage.values();
        Replay.checkCrash(rig, CrashPoint.powerLoss(position, damages[position % damages.length]));
    }

    @Test
    @DisplayName("A35: an engine that drops what has expired without a deletion is noticed by a few histories alone")
    void droppingIsNoticed() throws Exception {
        List<Integer> numbers = List.of(
                Mutant.numberOf("drops what has expired when it compacts, without a deletion"),
                Mutant.numberOf("removes what has expired without asking whether it was overwritten"),
                Mutant.numberOf("forgets what would expire if a removal were lost"),
                Mutant.numberOf("announces that values expire with the next manifest, after the first of them"));
        List<String> results = MutantHunt.inAnotherProcess(ExpiryHunt.class, numbers);
        assertEquals(numbers.size(), results.size());
        for (int i = 0; i < results.size(); i++) {
            assertNotEquals(
                    MutantHunt.SURVIVED,
                    results.get(i),
                    Mutant.all().get(numbers.get(i)).does());
        }
        assertEquals(List.of(MutantHunt.SURVIVED), MutantHunt.inAnotherProcess(ExpiryHunt.class, List.of(-1)));
    }
}
