package dev.ashlar.sim;

import java.util.List;

/**
 * How a failure is repeated: the steps that were done, and the crashes that were tried at their end, as one line of
 * text.
 */
final class Replay {
    /** The system property that holds the line. */
    static final String PROPERTY = "ashlar.sim.steps";

    private Replay() {}

    /** The command that repeats a failure. */
    static String instructions(List<Step> steps) {
        return "to repeat it: mvn -B -ntp test -Dtest=ReplayTest -D" + PROPERTY + "=" + Step.text(steps);
    }

    static void run(String line) {
        Rig rig = new Rig(new CrashStatistics());
        for (Step step : Step.parse(line)) {
            rig.run(step);
        }
    }
}
