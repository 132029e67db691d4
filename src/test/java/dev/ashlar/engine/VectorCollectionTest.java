package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Metric;
import dev.ashlar.Snapshot;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorScan;
import dev.ashlar.VectorType;
import dev.ashlar.WriteBatch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VectorCollectionTest {
    private static final VectorOptions PLAIN = VectorOptions.of(5).metric(Metric.SQUARED_EUCLIDEAN);

    @TempDir
    private Path directory;

    private static float[] vector(long seed, int dimension) {
        Random random = new Random(seed);
        float[] vector = new float[dimension];
        for (int i = 0; i < dimension; i++) {
            vector[i] = random.nextFloat() - 0.5f;
        }
        return vector;
    }

    private static float[] floats(MemorySegment row) {
        return row.toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    @Test
    void rows_are_read_as_they_were_put_aligned_and_padded_with_zeros() {
        try (Store store = Store.open(directory)) {
            VectorCollection vectors = store.vectors("v", PLAIN);
            long lsn = vectors.put(7, vector(7, 5));
            MemorySegment row = vectors.get(7);
            assertNotNull(row);
            assertArrayEquals(vector(7, 5), floats(row));
            assertEquals(0, row.address() % 64);
            assertEquals(20, row.byteSize());
            assertTrue(row.isReadOnly());
            assertEquals(lsn, vectors.version(7));
            assertTrue(vectors.contains(7));
            assertNull(vectors.get(8));
            assertEquals(-1, vectors.version(8));
            assertEquals(1, vectors.size());
            assertTrue(vectors.delete(7) >= 0);
            assertEquals(Keyspace.NOT_WRITTEN, vectors.delete(7));
            assertNull(vectors.get(7));
            assertArrayEquals(vector(7, 5), floats(row), "a view keeps its numbers");
        }
    }

    @Test
    void the_lowest_and_highest_ids_and_zero_are_ids_like_others() {
        try (Store store = Store.open(directory)) {
            VectorCollection vectors = store.vectors("v", PLAIN);
            long[] ids = {0, -1, 1, Long.MIN_VALUE, Long.MAX_VALUE};
            for (long id : ids) {
                vectors.put(id, vector(id, 5));
            }
            for (long id : ids) {
                assertArrayEquals(vector(id, 5), floats(vectors.get(id)));
            }
            assertEquals(5, vectors.ids().distinct().count());
            List<VectorHit> hits = vectors.search(vector(Long.MIN_VALUE, 5), 1);
            assertEquals(Long.MIN_VALUE, hits.getFirst().id());
        }
    }

    @Test
    void wrong_vectors_are_refused_and_change_nothing() {
        try (Store store = Store.open(directory)) {
            VectorCollection vectors = store.vectors("v", PLAIN);
            assertThrows(IllegalArgumentException.class, () -> vectors.put(1, new float[4]));
            assertThrows(IllegalArgumentException.class, () -> vectors.put(1, new byte[20]));
            assertThrows(IllegalArgumentException.class, () -> vectors.put(1, MemorySegment.ofArray(new byte[19])));
            assertThrows(NullPointerException.class, () -> vectors.put(1, (float[]) null));
            for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
                float[] vector = {1, 2, 3, 4, odd};
                assertThrows(IllegalArgumentException.class, () -> vectors.put(1, vector));
                assertThrows(IllegalArgumentException.class, () -> vectors.putAsync(1, vector, Durability.APPENDED));
                assertThrows(IllegalArgumentException.class, () -> vectors.search(vector, 3));
                try (WriteBatch batch = store.batch()) {
                    batch.put(vectors, 3, vector(3, 5));
                    assertThrows(IllegalArgumentException.class, () -> batch.put(vectors, 1, vector));
                    assertEquals(1, batch.size());
                }
            }
            assertThrows(
                    IllegalArgumentException.class,
                    () -> vectors.putAll(new long[] {1, 2}, new float[9], Durability.APPENDED));
            assertEquals(0, vectors.size());
            vectors.put(1, vector(1, 5)); // and the ring goes on
            assertEquals(1, vectors.size());
        }
    }

    @Test
    void a_batch_of_keys_and_rows_is_there_as_a_whole_after_reopening() {
        try (Store store = Store.open(directory)) {
            VectorCollection vectors = store.vectors("v", PLAIN);
            Keyspace keys = store.keyspace("v"); // names of its own
            try (WriteBatch batch = store.batch()) {
                batch.put(keys, "a", new byte[] {1});
                batch.put(vectors, 1, vector(1, 5))
                        .put(vectors, 2, vector(2, 5))
                        .delete(vectors, 1);
                batch.commit(Durability.DURABLE);
            }
            assertEquals(1, vectors.size());
            assertEquals(List.of("v"), store.vectorCollections());
            assertEquals(List.of("v"), store.keyspaces());
        }
        try (Store store = Store.open(directory)) {
            VectorCollection vectors = store.vectors("v");
            assertEquals(PLAIN, vectors.options());
            assertNull(vectors.get(1));
            assertArrayEquals(vector(2, 5), floats(vectors.get(2)));
            assertEquals(1, store.keyspace("v").size());
            assertThrows(IllegalArgumentException.class, () -> store.vectors("v", VectorOptions.of(5)));
            assertThrows(IllegalArgumentException.class, () -> store.vectors("w"));
            assertTrue(store.dropVectors("v"));
            assertFalse(store.dropVectors("v"));
            assertThrows(IllegalStateException.class, () -> vectors.get(2));
            assertEquals(1, store.keyspace("v").size());
        }
    }

    @Test
    void a_snapshot_shows_rows_and_searches_as_of_its_moment() {
        try (Store store = Store.open(directory)) {
            VectorCollection vectors = store.vectors("v", PLAIN);
            for (long id = 0; id < 200; id++) {
                vectors.put(id, vector(id, 5));
            }
            try (Snapshot snapshot = store.snapshot()) {
                for (long id = 0; id < 200; id += 2) {
                    vectors.put(id, vector(-id - 1, 5));
                }
                for (long id = 1; id < 200; id += 4) {
                    vectors.delete(id);
                }
                vectors.put(1000, vector(3, 5));
                var then = snapshot.vectors("v");
                assertEquals(200, then.size());
                assertEquals(200, then.ids().distinct().count());
                for (long id = 0; id < 200; id++) {
                    assertArrayEquals(vector(id, 5), floats(then.get(id)));
                    assertEquals(id, then.search(vector(id, 5), 1).getFirst().id());
                }
                assertNull(then.get(1000));
                assertEquals(151, vectors.size());
                assertEquals(151, vectors.ids().count());
                List<VectorHit> two =
                        vectors.search(VectorQuery.of(vector(3, 5)).k(2).parallelism(1));
                assertEquals(3, two.get(0).id());
                assertEquals(1000, two.get(1).id());
            }
        }
    }

    @Test
    void random_writes_agree_with_a_map_through_reopening() {
        long seed = Long.getLong("ashlar.seed", System.nanoTime());
        Random random = new Random(seed);
        TreeMap<Long, float[]> model = new TreeMap<>();
        for (int life = 0; life < 4; life++) {
            try (Store store = Store.open(directory)) {
                VectorCollection vectors = store.vectors("v", PLAIN);
                check(vectors, model, seed);
                for (int i = 0; i < 2_000; i++) {
                    long id = random.nextInt(500);
                    if (random.nextInt(4) == 0) {
                        assertEquals(model.remove(id) != null, vectors.delete(id) >= 0);
                    } else {
                        float[] vector = vector(random.nextLong(), 5);
                        vectors.put(id, vector);
                        model.put(id, vector);
                    }
                    if (random.nextInt(400) == 0) {
                        vectors.flush();
                    }
                    if (random.nextInt(400) == 0) {
                        store.compact();
                    }
                    if (random.nextInt(500) == 0) {
                        check(vectors, model, seed);
                    }
                }
                check(vectors, model, seed);
            }
        }
    }

    private static void check(VectorCollection vectors, TreeMap<Long, float[]> model, long seed) {
        String again = "-Dashlar.seed=" + seed;
        assertEquals(model.size(), vectors.size(), again);
        TreeMap<Long, float[]> found = new TreeMap<>();
        try (VectorScan scan = vectors.scan()) {
            while (scan.next()) {
                assertNull(found.put(scan.id(), floats(scan.row())), again);
                assertEquals(vectors.version(scan.id()), scan.version(), again);
            }
        }
        assertEquals(model.keySet(), found.keySet(), again);
        model.forEach((id, vector) -> {
            assertArrayEquals(vector, found.get(id), again);
            assertArrayEquals(vector, floats(vectors.get(id)), again);
        });
        if (!model.isEmpty()) {
            long id = model.firstKey();
            VectorHit nearest = vectors.search(model.get(id), 1).getFirst();
            assertEquals(0f, nearest.score(), again);
            assertEquals(id, nearest.id(), again);
        }
        long[] ids = model.keySet().stream().mapToLong(Long::longValue).toArray();
        MemorySegment[] rows = new MemorySegment[ids.length];
        assertEquals(ids.length, vectors.getAll(ids, rows));
        for (int i = 0; i < ids.length; i++) {
            assertArrayEquals(model.get(ids[i]), floats(rows[i]), again);
        }
    }

    @Test
    void bytes_and_bits_are_rows_too() {
        try (Store store = Store.open(directory)) {
            VectorCollection bytes = store.vectors("bytes", VectorOptions.of(3).type(VectorType.INT8));
            bytes.put(1, new byte[] {1, -2, 127});
            assertArrayEquals(new byte[] {1, -2, 127}, bytes.get(1).toArray(ValueLayout.JAVA_BYTE));
            assertThrows(IllegalArgumentException.class, () -> bytes.put(1, new float[3]));
            VectorCollection bits = store.vectors("bits", VectorOptions.of(12).type(VectorType.BIT));
            bits.put(1, new byte[] {(byte) 0xFF, 0x0F});
            assertThrows(IllegalArgumentException.class, () -> bits.put(1, new byte[] {0, 0x10}));
            assertEquals(
                    4f,
                    bits.search(new byte[] {(byte) 0xF0, 0x0F}, 1).getFirst().score());
        }
    }
}
