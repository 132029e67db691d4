package dev.ashlar.sim;

/**
 * A kill, and a loss of power in the recovery from it, exhaustively: every point of a short history, every point of the
 * opening that follows, every fate of what was not synced. After a kill everything can be read that was written, also
 * what is not durable; an opening that takes the one for the other is found out here.
 */
final class CrashesInRecovery {
    private CrashesInRecovery() {}

    static void run(CrashStatistics statistics) {
        Rig rig = new Rig(statistics);
        Life life = rig.life();
        int opened = life.openedAt();
        Step.parse("put:0:100:0,tick:0:0:0,checkpoint:0:0:0").forEach(rig::run);
        for (int killed = opened; killed <= life.position(); killed++) {
            Life next = life.crash(CrashPoint.kill(killed));
            next.open();
            for (int lost = 0; lost <= next.openedAt(); lost++) {
                EnumeratedFates fates = new EnumeratedFates();
                do {
                    next.crash(CrashPoint.powerLoss(lost, fates)).open();
                } while (fates.next());
            }
        }
    }
}
