package dev.ashlar.document;

import static dev.ashlar.document.DocumentLayout.BYTE;
import static dev.ashlar.document.DocumentLayout.INT;
import static dev.ashlar.document.DocumentLayout.SHORT;

import dev.ashlar.CorruptionException;
import java.lang.foreign.MemorySegment;

/**
 * The table of the fields of a document, read in place. All of its offsets, also those inside of values, are checked when it
 * is pointed at bytes, so that nothing that it answers later leads out of them. It is not about checksums: bytes that are
 * different and in form are read as what they say.
 */
final class FieldTable {
    private final SchemaShape shape;
    private final boolean stored;

    private MemorySegment s = MemorySegment.NULL;
    private int count;
    private int numberWidth;
    private int endWidth;
    private long numbersAt;
    private long endsAt;
    private long valuesAt;
    private long end;

    /** @param stored whether its fields are those that are stored, or the others */
    FieldTable(SchemaShape shape, boolean stored) {
        this.shape = shape;
        this.stored = stored;
    }

    /** No fields. */
    void clear() {
        s = MemorySegment.NULL;
        count = 0;
        end = 0;
    }

    /**
     * Points it at bytes and checks them.
     *
     * @param limit where they end at the latest
     * @param file and {@code position} of the first byte, for messages
     */
    void pointAt(MemorySegment segment, long at, long limit, String file, long position) {
        clear();
        if (limit - at < 2) {
            throw damage(file, position, "a table of fields", "its end after " + (limit - at) + " bytes");
        }
        int form = segment.get(BYTE, at);
        int width = form & DocumentLayout.END_WIDTH;
        int wide = form >> 2;
        if (width == 3 || (wide & ~1) != 0 || limit - at < 1 + (1L << wide)) {
            throw damage(file, position, "the form of a table of fields", String.valueOf(form & 0xFF));
        }
        int fields = (int) number(segment, at + 1, wide);
        long numbers = at + 1 + (1L << wide);
        long ends = numbers + ((long) fields << wide);
        long values = ends + ((long) fields << width);
        if (values > limit) {
            throw damage(file, position, "a table of fields", "one that ends after its document");
        }
        int before = -1;
        long start = values;
        for (int i = 0; i < fields; i++) {
            int field = (int) number(segment, numbers + ((long) i << wide), wide);
            if (field <= before || field >= shape.fields()) {
                throw damage(
                        file,
                        position + (numbers - at),
                        "numbers of fields, ascending, below " + shape.fields(),
                        field + " after " + before);
            }
            long stop = values + number(segment, ends + ((long) i << width), width);
            if (shape.isStored(field) != stored
                    || stop < start
                    || stop > limit
                    || !isValue(segment, field, start, stop)) {
                throw damage(
                        file,
                        position + (start - at),
                        "a value of a field that is " + (stored ? "stored" : "not stored"),
                        (stop - start) + " bytes for field "
                                + shape.schema().field(field).name());
            }
            before = field;
            start = stop;
        }
        s = segment;
        count = fields;
        numberWidth = wide;
        endWidth = width;
        numbersAt = numbers;
        endsAt = ends;
        valuesAt = values;
        end = start;
    }

    private boolean isValue(MemorySegment segment, int field, long start, long stop) {
        int width = shape.width(field);
        long length = stop - start;
        if (!shape.isMany(field)) {
            return width == 0 || length == width;
        }
        if (width != 0) {
            return length > 0 && length % width == 0;
        }
        int w = length == 0 ? -1 : segment.get(BYTE, start);
        if (w < 0 || w > 2 || length < 1 + (1L << w)) {
            return false;
        }
        long values = number(segment, start + 1, w);
        long ends = start + 1 + (1L << w);
        long from = ends + (values << w);
        if (values == 0 || from > stop) {
            return false;
        }
        long before = 0;
        for (long i = 0; i < values; i++) {
            long next = number(segment, ends + (i << w), w);
            if (next < before) {
                return false;
            }
            before = next;
        }
        return before == stop - from;
    }

    private static CorruptionException damage(String file, long position, String expected, String found) {
        return new CorruptionException(
                file, position, expected, found, "Run 'ashlar verify' to see what else is damaged.");
    }

    private static long number(MemorySegment s, long at, int width) {
        return switch (width) {
            case 0 -> s.get(BYTE, at) & 0xFFL;
            case 1 -> s.get(SHORT, at) & 0xFFFFL;
            default -> s.get(INT, at) & 0xFFFF_FFFFL;
        };
    }

    MemorySegment segment() {
        return s;
    }

    /** How many fields there are. */
    int count() {
        return count;
    }

    /** Where the last value ends. */
    long end() {
        return end;
    }

    /** The field in a place of the table. */
    int field(int slot) {
        return (int) number(s, numbersAt + ((long) slot << numberWidth), numberWidth);
    }

    /** The place of a field, or -1. */
    int slot(int field) {
        int high = Math.min(field, count - 1);
        // In a document that has all fields, each is in the place of its number.
        if (high >= 0 && field(high) == field) {
            return high;
        }
        high--;
        int low = 0;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int number = field(middle);
            if (number == field) {
                return middle;
            }
            if (number < field) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -1;
    }

    /** Where the value of a field begins, or its values do. */
    long start(int slot) {
        return slot == 0 ? valuesAt : stop(slot - 1);
    }

    /** Where it ends. */
    long stop(int slot) {
        return valuesAt + number(s, endsAt + ((long) slot << endWidth), endWidth);
    }

    /** How many values a field has. */
    int values(int slot, int field) {
        if (!shape.isMany(field)) {
            return 1;
        }
        long start = start(slot);
        int width = shape.width(field);
        return (int) (width != 0 ? (stop(slot) - start) / width : number(s, start + 1, s.get(BYTE, start)));
    }

    /** Where one of the values begins. */
    long start(int slot, int field, int index) {
        long start = start(slot);
        int width = shape.width(field);
        if (width != 0 || !shape.isMany(field)) {
            return start + (long) index * width;
        }
        int w = s.get(BYTE, start);
        long ends = start + 1 + (1L << w);
        long first = ends + (number(s, start + 1, w) << w);
        return index == 0 ? first : first + number(s, ends + ((long) (index - 1) << w), w);
    }

    /** Where it ends. */
    long stop(int slot, int field, int index) {
        int width = shape.width(field);
        if (width != 0) {
            return start(slot) + (index + 1L) * width;
        }
        if (!shape.isMany(field)) {
            return stop(slot);
        }
        long start = start(slot);
        int w = s.get(BYTE, start);
        long ends = start + 1 + (1L << w);
        return ends + (number(s, start + 1, w) << w) + number(s, ends + ((long) index << w), w);
    }
}
