package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Durability;
import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorOptions.NonFinite;
import dev.ashlar.VectorScan;
import dev.ashlar.VectorType;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The reader in C and the engine find the same vector collections and the same rows. */
class SecondReaderVectorsTest extends FailureTest {
    private static final StoreOptions STILL = StoreOptions.DEFAULT.withAutoCompaction(false);

    private NativeReader reader;

    @BeforeEach
    void build() {
        reader = NativeReader.get();
    }

    private static Store open(Path directory) {
        return TestEngines.inline(directory, Storages.open(directory, true), STILL, new UUID(3, 4), 4096);
    }

    /** What is there: the options of each collection, and version and hash of each row, or that it is damaged. */
    private record View(TreeMap<String, String> collections, TreeMap<String, String> rows) {
        static View of(Store store) {
            View view = new View(new TreeMap<>(), new TreeMap<>());
            for (String name : store.vectorCollections()) {
                VectorCollection vectors = store.vectors(name);
                VectorOptions options = vectors.options();
                view.collections.put(
                        name,
                        options.dimension() + " " + words(options.type()) + " " + words(options.metric()) + " "
                                + (options.nonFinite() == NonFinite.ALLOW));
                try (VectorScan scan = vectors.scan()) {
                    while (scan.next()) {
                        view.add(name, scan.id(), scan.version(), hash(scan));
                    }
                }
                assertEquals(
                        vectors.size(),
                        view.rows.keySet().stream()
                                .filter(row -> row.startsWith(name + "/"))
                                .count());
            }
            return view;
        }

        private static String words(Enum<?> name) {
            return name.name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }

        private static String hash(VectorScan scan) {
            try {
                return StoreView.hash(scan.row());
            } catch (CorruptionException e) {
                return StoreView.DAMAGED;
            }
        }

        void add(String name, long id, long version, String hash) {
            assertEquals(null, rows.put(name + "/" + id, version + " " + hash), name + " has " + id + " twice");
        }

        static View of(JsonNode read) {
            View view = new View(new TreeMap<>(), new TreeMap<>());
            Map<Integer, String> names = new HashMap<>();
            for (JsonNode each : read.get("collections")) {
                int id = each.get("id").asInt();
                String name = each.get("defined").asBoolean()
                        ? each.get("name").asText()
                        : "recovered vector collection " + id;
                names.put(id, name);
                view.collections.put(
                        name,
                        each.get("dimension").asInt() + " " + each.get("type").asText() + " "
                                + each.get("metric").asText() + " "
                                + each.get("nonFinite").asBoolean());
            }
            for (JsonNode each : read.get("rows")) {
                view.add(
                        names.get(each.get("space").asInt()),
                        each.get("id").asLong(),
                        each.get("version").asLong(),
                        each.has("xxh3")
                                ? each.get("xxh3").asText()
                                : each.get("error").asText());
            }
            return view;
        }
    }

    // ------------------------------------------------------------------------------------------------------- a store

