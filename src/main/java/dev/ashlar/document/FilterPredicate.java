package dev.ashlar.document;

import static dev.ashlar.document.DocumentLayout.BYTE;
import static dev.ashlar.document.DocumentLayout.DOUBLE;
import static dev.ashlar.document.DocumentLayout.LONG;

import dev.ashlar.DocumentField;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentFilter.And;
import dev.ashlar.DocumentFilter.Equal;
import dev.ashlar.DocumentFilter.Exists;
import dev.ashlar.DocumentFilter.Not;
import dev.ashlar.DocumentFilter.Or;
import dev.ashlar.DocumentFilter.Range;
import dev.ashlar.FieldType;
import dev.ashlar.document.SchemaShape.Kind;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A filter made ready for a schema: names are numbers, values are what they are compared as. Of each part it knows three
 * things: whether a document matches, whether any document of some zones may, and whether all of them must; the last is what
 * {@code not} asks. Immutable, for any thread; testing allocates nothing.
 */
public final class FilterPredicate {
    private final SchemaShape shape;
    private final Node root;

    private FilterPredicate(SchemaShape shape, Node root) {
        this.shape = shape;
        this.root = root;
    }

    /**
     * @throws IllegalArgumentException naming the field that is not in the schema, not stored, or of a type that does not go
     *     with the value; or if filters are nested deeper than {@link DocumentFilter#MAX_DEPTH}
     */
    public static FilterPredicate of(DocumentFilter filter, SchemaShape shape) {
        return new FilterPredicate(shape, node(filter, shape, 1));
    }

    /** Whether a document of the same schema matches. */
    public boolean test(EncodedDocument document) {
        if (document.shape() != shape) {
            throw new IllegalArgumentException("the document and the filter have not the same schema object");
        }
        return root.test(document.table());
    }

    boolean mayMatch(Zones zones) {
        if (zones.shape() != shape) {
            throw new IllegalArgumentException("the zones and the filter have not the same schema object");
        }
        return zones.documents() > 0 && root.may(zones);
    }

    // ------------------------------------------------------------------------------------------------- making it ready

    private static Node node(DocumentFilter filter, SchemaShape shape, int depth) {
        if (depth > DocumentFilter.MAX_DEPTH) {
            throw new IllegalArgumentException(
                    "the filter is nested deeper than " + DocumentFilter.MAX_DEPTH + " levels");
        }
        return switch (filter) {
            case Equal equal -> equal(equal, shape);
            case Range range -> range(range, shape);
            case Exists exists -> new Has(field(exists.field(), shape));
            case And and -> new All(nodes(and.filters(), shape, depth));
            case Or or -> new Any(nodes(or.filters(), shape, depth));
            case Not not -> new Opposite(node(not.filter(), shape, depth + 1));
        };
    }

    private static List<Node> nodes(List<DocumentFilter> filters, SchemaShape shape, int depth) {
        return filters.stream().map(each -> node(each, shape, depth + 1)).toList();
    }

    private static int field(String name, SchemaShape shape) {
        int field = shape.schema().number(name);
        if (!shape.isStored(field)) {
            throw new IllegalArgumentException(
                    "field " + name + " is not stored, so documents cannot be filtered by it");
        }
        return field;
    }

    private static Node equal(Equal equal, SchemaShape shape) {
        int field = field(equal.field(), shape);
        FieldType type = shape.schema().field(field).type();
        Object value = equal.value();
        if (shape.kind(field) == Kind.LONG && value instanceof Long number) {
            return new Longs(field, number, number);
        }
        if (type == FieldType.F64 && (value instanceof Double || value instanceof Long)) {
            double number = asDouble(shape, field, (Number) value);
            return Double.isNaN(number) ? new NotANumber(field) : new Doubles(field, number, number);
        }
        if (type == FieldType.BOOL && value instanceof Boolean bool) {
            return new Bool(field, bool);
        }
        if ((type == FieldType.KEYWORD || type == FieldType.TEXT) && value instanceof String text) {
            return new Bytes(shape, field, utf8(equal.field(), text));
        }
        if (type == FieldType.BYTES && value instanceof byte[] bytes) {
            return new Bytes(shape, field, bytes);
        }
        throw misfit(shape, field, "compared with a " + value.getClass().getSimpleName());
    }

