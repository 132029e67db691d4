package dev.ashlar.keyspace;

import java.util.Arrays;
import java.util.function.LongUnaryOperator;

/**
 * An index over an array that plays the log: a record is nothing but its key, a long, and positions are handed out one
 * after the other. Holds the loops that callers of {@link HashIndex} write.
 */
final class TestIndex {
    static final long ABSENT = -1;

    final TableMemory memory;
    final LongUnaryOperator hash;
    volatile HashIndex index;

    /** Position → key. Replaced when it grows, before a position in the new part is published in the index. */
    private volatile long[] keys = new long[1024];

    private long end = HashIndex.MIN_POSITION;

    TestIndex(TableMemory memory, LongUnaryOperator hash) {
        this.memory = memory;
        this.hash = hash;
        index = new HashIndex(memory, this::hashAt);
    }

    /** The finalizer of SplitMix64: a bijection, so distinct keys have distinct hashes. */
    static long mix(long key) {
        long h = key + 0x9E3779B97F4A7C15L;
        h = (h ^ h >>> 30) * 0xBF58476D1CE4E5B9L;
        h = (h ^ h >>> 27) * 0x94D049BB133111EBL;
        return h ^ h >>> 31;
    }

    long hashAt(long position) {
        return hash.applyAsLong(keyAt(position));
    }

    long keyAt(long position) {
        return keys[(int) position];
    }

    long append(long key) {
        if (end == keys.length) {
            keys = Arrays.copyOf(keys, 2 * keys.length);
        }
        keys[(int) end] = key;
        return end++;
    }

    /** The way of a reader. */
    long get(long key) {
        for (; ; ) {
            HashIndex current = index;
            long position = get(current, key);
            if (position != ABSENT || index == current) {
                return position;
            }
        }
    }

    private long get(HashIndex current, long key) {
        long h = hash.applyAsLong(key);
        for (; ; ) {
            long entry = current.entry(h);
            long position = scan(current, entry, key);
            if (position != ABSENT || current.entry(h) == entry) {
                return position;
            }
        }
    }

    /** Looks at one table, the one of the entry. */
    long scan(HashIndex current, long entry, long key) {
        long h = hash.applyAsLong(key);
        long at = current.home(entry, h);
        for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, at = HashIndex.next(at)) {
            long word = current.word(at);
            if (word == HashIndex.EMPTY) {
                break;
            }
            if (HashIndex.matches(word, entry, h) && keyAt(HashIndex.position(word)) == key) {
                return HashIndex.position(word);
            }
        }
        return ABSENT;
    }

    /** The way of the writer: the slot, or ABSENT. */
    long slot(long key) {
        long h = hash.applyAsLong(key);
        long entry = index.entry(h);
        long at = index.home(entry, h);
        for (int probe = 0; probe < HashIndex.MAX_PROBES; probe++, at = HashIndex.next(at)) {
            long word = index.word(at);
            if (word == HashIndex.EMPTY) {
                break;
            }
            if (HashIndex.matches(word, entry, h) && keyAt(HashIndex.position(word)) == key) {
                return at;
            }
        }
        return ABSENT;
    }

    /** Returns where the record is. */
    long put(long key) {
        long position = append(key);
        apply(key, position);
        return position;
    }

    /** A put or, without a position, a removal; what a replay does. */
    void apply(long key, long position) {
        long at = slot(key);
        if (position == ABSENT) {
            if (at != ABSENT) {
                index.remove(at);
            }
        } else if (at == ABSENT) {
            index.insert(hash.applyAsLong(key), position);
        } else {
            index.replace(at, position);
        }
    }

    void remove(long key) {
        apply(key, ABSENT);
    }
}
