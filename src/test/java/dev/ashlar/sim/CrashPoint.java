package dev.ashlar.sim;

import java.util.Random;

/**
 * When and how a life ends. Its text says it all: {@code kill@17}, {@code kill@17+0.5} (in the middle of a change),
 * {@code power@17/} and the {@link Fates}.
 *
 * @param position number of changes to the disk that were made before
 * @param inside killed in the middle of the next change, after this part of it; 0: between two changes
 * @param fates null: the process was killed, and the page cache lives on; else power was lost
 */
record CrashPoint(int position, double inside, Fates fates) {
    private static final String KILL = "kill@";
    private static final String POWER = "power@";

    static CrashPoint kill(int position) {
        return new CrashPoint(position, 0, null);
    }

    static CrashPoint killInside(int position, double part) {
        return new CrashPoint(position, part, null);
    }

    static CrashPoint powerLoss(int position, Fates fates) {
        return new CrashPoint(position, 0, fates);
    }

    /** One that a seed says, in a part of a history. */
    static CrashPoint random(long seed, int from, int to) {
        Random random = new Random(seed * 31 + 7);
        random.nextInt();
        int position = from + random.nextInt(to - from + 1);
        if (random.nextInt(4) != 0) {
            return powerLoss(position, new RandomFates(seed, position));
        }
        return killInside(position, position < to && random.nextBoolean() ? random.nextDouble() : 0);
    }

    static CrashPoint parse(String text) {
        if (text.startsWith(POWER)) {
            int slash = text.indexOf('/');
            int position = Integer.parseInt(text.substring(POWER.length(), slash));
            return powerLoss(position, Fates.parse(text.substring(slash + 1), position));
        }
        String[] parts = text.substring(KILL.length()).split("\\+");
        return killInside(Integer.parseInt(parts[0]), parts.length > 1 ? Double.parseDouble(parts[1]) : 0);
    }

    boolean isPowerLoss() {
        return fates != null;
    }

    @Override
    public String toString() {
        return isPowerLoss() ? POWER + position + "/" + fates : KILL + position + (inside == 0 ? "" : "+" + inside);
    }
}
