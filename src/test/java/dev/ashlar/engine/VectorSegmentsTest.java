package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.CorruptionException;
import dev.ashlar.Durability;
import dev.ashlar.Metric;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorReader;
import dev.ashlar.VectorScan;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("nio")
class VectorSegmentsTest {
    private static final int DIMENSION = 20;
    private static final VectorOptions OPTIONS = VectorOptions.of(DIMENSION).metric(Metric.SQUARED_EUCLIDEAN);

    @TempDir
    private Path directory;

    private Store open() {
        return TestEngines.withSmallChunks(
                directory,
                Storages.open(directory, true),
                StoreOptions.DEFAULT.withCheckpointBytes(1 << 20),
                256 << 10);
    }

    /** All components are the same, so that a mixture of two rows shows. */
    private static float[] vector(float value) {
        float[] vector = new float[DIMENSION];
        java.util.Arrays.fill(vector, value);
        return vector;
    }

    private static float valueOf(MemorySegment row) {
        float value = row.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
        for (int i = 1; i < DIMENSION; i++) {
            assertEquals(value, row.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i), "a mixture of rows");
        }
        return value;
    }

    private static Map<Long, Float> all(VectorReader vectors) {
        Map<Long, Float> found = new HashMap<>();
        try (VectorScan scan = vectors.scan()) {
            while (scan.next()) {
                assertNull(found.put(scan.id(), valueOf(scan.row())), "id " + scan.id() + " twice");
            }
        }
        return found;
    }

    private List<Path> segmentFiles() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("segments"))) {
            return files.filter(file -> file.toString().endsWith(".seg")).toList();
        }
    }

    @Test
    void rows_are_the_same_before_and_after_they_are_in_segments_and_after_reopening() throws IOException {
        Map<Long, Float> model = new HashMap<>();
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            for (long id = 0; id < 10_000; id++) {
                vectors.put(id, vector(id), Durability.APPENDED);
                model.put(id, (float) id);
            }
            MemorySegment early = vectors.get(5);
            vectors.flush();
            assertEquals(0, vectors.stats().pendingRows());
            assertEquals(10_000, vectors.stats().segmentRows());
            assertTrue(vectors.stats().segments() > 3, vectors.stats().toString());
            assertEquals(vectors.stats().segments(), segmentFiles().size());
            assertEquals(model, all(vectors));
            assertEquals(5f, valueOf(early));
            MemorySegment row = vectors.get(7);
            assertEquals(0, row.address() % 64);
            for (long id = 0; id < 10_000; id += 3) {
                vectors.put(id, vector(-id));
                model.put(id, (float) -id);
            }
            assertEquals(5f, valueOf(early));
            assertEquals(model, all(vectors));
            assertTrue(store.stats().logBytes() < 30_000_000);
        }
        try (Store store = open()) {
            assertTrue(store.recovery().clean());
            VectorCollection vectors = store.vectors("v");
            assertEquals(model, all(vectors));
            for (Map.Entry<Long, Float> row : model.entrySet()) {
                assertEquals(row.getValue(), valueOf(vectors.get(row.getKey())));
            }
            for (long id = 0; id < 10_000; id++) {
                vectors.delete(id);
            }
            vectors.flush();
            assertEquals(0, vectors.stats().segments());
            assertEquals(0, segmentFiles().size(), "space comes back");
            assertEquals(Map.of(), all(vectors));
        }
    }

    @Test
    void a_snapshot_keeps_its_rows_while_segments_are_merged() throws IOException {
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            for (long id = 0; id < 3_000; id++) {
                vectors.put(id, vector(id), Durability.APPENDED);
            }
            vectors.flush();
            for (long id = 3_000; id < 3_500; id++) {
                vectors.put(id, vector(id), Durability.APPENDED);
            }
            Map<Long, Float> then = all(vectors);
            try (Snapshot snapshot = store.snapshot()) {
                for (long id = 0; id < 3_500; id++) {
                    if (id % 3 == 0) {
                        vectors.delete(id);
                    } else {
                        vectors.put(id, vector(-id), Durability.APPENDED);
                    }
                }
                vectors.flush();
                store.compact();
                vectors.put(9_999, vector(1));
                vectors.flush();
                VectorReader old = snapshot.vectors("v");
                assertEquals(then, all(old));
                assertEquals(3_500, old.size());
                for (long id = 0; id < 3_500; id += 7) {
                    assertEquals((float) id, valueOf(old.get(id)));
                    assertEquals(id, old.search(vector(id), 1).getFirst().id());
                }
                assertNull(old.get(9_999));
            }
            assertEquals(2_334, all(vectors).size());
            assertEquals(vectors.stats().segments(), segmentFiles().size());
        }
    }

    @Test
    void without_its_checkpoint_the_index_is_built_from_segments_and_log_and_what_was_deleted_stays_so()
            throws IOException {
        Map<Long, Float> model = new TreeMap<>();
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            Random random = new Random(7);
            for (int round = 0; round < 5; round++) {
                for (int i = 0; i < 2_000; i++) {
                    long id = random.nextInt(3_000);
                    if (random.nextInt(3) == 0) {
                        vectors.delete(id);
                        model.remove(id);
                    } else {
                        float value = random.nextInt(1 << 20);
                        vectors.put(id, vector(value), Durability.APPENDED);
                        model.put(id, value);
                    }
                }
                if (round < 4) {
                    vectors.flush();
                    store.compact();
                }
            }
        }
        try (Stream<Path> files = Files.list(directory.resolve("index"))) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        try (Store store = open()) {
            assertTrue(store.recovery().rebuiltIndex());
            VectorCollection vectors = store.vectors("v");
            assertEquals(model, new TreeMap<>(all(vectors)));
            assertEquals(model.size(), vectors.size());
            vectors.flush();
            assertEquals(model, new TreeMap<>(all(vectors)));
        }
        try (Store store = open()) {
            assertEquals(model, new TreeMap<>(all(store.vectors("v"))));
        }
    }

    @Test
    void readers_and_searches_see_whole_rows_of_one_moment_while_segments_come_and_go() throws Exception {
        int ids = 2_000;
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            for (long id = 0; id < ids; id++) {
                vectors.put(id, vector(0), Durability.APPENDED);
            }
            AtomicBoolean stop = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> threads = new ArrayList<>();
            threads.add(start(failure, stop, () -> {
                // Each batch moves all of a pair from one number to the next: at each moment both are alike.
                Random random = new Random(1);
                long pair = random.nextInt(ids / 2);
                MemorySegment present = vectors.get(2 * pair);
                float next = valueOf(present) + 1;
                vectors.putAll(new long[] {2 * pair, 2 * pair + 1}, twice(next), Durability.APPENDED);
            }));
            threads.add(start(failure, stop, () -> {
                Map<Long, Float> rows = all(vectors);
                assertEquals(ids, rows.size());
                for (long id = 0; id < ids; id += 2) {
                    assertEquals(rows.get(id), rows.get(id + 1), "half a batch");
                }
            }));
            threads.add(start(failure, stop, () -> {
                for (VectorHit hit : vectors.search(VectorQuery.of(vector(3)).k(20))) {
                    float value = valueOf(hit.row());
                    assertEquals((value - 3) * (value - 3) * DIMENSION, hit.score(), 1e-3f);
                }
                for (long id = 0; id < ids; id += 11) {
                    valueOf(vectors.get(id));
                }
            }));
            threads.add(start(failure, stop, () -> {
                vectors.flush();
                store.compact();
            }));
            Thread.sleep(4_000);
            stop.set(true);
            for (Thread thread : threads) {
                thread.join(120_000);
                assertFalse(thread.isAlive());
            }
            if (failure.get() != null) {
                throw new AssertionError(failure.get());
            }
        }
    }

    private static float[] twice(float value) {
        float[] vectors = new float[2 * DIMENSION];
        java.util.Arrays.fill(vectors, value);
        return vectors;
    }

    private static Thread start(AtomicReference<Throwable> failure, AtomicBoolean stop, Runnable action) {
        return Thread.ofPlatform().start(() -> {
            try {
                while (!stop.get() && failure.get() == null) {
                    action.run();
                }
            } catch (Throwable e) {
                failure.compareAndSet(null, e);
            }
        });
    }

    @Test
    void a_damaged_row_is_read_from_the_log_or_refused_and_costs_no_other() throws IOException {
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            for (long id = 0; id < 100; id++) {
                vectors.put(id, vector(id), Durability.APPENDED);
            }
            vectors.flush();
        }
        Path segment = segmentFiles().getFirst();
        try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {9}), Files.size(segment) - 4096); // in some row
        }
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v");
            int damaged = 0;
            for (long id = 0; id < 100; id++) {
                try {
                    assertEquals((float) id, valueOf(vectors.get(id)));
                } catch (CorruptionException e) {
                    damaged++;
                    assertEquals("segments/" + segment.getFileName(), e.file());
                }
            }
            assertTrue(damaged <= 1);
            if (damaged == 1) {
                assertThrows(CorruptionException.class, () -> vectors.search(vector(1), 100));
            }
        }
    }

    @Test
    void a_dropped_collection_gives_its_space_back_and_views_stay() throws IOException {
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            for (long id = 0; id < 1_000; id++) {
                vectors.put(id, vector(id), Durability.APPENDED);
            }
            vectors.flush();
            MemorySegment view = vectors.get(500);
            assertNotNull(view);
            try (Snapshot snapshot = store.snapshot()) {
                assertTrue(store.dropVectors("v"));
                assertEquals(1_000, all(snapshot.vectors("v")).size());
                assertEquals(
                        7, snapshot.vectors("v").search(vector(7), 1).getFirst().id());
            }
            assertEquals(0, segmentFiles().size());
            assertEquals(500f, valueOf(view));
            assertThrows(IllegalStateException.class, () -> vectors.search(vector(7), 1));
            VectorCollection again = store.vectors("v", OPTIONS.metric(Metric.COSINE));
            assertEquals(0, again.size());
            again.put(1, vector(1));
            again.flush();
        }
        try (Store store = open()) {
            assertEquals(1, store.vectors("v").size());
            assertArrayEquals(new long[] {1}, store.vectors("v").ids().toArray());
        }
    }
}
