package dev.ashlar.failures;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.Scan;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import dev.ashlar.WriteBatch;
import dev.ashlar.engine.TestEngines;
import dev.ashlar.io.FaultyStorage;
import dev.ashlar.io.FaultyStorage.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.ConcurrentModificationException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Many threads, many writes, much data. */
class LoadTest extends FailureFixture {
    private static final Duration BOUND = Duration.ofSeconds(120);
    private static final StoreOptions COMPACTING = SMALL.withAutoCompaction(true);

    /** The largest there is. */
    private static final long CHUNK = 64L << 20;

    private Path path;

    @BeforeEach
    void prepare() {
        path = directory.resolve("store");
    }

    private static void joinAll(List<Worker> workers) throws InterruptedException {
        for (Worker worker : workers) {
            worker.join(BOUND);
        }
    }

    private long bytesOnDisk() throws IOException {
        while (true) {
            try (Stream<Path> files = Files.walk(path)) {
                return files.filter(Files::isRegularFile)
                        .mapToLong(LoadTest::size)
                        .sum();
            } catch (UncheckedIOException e) {
                if (!(e.getCause() instanceof NoSuchFileException)) {
                    throw e;
                }
                // Compaction has removed a file between its being listed and its being looked at: begin again.
            }
        }
    }

    /** What is on disk, once maintenance has come after who writes as fast as it can. */
    private long bytesOnDiskSoon(long bound) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        long bytes = bytesOnDisk();
        while (bytes > bound && System.nanoTime() < deadline) {
            Thread.sleep(10);
            bytes = bytesOnDisk();
        }
        return bytes;
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0; // removed meanwhile
        }
    }

    // --------------------------------------------------------------------------------------------------- compaction

    @Test
    @DisplayName("A12: writes before, during and after compactions through the same handle are there after reopening")
    void writesAroundCompactionsStay() throws Exception {
        Map<String, byte[]> model = new ConcurrentHashMap<>();
        try (Store store = Store.open(path, SMALL)) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < 400; i++) {
                space.put("before-" + i, random(1_000, i));
                model.put("before-" + i, random(1_000, i));
                space.put("garbage", random(3_000, i));
            }
            space.delete("garbage");
            AtomicBoolean stop = new AtomicBoolean();
            List<Worker> writers = new ArrayList<>();
            for (int w = 0; w < 3; w++) {
                int writer = w;
                writers.add(Worker.start("writer-" + w, () -> {
                    Random random = new Random(writer);
                    for (int i = 0; !stop.get(); i++) {
                        String key = random.nextInt(4) == 0
                                ? "before-" + (random.nextInt(133) * 3 + writer)
                                : writer + "-" + random.nextInt(100);
                        if (random.nextInt(5) == 0) {
                            space.delete(key);
                            model.remove(key);
                        } else {
                            byte[] value = random(random.nextInt(2_000), i);
                            space.put(key, value);
                            model.put(key, value);
                        }
                    }
                }));
            }
            int retired = 0;
            for (int i = 0; i < 12; i++) {
                retired += store.compact().chunks();
                Thread.sleep(50);
            }
            stop.set(true);
            joinAll(writers);
            assertTrue(retired > 0);
            assertHolds(model, space);
            store.compact();
            space.put("after", bytes("v"));
            model.put("after", bytes("v"));
            assertHolds(model, space);
            assertReopens(model, crash(store, "killed"), "k");
        }
        assertReopens(model, path, "k");
    }

    @Test
    @DisplayName("A26: one key overwritten 300,000 times: disk space stays bounded, open stays fast")
    void overwritingOneKeyIsBounded() throws Exception {
        overwrite(300_000, 2_000);
    }

    @Test
    @Tag("long")
    @Timeout(value = 3600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName("A26: one key overwritten ten million times: disk space stays bounded, open stays fast")
    void overwritingOneKeyTenMillionTimesIsBounded() throws Exception {
        overwrite(10_000_000, 16);
    }

    private void overwrite(int times, int length) throws Exception {
        // All that was written takes 630 and 800 MB. Room for one chunk that is filled, two that are prepared, and two
        // that are compacted.
        long bound = 5 * CHUNK + (1 << 20);
        long most = 0;
        List<MemorySegment> escaped = new ArrayList<>();
        List<byte[]> expected = new ArrayList<>();
        byte[] key = bytes("key");
        try (Store store = Store.open(path, COMPACTING.withRingSlots(1024).withCheckpointBytes(4 << 20))) {
            Keyspace space = store.keyspace("k");
            space.put("other", bytes("stays"));
            ByteBuffer value = ByteBuffer.allocate(length);
            CompletableFuture<Long> last = null;
            for (int i = 0; i < times; i++) {
                value.putInt(0, i);
                if (i % 100 == 0) {
                    last = space.putAsync(key, value.array(), Durability.APPENDED);
                    if (i % 1_000 == 0) {
                        last.get(60, TimeUnit.SECONDS);
                    }
                } else {
                    while (!space.tryPut(key, value.array())) {
                        Thread.onSpinWait();
                    }
                }
                if (i % (times / 10) == 0) {
                    last.get(60, TimeUnit.SECONDS);
                    MemorySegment view = space.get(key);
                    escaped.add(view);
                    expected.add(value(view));
                }
                if (i % (times / 100) == 0) {
                    // Or the page cache takes a chunk faster than a device that others use too can retire one.
                    store.sync();
                    most = Math.max(most, bytesOnDiskSoon(bound));
                }
            }
            store.sync();
            long pinned = store.stats().retiredBytes();
            assertTrue(pinned > 0, "ten views of the past pin nothing? " + store.stats());
            assertTrue(pinned <= 10 * CHUNK, store.stats().toString());
            for (int i = 0; i < escaped.size(); i++) {
                assertArrayEquals(expected.get(i), value(escaped.get(i)), "view " + i);
            }
            assertEquals(times - 1, ByteBuffer.wrap(value(space.get(key))).getInt(0));
            assertEquals(2, space.size());
            store.compact();
            assertTrue(bytesOnDisk() <= 3 * CHUNK + (1 << 20), "on disk at rest: " + bytesOnDisk());
        }
        assertTrue(most <= bound, "most on disk: " + most);
        long start = System.nanoTime();
        try (Store store = Store.open(path, SMALL)) {
            assertTrue(System.nanoTime() - start < 20_000_000_000L, "slow to open");
            assertEquals(0, store.recovery().replayedRecords(), "the log was replayed");
            assertEquals("stays", new String(value(store.keyspace("k").get("other"))));
            assertEquals(
                    times - 1,
                    ByteBuffer.wrap(value(store.keyspace("k").get(key))).getInt(0));
        }
    }

    @Test
    @DisplayName("A26: a large value overwritten and refused: its files go without anyone asking")
    void filesOfLargeValuesGo() throws Exception {
        try (Store store = Store.open(path, COMPACTING)) {
            Keyspace space = store.keyspace("k");
            for (int i = 0; i < 6; i++) {
                space.put("large", random(8_400_000, i));
                assertEquals(Keyspace.NOT_WRITTEN, space.putIfAbsent(bytes("large"), random(8_400_000, 99)));
            }
            eventually(
                    Duration.ofSeconds(60),
                    () -> {
                        try (Stream<Path> files = Files.list(path.resolve("values"))) {
                            return files.count() == 1;
                        } catch (IOException e) {
                            throw new java.io.UncheckedIOException(e);
                        }
                    },
                    "one value file left");
            assertArrayEquals(random(8_400_000, 5), value(space.get("large")));
        }
        assertReopens(Map.of("large", random(8_400_000, 5)), path, "k");
    }

    // ------------------------------------------------------------------------------------------- readers and writers

    /** A value says its key and version and fills the rest with a function of both: a torn one cannot look whole. */
    private static byte[] versioned(int key, int version, int length) {
        byte[] value = new byte[16 + length * 8];
        ByteBuffer buffer = ByteBuffer.wrap(value).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(key).putInt(version).putLong(length);
        for (int i = 0; i < length; i++) {
            buffer.putLong(key * 31L + version * 17L + i);
        }
        return value;
    }

    private static int versionOf(int key, byte[] found) {
        int version =
                ByteBuffer.wrap(found).order(java.nio.ByteOrder.LITTLE_ENDIAN).getInt(4);
        assertArrayEquals(versioned(key, version, (found.length - 16) / 8), found, "torn value");
        return version;
    }

    @Test
    @DisplayName("A18: readers and a writer at full speed: no hang, no false absence, nothing torn, no empty scan")
    void readersAndAWriterAtFullSpeed() throws Exception {
        fullSpeed(3_000);
    }

    @Test
    @Tag("long")
    @Timeout(value = 600, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @DisplayName("A18: readers and a writer at full speed for a minute")
    void readersAndAWriterAtFullSpeedForAMinute() throws Exception {
        fullSpeed(60_000);
    }

    private void fullSpeed(long millis) throws Exception {
        int keys = 200;
        AtomicBoolean stop = new AtomicBoolean();
        try (Store store = Store.open(path, COMPACTING.withCheckpointBytes(4 << 20))) {
            Keyspace space = store.keyspace("k");
            Set<String> stable = new HashSet<>();
            for (int k = 0; k < keys; k++) {
                space.put(k, versioned(k, 0, k % 50));
                space.put("stable-key-" + k, random(500, k));
                stable.add("stable-key-" + k);
            }
            List<Worker> workers = new ArrayList<>();
            workers.add(Worker.start("writer", () -> {
                Random random = new Random(1);
                for (int version = 1; !stop.get(); version++) {
                    int k = random.nextInt(keys);
                    space.put(k, versioned(k, version, random.nextInt(100)));
                    space.put("transient" + version % 50, bytes("x"));
                    if (version % 3 == 0) {
                        space.delete("transient" + version % 50);
                    }
                }
            }));
            workers.add(Worker.start("getter", () -> {
                Random random = new Random(2);
                int[] newest = new int[keys];
                while (!stop.get()) {
                    int k = random.nextInt(keys);
                    MemorySegment view = space.get(k);
                    assertNotNull(view, "false absence");
                    int version = versionOf(k, value(view));
                    assertTrue(version >= newest[k], "went back in time");
                    newest[k] = version;
                    assertTrue(space.contains(k));
                }
            }));
            workers.add(Worker.start("cursor", () -> {
                Random random = new Random(3);
                Cursor cursor = space.cursor();
                MemorySegment buffer = java.lang.foreign.Arena.ofAuto().allocate(2_000);
                while (!stop.get()) {
                    int k = random.nextInt(keys);
                    assertTrue(cursor.find(k), "false absence");
                    try {
                        long size = cursor.size();
                        cursor.copyTo(0, buffer, 0, size);
                        versionOf(k, buffer.asSlice(0, size).toArray(ValueLayout.JAVA_BYTE));
                        assertEquals(k, cursor.getInt(0));
                    } catch (ConcurrentModificationException e) {
                        continue; // overwritten, and compacted away from under the cursor
                    }
                }
            }));
            workers.add(Worker.start("scanner", () -> {
                while (!stop.get()) {
                    // Every entry that nobody touches is met, wherever compaction moves it meanwhile.
                    Set<String> seen = new HashSet<>();
                    try (Scan scan = space.scan()) {
                        while (scan.next()) {
                            if (scan.key().byteSize() > 8) {
                                seen.add(new String(value(scan.key()), StandardCharsets.UTF_8));
                            }
                        }
                    }
                    seen.removeIf(key -> !key.startsWith("stable"));
                    assertEquals(stable, seen);
                }
            }));
            long end = System.nanoTime() + millis * 1_000_000;
            while (System.nanoTime() < end && workers.stream().noneMatch(Worker::hasFailed)) {
                Thread.sleep(10);
            }
            stop.set(true);
            joinAll(workers);
            assertIntact(store);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    @DisplayName("A19: 65,000 views of different generations held at once, and no mapping for each")
    void manyViewsOfDifferentGenerations() throws Exception {
        int count = 65_000;
        List<MemorySegment> views = new ArrayList<>(count);
        long before = mappings();
        long during;
        try (Store store = Store.open(path, COMPACTING)) {
            Keyspace space = store.keyspace("k");
            byte[] key = bytes("key");
            for (int i = 0; i < count; i++) {
                space.put(key, ByteBuffer.allocate(8).putInt(0, i).array());
                views.add(space.get(key));
            }
            during = mappings();
            store.compact();
            checkGenerations(views);
            assertTrue(store.stats().retiredBytes() > 0);
        }
        checkGenerations(views);
        assertTrue(during - before < 200, before + " mappings before, " + during + " with the views");
    }

    private static void checkGenerations(List<MemorySegment> views) {
        for (int i = 0; i < views.size(); i++) {
            int generation = Integer.reverseBytes(views.get(i).get(ValueLayout.JAVA_INT, 0));
            if (generation != i) {
                assertEquals(i, generation, "view " + i);
            }
        }
    }

    private static long mappings() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.count();
        }
    }

    // ---------------------------------------------------------------------------------------------- conditional puts

    @Test
    @DisplayName("A32: of two conditional puts in one group exactly one wins, also against a key staged in it")
    void ofTwoConditionalPutsInOneGroupOneWins() throws Exception {
        FaultyStorage storage = FaultyStorage.over(path);
        AtomicBoolean block = new AtomicBoolean();
        CountDownLatch[] gate = {new CountDownLatch(1), new CountDownLatch(1)};
        storage.hook(call -> {
            if (call.operation() == Operation.WRITE && block.compareAndSet(true, false)) {
                gate[0].countDown();
                try {
                    gate[1].await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        try (Store store = TestEngines.open(path, storage, SMALL)) {
            Keyspace space = store.keyspace("k");
            TestEngines.tick(store);
            for (int round = 0; round < 30; round++) {
                String key = "key-" + round;
                byte[] name = bytes(key);
                long version = space.put(key, bytes("first"));
                gate[0] = new CountDownLatch(1);
                gate[1] = new CountDownLatch(1);
                block.set(true);
                CompletableFuture<Long> holder = space.putAsync(bytes("holder"), bytes("x"), Durability.APPENDED);
                assertTrue(gate[0].await(60, TimeUnit.SECONDS));
                // All of these are in the ring when the next group is formed.
                AtomicInteger won = new AtomicInteger();
                AtomicInteger created = new AtomicInteger();
                List<Worker> rivals = new ArrayList<>();
                CompletableFuture<Long> staged =
                        space.putAsync(bytes("staged-" + round), bytes("s"), Durability.APPENDED);
                for (int w = 0; w < 4; w++) {
                    int rival = w;
                    rivals.add(Worker.start("rival-" + w, () -> {
                        if (space.replace(name, bytes("rival-" + rival), version) != Keyspace.NOT_WRITTEN) {
                            won.incrementAndGet();
                        }
                        if (space.putIfAbsent(bytes("new-" + key), bytes("rival-" + rival)) != Keyspace.NOT_WRITTEN) {
                            created.incrementAndGet();
                        }
                        assertEquals(
                                Keyspace.NOT_WRITTEN, space.putIfAbsent(bytes("staged-" + key.substring(4)), name));
                    }));
                }
                Thread.sleep(5);
                gate[1].countDown();
                joinAll(rivals);
                holder.get(60, TimeUnit.SECONDS);
                staged.get(60, TimeUnit.SECONDS);
                assertEquals(1, won.get(), "winners of replace in round " + round);
                assertEquals(1, created.get(), "winners of putIfAbsent in round " + round);
                assertEquals("s", new String(value(space.get("staged-" + round))));
            }
        }
    }

    @Test
    @DisplayName("A32: a counter that 8 threads raise with compare-and-set reaches the exact total")
    void compareAndSetLosesNothing() throws Exception {
        int threads = 8;
        int each = 500;
        try (Store store = Store.open(path, COMPACTING)) {
            Keyspace space = store.keyspace("k");
            byte[] key = bytes("counter");
            space.put(key, ByteBuffer.allocate(8).array());
            List<Worker> workers = new ArrayList<>();
            for (int w = 0; w < threads; w++) {
                workers.add(Worker.start("counter-" + w, () -> {
                    Cursor cursor = space.cursor();
                    for (int i = 0; i < each; i++) {
                        while (true) {
                            assertTrue(cursor.find(key));
                            long version = cursor.version();
                            long next;
                            try {
                                next = cursor.getLong(0) + 1;
                            } catch (ConcurrentModificationException e) {
                                continue;
                            }
                            byte[] value = ByteBuffer.allocate(8)
                                    .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                                    .putLong(0, next)
                                    .array();
                            if (space.replace(key, value, version) != Keyspace.NOT_WRITTEN) {
                                break;
                            }
                        }
                    }
                }));
            }
            joinAll(workers);
            Cursor cursor = space.cursor();
            assertTrue(cursor.find(key));
            assertEquals((long) threads * each, cursor.getLong(0));
        }
        try (Store store = Store.open(path, SMALL)) {
            Cursor cursor = store.keyspace("k").cursor();
            assertTrue(cursor.find(bytes("counter")));
            assertEquals((long) threads * each, cursor.getLong(0));
        }
    }

    // ------------------------------------------------------------------------------------------------ ways to write

    @Test
    @DisplayName(
            "Many threads with synchronous, asynchronous, durable, conditional and batched writes: all as it was told")
    void manyThreadsInEveryWay() throws Exception {
        Map<String, byte[]> model = new ConcurrentHashMap<>();
        try (Store store = Store.open(path, SMALL)) {
            Keyspace space = store.keyspace("k");
            List<Worker> workers = new ArrayList<>();
            for (int w = 0; w < 12; w++) {
                int worker = w;
                workers.add(Worker.start("worker-" + w, () -> mixed(store, space, model, worker, 400)));
            }
            joinAll(workers);
            assertHolds(model, space);
            assertIntact(store);
            assertReopens(model, crash(store, "killed"), "k");
        }
        assertReopens(model, path, "k");
    }

    private static void mixed(Store store, Keyspace space, Map<String, byte[]> model, int worker, int times)
            throws Exception {
        Random random = new Random(worker);
        CompletableFuture<Long> pending = CompletableFuture.completedFuture(1L);
        for (int i = 0; i < times; i++) {
            String key = worker + "-" + random.nextInt(60);
            byte[] value = random(random.nextInt(30) == 0 ? 40_000 : random.nextInt(1_200), i);
            Durability durability = random.nextInt(20) == 0 ? Durability.DURABLE : Durability.APPENDED;
            switch (random.nextInt(6)) {
                case 0, 1 -> {
                    assertTrue(space.put(bytes(key), value, durability) > 0);
                    model.put(key, value);
                }
                case 2 -> {
                    pending = space.putAsync(bytes(key), value, durability);
                    model.put(key, value);
                }
                case 3 -> {
                    long lsn = space.delete(bytes(key), durability);
                    assertEquals(model.remove(key) != null, lsn != Keyspace.NOT_WRITTEN);
                }
                case 4 -> {
                    long lsn = space.putIfAbsent(bytes(key), value, durability);
                    assertEquals(model.putIfAbsent(key, value) == null, lsn != Keyspace.NOT_WRITTEN);
                }
                default -> {
                    try (WriteBatch batch = store.batch()) {
                        for (int b = 0; b < 5; b++) {
                            String other = worker + "-" + (60 + random.nextInt(10));
                            batch.put(space, other, value);
                            model.put(other, value);
                        }
                        batch.delete(space, key);
                        model.remove(key);
                        batch.commit(durability);
                    }
                }
            }
        }
        pending.get(60, TimeUnit.SECONDS);
    }

    /** A sync takes some time, as on a device: where it takes none each write may have one of its own. */
    private Store withSlowSyncs() {
        FaultyStorage storage = FaultyStorage.over(path);
        storage.hook(call -> {
            if (call.operation() == Operation.SYNC) {
                try {
                    Thread.sleep(2);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        return TestEngines.open(path, storage, SMALL);
    }

    @Test
    @DisplayName("Futures of durable writes complete in order, with ascending LSNs that are durable by then")
    void durableFuturesCompleteInOrder() throws Exception {
        try (Store store = withSlowSyncs()) {
            Keyspace space = store.keyspace("k");
            List<CompletableFuture<Long>> futures = new ArrayList<>();
            AtomicInteger tooEarly = new AtomicInteger();
            for (int i = 0; i < 3_000; i++) {
                futures.add(space.putAsync(bytes("k" + i), random(50, i), Durability.DURABLE)
                        .whenComplete((lsn, failure) -> {
                            if (store.durableLsn() <= lsn) {
                                tooEarly.incrementAndGet();
                            }
                        }));
            }
            long last = 0;
            for (CompletableFuture<Long> future : futures) {
                long lsn = future.get(60, TimeUnit.SECONDS);
                assertTrue(lsn > last);
                last = lsn;
            }
            assertEquals(0, tooEarly.get(), "futures that completed before their write was durable");
            assertTrue(store.stats().syncs() < 1_500, store.stats().toString());
        }
    }

    @Test
    @DisplayName("Without threads of its own the engine completes durable futures all the same")
    void durableFuturesCompleteInline() throws Exception {
        try (Store store = TestEngines.inline(path, FaultyStorage.over(path), SMALL, -1L)) {
            Keyspace space = store.keyspace("k");
            long lsn =
                    space.putAsync(bytes("k"), bytes("v"), Durability.DURABLE).get(60, TimeUnit.SECONDS);
            assertTrue(store.durableLsn() > lsn);
        }
    }

    @Test
    @DisplayName("1,000 virtual threads with durable puts share their syncs")
    void virtualThreadsShareSyncs() throws Exception {
        try (Store store = withSlowSyncs()) {
            Keyspace space = store.keyspace("k");
            long before = store.stats().syncs();
            List<Worker> workers = new ArrayList<>();
            for (int w = 0; w < 1_000; w++) {
                int worker = w;
                workers.add(Worker.startVirtual("virtual-" + w, () -> {
                    for (int i = 0; i < 3; i++) {
                        long lsn = space.put(bytes(worker + "-" + i), random(100, i), Durability.DURABLE);
                        assertTrue(store.durableLsn() > lsn);
                    }
                }));
            }
            joinAll(workers);
            assertEquals(3_000, space.size());
            long syncs = store.stats().syncs() - before;
            assertTrue(syncs < 1_500, syncs + " syncs for 3,000 durable writes of 1,000 threads");
        }
    }

    @Test
    @DisplayName("A batch of 100 MB goes across many chunks and is larger than the staging buffer")
    void aBatchOfAHundredMegabytes() {
        int records = 1_600;
        int length = 65_536;
        try (Store store = Store.open(path, SMALL)) {
            Keyspace space = store.keyspace("k");
            try (WriteBatch batch = store.batch()) {
                for (int i = 0; i < records; i++) {
                    batch.put(space, i, random(length, i));
                }
                assertTrue(batch.bytes() > 100L << 20);
                assertTrue(batch.commit(Durability.DURABLE) > 0);
            }
            assertTrue(store.stats().chunks() >= 8, store.stats().toString());
            check(space, records, length);
            store.keyspace("other").put("k", bytes("v"));
            try (Store killed = Store.open(crash(store, "killed"), SMALL)) {
                check(killed.keyspace("k"), records, length);
            }
        }
        try (Store store = Store.open(path, SMALL)) {
            check(store.keyspace("k"), records, length);
        }
    }

    private static void check(Keyspace space, int records, int length) {
        assertEquals(records, space.size());
        for (int i = 0; i < records; i++) {
            assertArrayEquals(random(length, i), value(space.get(i)));
        }
    }

    @Test
    @DisplayName("A batch that one chunk cannot hold is there as a whole, and can be overwritten by the next")
    void batchesAcrossChunks() {
        TreeMap<String, byte[]> model = new TreeMap<>();
        try (Store store = Store.open(path, SMALL)) {
            Keyspace space = store.keyspace("k");
            for (int round = 0; round < 8; round++) {
                try (WriteBatch batch = store.batch()) {
                    for (int i = 0; i < 30; i++) {
                        byte[] value = random(20_000 + i, round * 100 + i);
                        batch.put(space, "k" + i, value);
                        model.put("k" + i, value);
                    }
                    batch.commit();
                }
                assertHolds(model, space);
            }
            assertReopens(model, crash(store, "killed"), "k");
        }
        assertReopens(model, path, "k");
    }
}
