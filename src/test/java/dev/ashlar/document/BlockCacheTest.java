package dev.ashlar.document;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.ashlar.StorageException;
import dev.ashlar.document.TestSegments.Doc;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class BlockCacheTest {
    /** One document in each block. */
    private static List<Doc> blocksOf(Random random, int count, int... lengths) {
        List<Doc> docs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            docs.add(new Doc(TestSegments.text(random, lengths[i % lengths.length]), null));
        }
        return docs;
    }

    private static SegmentFile segment(TestSegments segments, List<Doc> docs) {
        return segments.segment(new BlockOptions(4096, -5), null, docs, List.of());
    }

    private static void checkDocument(CachedBlock block, Doc doc) {
        assertEquals(1, block.documents());
        assertArrayEquals(doc.bytes(), TestSegments.bytes(block.memory(), block.at(0), block.length(0)));
    }

    private static <T> List<Future<T>> onThreads(int threads, Callable<T> task) throws Exception {
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            List<Future<T>> futures = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                futures.add(executor.submit(task));
            }
            return futures;
        }
    }

    @Test
    void aBlockIsReadOnceAndThenHit() {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = blocksOf(new Random(1), 10, 4000);
        try (SegmentFile file = segment(segments, docs);
                BlockCache cache = new BlockCache(1 << 20)) {
            BlockCache.Blocks blocks = cache.of(file);
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 10; i++) {
                    CachedBlock block = blocks.pin(i);
                    checkDocument(block, docs.get(i));
                    block.unpin();
                }
            }
            BlockCacheStats stats = cache.stats();
            assertEquals(10, stats.misses());
            assertEquals(20, stats.hits());
            assertEquals(10, stats.blocks());
            assertEquals(0, stats.waits() + stats.evictions() + stats.outsideBytes());
            blocks.close();
            assertEquals(0, cache.stats().blocks());
            assertThrows(IllegalStateException.class, () -> blocks.pin(1));
        }
    }

    /** C17: all that miss the same block wait for the one that reads it. */
    @Test
    void threadsThatMissTheSameBlockReadItOnce() throws Exception {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = blocksOf(new Random(2), 1, 4000);
        segment(segments, docs).close();
        ReadErrors storage = new ReadErrors(segments.storage);
        try (SegmentFile file =
                        SegmentFile.open(storage, TestSegments.STORE, TestSegments.SPACE, 1, segments.dictionaries);
                BlockCache cache = new BlockCache(1 << 20);
                BlockCache.Blocks blocks = cache.of(file)) {
            CountDownLatch all = new CountDownLatch(8);
            int before = storage.reads.get();
            storage.beforeRead = () -> awaitWaits(cache, 7);
            for (Future<CachedBlock> pinned : onThreads(8, () -> {
                all.countDown();
                all.await();
                return blocks.pin(0);
            })) {
                checkDocument(pinned.get(), docs.getFirst());
                assertSame(blocks.pin(0), pinned.get());
            }
            assertEquals(before + 1, storage.reads.get());
            assertEquals(1, cache.stats().misses());
            assertEquals(7, cache.stats().waits());
        }
    }

    private static void awaitWaits(BlockCache cache, int count) {
        long end = System.nanoTime() + 60_000_000_000L;
        while (cache.stats().waits() < count) {
            assertTrue(System.nanoTime() < end, "nobody waits");
            Thread.onSpinWait();
        }
    }

    @Test
    void aFailureIsToldToAllThatWaitAndIsForgotten() throws Exception {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = blocksOf(new Random(3), 1, 4000);
        segment(segments, docs).close();
        ReadErrors storage = new ReadErrors(segments.storage);
        try (SegmentFile file =
                        SegmentFile.open(storage, TestSegments.STORE, TestSegments.SPACE, 1, segments.dictionaries);
                BlockCache cache = new BlockCache(1 << 20);
                BlockCache.Blocks blocks = cache.of(file)) {
            storage.failing = true;
            storage.beforeRead = () -> awaitWaits(cache, 3);
            for (Future<StorageException> failed :
                    onThreads(4, () -> assertThrows(StorageException.class, () -> blocks.pin(0)))) {
                assertTrue(failed.get().getMessage().contains("as the test wants it"));
            }
            assertEquals(0, cache.stats().blocks());
            storage.failing = false;
            storage.beforeRead = () -> {};
            CachedBlock block = blocks.pin(0);
            checkDocument(block, docs.getFirst());
            block.unpin();
        }
    }

    /** Blocks of all sizes, more than fit, from several threads that keep some of them pinned. */
    @Test
    void itStaysWithinItsBytes() throws Exception {
        TestSegments segments = TestSegments.simulated();
        long seed = System.nanoTime();
        List<Doc> docs = blocksOf(new Random(seed), 300, 100, 4000, 5000, 12_000, 30_000, 60_000, 100_000, 120_000);
        try (SegmentFile file = segment(segments, docs)) {
            BlockCache cache = new BlockCache(1 << 20);
            BlockCache.Blocks blocks = cache.of(file);
            int count = file.blocks();
            for (Future<Void> done : BlockCacheTest.<Void>onThreads(3, () -> {
                Random random = new Random(seed + Thread.currentThread().threadId());
                List<CachedBlock> pinned = new ArrayList<>();
                for (int i = 0; i < 2000; i++) {
                    int block = random.nextInt(random.nextBoolean() ? count : 20);
                    CachedBlock found = blocks.pin(block);
                    int first = file.firstOrdinalOf(block);
                    for (int j = 0; j < found.documents(); j++) {
                        byte[] expected = docs.get(first + j).bytes();
                        assertEquals(expected.length, found.length(j), () -> "seed " + seed);
                        if (i % 8 == 0) {
                            assertArrayEquals(
                                    expected,
                                    TestSegments.bytes(found.memory(), found.at(j), found.length(j)),
                                    () -> "seed " + seed);
                        }
                    }
                    pinned.add(found);
                    while (pinned.size() > random.nextInt(8)) {
                        pinned.remove(random.nextInt(pinned.size())).unpin();
                    }
                    BlockCacheStats stats = cache.stats();
                    assertTrue(stats.bytes() <= 1 << 20, () -> stats + ", seed " + seed);
                }
                pinned.forEach(CachedBlock::unpin);
                return null;
            })) {
                done.get();
            }
            BlockCacheStats stats = cache.stats();
            assertTrue(stats.hits() > 1000 && stats.evictions() > 100, () -> stats + ", seed " + seed);
            assertEquals(0, stats.outsideBytes());
            blocks.close();
            assertEquals(0, cache.stats().blocks(), () -> "seed " + seed);
            cache.close();
            assertEquals(0, cache.stats().bytes());
        }
    }

    @Test
    void ifEverythingIsPinnedABlockStaysOutside() {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = blocksOf(new Random(5), 200, 4000);
        try (SegmentFile file = segment(segments, docs);
                BlockCache cache = new BlockCache(512 << 10);
                BlockCache.Blocks blocks = cache.of(file)) {
            List<CachedBlock> pinned = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                pinned.add(blocks.pin(i));
            }
            assertEquals(512 << 10, cache.stats().bytes());
            assertEquals((200 - 128) * 4096, cache.stats().outsideBytes());
            for (int i = 0; i < 200; i++) {
                checkDocument(pinned.get(i), docs.get(i));
            }
            assertSame(pinned.get(199), blocks.pin(199));
            pinned.get(199).unpin();
            pinned.forEach(CachedBlock::unpin);
            assertEquals(0, cache.stats().outsideBytes());
            assertEquals(128, cache.stats().blocks());
            assertThrows(IllegalStateException.class, pinned.getFirst()::unpin);
        }
    }

    @Test
    void largeBlocksTakeOverTheMemoryOfThoseThatGo() {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = blocksOf(new Random(7), 80, 100_000, 130_000, 70_000);
        try (SegmentFile file = segment(segments, docs);
                BlockCache cache = new BlockCache(2 << 20);
                BlockCache.Blocks blocks = cache.of(file)) {
            Set<Object> mappings = new HashSet<>();
            for (int i = 0; i < 240; i++) {
                CachedBlock block = blocks.pin(i % 80);
                checkDocument(block, docs.get(i % 80));
                mappings.add(block.memory().scope());
                block.unpin();
                assertTrue(cache.stats().bytes() <= 2 << 20, () -> cache.stats().toString());
            }
            assertTrue(cache.stats().evictions() > 200, () -> cache.stats().toString());
            assertTrue(mappings.size() < 80, () -> mappings.size() + " mappings");
        }
    }

    @Test
    void aScanDoesNotDriveOutWhatIsInUse() {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = blocksOf(new Random(6), 600, 4000);
        try (SegmentFile file = segment(segments, docs);
                BlockCache cache = new BlockCache(512 << 10);
                BlockCache.Blocks blocks = cache.of(file)) {
            int hotMisses = 0;
            for (int i = 100; i < 600; i++) {
                blocks.pin(i).unpin();
                for (int hot = i % 2; hot < 40; hot += 2) {
                    long before = cache.stats().misses();
                    blocks.pin(hot).unpin();
                    hotMisses += (int) (cache.stats().misses() - before);
                }
            }
            assertEquals(40, hotMisses);
        }
    }

    @Test
    void pinnedBlocksOutliveClosing() {
        TestSegments segments = TestSegments.simulated();
        List<Doc> docs = blocksOf(new Random(7), 2, 4000);
        try (SegmentFile file = segment(segments, docs)) {
            BlockCache cache = new BlockCache(512 << 10);
            BlockCache.Blocks blocks = cache.of(file);
            CachedBlock block = blocks.pin(1);
            blocks.pin(0).unpin();
            blocks.close();
            cache.close();
            assertEquals(1, cache.stats().blocks());
            checkDocument(block, docs.get(1));
            block.unpin();
            assertEquals(0, cache.stats().bytes());
            assertThrows(IllegalStateException.class, () -> cache.of(file).pin(0));
        }
    }

    @Test
    void aHitMakesNoGarbage() throws ReflectiveOperationException {
        TestSegments segments = TestSegments.simulated();
        try (SegmentFile file = segment(segments, blocksOf(new Random(8), 20, 4000));
                BlockCache cache = new BlockCache(512 << 10);
                BlockCache.Blocks blocks = cache.of(file)) {
            long least = Long.MAX_VALUE;
            long sum = 0;
            int rounds = 0;
            // The compiler comes in between, when it can.
            long end = System.nanoTime() + 60_000_000_000L;
            for (; rounds < 20 || least >= 2000 && System.nanoTime() < end; rounds++) {
                long before = allocated();
                for (int i = 0; i < 2000; i++) {
                    CachedBlock block = blocks.pin(i % 20);
                    sum += block.length(0);
                    block.unpin();
                }
                least = Math.min(least, allocated() - before);
            }
            assertEquals(rounds * 2000L * 4000, sum);
            assertTrue(least < 2000, least + " bytes for 2000 hits");
        }
    }

    /** By this thread. The module does not require the one that counts. */
    private static long allocated() throws ReflectiveOperationException {
        Object counter = Class.forName("java.lang.management.ManagementFactory")
                .getMethod("getThreadMXBean")
                .invoke(null);
        return (long) Class.forName("com.sun.management.ThreadMXBean")
                .getMethod("getCurrentThreadAllocatedBytes")
                .invoke(counter);
    }
}
