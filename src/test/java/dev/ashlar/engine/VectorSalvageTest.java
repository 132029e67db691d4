package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Metric;
import dev.ashlar.SalvageReport;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorScan;
import dev.ashlar.VectorType;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A salvage takes the rows of vector collections along, from the log and from segments. */
@Tag("nio")
class VectorSalvageTest {
    private static final StoreOptions STILL = StoreOptions.DEFAULT.withAutoCompaction(false);
    private static final VectorOptions FLOATS = VectorOptions.of(16).metric(Metric.SQUARED_EUCLIDEAN);
    private static final VectorOptions BITS =
            VectorOptions.of(70).type(VectorType.BIT).metric(Metric.HAMMING);

    @TempDir
    private Path directory;

    private final TreeMap<Long, Float> floats = new TreeMap<>();
    private final TreeMap<Long, Byte> bits = new TreeMap<>();

    private Path damaged() {
        return directory.resolve("damaged");
    }

    private Store open() {
        return TestEngines.inline(damaged(), Storages.open(damaged(), true), STILL, new UUID(1, 2), 4096);
    }

    private static float[] vector(float value) {
        float[] vector = new float[16];
        java.util.Arrays.fill(vector, value);
        return vector;
    }

    /** Rows in segments, some of them dead, some merged, and rows and deletions behind them; the log has forgotten most. */
    private void fill() {
        Random random = new Random(3);
        try (Store store = open()) {
            VectorCollection a = store.vectors("a", FLOATS);
            VectorCollection b = store.vectors("b", BITS);
            store.keyspace("k").put("key", new byte[100]);
            for (int round = 0; round < 4; round++) {
                for (int i = 0; i < 150; i++) {
                    long id = random.nextInt(120) - 20;
                    if (random.nextInt(4) == 0) {
                        a.delete(id);
                        floats.remove(id);
                    } else {
                        float value = random.nextInt(1 << 20);
                        a.put(id, vector(value), Durability.APPENDED);
                        floats.put(id, value);
                    }
                    byte[] row = new byte[9];
                    row[0] = (byte) i;
                    b.put(i % 50, row, Durability.APPENDED);
                    bits.put(i % 50L, row[0]);
                }
                if (round < 3) {
                    a.flush();
                    if (round == 1) {
                        b.flush();
                    }
                    store.compact();
                }
            }
        }
    }

    private Path file(String folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(damaged().resolve(folder))) {
            return files.filter(each -> each.toString().endsWith(suffix))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
    }

    private SalvageReport salvage() {
        return Store.salvage(damaged(), directory.resolve("new"));
    }

    private static TreeMap<Long, Float> floats(VectorCollection vectors) {
        TreeMap<Long, Float> all = new TreeMap<>();
        try (VectorScan scan = vectors.scan()) {
            while (scan.next()) {
                all.put(scan.id(), scan.row().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 60));
            }
        }
        return all;
    }

    private void check(SalvageReport report, String nameOfA) {
        try (Store store = Store.open(directory.resolve("new"), STILL)) {
            assertEquals(floats, floats(store.vectors(nameOfA)));
            assertEquals(FLOATS, store.vectors(nameOfA).options());
            TreeMap<Long, Byte> found = new TreeMap<>();
            VectorCollection b = store.vectors("b");
            assertEquals(BITS, b.options());
            b.ids().forEach(id -> found.put(id, b.get(id).get(ValueLayout.JAVA_BYTE, 0)));
            assertEquals(bits, found);
            assertEquals(1, store.keyspace("k").size());
            assertEquals((long) floats.size(), report.rows().get(nameOfA));
            assertEquals((long) bits.size(), report.rows().get("b"));
            assertTrue(store.verify(bytes -> {}).intact());
        }
    }

    @Test
    void rows_of_log_and_segments_are_in_the_new_store_and_deleted_ones_are_not() {
        fill();
        SalvageReport report = salvage();
        assertTrue(report.complete(), report.toString());
        check(report, "a");
    }

    @Test
    void without_manifest_and_checkpoint_segments_are_found_by_their_headers() throws IOException {
        fill();
        Files.delete(damaged().resolve("MANIFEST-a"));
        Files.delete(damaged().resolve("MANIFEST-b"));
        Files.delete(file("index", ".ckp"));
        SalvageReport report = salvage();
        assertEquals(java.util.List.of(), report.damaged());
        check(report, "a");
    }

    @Test
    void a_damaged_row_is_reported_by_its_id_and_no_older_one_takes_its_place() throws IOException {
        fill();
        for (Path segment : segments()) {
            byte[] bytes = Files.readAllBytes(segment);
            int rowsAt = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(80);
            int rows = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(60);
            for (int row = 0; row < rows; row += 2) {
                bytes[rowsAt + 64 * row] ^= 0x55;
            }
            Files.write(segment, bytes);
        }
        SalvageReport report = salvage();
        assertTrue(!report.lost().isEmpty(), report.toString());
        try (Store store = Store.open(directory.resolve("new"), STILL)) {
            for (SalvageReport.LostValue lost : report.lost()) {
                String name = lost.keyspace();
                assertTrue(lost.where().file().startsWith("segments/"), lost.toString());
                long id = lost.key().get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN), 0)
                        ^ Long.MIN_VALUE;
                assertTrue(!store.vectors(name).contains(id));
                boolean was = name.equals("a") ? floats.remove(id) != null : bits.remove(id) != null;
                assertTrue(was, lost.toString());
            }
        }
        check(report, "a");
    }

    private java.util.List<Path> segments() throws IOException {
        try (Stream<Path> files = Files.list(damaged().resolve("segments"))) {
            return files.filter(each -> each.toString().endsWith(".seg")).toList();
        }
    }

    @Test
    void a_lost_definition_costs_the_name_and_a_dropped_collection_stays_away() throws IOException {
        fill();
        try (Store store = open()) {
            store.vectors("dropped", FLOATS).put(1, vector(1));
            store.vectors("dropped").flush();
            assertTrue(store.dropVectors("dropped"));
        }
        zeroDefinitionsOf("a");
        SalvageReport report = salvage();
        assertEquals(java.util.List.of("recovered vector collection 1"), report.renamed());
        check(report, "recovered vector collection 1");
        assertEquals(2, report.rows().size(), report.rows().toString());
    }

    /** Damages every definition of a collection that the log has. */
    private void zeroDefinitionsOf(String name) throws IOException {
        byte[] end = {FLOATS.dimension() == 16 ? (byte) 16 : 0, 0, 0, 0, 0, 2, 0, 0, (byte) name.charAt(0)};
        try (Stream<Path> files = Files.list(damaged().resolve("log"))) {
            for (Path file : files.toList()) {
                byte[] bytes = Files.readAllBytes(file);
                for (int at = 0; at + end.length < bytes.length; at++) {
                    if (java.util.Arrays.equals(bytes, at, at + end.length, end, 0, end.length)) {
                        bytes[at + 8] ^= 1;
                    }
                }
                Files.write(file, bytes);
            }
        }
    }
}
