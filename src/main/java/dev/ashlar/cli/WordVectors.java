package dev.ashlar.cli;

import org.jspecify.annotations.Nullable;

/**
 * Makes vectors of texts, so that those of texts with the same rare words point the same way. A word weighs more the more
 * often the text has it and the fewer texts have it (TF-IDF), and adds its weight to the component that its hash chooses, or
 * takes it away (feature hashing): no list of words is needed. All texts are counted first. For one thread.
 */
final class WordVectors {
    static final int DIMENSION = 768;

    /** How many texts have a word, by its hash; those that share a number count as one word. */
    private static final int FREQUENCY_BITS = 18;

    /** Different words of one text that count; a power of two. Half of the table stays empty. */
    private static final int MAX_WORDS = 1 << 16;

    private static final long PRIME = 0x100000001b3L;
    private static final long BASIS = 0xcbf29ce484222325L;

    private final int[] frequencies = new int[1 << FREQUENCY_BITS];
    private final long[] words = new long[2 * MAX_WORDS];
    private final int[] counts = new int[2 * MAX_WORDS];
    private final int[] used = new int[MAX_WORDS];
    private int usedCount;
    private long texts;

    /** Counts the words of a text among those of all. */
    void count(byte[] text) {
        collect(text);
        for (int i = 0; i < usedCount; i++) {
            frequencies[bucket(words[used[i]])]++;
        }
        texts++;
    }

    /** The vector of a text; null if there are no words in it. */
    float @Nullable [] vector(byte[] text) {
        collect(text);
        if (usedCount == 0) {
            return null;
        }
        float[] vector = new float[DIMENSION];
        for (int i = 0; i < usedCount; i++) {
            long word = words[used[i]];
            // Where words share a bucket, it may count more than there are texts.
            double rarity = Math.max(0, Math.log((texts + 1.0) / (frequencies[bucket(word)] + 1.0)));
            double weight = (1 + Math.log(counts[used[i]])) * rarity;
            int component = (int) (((word >>> 32) * DIMENSION) >>> 32);
            vector[component] += (float) ((word & 1) == 0 ? weight : -weight);
        }
        return vector;
    }

    private static int bucket(long word) {
        return (int) (word >>> 1) & (1 << FREQUENCY_BITS) - 1;
    }

    /** Finds the words of a text, which are what Java takes for identifiers, of two letters or more, in ASCII. */
    private void collect(byte[] text) {
        for (int i = 0; i < usedCount; i++) {
            counts[used[i]] = 0;
        }
        usedCount = 0;
        long hash = BASIS;
        int length = 0;
        for (byte next : text) {
            if (isLetter(next) || length > 0 && next >= '0' && next <= '9') {
                hash = (hash ^ next) * PRIME;
                length++;
            } else if (length > 0) {
                add(length, hash);
                hash = BASIS;
                length = 0;
            }
        }
        add(length, hash);
    }

    private static boolean isLetter(byte next) {
        int lower = next | 0x20;
        return lower >= 'a' && lower <= 'z' || next == '_';
    }

    private void add(int length, long hash) {
        if (length < 2) {
            return;
        }
        long word = Mix.of(hash);
        int at = (int) word & words.length - 1;
        while (counts[at] != 0 && words[at] != word) {
            at = at + 1 & words.length - 1;
        }
        if (counts[at] == 0) {
            if (usedCount == MAX_WORDS) {
                return;
            }
            words[at] = word;
            used[usedCount++] = at;
        }
        counts[at]++;
    }
}
