package dev.ashlar.document;

import dev.ashlar.DocumentBuilder;
import dev.ashlar.InvalidDocumentException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The values of a document that is being made: bytes, and for each field a chain of places in them. A value is written behind
 * all others first, checked there, and then {@linkplain #take taken}; until then nothing has changed. Values that were
 * replaced stay where they are until room is wanted.
 *
 * <p>What {@link #mark} remembers, {@link #rollback} brings back. In between nothing is moved, and nothing is put behind values
 * from before: the chains of fields are begun anew.
 */
final class StagedValues {
    private static final int SMALL = 1 << 20;
    private static final int NONE = -1;

    private byte[] data = new byte[256];
    private int used;
    private long live;

    /** Of each value: where it begins, its length, and the next of its field. */
    private int[] starts = new int[16];

    private int[] lengths = new int[16];
    private int[] next = new int[16];
    private int entries;

    /** Of each field: its first and last value, and how many there are. */
    private int[] first;

    private int[] last;
    private int[] counts;

    private @Nullable Mark mark;

    private record Mark(int used, long live, int entries, int[] first, int[] last, int[] counts) {}

    StagedValues(int fields) {
        first = new int[fields];
        last = new int[fields];
        counts = new int[fields];
        Arrays.fill(first, NONE);
        Arrays.fill(last, NONE);
    }

    void clear() {
        used = 0;
        live = 0;
        entries = 0;
        mark = null;
        Arrays.fill(first, NONE);
        Arrays.fill(last, NONE);
        Arrays.fill(counts, 0);
        if (data.length > SMALL) {
            // One large document does not make a builder large for ever.
            data = new byte[256];
        }
    }

    /** The bytes; another array after {@link #room}. */
    byte[] data() {
        return data;
    }

    /** Where the next value begins. It may move with {@link #room}. */
    int used() {
        return used;
    }

    /** Whether a value of so many bytes may be begun, apart from what else it needs. */
    static void checkLength(String field, long length) {
        if (length > DocumentBuilder.MAX_DOCUMENT_BYTES) {
            throw tooLarge(field, length);
        }
    }

    private static InvalidDocumentException tooLarge(String field, long length) {
        return new InvalidDocumentException(
                field,
                "a document of at most " + DocumentBuilder.MAX_DOCUMENT_BYTES + " bytes",
                length + " bytes up to there");
    }

    /**
     * Makes room behind the first bytes of the next value.
     *
     * @param begun bytes of it that are written already
     * @param more how many follow
     */
    void room(String field, int begun, int more) {
        long needed = (long) used + begun + more;
        if (needed <= data.length) {
            return;
        }
        if (live + begun > DocumentBuilder.MAX_DOCUMENT_BYTES) {
            throw tooLarge(field, live + begun);
        }
        boolean tooMuch = needed > Integer.MAX_VALUE - 8;
        if (mark == null && (live < used / 2 || tooMuch)) {
            compact(begun);
            needed = (long) used + begun + more;
        }
        if (needed > Integer.MAX_VALUE - 8) {
            throw tooLarge(field, needed);
        }
        if (needed > data.length) {
            data = Arrays.copyOf(data, (int) Math.max(needed, Math.min(2L * data.length, Integer.MAX_VALUE - 8)));
        }
    }

    /** Moves the values together, and {@code begun} bytes behind them. */
    private void compact(int begun) {
        byte[] to = new byte[Math.max(256, (int) Math.min(2 * (live + begun), Integer.MAX_VALUE - 8))];
        int[] newStarts = new int[starts.length];
        int[] newLengths = new int[starts.length];
        int[] newNext = new int[starts.length];
        int at = 0;
        int entry = 0;
        for (int field = 0; field < first.length; field++) {
            int present = first[field];
            if (present == NONE) {
                continue;
            }
            first[field] = entry;
            for (; present != NONE; present = next[present]) {
                System.arraycopy(data, starts[present], to, at, lengths[present]);
                newStarts[entry] = at;
                newLengths[entry] = lengths[present];
                newNext[entry] = entry + 1;
                at += lengths[present];
                entry++;
            }
            last[field] = entry - 1;
            newNext[entry - 1] = NONE;
        }
        System.arraycopy(data, used, to, at, begun);
        data = to;
        starts = newStarts;
        lengths = newLengths;
        next = newNext;
        used = at;
        entries = entry;
    }

    /** Takes the next value, which is written, as one of a field: behind its others, or in place of them. */
    void take(String name, int field, int length, boolean append) {
        long after = live + length - (append ? 0 : bytesOf(field));
        if (after > DocumentBuilder.MAX_DOCUMENT_BYTES) {
            throw tooLarge(name, after);
        }
        if (entries == starts.length) {
            int live = 0;
            for (int count : counts) {
                live += count;
            }
            if (mark == null && live < entries / 2) {
                compact(length);
            } else {
                starts = Arrays.copyOf(starts, 2 * entries);
                lengths = Arrays.copyOf(lengths, 2 * entries);
                next = Arrays.copyOf(next, 2 * entries);
            }
        }
        if (!append) {
            remove(field);
        }
        starts[entries] = used;
        lengths[entries] = length;
        next[entries] = NONE;
        if (first[field] == NONE) {
            first[field] = entries;
        } else {
            next[last[field]] = entries;
        }
        last[field] = entries;
        counts[field]++;
        used += length;
        live += length;
        entries++;
    }

    void remove(int field) {
        live -= bytesOf(field);
        first[field] = NONE;
        last[field] = NONE;
        counts[field] = 0;
    }

    int count(int field) {
        return counts[field];
    }

    /** The first value of a field, or -1. */
    int first(int field) {
        return first[field];
    }

    /** The next value of the same field, or -1. */
    int next(int entry) {
        return next[entry];
    }

    int start(int entry) {
        return starts[entry];
    }

    int length(int entry) {
        return lengths[entry];
    }

    /** Bytes of all values of a field. */
    long bytesOf(int field) {
        long bytes = 0;
        for (int entry = first[field]; entry != NONE; entry = next[entry]) {
            bytes += lengths[entry];
        }
        return bytes;
    }

    void mark() {
        mark = new Mark(used, live, entries, first.clone(), last.clone(), counts.clone());
    }

    void release() {
        mark = null;
    }

    void rollback() {
        Mark back = mark;
        if (back == null) {
            throw new IllegalStateException("there is no mark");
        }
        mark = null;
        used = back.used;
        live = back.live;
        entries = back.entries;
        first = back.first;
        last = back.last;
        counts = back.counts;
    }
}
