package dev.ashlar.sim;

import java.util.Arrays;
import java.util.Random;

/** Values to write: mostly such that no two are the same, and some that look like what a crash leaves. */
final class Values {
    private Values() {}

    static byte[] of(int size, long seed) {
        byte[] value = new byte[size];
        Random random = new Random(seed * 1_000_003 + size);
        random.nextInt();
        switch (random.nextInt(8)) {
            case 0 -> Arrays.fill(value, (byte) 0);
            case 1 -> Arrays.fill(value, (byte) seed);
            default -> random.nextBytes(value);
        }
        return value;
    }
}
