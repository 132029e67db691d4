package dev.ashlar.sim;

import java.util.Random;

/**
 * When and how a life ends.
 *
 * @param position number of changes to the disk that were made before
 * @param inside killed in the middle of the next change, after this part of it; 0: between two changes
 * @param fates null: the process was killed, and the page cache lives on; else power was lost
 */
record CrashPoint(int position, double inside, Fates fates, String origin) {
    static CrashPoint kill(int position) {
        return new CrashPoint(position, 0, null, "killed after " + position + " changes");
    }

    static CrashPoint powerLoss(int position, Fates fates) {
        return new CrashPoint(position, 0, fates, "power lost after " + position + " changes, " + fates);
    }

    /** One that a seed says, in a part of a history. */
    static CrashPoint random(long seed, int from, int to) {
        Random random = new Random(seed * 31 + 7);
        random.nextInt();
        int position = from + random.nextInt(to - from + 1);
        boolean power = random.nextInt(4) != 0;
        String where = " after " + position + " changes, seed " + seed;
        if (power) {
            return new CrashPoint(position, 0, new RandomFates(seed, position), "power lost" + where);
        }
        double inside = position < to && random.nextBoolean() ? random.nextDouble() : 0;
        return new CrashPoint(position, inside, null, "killed" + where);
    }

    boolean isPowerLoss() {
        return fates != null;
    }

    @Override
    public String toString() {
        return origin;
    }
}
