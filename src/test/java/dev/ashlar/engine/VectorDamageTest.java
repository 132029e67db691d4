package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.Durability;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorScan;
import dev.ashlar.Verification;
import dev.ashlar.VerificationReport;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What damage to segments, and to the log under vector collections, costs, and that it is found. */
@Tag("nio")
class VectorDamageTest {
    private static final int DIMENSION = 16;
    private static final int ROWS = 200;
    private static final int HEADERS = 4096;
    private static final int ROWS_AT = 20_480; // 4,096 + 200 * 64, up to a multiple of 4,096

    @TempDir
    private Path directory;

    private static final StoreOptions STILL = StoreOptions.DEFAULT.withAutoCompaction(false);

    private Store open() {
        return Store.open(directory, STILL);
    }

    /** The log has only the rows that are in no segment: chunks are small, and go. */
    private static Store openSmall(Path directory) {
        return TestEngines.inline(directory, Storages.open(directory, true), STILL, new UUID(1, 2), 4096);
    }

    private static float[] vector(float value) {
        float[] vector = new float[DIMENSION];
        java.util.Arrays.fill(vector, value);
        return vector;
    }

    /** A segment of {@link #ROWS} rows, of which 7 is dead; and 300, which is in none. */
    private void fill() {
        fill(open());
    }

    private static void fill(Store opened) {
        try (Store store = opened) {
            VectorCollection vectors = store.vectors("v", VectorOptions.of(DIMENSION));
            for (long id = 0; id < ROWS; id++) {
                vectors.put(id, vector(id + 1), Durability.APPENDED);
            }
            vectors.flush();
            vectors.delete(7);
            for (int i = 0; i < 20; i++) {
                store.keyspace("k").put("key", new byte[8_000]); // so that chunks with rows are full, and go
            }
            vectors.put(300, vector(300), Durability.APPENDED);
            store.compact();
        }
    }

