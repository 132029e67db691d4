package dev.ashlar.keyspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.AshlarException;
import dev.ashlar.CorruptionException;
import dev.ashlar.StoreClosedException;
import dev.ashlar.io.Storage;
import dev.ashlar.io.Storages;
import dev.ashlar.log.CheckpointBodies;
import dev.ashlar.log.CheckpointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A restored index whose tables come from the checkpoint when they are needed. */
class PendingTablesTest {
    private static final UUID STORE = new UUID(3, 4);
    private static final long ID = 7;
    private static final int TABLE = 2;

    @TempDir
    Path directory;

    private Storage storage;
    private CheckpointBodies bodies;

    @BeforeEach
    void openStorage() {
        storage = Storages.open(directory);
        storage.createDirectory(CheckpointFile.DIRECTORY);
    }

    @Test
    void aTableIsLoadedByWhoNeedsIt() {
        TestIndex test = filled(TestIndex::mix, 20_000);
        Map<Long, Long> model = model(20_000);
        leaveInCheckpoint(test, new TableMemory());
        storage.unlink(CheckpointFile.fileName(ID)); // as a newer checkpoint does
        assertEquals(20_000, test.index.size());
        HashIndexTest.assertSame(model, test, 21_000);
        bodies.close();
        HashIndexTest.assertSame(model, test, 21_000);
    }

