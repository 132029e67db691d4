package dev.ashlar.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.SplittableRandom;

/**
 * The keys and values that every store gets, a pure function of a seed.
 *
 * <p>Keys are 16 random bytes. The lowest {@link #TAG_BITS} bits are different in every key, which no store can see,
 * but which gives {@link Floor} a table without collisions.
 *
 * <p>The first 16 bytes of each value are another key, so that all entries form one random cycle: who follows it cannot
 * look a key up before the value of the last one has arrived. The rest of the value is noise.
 */
final class Dataset {
    static final int KEY_BYTES = 16;
    static final int TAG_BITS = 21;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long SEED = 0x5EED_A511_A200_2025L;

    private final int count;
    private final int valueBytes;
    private final long[] words;
    private final int[] next;

    Dataset(int count, int valueBytes) {
        if (count > 1 << TAG_BITS || valueBytes < KEY_BYTES) {
            throw new IllegalArgumentException(count + " keys, values of " + valueBytes + " bytes");
        }
        this.count = count;
        this.valueBytes = valueBytes;
        SplittableRandom random = new SplittableRandom(SEED);
        int[] tags = permutation(1 << TAG_BITS, random);
        words = new long[2 * count];
        for (int i = 0; i < count; i++) {
            words[2 * i] = random.nextLong() << TAG_BITS | tags[i];
            words[2 * i + 1] = random.nextLong();
        }
        int[] order = permutation(count, random);
        next = new int[count];
        for (int i = 0; i < count; i++) {
            next[order[i]] = order[i + 1 == count ? 0 : i + 1];
        }
    }

    int count() {
        return count;
    }

    int valueBytes() {
        return valueBytes;
    }

    /** The slot of a key in a table of 2^TAG_BITS slots, its own. */
    static long tag(byte[] key) {
        return (long) LONG.get(key, 0) & (1L << TAG_BITS) - 1;
    }

    static void setKey(byte[] key, long first, long second) {
        LONG.set(key, 0, first);
        LONG.set(key, 8, second);
    }

    static void setLong(byte[] bytes, int at, long word) {
        LONG.set(bytes, at, word);
    }

    static long getLong(byte[] bytes, int at) {
        return (long) LONG.get(bytes, at);
    }

    byte[] key(int i) {
        byte[] key = new byte[KEY_BYTES];
        setKey(key, words[2 * i], words[2 * i + 1]);
        return key;
    }

    /** Fills in the value of a key. */
    void value(int i, byte[] value) {
        setKey(value, words[2 * next[i]], words[2 * next[i] + 1]);
        SplittableRandom noise = new SplittableRandom(i);
        int at = KEY_BYTES;
        for (; at + 8 <= valueBytes; at += 8) {
            setLong(value, at, noise.nextLong());
        }
        for (; at < valueBytes; at++) {
            value[at] = (byte) noise.nextInt();
        }
    }

    /** The key in the first bytes of a key's value. */
    byte[] next(int i) {
        return key(next[i]);
    }

    /** What the first eight bytes of all values add up to. */
    long sumOfFirsts() {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += words[2 * next[i]];
        }
        return sum;
    }

    /** All keys in a random order, one behind the other in memory. */
    byte[][] shuffledKeys() {
        int[] order = permutation(count, new SplittableRandom(SEED + 1));
        byte[][] keys = new byte[count][];
        for (int i = 0; i < count; i++) {
            keys[i] = key(order[i]);
        }
        return keys;
    }

    private static int[] permutation(int size, SplittableRandom random) {
        int[] numbers = new int[size];
        for (int i = 0; i < size; i++) {
            int other = random.nextInt(i + 1);
            numbers[i] = numbers[other];
            numbers[other] = i;
        }
        return numbers;
    }
}
