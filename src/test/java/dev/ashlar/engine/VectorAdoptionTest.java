package dev.ashlar.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import dev.ashlar.io.Storage;
import dev.ashlar.io.Storages;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.vector.RowList;
import dev.ashlar.vector.Rows;
import dev.ashlar.vector.SegmentBuild;
import dev.ashlar.vector.SegmentBuilder;
import dev.ashlar.vector.SegmentPlan;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written, and who reads, between the steps in which the index goes over to new segments. */
class VectorAdoptionTest {
    private static final int DIMENSION = 20;
    private static final VectorOptions OPTIONS = VectorOptions.of(DIMENSION).metric(Metric.SQUARED_EUCLIDEAN);
    private static final long SEGMENT = 32 << 10;
    private static final int ROWS = 300;

    @TempDir
    private Path directory;

    /** A moment, and what there was. */
    private record Held(Snapshot snapshot, TreeMap<Long, Float> rows) {}

    private final TreeMap<Long, Float> model = new TreeMap<>();
    private final List<Held> held = new ArrayList<>();
    private final Random random = new Random(26);

    private static float[] vector(float value) {
        float[] vector = new float[DIMENSION];
        Arrays.fill(vector, value);
        return vector;
    }

    private static TreeMap<Long, Float> scanned(VectorReader vectors) {
        TreeMap<Long, Float> found = new TreeMap<>();
        try (VectorScan scan = vectors.scan()) {
            while (scan.next()) {
                MemorySegment row = scan.row();
                assertNull(found.put(scan.id(), row.get(ValueLayout.JAVA_FLOAT, 0)), scan.id() + " twice");
            }
        }
        return found;
    }

    private static void compare(TreeMap<Long, Float> expected, VectorReader vectors) {
        assertEquals(expected, scanned(vectors));
        assertEquals(expected.size(), vectors.size());
        TreeMap<Long, Float> searched = new TreeMap<>();
        for (VectorHit hit : vectors.search(VectorQuery.of(vector(3)).k(2 * ROWS))) {
            searched.put(hit.id(), hit.row().get(ValueLayout.JAVA_FLOAT, 0));
        }
        assertEquals(expected, searched);
        for (long id = 0; id < ROWS; id += 13) {
            MemorySegment row = vectors.get(id);
            assertEquals(expected.get(id), row == null ? null : (Float) row.get(ValueLayout.JAVA_FLOAT, 0), "id " + id);
        }
    }

    private void put(VectorCollection vectors, long id, float value) {
        vectors.put(id, vector(value));
        model.put(id, value);
    }

    /** Holds the present moment, deletes and overwrites, and compares the present and all that is held. */
    private void interlude(Store store, VectorCollection vectors) {
        if (random.nextInt(3) == 0) {
            held.add(new Held(store.snapshot(), new TreeMap<>(model)));
        }
        for (int i = 0; i < 8; i++) {
            long id = random.nextInt(ROWS);
            if (random.nextBoolean()) {
                vectors.delete(id);
                model.remove(id);
            } else {
                put(vectors, id, random.nextInt(1 << 20));
            }
        }
        compare(model, vectors);
        if (!held.isEmpty()) {
            Held one = held.get(random.nextInt(held.size()));
            compare(one.rows, one.snapshot.vectors("v"));
        }
    }

    /** The engine's own: it publishes the segments when it is closed. */
    private static AtomicLong numbers(Engine engine) {
        try {
            Field segments = Maintenance.class.getDeclaredField("segments");
            Field numbers = SegmentUpkeep.class.getDeclaredField("nextNumber");
            segments.setAccessible(true);
            numbers.setAccessible(true);
            return (AtomicLong) numbers.get(segments.get(engine.maintenance()));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private SegmentBuild build(Engine engine, Storage storage, Rows rows, AtomicLong numbers) {
        RowList list = engine.appender().exclusively(rows::list);
        SegmentBuild build = new SegmentBuild(SegmentPlan.of(rows, list, SEGMENT, true));
        build.write(
                new SegmentBuilder(storage, engine.records(), TestEngines.SMALL_STORE, () -> true),
                storage,
                numbers::getAndIncrement);
        return build;
    }

    @Test
    @DisplayName(
            "B1 rows that are overwritten and deleted between the steps in which an index goes over to new segments:"
                    + " the present and every snapshot, from before and from in between, show the rows of their moments")
    void deathsInBetween() {
        Storage storage = Storages.open(directory, true);
        try (Store store = TestEngines.small(
                directory, storage, StoreOptions.DEFAULT.withAutoCompaction(false), false, 16 << 10, 32 << 10)) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            Engine engine = (Engine) store;
            Space space = engine.spaceOf(vectors);
            Rows rows = engine.vectors().of(space).rows();
            storage.createDirectory(SegmentFiles.DIRECTORY);
            AtomicLong numbers = numbers(engine);
            for (long id = 0; id < ROWS; id++) {
                put(vectors, id, id);
            }
            int steps = 0;
            for (int round = 0; round < 3; round++) {
                held.add(new Held(store.snapshot(), new TreeMap<>(model)));
                SegmentBuild build = build(engine, storage, rows, numbers);
                interlude(store, vectors); // after the files were written
                int[] count = {0};
                build.adopt(
                        storage,
                        engine.records().chunks(),
                        step -> {
                            engine.appender().exclusively(() -> {
                                step.run();
                                return true;
                            });
                            count[0]++;
                            interlude(store, vectors);
                        },
                        store::appendedLsn);
                steps += count[0];
                held.forEach(each -> compare(each.rows, each.snapshot.vectors("v")));
            }
            assertTrue(steps > 10, steps + " steps");
            assertTrue(held.size() > 5, held.size() + " snapshots");
            held.forEach(each -> each.snapshot.close());
            compare(model, vectors);
        }
        try (Store store = TestEngines.small(
                directory,
                Storages.open(directory, true),
                StoreOptions.DEFAULT.withAutoCompaction(false),
                false,
                16 << 10,
                32 << 10)) {
            assertEquals(List.of(), store.recovery().damaged());
            compare(model, store.vectors("v"));
        }
    }
}
