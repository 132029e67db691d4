package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.ashlar.CorruptionException;
import dev.ashlar.Durability;
import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorReader;
import dev.ashlar.VectorScan;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("nio")
class VectorReviewTest {
    private static final int DIMENSION = 20;
    private static final VectorOptions OPTIONS = VectorOptions.of(DIMENSION).metric(Metric.SQUARED_EUCLIDEAN);

    /** Rows that are worth a segment: half of the largest one. */
    private static final int DUE = (256 << 10) / 2 / 128;

    @TempDir
    private Path temporary;

    private static Store open(Path directory) {
        return TestEngines.withSmallChunks(
                directory, Storages.open(directory, true), StoreOptions.DEFAULT.withAutoCompaction(false), 256 << 10);
    }

    private static float[] vector(float value) {
        float[] vector = new float[DIMENSION];
        Arrays.fill(vector, value);
        return vector;
    }

    private static Map<Long, Float> all(VectorReader vectors) {
        Map<Long, Float> found = new TreeMap<>();
        try (VectorScan scan = vectors.scan()) {
            while (scan.next()) {
                float value = scan.row().get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
                assertNull(found.put(scan.id(), value), "id " + scan.id() + " twice");
            }
        }
        return found;
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        }
    }

    @Test
    void rows_are_there_once_if_a_chunk_of_dead_ones_goes_while_a_segment_is_built() {
        Path directory = temporary.resolve("a");
        try (Store store = open(directory)) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            Map<Long, Float> model = new TreeMap<>();
            for (int i = 0; i < DUE - 1; i++) {
                long id = i < 300 ? i : 0; // so the chunks in the middle hold nothing that counts
                vectors.put(id, vector(i), Durability.APPENDED);
                model.put(id, (float) i);
            }
            Maintenance maintenance = ((Engine) store).maintenance();
            boolean ignored = maintenance.call(() -> {
                vectors.put(1_000, vector(1), Durability.APPENDED);
                maintenance.tick(); // begins to build; what is built is taken up by the next tick
                return maintenance.compactNow(true).chunks() >= 0;
            });
            model.put(1_000L, 1f);
            long end = System.nanoTime() + 60_000_000_000L;
            while (vectors.stats().segments() == 0 && System.nanoTime() < end) {
                TestEngines.tick(store);
            }
            assertEquals(1, vectors.stats().segments());
            assertEquals(model, all(vectors));
            assertEquals(0, vectors.stats().pendingRows());
            vectors.delete(7);
            model.remove(7L);
            assertEquals(model, all(vectors));
        }
    }

    @Test
    void a_segment_that_is_missing_is_not_merged_away() throws IOException {
        Path directory = temporary.resolve("a");
        try (Store store = open(directory)) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            for (long id = 0; id < 50; id++) {
                vectors.put(id, vector(id), Durability.APPENDED);
            }
            vectors.flush();
        }
        Path segment = files(directory.resolve("segments")).stream()
                .filter(file -> file.toString().endsWith(".seg"))
                .findFirst()
                .orElseThrow();
        Files.delete(segment);
        for (int opening = 0; opening < 2; opening++) {
            try (Store store = open(directory)) {
                assertFalse(store.recovery().rebuiltIndex());
                VectorCollection vectors = store.vectors("v");
                assertThrows(CorruptionException.class, () -> vectors.get(1));
                vectors.put(100 + opening, vector(1));
                vectors.flush(); // would merge what is small
                assertThrows(CorruptionException.class, () -> vectors.get(1));
                assertEquals(50 + opening + 1, vectors.size());
            }
        }
    }
}