    /** Collections of all types, rows in segments and behind them, overwritten, deleted, cleared, dropped, in batches. */
    private static void fill(Store store, long seed) {
        Random random = new Random(seed);
        VectorCollection f = store.vectors("floats", VectorOptions.of(20).metric(Metric.SQUARED_EUCLIDEAN));
        VectorCollection b = store.vectors("bytes ä", VectorOptions.of(100).type(VectorType.INT8));
        VectorCollection m =
                store.vectors("bits", VectorOptions.of(70).type(VectorType.BIT).metric(Metric.HAMMING));
        VectorCollection any = store.vectors("any", VectorOptions.of(3).nonFinite(NonFinite.ALLOW));
        VectorCollection dropped = store.vectors("dropped", VectorOptions.of(4));
        store.keyspace("floats").put("key", bytes("value"));
        dropped.put(1, new float[] {1, 2, 3, 4});
        any.put(Long.MIN_VALUE, new float[] {Float.NaN, 1, Float.POSITIVE_INFINITY});
        any.put(Long.MAX_VALUE, new float[] {1, 2, 3});
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 60; i++) {
                long id = random.nextInt(60) - 10;
                float[] row = new float[20];
                row[i % 20] = random.nextInt(1000);
                if (random.nextInt(4) == 0) {
                    f.delete(id);
                } else {
                    f.put(id, row, Durability.APPENDED);
                }
                byte[] eight = new byte[100];
                random.nextBytes(eight);
                b.put(id * 1_000_000_007L, eight, Durability.APPENDED);
                try (WriteBatch batch = store.batch()) {
                    byte[] bits = new byte[9];
                    bits[random.nextInt(8)] = (byte) i;
                    batch.put(m, i % 40, bits).delete(m, (i + 7) % 40).put(f, 1000 + i % 5, row);
                    batch.commit(Durability.APPENDED);
                }
            }
            switch (round) {
                case 0 -> {
                    f.flush();
                    dropped.flush();
                    m.flush();
                }
                case 1 -> {
                    assertTrue(store.dropVectors("dropped"));
                    m.clear(Durability.APPENDED);
                    f.flush();
                    b.flush();
                    any.flush();
                    store.compact();
                    any.delete(Long.MAX_VALUE);
                }
                default -> store.sync();
            }
        }
        f.delete(1001);
        b.put(5, new byte[100], Durability.APPENDED);
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void removeCheckpoints(Path store) throws IOException {
        try (Stream<Path> files = Files.list(store.resolve("index"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }

    private List<JsonNode> list(List<Path> stores) {
        return reader.json(List.of("list", "--json", "--hash"), stores);
    }

    @Test
    void rows_of_log_and_segments_are_read_alike() throws IOException {
        for (long seed = 0; seed < 2; seed++) {
            Path directory = path("store-" + seed);
            Path killed = path("killed-" + seed);
            View expected;
            try (Store store = open(directory)) {
                fill(store, seed);
                expected = View.of(store);
                copy(directory, killed);
            }
            assertTrue(expected.rows.size() > 100, expected.toString());
            Path bare = path("bare-" + seed);
            copy(directory, bare);
            removeCheckpoints(bare);
            for (JsonNode each : list(List.of(directory, killed, bare))) {
                assertEquals(expected, View.of(each), "seed " + seed);
                assertEquals("[]", each.get("findings").toString());
            }
            for (Path each : List.of(directory, killed, bare)) {
                try (Store store = open(each)) {
                    assertEquals(expected, View.of(store), each + ", seed " + seed);
                }
            }
            JsonNode verified =
                    reader.json(List.of("verify", "--json"), List.of(killed)).getFirst();
            assertTrue(verified.get("rows").asLong() > 50, verified.toString());
            assertEquals(0, verified.get("damaged").asLong());
        }
    }

    /** @param first the seed of the first; all are in the long form */
    private void compareDamaged(int first, int seeds) throws IOException {
        Path directory = path("store");
        Path killed = path("killed");
        try (Store store = open(directory)) {
            fill(store, 11);
            copy(directory, killed);
        }
        removeCheckpoints(killed);
        for (int from = first; from < seeds; from += 16) {
            List<Path> stores = new ArrayList<>();
            for (int seed = from; seed < Math.min(seeds, from + 16); seed++) {
                Path damaged = path("damaged-" + seed);
                copy(killed, damaged);
                damage(damaged, new Random(seed));
                stores.add(damaged);
            }
            List<JsonNode> inC = list(stores);
            for (int i = 0; i < stores.size(); i++) {
                compare(stores.get(i), inC.get(i));
            }
        }
    }

    private static void compare(Path directory, JsonNode inC) {
        View view;
        try (Store store = open(directory)) {
            view = View.of(store);
        } catch (AshlarException e) {
            assertTrue(inC.has("error"), directory + " is refused by the engine alone: " + e);
            return;
        }
        assertTrue(!inC.has("error"), directory + " is refused in C alone: " + inC);
        assertEquals(view, View.of(inC), directory.toString());
    }

    /** One to three changes to segments, to what says which rows are dead, or to the log. */
    private static void damage(Path store, Random random) throws IOException {
        for (int i = 0; i <= random.nextInt(3); i++) {
            String folder = random.nextInt(4) == 0 ? "log" : "segments";
            List<Path> files;
            try (Stream<Path> listed = Files.list(store.resolve(folder))) {
                files = listed.sorted().toList();
            }
            Path file = files.get(random.nextInt(files.size()));
            byte[] bytes = Files.readAllBytes(file);
            if (bytes.length == 0) {
                continue;
            }
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(5)) {
                case 0 -> Files.write(file, java.util.Arrays.copyOf(bytes, at));
                case 1 -> {
                    java.util.Arrays.fill(bytes, at & -512, Math.min(bytes.length, (at & -512) + 512), (byte) 0);
                    Files.write(file, bytes);
                }
                case 2 -> {
                    if (folder.equals("segments")) {
                        Files.delete(file);
                    }
                }
                default -> {
                    bytes[folder.equals("log") ? at : at % Math.min(bytes.length, 9_000)] ^=
                            (byte) (1 << random.nextInt(8));
                    Files.write(file, bytes);
                }
            }
        }
    }

    @Test
    void damaged_segments_are_read_alike() throws IOException {
        compareDamaged(0, 48);
    }

    @Test
    void a_segment_cut_before_rows_whose_headers_are_there_is_read_alike() throws IOException {
        compareDamaged(84, 85);
    }

    @Test
    @Tag("long")
    void many_damaged_segments_are_read_alike() throws IOException {
        compareDamaged(0, 1_000);
    }

    @Test
    void the_program_shows_collections_and_writes_rows() {
        Path directory = path("store");
        try (Store store = open(directory)) {
            fill(store, 1);
            store.vectors("floats").put(-7, new float[20], Durability.APPENDED);
        }
        String store = directory.toString();
        NativeReader.Run run = reader.run("ashlar-cat", List.of("vectors", store));
        assertTrue(run.text().contains("bits\t70\tbit\thamming\tfinite\t"), run.text());
        assertTrue(run.text().contains("any\t3\tfloat32\tcosine\tany\t1\n"), run.text());
        run = reader.run("ashlar-cat", List.of("row", store, "any", Long.toString(Long.MIN_VALUE)));
        float[] row = java.lang.foreign.MemorySegment.ofArray(run.output()).toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        assertArrayEquals(new float[] {Float.NaN, 1, Float.POSITIVE_INFINITY}, row);
        assertArrayEquals(
                new byte[80],
                reader.run("ashlar-cat", List.of("row", store, "floats", "-7")).output());
        assertEquals(
                1, reader.run("ashlar-cat", List.of("row", store, "any", "12")).exit());
        assertEquals(
                1,
                reader.run("ashlar-cat", List.of("row", store, "nothing", "1")).exit());
        for (String wrong : List.of("", "x", "1x", "-", "9223372036854775808")) {
            assertEquals(
                    64,
                    reader.run("ashlar-cat", List.of("row", store, "any", wrong))
                            .exit(),
                    wrong);
        }
        run = reader.run("ashlar-cat", List.of("list", "--hash", store));
        assertTrue(run.text().contains("floats\tkey\t5\t"), run.text());
        assertTrue(run.text().contains("floats\t-7\t80\t"), run.text());
    }
}
