package dev.ashlar.sim;

import java.util.List;

/**
 * How a failure is repeated: one line of text with the steps that were done, and the crash that followed if one did.
 * Without a crash, many that may follow are tried.
 *
 * <pre>
 *   put:0:100:2,sync:0:0:0,crash=power@17/choices.0.1
 * </pre>
 */
final class Replay {
    /** The system property that holds the line. */
    static final String PROPERTY = "ashlar.sim.steps";

    /** How a failure begins to say which command repeats it. */
    static final String REPEAT = "to repeat it: mvn -B -ntp test -Dtest=";

    private static final String CRASH = "crash=";
    private static final int CRASHES_AT_END = 200;

    /** Of so many states one is salvaged as well. */
    private static final int SALVAGED_EVERY = 64;

    private Replay() {}

    static AssertionError failure(String line, Throwable e) {
        String command = REPEAT + "ReplayTest -D" + PROPERTY + "=" + line;
        return new AssertionError(command + "\n" + e.getMessage(), e);
    }

    static void run(String line) {
        run(line, new CrashStatistics());
    }

    /** Does the steps, and checks the crash that follows, or every crash at their end. */
    static void run(String line, CrashStatistics statistics) {
        int crash = line.indexOf(CRASH);
        Rig rig = new Rig(statistics);
        for (Step step : Step.parse(crash < 0 ? line : line.substring(0, Math.max(0, crash - 1)))) {
            rig.run(step);
        }
        if (crash < 0) {
            new ExhaustiveCrashes(statistics, CRASHES_AT_END).atEndOf(rig);
        } else {
            checkCrash(rig, CrashPoint.parse(line.substring(crash + CRASH.length())));
        }
    }

    /** What a crash of the rig's present life leaves is recovered, and can be gone on with. */
    static void checkCrash(Rig rig, CrashPoint point) {
        checkCrash(rig, point, rig.life().crash(point));
    }

    /** @param next the life after the crash, not yet open */
    static void checkCrash(Rig rig, CrashPoint point, Life next) {
        try {
            next.open();
            if (Math.floorMod(next.fingerprint(), SALVAGED_EVERY) == 0) {
                SalvageOfCrash.compare(next, !point.isPowerLoss(), next.fingerprint());
            }
            StoreReader.verify(next.store());
            StoreReader.sweep(next.store());
            retryAndCrash(next);
        } catch (AssertionError | RuntimeException e) {
            String script = rig.script();
            throw failure(script + (script.isEmpty() ? "" : ",") + CRASH + point, e);
        } finally {
            next.abandon();
        }
    }

    /** Writes the first of several that were lost again, as an application would: the others must stay lost. */
    private static void retryAndCrash(Life next) {
        List<?> lost = next.model().lost();
        if (lost.size() > 1) {
            new Rig(next).run(new Step(Step.Kind.RETRY, 0, 1, 1));
            next.crash(CrashPoint.kill(next.position())).open();
        }
    }
}