    @Test
    void anEmptyIndex() {
        TestIndex test = filled(TestIndex::mix, 0);
        leaveInCheckpoint(test, new TableMemory());
        assertEquals(TestIndex.ABSENT, test.get(1));
        test.put(1);
        assertTrue(test.get(1) != TestIndex.ABSENT);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void allAreLoadedForThoseWhoComeLater(boolean skewed) {
        TestIndex test = filled(skewed ? PendingTablesTest::skewed : TestIndex::mix, 50_000);
        leaveInCheckpoint(test, new TableMemory());
        test.index.loadPending();
        bodies.close();
        HashIndexTest.assertSame(model(50_000), test, 51_000);
    }

    /** Readers, the loader and a writer at once: no key is missing, whoever brings its table. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whileAWriterRuns(boolean skewed) {
        LongUnaryOperator hash = skewed ? PendingTablesTest::skewed : TestIndex::mix;
        for (int round = 0; round < 4; round++) {
            TestIndex test = filled(hash, 40_000);
            Map<Long, Long> model = model(40_000);
            leaveInCheckpoint(test, new TableMemory());
            AtomicBoolean stop = new AtomicBoolean();
            CompletableFuture<Void> reading = CompletableFuture.runAsync(
                    () -> {
                        for (long key = 0; !stop.get(); key = (key + 7_919) % 40_000) {
                            long k = key - key % 10; // the writer leaves these alone
                            assertEquals(HashIndex.MIN_POSITION + k, test.get(k));
                        }
                    },
                    PendingTablesTest::start);
            CompletableFuture<Void> loading =
                    CompletableFuture.runAsync(test.index::loadPending, PendingTablesTest::start);
            SplittableRandom random = new SplittableRandom(round);
            for (int n = 0; n < 150_000; n++) {
                long key = random.nextInt(120_000);
                if (key % 10 == 0) {
                    continue;
                }
                if (random.nextInt(4) > 0) {
                    model.put(key, test.put(key));
                } else {
                    test.remove(key);
                    model.remove(key);
                }
            }
            loading.join();
            stop.set(true);
            reading.join();
            HashIndexTest.assertSame(model, test, 120_000);
            bodies.close();
            storage.unlink(CheckpointFile.fileName(ID));
        }
    }

    /** The writer splits tables and doubles the root before anything else was loaded. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theDirectoryGrowsOverPendingEntries(boolean skewed) {
        TestIndex test = filled(skewed ? PendingTablesTest::skewed : TestIndex::mix, 40_000);
        Map<Long, Long> model = model(40_000);
        leaveInCheckpoint(test, new TableMemory());
        long prefix = test.hash.applyAsLong(1) >>> 56;
        for (long key = 40_000; key < 1_500_000; key++) {
            if (test.hash.applyAsLong(key) >>> 56 == prefix) {
                model.put(key, test.put(key));
            }
        }
        HashIndexTest.assertSame(model, test, 60_000);
    }

    @Test
    void allAreLoadedBeforeTheRegionMoves() {
        TestIndex test = filled(TestIndex::mix, 20_000);
        Map<Long, Long> model = model(20_000);
        TableMemory memory = new TableMemory(64L << 10, 64L << 10);
        leaveInCheckpoint(test, memory);
        memory.beforeMoving(test.index::loadPending);
        long size = memory.region().byteSize();
        long key = 20_000;
        while (memory.region().byteSize() == size) {
            model.put(key, test.put(key));
            key++;
        }
        bodies.close();
        HashIndexTest.assertSame(model, test, key);
    }

    @Test
    void clearing() {
        TestIndex test = filled(TestIndex::mix, 20_000);
        TableMemory memory = new TableMemory();
        leaveInCheckpoint(test, memory);
        assertTrue(memory.usedBytes() > 0);
        test.index.clear();
        assertEquals(0, memory.usedBytes());
        assertEquals(TestIndex.ABSENT, test.get(1));
    }

    @Test
    void aTableThatIsNotWhatWasVerifiedIsAnErrorAndTriedAgain() throws IOException {
        TestIndex test = filled(TestIndex::mix, 20_000);
        leaveInCheckpoint(test, new TableMemory());
        Path file = directory.resolve(CheckpointFile.fileName(ID));
        byte[] intact = Files.readAllBytes(file);
        byte[] damaged = intact.clone();
        damaged[64 + 40 + 100] ^= 1; // in the first table
        Files.write(file, damaged);
        int errors = 0;
        for (long key = 0; key < 20_000; key++) {
            boolean first = test.hash.applyAsLong(key) >>> 59 == 0;
            if (first) {
                long k = key;
                assertThrows(CorruptionException.class, () -> test.get(k));
                errors++;
            } else if (errors > 0) {
                assertEquals(HashIndex.MIN_POSITION + key, test.get(key));
            }
        }
        assertTrue(errors > 0);
        assertThrows(CorruptionException.class, test.index::loadPending);
        Files.write(file, intact);
        HashIndexTest.assertSame(model(20_000), test, 20_000);
    }

    @Test
    void afterTheEndWhatIsInMemoryCanBeFound() {
        TestIndex test = filled(TestIndex::mix, 20_000);
        leaveInCheckpoint(test, new TableMemory());
        test.get(5);
        bodies.close();
        assertEquals(HashIndex.MIN_POSITION + 5, test.get(5));
        assertThrows(StoreClosedException.class, test.index::loadPending);
    }

    @Test
    void tablesHaveToFollowOneAnother() {
        PendingTables tables = new PendingTables(new TableMemory(), null);
        tables.add(1, 104, 0);
        tables.add(2, 8336, 0);
        tables.add(3, 16568, 0);
        assertThrows(AshlarException.class, () -> tables.add(4, 24808, 0));
    }

    /** Some hashes share so many bits that the directory has nodes. */
    private static long skewed(long key) {
        return TestIndex.mix(key) >>> (key & 15);
    }

    /** A thread for each: a pool may have a single one. */
    private static void start(Runnable action) {
        Thread unused = Thread.ofPlatform().daemon().start(action);
    }

    private static TestIndex filled(LongUnaryOperator hash, int keys) {
        TestIndex test = new TestIndex(new TableMemory(), hash);
        for (long key = 0; key < keys; key++) {
            test.put(key);
        }
        return test;
    }

    private static Map<Long, Long> model(int keys) {
        Map<Long, Long> model = new HashMap<>();
        for (long key = 0; key < keys; key++) {
            model.put(key, HashIndex.MIN_POSITION + key);
        }
        return model;
    }

    /** Replaces the index by one whose tables are all in a checkpoint. */
    private void leaveInCheckpoint(TestIndex test, TableMemory memory) {
        try (CheckpointFile.Writer out = new CheckpointFile.Writer(storage, STORE, ID, 0)) {
            test.index.image((prefix, depth, level, words) ->
                    out.block(TABLE, 1, prefix, (long) level << 8 | depth, words, 0, HashIndex.TABLE_BYTES));
            out.finish();
        }
        bodies = new CheckpointBodies(storage, ID);
        PendingTables pending = new PendingTables(memory, bodies);
        try (CheckpointFile.Reader in = new CheckpointFile.Reader(storage, STORE, ID);
                IndexRestorer restorer = new IndexRestorer(memory, test::hashAt, pending)) {
            while (in.next()) {
                restorer.addPending(
                        in.a(),
                        (int) in.b() & 0xFF,
                        (int) (in.b() >>> 8),
                        in.bytes(),
                        in.bodyAt(),
                        in.bodyPosition(),
                        in.bodyHash());
            }
            test.index = restorer.finish();
        }
    }
}
