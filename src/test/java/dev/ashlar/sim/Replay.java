package dev.ashlar.sim;

import java.util.List;

/**
 * How a failure is repeated: the steps that were done, and the crashes that were tried at their end, as one line of
 * text.
 */
final class Replay {
    /** The system property that holds the line. */
    static final String PROPERTY = "ashlar.sim.steps";

    private static final int CRASHES_AT_END = 200;

    private Replay() {}

    /** The command that repeats a failure. */
    static String instructions(List<Step> steps) {
        return "to repeat it: mvn -B -ntp test -Dtest=ReplayTest -D" + PROPERTY + "=" + Step.text(steps);
    }

    static void run(String line) {
        run(line, new CrashStatistics());
    }

    /** Does the steps, and checks every crash at their end. */
    static void run(String line, CrashStatistics statistics) {
        Rig rig = new Rig(statistics);
        for (Step step : Step.parse(line)) {
            rig.run(step);
        }
        new ExhaustiveCrashes(statistics, CRASHES_AT_END).atEndOf(rig);
    }
}
