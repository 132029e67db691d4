package dev.ashlar.engine;

/**
 * The key hashes that the present group has written: a small open-addressed set that forgets everything at once. When it
 * is full it says yes to every question, which ends groups early and is never wrong.
 */
final class StagedKeys {
    private static final int SLOTS = 1 << 13;
    private static final int MOST = SLOTS / 2;

    private final long[] hashes = new long[SLOTS];
    private final int[] stamps = new int[SLOTS];
    private int stamp = 1;
    private int count;

    void clear() {
        count = 0;
        if (++stamp == 0) {
            java.util.Arrays.fill(stamps, 0);
            stamp = 1;
        }
    }

    void add(int space, long hash) {
        if (count >= MOST) {
            return;
        }
        long mixed = mix(space, hash);
        int i = (int) mixed & SLOTS - 1;
        while (stamps[i] == stamp) {
            if (hashes[i] == mixed) {
                return;
            }
            i = i + 1 & SLOTS - 1;
        }
        stamps[i] = stamp;
        hashes[i] = mixed;
        count++;
    }

    boolean isEmpty() {
        return count == 0;
    }

    boolean mayContain(int space, long hash) {
        if (count >= MOST) {
            return true;
        }
        long mixed = mix(space, hash);
        for (int i = (int) mixed & SLOTS - 1; stamps[i] == stamp; i = i + 1 & SLOTS - 1) {
            if (hashes[i] == mixed) {
                return true;
            }
        }
        return false;
    }

    private static long mix(int space, long hash) {
        long mixed = (hash ^ space) * 0x9E37_79B9_7F4A_7C15L;
        return mixed ^ mixed >>> 32;
    }
}
