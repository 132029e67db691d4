package dev.ashlar.sim;

import dev.ashlar.sim.CrashStatistics.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Every sequence of a few steps, every point in it, and at each point every state that a crash may leave, up to a bound.
 * A sequence only has the points inside its last step: those before are points of a shorter sequence.
 */
final class ExhaustiveCrashes {
    /** One of each kind, on two keys; the second put takes several sectors, the third goes on in another chunk, the stream in a file. */
    static final List<Step> ALPHABET = List.of(
            new Step(Step.Kind.PUT, 0, 100, 2),
            new Step(Step.Kind.PUT_DURABLE, 1, 1_500, 4),
            new Step(Step.Kind.PUT, 1, 12_000, 6),
            new Step(Step.Kind.DELETE, 0, 0, 8),
            new Step(Step.Kind.BATCH, 0, 1_200, 10),
            new Step(Step.Kind.STREAM, 0, Life.MOST_INLINE + 1_000, 12),
            Step.of(Step.Kind.CLEAR),
            Step.of(Step.Kind.SYNC),
            Step.of(Step.Kind.TICK),
            Step.of(Step.Kind.CHECKPOINT),
            Step.of(Step.Kind.COMPACT),
            Step.of(Step.Kind.REOPEN));

    private final CrashStatistics statistics;
    private final int bound;
    private final Set<Long> checked = new HashSet<>();
    private int opened;

    /** @param bound the most states to check at one point in time */
    ExhaustiveCrashes(CrashStatistics statistics, int bound) {
        this.statistics = statistics;
        this.bound = bound;
    }

    /** All sequences of up to so many steps. */
    void run(int length) {
        run(new ArrayList<>(), length);
    }

    /** Every state that a crash now may leave. */
    void atEndOf(Rig rig) {
        checkAt(rig, rig.life().position());
    }

    private void run(List<Step> steps, int more) {
        check(steps);
        if (more == 0) {
            return;
        }
        for (Step step : ALPHABET) {
            steps.add(step);
            run(steps, more - 1);
            steps.removeLast();
        }
    }

    private void check(List<Step> steps) {
        Rig rig = new Rig(statistics);
        int from = 0;
        for (int i = 0; i < steps.size(); i++) {
            from = rig.life().position() + 1;
            rig.run(numbered(steps.get(i), i));
        }
        for (int position = from; position <= rig.life().position(); position++) {
            checkAt(rig, position);
        }
    }

    /** Values differ, so that it can be told which write a value is of. */
    private static Step numbered(Step step, int place) {
        return new Step(step.kind(), step.key(), step.size(), step.seed() + 100L * place);
    }

    private void checkAt(Rig rig, int position) {
        check(rig, CrashPoint.kill(position));
        if (position < rig.life().position()) {
            check(rig, CrashPoint.killInside(position, 0.5));
        }
        EnumeratedFates fates = new EnumeratedFates();
        int states = 0;
        do {
            if (++states > bound) {
                statistics.count(Kind.BOUND_REACHED);
                return;
            }
            check(rig, CrashPoint.powerLoss(position, fates));
        } while (fates.next());
    }

    private void check(Rig rig, CrashPoint point) {
        Life next = rig.life().crash(point);
        if (!checked.add(next.fingerprint())) {
            statistics.count(Kind.REPEATED);
            return;
        }
        Replay.checkCrash(rig, point, next);
        if (++opened % 64 == 0) {
            System.gc();
        }
    }
}
