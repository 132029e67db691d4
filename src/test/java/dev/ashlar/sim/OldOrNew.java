package dev.ashlar.sim;

import dev.ashlar.sim.CrashStatistics.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A31: a version that is durable, a newer one that is only appended, the older one's place is given up, and then the power
 * goes. Every point of a short history, and every state that a loss of power may leave there, up to a bound.
 */
public final class OldOrNew {
    /** The older version in a chunk that is emptied and retired, in all the ways in which that comes about. */
    static final List<String> HISTORIES = List.of(
            // Replay starts behind the chunk already.
            "put_durable:0:9000:2,put:1:9000:4,checkpoint:0:0:0,put:0:300:6,compact:0:0:0",
            // A record has to be moved out of it.
            "put_durable:0:7000:2,put_durable:3:100:2,put:1:9000:4,checkpoint:0:0:0,put:0:300:6,compact:0:0:0",
            // Compaction makes the checkpoint.
            "put_durable:0:9000:2,put:1:9000:4,put:0:300:6,compact:0:0:0",
            // The newer version is a deletion.
            "put_durable:0:9000:2,put:1:9000:4,checkpoint:0:0:0,delete:0:0:6,compact:0:0:0",
            // The older version, or both, are files.
            "put_durable:0:33000:2,put:0:300:4,tick:0:0:0,checkpoint:0:0:0,tick:0:0:0",
            "put_durable:0:33000:2,put:0:40000:4,tick:0:0:0,compact:0:0:0,tick:0:0:0");

    private static final int STATES_AT_A_POINT = 400;

    private OldOrNew() {}

    /** What is wrong with an engine, or null; called through reflection, like {@link Hunt}. */
    public static String run() {
        CrashStatistics statistics = new CrashStatistics();
        try {
            for (String history : HISTORIES) {
                check(history, statistics);
            }
            return null;
        } catch (AssertionError | RuntimeException e) {
            return Hunt.describe(statistics, e);
        }
    }

    /** Returns the versions of the key that were found: {@code "absent"}, or the number of bytes. */
    static Set<String> check(String history, CrashStatistics statistics) {
        Rig rig = new Rig(statistics);
        int from = 0;
        for (Step step : Step.parse(history)) {
            rig.run(step);
            if (step.kind() == Step.Kind.PUT_DURABLE) {
                from = rig.life().position();
            }
        }
        Set<String> found = new HashSet<>();
        Set<Long> checked = new HashSet<>();
        for (int position = from; position <= rig.life().position(); position++) {
            EnumeratedFates fates = new EnumeratedFates();
            int states = 0;
            do {
                CrashPoint point = CrashPoint.powerLoss(position, fates);
                Life next = rig.life().crash(point);
                if (checked.add(next.fingerprint())) {
                    Replay.checkCrash(rig, point, next);
                    byte[] value = next.model().settled().get("k/" + Life.key(0));
                    found.add(value == null ? "absent" : String.valueOf(value.length));
                } else {
                    statistics.count(Kind.REPEATED);
                }
            } while (++states < STATES_AT_A_POINT && fates.next());
        }
        System.gc();
        return found;
    }
}