    private static Node range(Range range, SchemaShape shape) {
        int field = field(range.field(), shape);
        Comparable<?> from = range.from();
        Comparable<?> to = range.to();
        Object end = from != null ? from : to;
        FieldType type = shape.schema().field(field).type();
        if (type == FieldType.I64 && end instanceof Long) {
            return new Longs(
                    field, from == null ? Long.MIN_VALUE : (Long) from, to == null ? Long.MAX_VALUE : (Long) to);
        }
        if (type == FieldType.F64 && end instanceof Number) {
            return new Doubles(
                    field,
                    from == null ? Double.NEGATIVE_INFINITY : asDouble(shape, field, (Number) from),
                    to == null ? Double.POSITIVE_INFINITY : asDouble(shape, field, (Number) to));
        }
        if (type == FieldType.KEYWORD && end instanceof String) {
            return new Keywords(
                    field,
                    from == null ? new byte[0] : utf8(range.field(), (String) from),
                    to == null ? null : utf8(range.field(), (String) to));
        }
        throw misfit(
                shape,
                field,
                "asked for a range of "
                        + (end == null ? "nothing" : end.getClass().getSimpleName()));
    }

    private static double asDouble(SchemaShape shape, int field, Number value) {
        double number = value.doubleValue();
        // Long.MAX_VALUE as a double is 2^63, which comes back as Long.MAX_VALUE.
        if (value instanceof Long whole && ((long) number != whole || whole == Long.MAX_VALUE)) {
            throw misfit(shape, field, "compared with " + whole + ", which is not exactly a double");
        }
        return number;
    }

