package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;

/** Any sequence of operations leaves what it would leave in a map: live, reopened, killed, compacted. */
class StorePropertyTest {
    enum Kind {
        PUT,
        PUT_LARGE,
        DELETE,
        BATCH,
        PUT_IF_ABSENT,
        REPLACE,
        REPLACE_OLD,
        REOPEN,
        KILL,
        COMPACT,
        CHECKPOINT,
        SYNC
    }

    record Action(Kind kind, int key, int length) {}

    private static final int KEYS = 12;

    @Property(tries = 60)
    void behavesAsAMap(@ForAll("actions") List<Action> actions, @ForAll("masks") long hashMask) throws IOException {
        run(actions, hashMask);
    }

    @Property(tries = 1_000)
    @Tag("long")
    void behavesAsAMapForLong(@ForAll("actions") List<Action> actions, @ForAll("masks") long hashMask)
            throws IOException {
        run(actions, hashMask);
    }

    private static void run(List<Action> actions, long hashMask) throws IOException {
        Path directory = Files.createTempDirectory("ashlar-property");
        try (Run run = new Run(directory, hashMask)) {
            for (Action action : actions) {
                run.apply(action);
            }
            run.reopen();
            run.check();
        } finally {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    /** One store and its model. */
    private static final class Run implements AutoCloseable {
        private final Path directory;
        private final long hashMask;
        private final TreeMap<String, byte[]> model = new TreeMap<>();
        private final TreeMap<String, Long> versions = new TreeMap<>();
        private int generation;
        private int seed;
        private Store store;
        private Keyspace space;

        Run(Path directory, long hashMask) {
            this.directory = directory;
            this.hashMask = hashMask;
            open();
        }

        private Path path() {
            return directory.resolve("store-" + generation);
        }

        private void open() {
            store = TestEngines.inline(path(), FaultyStorage.withoutDevice(path()), FailureFixture.SMALL, hashMask);
            space = store.keyspace("k");
            assertTrue(
                    store.recovery().damaged().isEmpty(), () -> store.recovery().toString());
        }

        void reopen() {
            store.close();
            open();
        }

        private void kill() {
            Path from = path();
            generation++;
            FailureFixture.copy(from, path());
            store.close();
            open();
        }

        void apply(Action action) {
            String key = "key-" + action.key;
            byte[] name = FailureFixture.bytes(key);
            byte[] value = FailureFixture.random(action.length, seed++);
            switch (action.kind) {
                case PUT -> put(key, value, space.put(name, value));
                case PUT_LARGE -> {
                    byte[] large = FailureFixture.random(100 * action.length, seed++);
                    put(key, large, space.put(name, large));
                }
                case DELETE -> {
                    assertEquals(model.containsKey(key), space.delete(name) != Keyspace.NOT_WRITTEN);
                    model.remove(key);
                    versions.remove(key);
                }
                case BATCH -> batch(action, value);
                case PUT_IF_ABSENT -> {
                    long lsn = space.putIfAbsent(name, value, Durability.DURABLE);
                    assertEquals(!model.containsKey(key), lsn != Keyspace.NOT_WRITTEN);
                    if (lsn != Keyspace.NOT_WRITTEN) {
                        put(key, value, lsn);
                    }
                }
                case REPLACE -> {
                    long lsn = space.replace(name, value, versions.getOrDefault(key, 1L));
                    assertEquals(model.containsKey(key), lsn != Keyspace.NOT_WRITTEN);
                    if (lsn != Keyspace.NOT_WRITTEN) {
                        put(key, value, lsn);
                    }
                }
                case REPLACE_OLD ->
                    assertEquals(Keyspace.NOT_WRITTEN, space.replace(name, value, versions.getOrDefault(key, 1L) - 8));
                case REOPEN -> reopen();
                case KILL -> kill();
                case COMPACT -> store.compact();
                case CHECKPOINT -> store.checkpoint();
                case SYNC -> assertEquals(store.appendedLsn(), store.sync());
            }
            byte[] expected = model.get(key);
            assertArrayEquals(expected, FailureFixture.value(space.get(name)));
            if (action.kind.ordinal() >= Kind.REOPEN.ordinal()) {
                check();
            }
        }

        private void put(String key, byte[] value, long lsn) {
            assertTrue(lsn > 0);
            model.put(key, value);
            versions.put(key, lsn);
        }

        private void batch(Action action, byte[] value) {
            try (WriteBatch batch = store.batch()) {
                for (int i = 0; i < 1 + action.length % 7; i++) {
                    String key = "key-" + (action.key + i * i) % KEYS;
                    if ((action.length + i) % 3 == 0) {
                        batch.delete(space, key);
                        model.remove(key);
                    } else {
                        batch.put(space, key, value);
                        model.put(key, value);
                    }
                }
                batch.commit();
            }
            versions.clear();
            Cursor cursor = space.cursor();
            model.keySet().forEach(key -> {
                assertTrue(cursor.find(FailureFixture.bytes(key)));
                versions.put(key, cursor.version());
            });
        }

        void check() {
            FailureFixture.assertHolds(model, space);
            Cursor cursor = space.cursor();
            versions.forEach((key, version) -> {
                assertTrue(cursor.find(FailureFixture.bytes(key)));
                assertEquals(version, cursor.version(), "a version survives compaction and reopening");
            });
            FailureFixture.assertIntact(store);
        }

        @Override
        public void close() {
            store.close();
        }
    }

    @Provide
    Arbitrary<List<Action>> actions() {
        Arbitrary<Kind> kinds = Arbitraries.frequency(
                net.jqwik.api.Tuple.of(8, Kind.PUT),
                net.jqwik.api.Tuple.of(6, Kind.PUT_LARGE),
                net.jqwik.api.Tuple.of(4, Kind.DELETE),
                net.jqwik.api.Tuple.of(4, Kind.BATCH),
                net.jqwik.api.Tuple.of(2, Kind.PUT_IF_ABSENT),
                net.jqwik.api.Tuple.of(2, Kind.REPLACE),
                net.jqwik.api.Tuple.of(1, Kind.REPLACE_OLD),
                net.jqwik.api.Tuple.of(2, Kind.REOPEN),
                net.jqwik.api.Tuple.of(2, Kind.KILL),
                net.jqwik.api.Tuple.of(2, Kind.COMPACT),
                net.jqwik.api.Tuple.of(1, Kind.CHECKPOINT),
                net.jqwik.api.Tuple.of(1, Kind.SYNC));
        return Combinators.combine(
                        kinds,
                        Arbitraries.integers().between(0, KEYS - 1),
                        Arbitraries.integers().between(0, 2_000))
                .as(Action::new)
                .list()
                .ofMaxSize(60);
    }

    @Provide
    Arbitrary<Long> masks() {
        return Arbitraries.of(-1L, -1L, 0L, 3L, Long.MIN_VALUE);
    }
}
