package dev.ashlar.document;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which documents of a segment count. It never changes: those that die give another one. Safe for any thread; 1 bit for each
 * document, and none as long as all are alive.
 */
public final class LiveDocs {
    private final int documents;
    private final int dead;
    private final long @Nullable [] deadBits;

    private LiveDocs(int documents, int dead, long @Nullable [] deadBits) {
        this.documents = documents;
        this.dead = dead;
        this.deadBits = deadBits;
    }

    /** All of so many documents are alive. */
    public static LiveDocs all(int documents) {
        if (documents < 0 || documents > SegmentFormat.MAX_DOCUMENTS) {
            throw new IllegalArgumentException(
                    "a segment has 0 to " + SegmentFormat.MAX_DOCUMENTS + " documents, not " + documents);
        }
        return new LiveDocs(documents, 0, null);
    }

    /** Takes bits over: bit j of word i says that document 64 i + j is dead. */
    static LiveDocs ofDeadBits(int documents, long[] bits) {
        int count = 0;
        for (long word : bits) {
            count += Long.bitCount(word);
        }
        return new LiveDocs(documents, count, count == 0 ? null : bits);
    }

    static int words(int documents) {
        return (int) ((documents + 63L) >>> 6);
    }

    /** Documents that the segment has, dead ones included. */
    public int documents() {
        return documents;
    }

    /** Documents that count. */
    public int live() {
        return documents - dead;
    }

    public int dead() {
        return dead;
    }

    /** @param ordinal 0 to {@link #documents} - 1 */
    public boolean isLive(int ordinal) {
        if (ordinal < 0 || ordinal >= documents) {
            throw new IndexOutOfBoundsException("ordinal " + ordinal + " of " + documents);
        }
        long[] bits = deadBits;
        return bits == null || (bits[ordinal >>> 6] >>> ordinal & 1) == 0;
    }

    /** Documents that count among those from an ordinal up to another, which is not one of them. */
    public int liveBetween(int from, int to) {
        if (from < 0 || to < from || to > documents) {
            throw new IndexOutOfBoundsException("ordinals " + from + " to " + to + " of " + documents);
        }
        long[] bits = deadBits;
        if (bits == null || from == to) {
            return to - from;
        }
        int first = from >>> 6;
        int last = to - 1 >>> 6;
        int count = 0;
        for (int i = first; i <= last; i++) {
            long word = bits[i];
            if (i == first) {
                word &= -1L << from;
            }
            if (i == last) {
                word &= -1L >>> -to;
            }
            count += Long.bitCount(word);
        }
        return to - from - count;
    }

    /** The same without some documents, which may be dead already; this one if all of them are. */
    public LiveDocs without(int... ordinals) {
        long[] bits = null;
        int more = 0;
        for (int ordinal : ordinals) {
            if (isLive(ordinal) && (bits == null || (bits[ordinal >>> 6] >>> ordinal & 1) == 0)) {
                if (bits == null) {
                    bits = deadBits == null ? new long[words(documents)] : deadBits.clone();
                }
                bits[ordinal >>> 6] |= 1L << ordinal;
                more++;
            }
        }
        return bits == null ? this : new LiveDocs(documents, dead + more, bits);
    }

    /** The same without those that another mask, of as many documents, says are dead. */
    public LiveDocs and(LiveDocs other) {
        if (documents != other.documents) {
            throw new IllegalArgumentException("masks of " + documents + " and " + other.documents + " documents");
        }
        if (other.dead == 0) {
            return this;
        }
        long[] bits = new long[words(documents)];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = word(i) | other.word(i);
        }
        return ofDeadBits(documents, bits);
    }

    /** The first live document from an ordinal on, or -1. */
    public int nextLive(int from) {
        for (int i = from; i < documents; i++) {
            long[] bits = deadBits;
            if (bits == null) {
                return i;
            }
            long alive = ~bits[i >>> 6] & -1L << i;
            if (alive != 0) {
                int found = (i & ~63) + Long.numberOfTrailingZeros(alive);
                return found < documents ? found : -1;
            }
            i |= 63;
        }
        return -1;
    }

    long word(int index) {
        return deadBits == null ? 0 : deadBits[index];
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof LiveDocs that
                && documents == that.documents
                && dead == that.dead
                && Arrays.equals(deadBits, that.deadBits);
    }

    @Override
    public int hashCode() {
        return 31 * documents + Arrays.hashCode(deadBits);
    }

    @Override
    public String toString() {
        return live() + " of " + documents + " documents";
    }
}
