package dev.ashlar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Entries and iteration against a sorted map, of the present and of a snapshot. */
class IterationPropertyTest {
    enum Kind {
        PUT,
        PUT_MANY,
        DELETE,
        COMPACT,
        REOPEN,
        SNAPSHOT
    }

    record Action(Kind kind, String key, int length) {}

    private static final List<String> PREFIXES = List.of("", "a", "b", "ab", "abb", "abab", "abababab", "ababababa");

    @Property(tries = 40)
    void iterationAgreesWithASortedMap(@ForAll("actions") List<Action> actions) throws IOException {
        Path directory = Files.createTempDirectory("ashlar-iteration");
        StoreOptions byHand = StoreOptions.DEFAULT.withAutoCompaction(false).withRingSlots(64);
        TreeMap<String, byte[]> model = new TreeMap<>();
        TreeMap<String, byte[]> then = new TreeMap<>();
        Store store = Store.open(directory, byHand);
        try {
            Keyspace space = store.keyspace("k");
            Snapshot snapshot = store.snapshot();
            for (Action action : actions) {
                switch (action.kind) {
                    case PUT -> put(space, model, action.key, action.length);
                    case PUT_MANY -> {
                        for (int i = 0; i < 30; i++) {
                            put(space, model, action.key + i % 10, 20_000 + action.length + i);
                        }
                    }
                    case DELETE -> {
                        space.delete(action.key);
                        model.remove(action.key);
                    }
                    case COMPACT -> store.compact();
                    case REOPEN -> {
                        snapshot.close();
                        store.close();
                        store = Store.open(directory, byHand);
                        space = store.keyspace("k");
                        snapshot = store.snapshot();
                        then = new TreeMap<>(model);
                    }
                    case SNAPSHOT -> {
                        snapshot.close();
                        snapshot = store.snapshot();
                        then = new TreeMap<>(model);
                    }
                }
            }
            compare(model, space);
            compare(then, snapshot.keyspace("k"));
            snapshot.close();
            assertEquals(0, store.stats().snapshots());
        } finally {
            store.close();
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    private static void put(Keyspace space, TreeMap<String, byte[]> model, String key, int length) {
        byte[] value = new byte[length];
        java.util.Arrays.fill(value, (byte) (length * 31 + key.length()));
        space.put(key, value);
        model.put(key, value);
    }

    private static void compare(TreeMap<String, byte[]> model, KeyspaceReader shown) {
        for (String prefix : PREFIXES) {
            SortedMap<String, byte[]> expected = model.subMap(prefix, prefix + '\uffff');
            List<String> forward = keys(shown.scan(prefix), expected);
            assertEquals(expected.keySet(), new java.util.TreeSet<>(forward));
            assertEquals(expected.size(), forward.size());
            assertEquals(forward.reversed(), keys(shown.scanBackward(prefix), expected));
            try (Stream<Entry> stream = shown.stream(prefix).parallel()) {
                assertEquals(forward, stream.map(IterationPropertyTest::key).toList());
            }
        }
        for (String key : List.of("a", "b", "ab", "abb", "a0", "a9")) {
            Entry entry = shown.entry(key);
            byte[] value = model.get(key);
            assertEquals(value != null, entry != null, key);
            if (entry != null) {
                assertArrayEquals(value, entry.toByteArray(), key);
            }
        }
        List<String> all = keys(shown.scan(), model);
        Entry first = shown.firstEntry();
        Entry last = shown.lastEntry();
        if (all.isEmpty()) {
            assertNull(first);
            assertNull(last);
        } else {
            assertNotNull(first);
            assertNotNull(last);
            assertEquals(all.getFirst(), key(first));
            assertEquals(all.getLast(), key(last));
        }
    }

    private static List<String> keys(Scan scan, SortedMap<String, byte[]> expected) {
        List<String> keys = new ArrayList<>();
        try (scan) {
            while (scan.next()) {
                Entry entry = scan.entry();
                keys.add(key(entry));
                assertArrayEquals(expected.get(key(entry)), entry.toByteArray());
            }
        }
        return keys;
    }

    private static String key(Entry entry) {
        return new String(entry.keyBytes(), StandardCharsets.UTF_8);
    }

    @Provide
    Arbitrary<List<Action>> actions() {
        Arbitrary<Kind> kinds = Arbitraries.frequency(
                Tuple.of(8, Kind.PUT),
                Tuple.of(2, Kind.PUT_MANY),
                Tuple.of(4, Kind.DELETE),
                Tuple.of(1, Kind.COMPACT),
                Tuple.of(1, Kind.REOPEN),
                Tuple.of(1, Kind.SNAPSHOT));
        Arbitrary<String> keys = Arbitraries.strings().withChars('a', 'b').ofMaxLength(10);
        Arbitrary<Integer> lengths = Arbitraries.integers().between(0, 300);
        return Combinators.combine(kinds, keys, lengths).as(Action::new).list().ofMaxSize(60);
    }
}