    private static byte[] utf8(String field, String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "field " + field + " is compared with a text that has half of a surrogate pair", e);
        }
    }

    private static IllegalArgumentException misfit(SchemaShape shape, int number, String how) {
        DocumentField field = shape.schema().field(number);
        return new IllegalArgumentException(
                "field " + field.name() + " is of type " + field.type() + " and cannot be " + how);
    }

    // ----------------------------------------------------------------------------------------------------------- parts

    private sealed interface Node {
        boolean test(FieldTable table);

        /** Whether a document can match. Zones are never of no documents. */
        boolean may(Zones zones);

        /** Whether all documents match. */
        boolean must(Zones zones);
    }

    /** A condition on the values of one field. */
    private sealed interface OfValues extends Node {
        int field();

        boolean test(MemorySegment s, long start, long stop);

        @Override
        default boolean test(FieldTable table) {
            int slot = table.slot(field());
            if (slot < 0) {
                return false;
            }
            int values = table.values(slot, field());
            for (int i = 0; i < values; i++) {
                if (test(table.segment(), table.start(slot, field(), i), table.stop(slot, field(), i))) {
                    return true;
                }
            }
            return false;
        }
    }

    private static boolean allHave(Zones zones, int field) {
        return zones.having(field) == zones.documents();
    }

    private record Longs(int field, long from, long to) implements OfValues {
        @Override
        public boolean test(MemorySegment s, long start, long stop) {
            long value = s.get(LONG, start);
            return value >= from && value <= to;
        }

        @Override
        public boolean may(Zones zones) {
            return zones.isBounded(field) && zones.leastLong(field) <= to && zones.greatestLong(field) >= from;
        }

        @Override
        public boolean must(Zones zones) {
            return allHave(zones, field) && zones.leastLong(field) >= from && zones.greatestLong(field) <= to;
        }
    }

    private record Doubles(int field, double from, double to) implements OfValues {
        @Override
        public boolean test(MemorySegment s, long start, long stop) {
            double value = s.get(DOUBLE, start);
            return value >= from && value <= to;
        }

        @Override
        public boolean may(Zones zones) {
            return zones.isBounded(field) && zones.least(field) <= to && zones.greatest(field) >= from;
        }

        @Override
        public boolean must(Zones zones) {
            return allHave(zones, field)
                    && !zones.hasNaN(field)
                    && zones.least(field) >= from
                    && zones.greatest(field) <= to;
        }
    }

    private record NotANumber(int field) implements OfValues {
        @Override
        public boolean test(MemorySegment s, long start, long stop) {
            return Double.isNaN(s.get(DOUBLE, start));
        }

        @Override
        public boolean may(Zones zones) {
            return zones.hasNaN(field);
        }

        @Override
        public boolean must(Zones zones) {
            return allHave(zones, field) && !zones.isBounded(field);
        }
    }

    private record Bool(int field, boolean value) implements OfValues {
        @Override
        public boolean test(MemorySegment s, long start, long stop) {
            return (s.get(BYTE, start) != 0) == value;
        }

        @Override
        public boolean may(Zones zones) {
            return zones.isBounded(field) && (value ? zones.greatestLong(field) == 1 : zones.leastLong(field) == 0);
        }

        @Override
        public boolean must(Zones zones) {
            return allHave(zones, field) && (value ? zones.leastLong(field) == 1 : zones.greatestLong(field) == 0);
        }
    }

    /** Keywords in a range; {@code to} is null if it has no end. */
    private record Keywords(int field, byte[] from, byte @Nullable [] to) implements OfValues {
        @Override
        public boolean test(MemorySegment s, long start, long stop) {
            return ByteOrderings.compare(s, start, stop, from) >= 0
                    && (to == null || ByteOrderings.compare(s, start, stop, to) <= 0);
        }

        @Override
        public boolean may(Zones zones) {
            return zones.isBounded(field)
                    && Arrays.compareUnsigned(zones.greatestBytes(field), from) >= 0
                    && (to == null || Arrays.compareUnsigned(zones.leastBytes(field), to) <= 0);
        }

        @Override
        public boolean must(Zones zones) {
            return allHave(zones, field)
                    && Arrays.compareUnsigned(zones.leastBytes(field), from) >= 0
                    && (to == null || Arrays.compareUnsigned(zones.greatestBytes(field), to) <= 0);
        }
    }

    /** Bytes of a keyword, a text or BYTES that are equal; the last two have no bounds. */
    private record Bytes(SchemaShape shape, int field, byte[] value) implements OfValues {
        @Override
        public boolean test(MemorySegment s, long start, long stop) {
            return stop - start == value.length && ByteOrderings.compare(s, start, stop, value) == 0;
        }

        @Override
        public boolean may(Zones zones) {
            return shape.kind(field) == Kind.KEYWORD
                    ? new Keywords(field, value, value).may(zones)
                    : zones.having(field) > 0;
        }

        @Override
        public boolean must(Zones zones) {
            return shape.kind(field) == Kind.KEYWORD && new Keywords(field, value, value).must(zones);
        }
    }

    private record Has(int field) implements Node {
        @Override
        public boolean test(FieldTable table) {
            return table.slot(field) >= 0;
        }

        @Override
        public boolean may(Zones zones) {
            return zones.having(field) > 0;
        }

        @Override
        public boolean must(Zones zones) {
            return allHave(zones, field);
        }
    }

    // Plain loops over arrays below: an iterator would be an object per document.

    private record All(Node[] nodes) implements Node {
        All(List<Node> nodes) {
            this(nodes.toArray(Node[]::new));
        }

        @Override
        public boolean test(FieldTable table) {
            for (Node node : nodes) {
                if (!node.test(table)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public boolean may(Zones zones) {
            for (Node node : nodes) {
                if (!node.may(zones)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public boolean must(Zones zones) {
            for (Node node : nodes) {
                if (!node.must(zones)) {
                    return false;
                }
            }
            return true;
        }
    }

    private record Any(Node[] nodes) implements Node {
        Any(List<Node> nodes) {
            this(nodes.toArray(Node[]::new));
        }

        @Override
        public boolean test(FieldTable table) {
            for (Node node : nodes) {
                if (node.test(table)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public boolean may(Zones zones) {
            for (Node node : nodes) {
                if (node.may(zones)) {
                    return true;
                }
            }
            return false;
        }

        @Override
        public boolean must(Zones zones) {
            for (Node node : nodes) {
                if (node.must(zones)) {
                    return true;
                }
            }
            return false;
        }
    }

    private record Opposite(Node node) implements Node {
        @Override
        public boolean test(FieldTable table) {
            return !node.test(table);
        }

        @Override
        public boolean may(Zones zones) {
            return !node.must(zones);
        }

        @Override
        public boolean must(Zones zones) {
            return !node.may(zones);
        }
    }
}
