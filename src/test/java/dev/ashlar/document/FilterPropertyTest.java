package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.DocumentField;
import dev.ashlar.DocumentFilter;
import dev.ashlar.DocumentSchema;
import dev.ashlar.FieldType;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.statistics.Statistics;

/** Filters and zones say of encoded documents what a look at the maps says. */
class FilterPropertyTest {

    @Property(tries = 250)
    void filtersMatchAsOnMaps(@ForAll long seed) {
        RandomDocuments any = new RandomDocuments(seed);
        DocumentSchema schema = any.schema();
        SchemaShape shape = new SchemaShape(schema);
        List<Map<String, Object>> maps = new ArrayList<>();
        List<EncodedDocument> documents = new ArrayList<>();
        DocumentEncoder encoder = new DocumentEncoder(shape);
        int count = any.random.nextInt(5);
        for (int i = 0; i < count; i++) {
            Map<String, Object> map = any.document(schema);
            maps.add(RandomDocuments.stored(schema, map));
            documents.add(RandomDocuments.read(
                    shape, RandomDocuments.copy(encoder.clear().set(map).encode(0))));
        }
        Zones zones = new Zones(shape);
        documents.forEach(zones::add);
        Zones readBack = read(shape, zones.toBytes());
        for (int i = 0; i < 20; i++) {
            DocumentFilter filter = filter(any, schema, maps, 0);
            FilterPredicate predicate = FilterPredicate.of(filter, shape);
            boolean some = false;
            for (int d = 0; d < documents.size(); d++) {
                boolean matches = matches(filter, maps.get(d));
                some |= matches;
                assertEquals(matches, predicate.test(documents.get(d)), () -> "seed " + seed + ": " + filter);
            }
            boolean may = zones.mayMatch(predicate);
            assertTrue(may || !some, () -> "seed " + seed + ": " + filter + " is said to match nothing");
            assertEquals(may, readBack.mayMatch(predicate));
            if (count > 0) {
                Statistics.label("zones").collect(some ? "matched" : may ? "scanned in vain" : "skipped");
                if (isPlain(filter) && count == 1) {
                    assertEquals(
                            some,
                            may && isTight(filter, schema, maps.getFirst(), some),
                            () -> "seed " + seed + ": " + filter);
                }
            }
        }
        Statistics.label("zones").coverage(c -> c.check("skipped").percentage(p -> p > 5));
    }

    /** Of one document with one value zones know all, but of long keywords and of what has no bounds. */
    private static boolean isTight(
            DocumentFilter filter, DocumentSchema schema, Map<String, Object> map, boolean some) {
        String name =
                filter instanceof DocumentFilter.Equal equal ? equal.field() : ((DocumentFilter.Range) filter).field();
        FieldType type = schema.field(schema.number(name)).type();
        boolean exact = type == FieldType.I64 || type == FieldType.F64 || type == FieldType.BOOL;
        return exact && !(map.get(name) instanceof List) || some;
    }

    private static boolean isPlain(DocumentFilter filter) {
        return filter instanceof DocumentFilter.Equal || filter instanceof DocumentFilter.Range;
    }

    private static Zones read(SchemaShape shape, byte[] bytes) {
        return Zones.read(shape, MemorySegment.ofArray(bytes), 0, bytes.length, "test", 0);
    }

    private static DocumentFilter filter(
            RandomDocuments any, DocumentSchema schema, List<Map<String, Object>> maps, int depth) {
        int which = any.random.nextInt(depth > 3 ? 6 : 9);
        if (which >= 6) {
            DocumentFilter[] parts = new DocumentFilter[any.random.nextInt(3)];
            for (int i = 0; i < parts.length; i++) {
                parts[i] = filter(any, schema, maps, depth + 1);
            }
            return which == 6
                    ? DocumentFilter.and(parts)
                    : which == 7 ? DocumentFilter.or(parts) : DocumentFilter.not(filter(any, schema, maps, depth + 1));
        }
        List<DocumentField> usable =
                schema.fields().stream().filter(DocumentField::stored).toList();
        if (usable.isEmpty()) {
            return DocumentFilter.and();
        }
        DocumentField field = usable.get(any.random.nextInt(usable.size()));
        Object value = value(any, field, maps);
        boolean ranged =
                field.type() == FieldType.I64 || field.type() == FieldType.F64 || field.type() == FieldType.KEYWORD;
        if (which == 0 || field.type() == FieldType.JSON || value instanceof float[]) {
            return DocumentFilter.exists(field.name());
        }
        if (which < 3 && ranged) {
            Object other = value(any, field, maps);
            Comparable<?> from = any.random.nextInt(4) == 0 ? null : (Comparable<?>) value;
            Comparable<?> to = from != null && any.random.nextInt(4) == 0 ? null : (Comparable<?>) other;
            if (!Double.valueOf(Double.NaN).equals(from)
                    && !Double.valueOf(Double.NaN).equals(to)) {
                return DocumentFilter.range(field.name(), from, to);
            }
        }
        return new DocumentFilter.Equal(field.name(), value);
    }

    /** A value that a document has, or any. */
    private static Object value(RandomDocuments any, DocumentField field, List<Map<String, Object>> maps) {
        if (!maps.isEmpty() && any.random.nextBoolean()) {
            Object present = maps.get(any.random.nextInt(maps.size())).get(field.name());
            if (present != null) {
                return present instanceof List<?> list ? list.get(any.random.nextInt(list.size())) : present;
            }
        }
        return any.value(field);
    }

