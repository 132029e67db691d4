package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.StoreFullException;
import dev.ashlar.StoreOptions;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorScan;
import dev.ashlar.Verification;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import dev.ashlar.io.Storages;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What vector collections have to survive, on real files. */
class VectorFailuresTest extends FailureFixture {
    private static final int DIMENSION = 20;
    private static final VectorOptions OPTIONS = VectorOptions.of(DIMENSION).metric(Metric.SQUARED_EUCLIDEAN);
    private static final long MOST_CHUNK = 256 << 10;

    private Store open(Path place, StoreOptions options) {
        return TestEngines.withSmallChunks(place, Storages.open(place, true), options, MOST_CHUNK);
    }

    private Store open() {
        return open(directory, SMALL);
    }

    private static float[] vector(int dimension, float value) {
        float[] vector = new float[dimension];
        Arrays.fill(vector, value);
        return vector;
    }

    private static float[] vector(float value) {
        return vector(DIMENSION, value);
    }

    /** The number that all components are; a row of any other bytes fails. */
    private static float valueOf(MemorySegment row) {
        float value = row.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 0);
        for (long at = 0; at < row.byteSize(); at += Float.BYTES) {
            assertEquals(value, row.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at), "a mixture of rows");
        }
        return value;
    }

    private static TreeMap<Long, Float> all(VectorCollection vectors) {
        TreeMap<Long, Float> found = new TreeMap<>();
        try (VectorScan scan = vectors.scan()) {
            while (scan.next()) {
                assertNull(found.put(scan.id(), valueOf(scan.row())), "id " + scan.id() + " twice");
            }
        }
        return found;
    }

    private static TreeMap<Long, Float> put(VectorCollection vectors, long from, long to) {
        TreeMap<Long, Float> rows = new TreeMap<>();
        for (long id = from; id < to; id++) {
            vectors.put(id, vector(id));
            rows.put(id, (float) id);
        }
        return rows;
    }

    private static List<Path> files(Path place, String end) throws IOException {
        try (Stream<Path> files = Files.walk(place)) {
            return files.filter(file -> file.toString().endsWith(end)).sorted().toList();
        }
    }

    private static long bytes(Path place) throws IOException {
        long bytes = 0;
        for (Path file : files(place, "")) {
            bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
        }
        return bytes;
    }

    private static void overwrite(Path file, long at, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            int ignored = channel.write(ByteBuffer.wrap(bytes), at);
        }
    }

    private static void await(BooleanSupplier condition, String otherwise) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < deadline, otherwise);
            Thread.sleep(1);
        }
    }

    // ------------------------------------------------------------------------------------------------------- loading

    @Test
    @DisplayName("B1 segments built and merged while loading, with readers: nobody waits for them, no row is wrong, and"
            + " views that were taken before an overwrite keep the old numbers")
    void loadingWithReaders() throws Exception {
        int rows = 12_000;
        AtomicLong loaded = new AtomicLong();
        AtomicLong scans = new AtomicLong();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        MemorySegment[] views = new MemorySegment[rows];
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            Thread loader = Thread.ofPlatform().start(() -> {
                try {
                    for (int id = 0; id < rows; id++) {
                        long start = System.nanoTime();
                        vectors.put(id, vector(id));
                        if (id >= 500 && id % 2 == 0) {
                            int older = id - 500;
                            views[older] = vectors.get(older);
                            vectors.put(older, vector(-older));
                        }
                        loaded.set(id);
                        assertTrue(System.nanoTime() - start < 30_000_000_000L, "a put waited for segments");
                        if (id % 2_000 == 1_999) {
                            // However the machine shares its time out, a scan ends within each part of the load.
                            long begun = scans.get();
                            await(() -> scans.get() > begun, "no scan in a minute");
                        }
                    }
                } catch (Throwable e) {
                    failure.compareAndSet(null, e);
                } finally {
                    loaded.set(rows);
                }
            });
            while (loaded.get() < rows && failure.get() == null) {
                long before = loaded.get();
                TreeMap<Long, Float> found = all(vectors);
                for (long id = 0; id < before; id++) {
                    Float value = found.get(id);
                    assertTrue(value != null && Math.abs(value) == id, () -> "a scan shows " + value);
                    assertTrue(id > before - 500 || id % 2 != 0 || value == -id, "an old row is back: " + id);
                    if (id % 37 == 0) {
                        assertEquals((float) id, Math.abs(valueOf(vectors.get(id))));
                    }
                }
                scans.incrementAndGet();
            }
            loader.join();
            if (failure.get() != null) {
                throw new AssertionError(failure.get());
            }
            await(() -> vectors.stats().segmentRows() > rows / 4, "segments were not built in a minute");
            for (int id = 0; id < rows - 500; id += 2) {
                assertEquals((float) id, valueOf(views[id]), "a view has changed");
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------- damage

    @Test
    @DisplayName(
            "B3 a row of a segment that is bit-flipped: reported by verify, read from the log as long as that has it,"
                    + " and refused afterwards; never served as wrong numbers")
    void aFlippedRow() throws IOException {
        TreeMap<Long, Float> model;
        try (Store store = open()) {
            model = put(store.vectors("v", OPTIONS), 0, 100);
            store.vectors("v").flush();
        }
        Path segment = files(directory, ".seg").getFirst();
        long rows = Files.size(segment) - 4096L * 4; // 100 rows of 128 bytes, in whole pages
        overwrite(segment, rows + 128 * 7 + 3, new byte[] {77});
        Path without = directory.resolveSibling(directory.getFileName() + "-2");
        copy(directory, without);
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v", OPTIONS.verification(Verification.ALWAYS));
            for (long id = 0; id < 100; id++) {
                assertEquals((float) id, valueOf(vectors.get(id)), "the log has it");
            }
        }
        try (Store store = open(without, SMALL)) {
            // Everything else goes on, and the log's chunks go.
            VectorCollection vectors = store.vectors("v", OPTIONS.verification(Verification.ALWAYS));
            model.putAll(put(vectors, 1_000, 5_000));
            try {
                vectors.flush();
            } catch (CorruptionException e) {
                vectors.flush(); // the segment was to be merged; from now on it stays as it is
            }
            store.compact();
            store.compact();
            assertFalse(store.verify(bytes -> {}).intact(), "verify reads segments");
            int refused = 0;
            for (long id = 0; id < 100; id++) {
                try {
                    assertEquals((float) id, valueOf(vectors.get(id)));
                } catch (CorruptionException e) {
                    assertTrue(e.file().startsWith("segments/"), e.file());
                    refused++;
                }
            }
            assertEquals(1, refused, "the log has it no longer");
            for (long id = 1_000; id < 5_000; id++) {
                assertEquals((float) id, valueOf(vectors.get(id)));
            }
        } finally {
            Trees.remove(without);
        }
    }

    @Test
    @DisplayName("B3 a segment that is missing, or cut: reported when the store is opened and by verify; its rows are"
            + " refused or come from the log, and nothing else is lost")
    void aMissingSegment() throws IOException {
        for (long left : new long[] {-1, 0, 100, 4_096, 20_000}) {
            Path place = Files.createDirectory(directory.resolve("left-" + left));
            try (Store store = open(place, SMALL)) {
                TreeMap<Long, Float> ignored = put(store.vectors("v", OPTIONS), 0, 3_000);
                store.vectors("v").flush();
                store.vectors("w", OPTIONS).put(1, vector(5));
                store.vectors("w").flush();
                store.keyspace("k").put("key", bytes("value"));
            }
            Path segment = files(place, ".seg").getFirst();
            if (left < 0) {
                Files.delete(segment);
            } else {
                try (FileChannel channel = FileChannel.open(segment, StandardOpenOption.WRITE)) {
                    channel.truncate(left);
                }
            }
            for (int opening = 0; opening < 2; opening++) {
                try (Store store = open(place, SMALL)) {
                    assertTrue(
                            store.recovery().damaged().stream()
                                    .anyMatch(each -> each.file()
                                            .endsWith(segment.getFileName().toString())),
                            () -> left + ": " + store.recovery().damaged());
                    VectorCollection vectors = store.vectors("v");
                    // What cannot be read is not known to be what was written again.
                    long twice = left > 4_096 ? 0 : 2L * opening;
                    assertEquals(3_000 + twice, vectors.size(), "left " + left + ", opening " + opening);
                    assertFalse(store.verify(bytes -> {}).intact());
                    int refused = 0;
                    for (long id = 0; id < 3_000; id++) {
                        try {
                            MemorySegment row = vectors.get(id);
                            assertNotNull(row, "id " + id);
                            assertEquals((float) id, valueOf(row));
                        } catch (CorruptionException e) {
                            refused++;
                        }
                    }
                    assertTrue(refused > 0 && refused < 2_500, left + ": " + refused + " are refused");
                    assertThrows(CorruptionException.class, () -> all(vectors));
                    assertEquals(Map.of(1L, 5f), all(store.vectors("w")));
                    assertEquals("value", new String(value(store.keyspace("k").get("key"))));
                    // Written again, it is whole again.
                    vectors.put(1, vector(1));
                    vectors.put(2, vector(2));
                    assertEquals(1f, valueOf(vectors.get(1)));
                    try {
                        vectors.flush();
                    } catch (CorruptionException e) {
                        // It says so, and what is whole goes on.
                    }
                    assertEquals(2f, valueOf(vectors.get(2)));
                }
            }
        }
    }

    @Test
    @DisplayName("B3 one copy of the manifest is damaged: the other one knows the segments")
    void aDamagedManifest() throws IOException {
        TreeMap<Long, Float> model;
        try (Store store = open()) {
            model = put(store.vectors("v", OPTIONS), 0, 3_000);
            store.vectors("v").flush();
        }
        for (String copy : new String[] {"MANIFEST-a", "MANIFEST-b"}) {
            Path file = files(directory, copy).getFirst();
            overwrite(file, Files.size(file) / 2, new byte[] {1, 2, 3, 4, 5});
            try (Store store = open()) {
                assertEquals(model, all(store.vectors("v")), copy);
                store.vectors("v").put(1, vector(1));
            }
        }
    }

    // ---------------------------------------------------------------------------------------------------- disk full

    @Test
    @DisplayName(
            "B4 the disk is full while a segment grows: an error, rows are read as before, no signal; with room again"
                    + " it is built")
    void theDiskIsFull() throws IOException {
        for (FaultyStorage.Kind kind : new FaultyStorage.Kind[] {FaultyStorage.Kind.ENOSPC, FaultyStorage.Kind.EFBIG}) {
            Path place = Files.createDirectory(directory.resolve(kind.name()));
            FaultyStorage storage = FaultyStorage.over(place);
            TreeMap<Long, Float> model;
            try (Store store = TestEngines.small(place, storage, SMALL, false, 64 << 10, 1 << 20)) {
                VectorCollection vectors = store.vectors("v", OPTIONS);
                model = put(vectors, 0, 3_000);
                EnumSet<FaultyStorage.Operation> growing =
                        EnumSet.of(FaultyStorage.Operation.ALLOCATE, FaultyStorage.Operation.WRITE);
                int refusals = 0;
                for (int n = 1; n < 40; n += 3) {
                    storage.failFrom(growing, n, kind, FaultyStorage.Extent.HALF);
                    try {
                        vectors.flush();
                    } catch (StoreFullException e) {
                        refusals++;
                    }
                    assertEquals(model, all(vectors), kind + " at " + n);
                    storage.heal();
                    vectors.put(1, vector(n));
                    model.put(1L, (float) n);
                }
                assertTrue(refusals > 5, refusals + " refusals");
                vectors.flush();
                assertEquals(0, vectors.stats().pendingRows());
                assertEquals(model, all(vectors));
            }
            try (Store store = open(place, SMALL)) {
                assertEquals(List.of(), store.recovery().damaged());
                assertEquals(model, all(store.vectors("v")));
            }
        }
    }

    // ------------------------------------------------------------------------------------------------- space comes
    // back

    @Test
    @DisplayName("B6 everything, or half, is deleted at 768 dimensions: the space comes back by merging")
    void spaceComesBack() throws IOException {
        VectorOptions options = VectorOptions.of(768).metric(Metric.SQUARED_EUCLIDEAN);
        int rows = 1_000;
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v", options);
            for (long id = 0; id < rows; id++) {
                vectors.put(id, vector(768, id));
            }
            vectors.flush();
            store.compact();
            long full = bytesSoon(directory, Long.MAX_VALUE);
            assertTrue(full > 768 * 4 * rows, full + " bytes");
            for (long id = 0; id < rows; id += 2) {
                vectors.delete(id);
            }
            vectors.flush();
            store.compact();
            long half = bytesSoon(directory, full * 7 / 10);
            assertTrue(half < full * 7 / 10, half + " bytes are left of " + full);
            TreeMap<Long, Float> odd = all(vectors);
            assertEquals(rows / 2, odd.size());
            odd.forEach((id, value) -> assertTrue(id % 2 == 1 && value == (float) id));
            for (long id = 1; id < rows; id += 2) {
                vectors.delete(id);
            }
            vectors.flush();
            store.compact();
            assertEquals(0, vectors.stats().segmentBytes());
            long rest = bytesSoon(directory, full / 4);
            assertTrue(rest < full / 4, rest + " bytes are left of " + full);
        }
        assertEquals(List.of(), files(directory, ".seg"));
    }

    // ----------------------------------------------------------------------------------------- what does not belong

    @Test
    @DisplayName("B8 a checkpoint that is newer than the log, from a partial copy of the directory: refused, or what is"
            + " whole is there; rows of different moments are never mixed")
    void aPartialCopy() throws IOException {
        Path older = directory.resolve("older");
        Path place = Files.createDirectory(directory.resolve("store"));
        TreeMap<Long, Float> before;
        try (Store store = open(place, SMALL)) {
            before = put(store.vectors("v", OPTIONS), 0, 2_000);
            store.vectors("v").flush();
        }
        copy(place, older);
        TreeMap<Long, Float> after = new TreeMap<>(before);
        try (Store store = open(place, SMALL)) {
            VectorCollection vectors = store.vectors("v");
            for (long id = 0; id < 2_000; id += 3) {
                vectors.put(id, vector(-id));
                after.put(id, (float) -id);
            }
            vectors.flush();
        }
        for (String newer :
                new String[] {"index", "segments", "index segments", "MANIFEST", "index segments MANIFEST"}) {
            Path mixed = directory.resolve("mixed-" + newer.replace(' ', '-'));
            copy(older, mixed);
            for (String part : newer.split(" ")) {
                if (part.equals("MANIFEST")) {
                    for (String copy : new String[] {"MANIFEST-a", "MANIFEST-b"}) {
                        Files.delete(mixed.resolve(copy));
                        Files.copy(place.resolve(copy), mixed.resolve(copy));
                    }
                } else {
                    Trees.remove(mixed.resolve(part));
                    copy(place.resolve(part), mixed.resolve(part));
                }
            }
            try (Store store = open(mixed, SMALL)) {
                VectorCollection vectors = store.vectors("v");
                boolean reported = !store.recovery().damaged().isEmpty();
                TreeMap<Long, Float> found = new TreeMap<>();
                for (long id = 0; id < 2_000; id++) {
                    try {
                        MemorySegment row = vectors.get(id);
                        if (row != null) {
                            found.put(id, valueOf(row));
                        }
                    } catch (CorruptionException e) {
                        assertTrue(reported, newer + ": nothing was reported, and " + e.getMessage());
                    }
                }
                // Either moment, or a report; and no row that there never was.
                assertTrue(reported || found.equals(before) || found.equals(after), newer + ": a mixture");
                found.forEach((id, value) -> assertTrue(
                        value.equals(before.get(id)) || value.equals(after.get(id)), () -> id + " is " + value));
            } catch (AshlarException e) {
                assertNotNull(e.getMessage(), "refused");
            }
        }
    }

    @Test
    @DisplayName(
            "B8 segments, deaths and checkpoints of another store under the names of this one's: refused or rebuilt,"
                    + " never read as its rows")
    void filesOfAnotherStore() throws IOException {
        Path own = Files.createDirectory(directory.resolve("own"));
        Path foreign = Files.createDirectory(directory.resolve("foreign"));
        for (Path place : List.of(own, foreign)) {
            try (Store store = open(place, SMALL)) {
                VectorCollection vectors = store.vectors("v", OPTIONS);
                for (long id = 0; id < 2_000; id++) {
                    vectors.put(id, vector(place == own ? id : -id - 1));
                }
                vectors.flush();
                vectors.delete(5);
            }
        }
        for (String end : new String[] {".seg", ".del", ".ckp"}) {
            Path mixed = directory.resolve("mixed-" + end.substring(1));
            copy(own, mixed);
            List<Path> theirs = files(foreign, end);
            List<Path> targets = files(mixed, end);
            assertTrue(!theirs.isEmpty() && !targets.isEmpty(), "nothing to replace: " + end);
            for (int i = 0; i < targets.size(); i++) {
                Files.delete(targets.get(i));
                Files.copy(theirs.get(Math.min(i, theirs.size() - 1)), targets.get(i));
            }
            try (Store store = open(mixed, SMALL)) {
                VectorCollection vectors = store.vectors("v");
                int refused = 0;
                for (long id = 0; id < 2_000; id++) {
                    try {
                        MemorySegment row = vectors.get(id);
                        assertTrue(row == null ? id == 5 : valueOf(row) == id, "id " + id + " with foreign " + end);
                    } catch (CorruptionException e) {
                        refused++;
                    }
                }
                assertEquals(end.equals(".seg"), refused > 0, refused + " rows were refused with foreign " + end);
            }
        }
    }

    // ----------------------------------------------------------------------------------------------------- bad input

    @Test
    @DisplayName(
            "B9 wrong dimensions, NaN and infinity are refused and change nothing; of equal ids in a batch the last"
                    + " counts; zero, the least and the largest id are ids like others")
    void inputThatIsWrongOrRare() {
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            for (float[] wrong : new float[][] {
                new float[DIMENSION - 1],
                new float[DIMENSION + 1],
                {},
                vector(Float.NaN),
                vector(Float.NEGATIVE_INFINITY)
            }) {
                assertThrows(IllegalArgumentException.class, () -> vectors.put(1, wrong));
                assertThrows(
                        IllegalArgumentException.class,
                        () -> vectors.putAll(new long[] {1}, wrong, Durability.APPENDED));
                assertThrows(IllegalArgumentException.class, () -> vectors.search(wrong, 1));
            }
            float[] half = vector(1);
            half[DIMENSION - 1] = Float.POSITIVE_INFINITY;
            float[] two = Arrays.copyOf(vector(1), 2 * DIMENSION);
            System.arraycopy(half, 0, two, DIMENSION, DIMENSION);
            assertThrows(
                    IllegalArgumentException.class, () -> vectors.putAll(new long[] {1, 2}, two, Durability.APPENDED));
            assertEquals(0, vectors.stats().pendingRows(), "something was written");
            assertEquals(Map.of(), all(vectors));
            long[] ids = {0, Long.MIN_VALUE, Long.MAX_VALUE, -1, 0, Long.MAX_VALUE, 0};
            float[] rows = new float[ids.length * DIMENSION];
            for (int i = 0; i < ids.length; i++) {
                Arrays.fill(rows, i * DIMENSION, (i + 1) * DIMENSION, i);
            }
            vectors.putAll(ids, rows, Durability.DURABLE);
            Map<Long, Float> expected = Map.of(0L, 6f, Long.MIN_VALUE, 1f, Long.MAX_VALUE, 5f, -1L, 3f);
            assertEquals(new TreeMap<>(expected), all(vectors));
            vectors.flush();
            assertEquals(new TreeMap<>(expected), all(vectors));
            assertEquals(4, vectors.size());
        }
        try (Store store = open()) {
            VectorCollection vectors = store.vectors("v");
            assertEquals(
                    List.of(Long.MIN_VALUE, -1L, 0L, Long.MAX_VALUE),
                    List.copyOf(all(vectors).keySet()));
            assertEquals(4, vectors.deleteAll(new long[] {0, 0, -1, Long.MIN_VALUE}, Durability.APPENDED) > 0 ? 4 : 0);
            assertEquals(Map.of(Long.MAX_VALUE, 5f), all(vectors));
        }
    }

    // ------------------------------------------------------------------------------------------------------ the log

    /** What a directory takes, once maintenance has come after who writes as fast as it can. */
    private static long bytesSoon(Path place, long bound) throws IOException {
        long end = System.nanoTime() + 60_000_000_000L;
        long bytes = Long.MAX_VALUE;
        while (bytes >= bound && System.nanoTime() < end) {
            try {
                bytes = bytes(place);
            } catch (UncheckedIOException | NoSuchFileException e) {
                continue; // a file that was listed has gone
            }
            LockSupport.parkNanos(10_000_000);
        }
        return bytes;
    }

    @Test
    @DisplayName(
            "B10 a replay through many chunks and segments, and a store whose rows are overwritten again and again:"
                    + " the log and the segments stay bounded")
    void overwritingForDays() throws IOException {
        int rows = 500;
        long largest = 0;
        TreeMap<Long, Float> model = new TreeMap<>();
        Path crashed = directory.resolve("crashed");
        Path place = Files.createDirectory(directory.resolve("store"));
        StoreOptions options = SMALL.withAutoCompaction(true).withCheckpointBytes(1 << 20);
        try (Store store = open(place, options)) {
            VectorCollection vectors = store.vectors("v", OPTIONS);
            for (int round = 0; round < 120; round++) {
                for (long id = 0; id < rows; id++) {
                    vectors.put(id, vector(round * 1_000 + id % 7));
                    model.put(id, (float) (round * 1_000 + id % 7));
                }
                if (round % 10 == 9) {
                    largest = Math.max(largest, bytesSoon(place, 6 << 20));
                }
            }
            // 120 times 500 rows of 192 bytes were written: 11 MiB.
            assertTrue(largest < 6 << 20, largest + " bytes for " + rows + " rows");
            assertEquals(model, all(vectors));
        }
        // A replay of everything: nothing was checkpointed.
        try (Store store = open(crashed, SMALL.withCheckpointBytes(1L << 40))) {
            Keyspace keys = store.keyspace("k");
            VectorCollection vectors = store.vectors("v", OPTIONS.verification(Verification.ALWAYS));
            for (int round = 0; round < 8; round++) {
                for (long id = 0; id < rows; id++) {
                    vectors.put(id, vector(round));
                }
                keys.put("round", bytes(String.valueOf(round)));
            }
            store.sync();
            Path copy = directory.resolve("copy");
            copyWhileOpen(crashed, copy);
            try (Store recovered = open(copy, SMALL)) {
                assertFalse(recovered.recovery().clean());
                assertEquals(List.of(), recovered.recovery().damaged());
                TreeMap<Long, Float> found = all(recovered.vectors("v"));
                assertEquals(rows, found.size());
                found.values().forEach(value -> assertEquals(7f, value));
                assertEquals("7", new String(value(recovered.keyspace("k").get("round"))));
            }
        }
    }

    /** As a kill leaves it: nobody writes meanwhile, and files that come or go are tried again. */
    private static void copyWhileOpen(Path from, Path to) throws IOException {
        for (int tries = 0; ; tries++) {
            try {
                String before = consistsOf(from);
                copy(from, to);
                if (before.equals(consistsOf(from))) {
                    return;
                }
                Trees.remove(to); // it was replacing a checkpoint: the copy is of no one moment
            } catch (UncheckedIOException e) {
                Trees.remove(to);
                if (tries == 20) {
                    throw e;
                }
            }
        }
    }

    /** Which files there are, and what the manifests say. */
    private static String consistsOf(Path store) throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(store)) {
            files.sorted().forEach(all::append);
        }
        for (String manifest : List.of("MANIFEST-a", "MANIFEST-b")) {
            all.append(java.util.Arrays.hashCode(Files.readAllBytes(store.resolve(manifest))));
        }
        return all.toString();
    }

    /** Directories that this test has made. */
    private static final class Trees {
        static void remove(Path root) throws IOException {
            if (!Files.exists(root)) {
                return;
            }
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file :
                        files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