    private Path only(String directoryName, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve(directoryName))) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void write(Path file, long at, byte... bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), at);
        }
    }

    private static void cut(Path file, long length) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(length);
        }
    }

    private static TreeMap<Long, Float> readable(VectorCollection vectors) {
        TreeMap<Long, Float> rows = new TreeMap<>();
        try (VectorScan scan = vectors.scan()) {
            while (scan.next()) {
                try {
                    rows.put(scan.id(), scan.row().get(java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED, 0));
                } catch (CorruptionException e) {
                    // not readable
                }
            }
        }
        return rows;
    }

    @Test
    void verification_reads_segments_and_says_what_of_them_is_damaged() throws IOException {
        fill();
        Path segment = only("segments", ".seg");
        long size = Files.size(segment);
        try (Store store = open()) {
            VerificationReport report = store.verify(bytes -> {});
            assertTrue(report.intact(), report.toString());
            assertTrue(report.records() >= ROWS, report.toString());
            assertTrue(report.bytes() >= size, report.toString());
            assertEquals(1, store.stats().segments());
            assertEquals(size, store.stats().segmentBytes());
            assertEquals(ROWS + 1, store.stats().records());
        }
        write(segment, 70, (byte) 1); // in the header
        write(segment, HEADERS + 3 * 64 + 20, (byte) 99);
        write(segment, ROWS_AT + 5 * 64 + 9, (byte) 99);
        write(segment, HEADERS + 9 * 64, new byte[64]); // as if the row had never been
        try (Store store = open()) {
            assertEquals(
                    "the header of the segment does not verify; no row is lost",
                    store.recovery().damaged().getFirst().what());
            VerificationReport report = store.verify(bytes -> {});
            String file = directory.relativize(segment).toString();
            assertEquals(
                    java.util.List.of(
                            new Damage(file, 0, 112, "the header of the segment does not verify; no row is lost"),
                            new Damage(file, HEADERS + 3 * 64, 64, "the header of a row does not verify"),
                            new Damage(file, ROWS_AT + 5 * 64, 64, "a row does not verify"),
                            new Damage(file, HEADERS + 9 * 64, 64, "the header of a row does not verify")),
                    report.damaged());
        }
        cut(segment, ROWS_AT + 100 * 64);
        try (Store store = open()) {
            Damage first = store.verify(bytes -> {}).damaged().getFirst();
            assertEquals(ROWS_AT + 100 * 64, first.position());
            assertEquals(size - first.position(), first.length());
        }
        Files.delete(segment);
        try (Store store = open()) {
            Damage first = store.verify(bytes -> {}).damaged().getFirst();
            assertEquals(size, first.length());
        }
    }

    @Test
    void the_id_of_a_row_whose_header_is_damaged_is_not_made_up() throws IOException {
        fill();
        write(only("segments", ".seg"), HEADERS + 3 * 64 + 50, (byte) 99); // in the id
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v");
            int damaged = 0;
            try (VectorScan scan = vectors.scan()) {
                while (scan.next()) {
                    try {
                        assertTrue(scan.id() < ROWS || scan.id() == 300, "id " + scan.id());
                    } catch (CorruptionException e) {
                        assertThrows(CorruptionException.class, scan::version);
                        damaged++;
                    }
                }
            }
            assertEquals(1, damaged);
            assertThrows(CorruptionException.class, () -> vectors.get(3));
        }
    }

    @Test
    void rows_behind_the_end_of_a_file_that_was_cut_are_damaged_and_no_others() throws IOException {
        fill();
        Path log = only("log", ".log");
        long capacity = Files.size(log);
        cut(log, 4096);
        for (Verification verification : Verification.values()) {
            try (Store store = open()) {
                VectorCollection vectors =
                        store.vectors("v", VectorOptions.of(DIMENSION).verification(verification));
                assertThrows(CorruptionException.class, () -> vectors.get(300));
                assertEquals(ROWS - 1, readable(vectors).size());
                assertThrows(CorruptionException.class, () -> vectors.search(vector(1), 3));
            }
        }
        assertTrue(Files.size(log) <= capacity);
    }

    /** The manifest that such an opening writes must not forget that there is an index to be built. */
    @Test
    void a_crash_behind_an_opening_without_the_checkpoint_loses_nothing() throws IOException {
        fill(openSmall(directory));
        Files.delete(only("index", ".ckp"));
        Path copy = directory.resolveSibling(directory.getFileName() + "-copy");
        TreeMap<Long, Float> rows;
        try (Store store = openSmall(directory)) {
            assertTrue(store.recovery().rebuiltIndex());
            rows = readable(store.vectors("v"));
            copyTo(copy);
        }
        assertEquals(ROWS, rows.size());
        assertNull(rows.get(7L));
        try (Store store = openSmall(copy)) {
            assertEquals(rows, readable(store.vectors("v")));
            assertEquals(ROWS, store.vectors("v").size());
            store.checkpoint();
        }
        try (Store store = openSmall(copy)) {
            assertFalse(store.recovery().rebuiltIndex());
            assertEquals(rows, readable(store.vectors("v")));
        } finally {
            delete(copy);
        }
    }

    private void copyTo(Path copy) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.toList()) {
                Path to = copy.resolve(directory.relativize(file));
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(file, to);
                }
            }
        }
    }

    private static void delete(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void without_checkpoint_and_header_of_the_segment_its_rows_are_found_by_their_own() throws IOException {
        fill();
        Files.delete(only("index", ".ckp"));
        Path segment = only("segments", ".seg");
        write(segment, 0, new byte[112]);
        write(segment, HEADERS + 3 * 64 + 20, (byte) 99);
        cut(segment, ROWS_AT + 100 * 64);
        try (Store store = open()) {
            assertTrue(
                    store.recovery().damaged().stream()
                            .anyMatch(damage -> damage.what().startsWith("1 headers of rows")),
                    store.recovery().toString());
            VectorCollection vectors = store.vectors("v");
            assertNull(vectors.get(7));
            assertEquals(ROWS - 1 + (vectors.contains(3) ? 1 : 0), vectors.size());
            for (long id = 0; id < ROWS; id++) {
                long present = id;
                if (id >= 100 && id != 7 && id != 3) {
                    assertTrue(vectors.contains(present));
                }
            }
        }
    }
}
