package dev.ashlar.interchange;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** The format's description, word by word, over an array: slow, short, and without a line of what it is compared with. */
final class SlowReader {
    private final byte[] file;
    private final ByteBuffer words;
    private final int alignment;

    private SlowReader(byte[] file, int alignment) {
        this.file = file;
        this.words = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        this.alignment = alignment;
    }

    /** An entry, or a deletion if there is no payload. */
    @SuppressWarnings("ArrayRecordComponent") // Compared by description.
    record Entry(int tail, int end, long hash, byte @Nullable [] payload) {
        @Override
        public String toString() {
            return "[" + tail + "," + end + ") " + Long.toHexString(hash) + "="
                    + (payload == null ? "deleted" : Arrays.toString(payload));
        }
    }

    /** What a file holds; {@code lost} counts the bytes that are in no entry. */
    record Content(int alignment, boolean intact, List<Entry> entries, int lost) {
        Map<Long, String> state() {
            Map<Long, String> state = new TreeMap<>();
            for (Entry entry : entries) {
                if (entry.payload() == null) {
                    state.remove(entry.hash());
                } else {
                    state.put(entry.hash(), Arrays.toString(entry.payload()));
                }
            }
            return state;
        }
    }

    static Content read(byte[] file) {
        for (int alignment : new int[] {64, 16, 1}) {
            List<Entry> entries = new SlowReader(file, alignment).backward();
            if (entries != null) {
                return new Content(alignment, true, entries, 0);
            }
        }
        Content best = new Content(64, false, List.of(), file.length);
        for (int alignment : new int[] {64, 16, 1}) {
            Content content = new SlowReader(file, alignment).forward();
            best = content.lost() < best.lost() ? content : best;
        }
        return best;
    }

    private @Nullable List<Entry> backward() {
        List<Entry> entries = new ArrayList<>();
        int end = file.length;
        while (end > 0) {
            Entry entry = end < 21 ? null : at(end - 20);
            if (entry == null) {
                return null;
            }
            int pad = entry.payload() == null ? 0 : (alignment - entry.tail() % alignment) % alignment;
            for (int i = entry.tail(); i < entry.tail() + pad; i++) {
                if (file[i] != 0) {
                    return null;
                }
            }
            entries.addFirst(entry);
            end = entry.tail();
        }
        return entries;
    }

    private Content forward() {
        List<Entry> entries = new ArrayList<>();
        int lost = 0;
        int tail = 0;
        for (int m = 1; m + 20 <= file.length; m++) {
            Entry entry = at(m);
            if (entry != null && entry.tail() >= tail) {
                entries.add(entry);
                lost += entry.tail() - tail;
                tail = entry.end();
                m = tail;
            }
        }
        return new Content(alignment, false, entries, lost + file.length - tail);
    }

    /** The entry whose metadata is at m, if there is one; its padding is not looked at. */
    private @Nullable Entry at(int m) {
        long previous = words.getLong(m + 8);
        if (previous < 0 || previous >= m) {
            return null;
        }
        int tail = (int) previous;
        boolean deletion = m - tail == 1 && file[tail] == 0;
        int start = deletion ? tail : tail + (alignment - tail % alignment) % alignment;
        if (start >= m) {
            return null;
        }
        CRC32 crc = new CRC32();
        crc.update(file, start, m - start);
        if ((int) crc.getValue() != words.getInt(m + 16)) {
            return null;
        }
        return new Entry(tail, m + 20, words.getLong(m), deletion ? null : Arrays.copyOfRange(file, start, m));
    }
}
