package dev.ashlar.document;

import static dev.ashlar.document.DocumentLayout.BYTE;
import static dev.ashlar.document.DocumentLayout.DOUBLE;
import static dev.ashlar.document.DocumentLayout.LONG;

import dev.ashlar.CorruptionException;
import dev.ashlar.document.SchemaShape.Kind;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Between which values the fields of a set of documents are, and how many documents have each, so that a filter that none of
 * them can match is known without reading them. Fields that are not stored count as well.
 *
 * <p>Bounds of keywords have at most {@link #PREFIX} bytes: the least value is cut, the greatest cut and rounded up. So they
 * are bounds, and need not be values. The same documents have the same zones, in whichever order they were added or merged.
 *
 * <pre>
 *   0   u16  version, 1
 *   2   u16  number of fields, those of the schema when it was written
 *   4   u64  documents
 *   12       fields: u64 documents that have it, u8 flags (1 bounds, 2 NaN), then with bounds
 *            I64, F64, id: least, greatest, 8 bytes each.  BOOL: 1 byte each
 *            KEYWORD: u8 length, least, u8 length, greatest
 * </pre>
 *
 * <p>For one thread at a time.
 */
public final class Zones {
    /** The most bytes that a bound of a keyword has. */
    static final int PREFIX = 32;

    private static final int VERSION = 1;
    private static final int HEADER = 12;
    private static final int BOUNDS = 1;
    private static final int NAN = 2;

    private final SchemaShape shape;
    private long documents;
    private final long[] having;
    private final boolean[] bounded;
    private final boolean[] nan;

    /** Of numbers: bounds as they are, of F64 as bits; of BOOL 0 and 1. */
    private final long[] least;

    private final long[] greatest;
    private final byte[][] leastBytes;
    private final byte[][] greatestBytes;

    /** Of no documents. */
    public Zones(SchemaShape shape) {
        this.shape = shape;
        int fields = shape.fields();
        having = new long[fields];
        bounded = new boolean[fields];
        nan = new boolean[fields];
        least = new long[fields];
        greatest = new long[fields];
        leastBytes = new byte[fields][];
        greatestBytes = new byte[fields][];
    }

    // -------------------------------------------------------------------------------------------------------- adding

    /** Counts a document of the same schema, with what of it is not stored. */
    public void add(EncodedDocument document) {
        if (document.shape() != shape) {
            throw new IllegalArgumentException("the document and its zones have not the same schema object");
        }
        documents++;
        add(document.table());
        add(document.unstored());
    }

    private void add(FieldTable table) {
        MemorySegment s = table.segment();
        for (int slot = 0; slot < table.count(); slot++) {
            int field = table.field(slot);
            having[field]++;
            Kind kind = shape.kind(field);
            if (kind == Kind.BYTES || kind == Kind.VECTOR) {
                continue;
            }
            int values = table.values(slot, field);
            for (int i = 0; i < values; i++) {
                long at = table.start(slot, field, i);
                switch (kind) {
                    case LONG -> include(field, s.get(LONG, at), s.get(LONG, at));
                    case BOOL -> include(field, s.get(BYTE, at) == 0 ? 0 : 1, s.get(BYTE, at) == 0 ? 0 : 1);
                    case DOUBLE -> includeNumber(field, s.get(DOUBLE, at));
                    default -> includeKeyword(field, s, at, table.stop(slot, field, i));
                }
            }
        }
    }

    private void include(int field, long low, long high) {
        least[field] = bounded[field] ? Math.min(least[field], low) : low;
        greatest[field] = bounded[field] ? Math.max(greatest[field], high) : high;
        bounded[field] = true;
    }

    private void includeNumber(int field, double number) {
        if (Double.isNaN(number)) {
            nan[field] = true;
        } else {
            includeNumbers(field, number, number);
        }
    }

    private void includeNumbers(int field, double low, double high) {
        double min = bounded[field] ? Math.min(least(field), low) : low;
        double max = bounded[field] ? Math.max(greatest(field), high) : high;
        least[field] = Double.doubleToRawLongBits(min);
        greatest[field] = Double.doubleToRawLongBits(max);
        bounded[field] = true;
    }

    private void includeKeyword(int field, MemorySegment s, long start, long stop) {
        if (!bounded[field] || ByteOrderings.compare(s, start, stop, leastBytes[field]) < 0) {
            leastBytes[field] = prefix(s, start, stop);
        }
        if (!bounded[field] || ByteOrderings.compare(s, start, stop, greatestBytes[field]) > 0) {
            byte[] prefix = prefix(s, start, stop);
            greatestBytes[field] = stop - start > PREFIX ? roundedUp(prefix) : prefix;
        }
        bounded[field] = true;
    }

    private static byte[] prefix(MemorySegment s, long start, long stop) {
        return s.asSlice(start, Math.min(PREFIX, stop - start)).toArray(ValueLayout.JAVA_BYTE);
    }

    /** The least bytes that are above all that begin with these. */
    private static byte[] roundedUp(byte[] prefix) {
        int length = prefix.length;
        // UTF-8 has no such byte. Of other bytes that have nothing above them, the bound is not one.
        while (length > 1 && prefix[length - 1] == -1) {
            length--;
        }
        byte[] up = Arrays.copyOf(prefix, length);
        up[length - 1]++;
        return up;
    }

    /** Counts the documents of other zones of the same schema as well. */
    public void merge(Zones other) {
        if (other.shape != shape) {
            throw new IllegalArgumentException("zones are merged that have not the same schema object");
        }
        documents += other.documents;
        for (int field = 0; field < having.length; field++) {
            having[field] += other.having[field];
            nan[field] |= other.nan[field];
            if (!other.bounded[field]) {
                continue;
            }
            switch (shape.kind(field)) {
                case LONG, BOOL -> include(field, other.least[field], other.greatest[field]);
                case DOUBLE -> includeNumbers(field, other.least(field), other.greatest(field));
                default -> mergeKeywords(field, other.leastBytes[field], other.greatestBytes[field]);
            }
        }
    }

    private void mergeKeywords(int field, byte[] low, byte[] high) {
        if (!bounded[field] || Arrays.compareUnsigned(low, leastBytes[field]) < 0) {
            leastBytes[field] = low;
        }
        if (!bounded[field] || Arrays.compareUnsigned(high, greatestBytes[field]) > 0) {
            greatestBytes[field] = high;
        }
        bounded[field] = true;
    }

    // -------------------------------------------------------------------------------------------------------- asking

    /** How many documents there are. */
    public long documents() {
        return documents;
    }

    /** How many of them have a field. */
    public long having(int field) {
        return having[field];
    }

    /** Whether any of the documents can match; if not, none does. */
    public boolean mayMatch(FilterPredicate predicate) {
        return predicate.mayMatch(this);
    }

    SchemaShape shape() {
        return shape;
    }

    /** Whether there are values that have an order, and so bounds. */
    boolean isBounded(int field) {
        return bounded[field];
    }

    boolean hasNaN(int field) {
        return nan[field];
    }

    long leastLong(int field) {
        return least[field];
    }

    long greatestLong(int field) {
        return greatest[field];
    }

    double least(int field) {
        return Double.longBitsToDouble(least[field]);
    }

    double greatest(int field) {
        return Double.longBitsToDouble(greatest[field]);
    }

    /** Not to be changed. */
    byte[] leastBytes(int field) {
        return leastBytes[field];
    }

    byte[] greatestBytes(int field) {
        return greatestBytes[field];
    }

    // -------------------------------------------------------------------------------------------------------- as bytes

    public byte[] toBytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        number(out, VERSION, Short.BYTES);
        number(out, having.length, Short.BYTES);
        number(out, documents, Long.BYTES);
        for (int field = 0; field < having.length; field++) {
            number(out, having[field], Long.BYTES);
            out.write((bounded[field] ? BOUNDS : 0) | (nan[field] ? NAN : 0));
            if (!bounded[field]) {
                continue;
            }
            if (shape.kind(field) == Kind.KEYWORD) {
                out.write(leastBytes[field].length);
                out.writeBytes(leastBytes[field]);
                out.write(greatestBytes[field].length);
                out.writeBytes(greatestBytes[field]);
            } else {
                int width = shape.width(field);
                number(out, least[field], width);
                number(out, greatest[field], width);
            }
        }
        return out.toByteArray();
    }

    private static void number(ByteArrayOutputStream out, long number, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (number >>> 8 * i));
        }
    }

    /**
     * Reads zones back, of this schema or of one that had fewer fields.
     *
     * @param file and {@code position} of the first byte, for messages
     * @throws CorruptionException if they are none
     */
    public static Zones read(SchemaShape shape, MemorySegment s, long at, long length, String file, long position) {
        Zones zones = new Zones(shape);
        long most = HEADER + (long) shape.fields() * (Long.BYTES + 1 + 2 * (1 + PREFIX));
        if (length > most) {
            throw damage(file, position, "at most " + most + " bytes of zones", String.valueOf(length));
        }
        ByteBuffer in = ByteBuffer.wrap(s.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE))
                .order(ByteOrder.LITTLE_ENDIAN);
        try {
            int version = in.getShort() & 0xFFFF;
            int fields = in.getShort() & 0xFFFF;
            zones.documents = in.getLong();
            if (version != VERSION || fields > shape.fields() || zones.documents < 0) {
                throw damage(
                        file,
                        position,
                        "zones of version 1 with at most " + shape.fields() + " fields",
                        "version " + version + ", " + fields + " fields, " + zones.documents + " documents");
            }
            for (int field = 0; field < fields; field++) {
                int begin = in.position();
                if (!zones.readField(field, in)) {
                    throw damage(
                            file,
                            position + begin,
                            "the zone of field " + shape.schema().field(field).name(),
                            "something else");
                }
            }
        } catch (BufferUnderflowException e) {
            throw damage(file, position, "zones", "their end after " + length + " bytes");
        }
        if (in.hasRemaining()) {
            throw damage(file, position + in.position(), "the end of zones", in.remaining() + " bytes more");
        }
        return zones;
    }

    private boolean readField(int field, ByteBuffer in) {
        Kind kind = shape.kind(field);
        having[field] = in.getLong();
        int flags = in.get();
        bounded[field] = (flags & BOUNDS) != 0;
        nan[field] = (flags & NAN) != 0;
        boolean holds = having[field] >= 0
                && having[field] <= documents
                && (flags & ~(BOUNDS | NAN)) == 0
                && (!nan[field] || kind == Kind.DOUBLE)
                // A field that somebody has, has bounds, if its values have an order and are not all NaN.
                && (!bounded[field] || having[field] > 0 && kind != Kind.BYTES && kind != Kind.VECTOR)
                && (bounded[field] || nan[field] || having[field] == 0 || kind == Kind.BYTES || kind == Kind.VECTOR);
        if (!holds || !bounded[field]) {
            return holds;
        }
        switch (kind) {
            case LONG, DOUBLE -> {
                least[field] = in.getLong();
                greatest[field] = in.getLong();
            }
            case BOOL -> {
                least[field] = in.get();
                greatest[field] = in.get();
            }
            default -> {
                leastBytes[field] = bytes(in);
                greatestBytes[field] = bytes(in);
            }
        }
        return switch (kind) {
            case LONG -> least[field] <= greatest[field];
            case BOOL -> least[field] >= 0 && least[field] <= greatest[field] && greatest[field] <= 1;
            case DOUBLE -> least(field) <= greatest(field);
            default ->
                leastBytes[field].length <= PREFIX
                        && greatestBytes[field].length <= PREFIX
                        && Arrays.compareUnsigned(leastBytes[field], greatestBytes[field]) <= 0;
        };
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[in.get() & 0xFF];
        in.get(bytes);
        return bytes;
    }

    private static CorruptionException damage(String file, long position, String expected, String found) {
        return new CorruptionException(
                file, position, expected, found, "Run 'ashlar verify' to see what else is damaged.");
    }
}