    private static boolean matches(DocumentFilter filter, Map<String, Object> map) {
        return switch (filter) {
            case DocumentFilter.And and -> and.filters().stream().allMatch(each -> matches(each, map));
            case DocumentFilter.Or or -> or.filters().stream().anyMatch(each -> matches(each, map));
            case DocumentFilter.Not not -> !matches(not.filter(), map);
            case DocumentFilter.Exists exists -> map.containsKey(exists.field());
            case DocumentFilter.Equal equal ->
                values(map, equal.field()).stream().anyMatch(value -> equal(value, equal.value()));
            case DocumentFilter.Range range ->
                values(map, range.field()).stream().anyMatch(value -> within(value, range.from(), range.to()));
        };
    }

    private static List<?> values(Map<String, Object> map, String field) {
        Object value = map.get(field);
        return value == null ? List.of() : value instanceof List<?> list ? list : List.of(value);
    }

    private static boolean equal(Object a, Object b) {
        if (a instanceof Double x && b instanceof Double y) {
            return x.doubleValue() == y.doubleValue() || x.isNaN() && y.isNaN();
        }
        return a instanceof byte[] x ? Arrays.equals(x, (byte[]) b) : a.equals(b);
    }

    private static boolean within(Object value, Object from, Object to) {
        return (from == null || compare(value, from) >= 0)
                && (to == null || compare(value, to) <= 0)
                && !Double.valueOf(Double.NaN).equals(value);
    }

    private static int compare(Object a, Object b) {
        if (a instanceof String x) {
            int[] left = x.codePoints().toArray();
            int[] right = ((String) b).codePoints().toArray();
            return Arrays.compare(left, right);
        }
        if (a instanceof Double x) {
            double y = (Double) b;
            return x < y ? -1 : x > y ? 1 : 0;
        }
        return Long.compare((Long) a, (Long) b);
    }

    @Property(tries = 80)
    void zonesAreTheSameHoweverTheyWereGathered(@ForAll long seed) {
        RandomDocuments any = new RandomDocuments(seed);
        DocumentSchema schema = any.schema();
        SchemaShape shape = new SchemaShape(schema);
        DocumentEncoder encoder = new DocumentEncoder(shape);
        Zones all = new Zones(shape);
        Zones[] parts = {new Zones(shape), new Zones(shape), new Zones(shape)};
        List<EncodedDocument> documents = new ArrayList<>();
        long[] having = new long[schema.size()];
        for (int i = 0; i < 8; i++) {
            Map<String, Object> map = any.document(schema);
            map.keySet().forEach(name -> having[schema.number(name)]++);
            documents.add(RandomDocuments.read(
                    shape, RandomDocuments.copy(encoder.clear().set(map).encode(0))));
            all.add(documents.getLast());
        }
        for (EncodedDocument document : documents.reversed()) {
            parts[any.random.nextInt(3)].add(document);
        }
        Zones merged = new Zones(shape);
        for (Zones part : parts) {
            merged.merge(read(shape, part.toBytes()));
        }
        assertArrayEquals(all.toBytes(), merged.toBytes(), "seed " + seed);
        assertEquals(8, merged.documents());
        for (int i = 0; i < having.length; i++) {
            // What is not stored counts too.
            assertEquals(having[i], merged.having(i), "seed " + seed);
        }
    }

    @Property(tries = 80)
    void zonesThatAreDamagedAreRefusedOrOtherZones(@ForAll long seed) {
        RandomDocuments any = new RandomDocuments(seed);
        DocumentSchema schema = any.schema();
        SchemaShape shape = new SchemaShape(schema);
        DocumentEncoder encoder = new DocumentEncoder(shape);
        Zones zones = new Zones(shape);
        for (int i = 0; i < 3; i++) {
            zones.add(RandomDocuments.read(
                    shape,
                    RandomDocuments.copy(
                            encoder.clear().set(any.document(schema)).encode(0))));
        }
        byte[] good = zones.toBytes();
        for (int i = 0; i < 100; i++) {
            byte[] bad = i % 4 == 0 ? Arrays.copyOf(good, any.random.nextInt(good.length + 9)) : good.clone();
            if (bad.length > 0) {
                bad[any.random.nextInt(Math.min(200, bad.length))] ^= (byte) (1 << any.random.nextInt(8));
            }
            try {
                Zones other = read(shape, bad);
                other.mayMatch(FilterPredicate.of(filter(any, schema, List.of(), 0), shape));
                other.merge(zones);
            } catch (dev.ashlar.CorruptionException e) {
                assertTrue(e.getMessage().contains("test"), e.getMessage());
            }
        }
    }

    @Property(tries = 100)
    void boundsOfKeywordsAreShortAndBounds(@ForAll String text) {
        String valid = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
        SchemaShape shape = new SchemaShape(
                DocumentSchema.builder().field(DocumentField.keyword("k")).build());
        Zones zones = new Zones(shape);
        zones.add(RandomDocuments.read(
                shape, new DocumentEncoder(shape).set("k", valid).encode(0)));
        byte[] utf8 = valid.getBytes(StandardCharsets.UTF_8);
        assertTrue(Arrays.compareUnsigned(zones.leastBytes(0), utf8) <= 0);
        assertTrue(Arrays.compareUnsigned(zones.greatestBytes(0), utf8) >= 0);
        assertTrue(zones.greatestBytes(0).length <= 32 && zones.leastBytes(0).length <= 32);
    }
}
