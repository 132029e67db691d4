package dev.ashlar.keyspace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * Readers at full speed while a writer splits, rebuilds and clears: a key that is always there is always found. Tables
 * are reused at once and by another index too, so a reader that trusts a miss without looking again fails here.
 */
class HashIndexConcurrencyTest {
    private static final int READERS = 2;
    private static final int BATCH = 64;
    private static final long NANOS = 1_500_000_000L;

    /** Keys below are always there; those of the second index are above {@link #OTHERS}. */
    private static final int ALWAYS = 3_000;

    private static final long OTHERS = 1L << 40;

    @Test
    void presentKeysAreFound() {
        run(TestIndex::mix, new TableMemory());
    }

    @Test
    void presentKeysAreFoundWhileTheRegionMovesAndNodesHangFromTheRoot() {
        run(key -> TestIndex.mix(key) >>> (key & 15), new TableMemory(32 << 10, 32 << 10));
    }

    private static void run(LongUnaryOperator hash, TableMemory memory) {
        // One array of records for both, as there is one log for all keyspaces; the key says which one it is of.
        TestIndex test = new TestIndex(memory, hash);
        HashIndex other = new HashIndex(memory, test::hashAt);
        AtomicLong current = new AtomicLong(ALWAYS);
        for (long key = 0; key < ALWAYS; key++) {
            test.put(key);
        }
        AtomicBoolean stop = new AtomicBoolean();
        CompletableFuture<?>[] readers = new CompletableFuture<?>[READERS];
        AtomicLong gets = new AtomicLong();
        CountDownLatch reading = new CountDownLatch(READERS);
        for (int i = 0; i < READERS; i++) {
            SplittableRandom random = new SplittableRandom(0x5EED_0020L + i);
            readers[i] = CompletableFuture.runAsync(
                    () -> gets.addAndGet(read(test, random, current, stop, reading)), HashIndexConcurrencyTest::start);
        }
        long rounds = 0;
        try {
            // All readers have begun before it ends, or one of them has failed.
            long end = System.nanoTime() + NANOS;
            for (; System.nanoTime() < end || reading.getCount() > 0 && running(readers); rounds++) {
                write(test, other, hash, current, rounds);
            }
        } finally {
            stop.set(true);
        }
        CompletableFuture.allOf(readers).join();
        assertTrue(gets.get() > 0 && rounds > 0);
        for (long key = 0; key < ALWAYS; key++) {
            assertTrue(test.get(key) != TestIndex.ABSENT);
        }
    }

    /** A thread for each: a pool may have fewer than there are readers. */
    private static void start(Runnable action) {
        Thread.ofPlatform().daemon().start(action);
    }

    private static boolean running(CompletableFuture<?>[] readers) {
        return Arrays.stream(readers).noneMatch(CompletableFuture::isDone);
    }

    /** Grows, shrinks and grows again; fills and clears the other index with the same tables in between. */
    private static void write(TestIndex test, HashIndex other, LongUnaryOperator hash, AtomicLong current, long round) {
        SplittableRandom random = new SplittableRandom(round);
        long from = ALWAYS;
        long to = from + 4_000 + random.nextInt(4_000);
        for (long key = from; key < to; key++) {
            test.put(key);
            current.setRelease(key + 1);
            if (key % 3 == 0) {
                test.put(random.nextInt(ALWAYS));
                long position = test.append(OTHERS + key);
                other.insert(hash.applyAsLong(OTHERS + key), position);
            }
        }
        other.clear();
        current.set(ALWAYS);
        for (long key = from; key < to; key++) {
            test.remove(key);
        }
        assertEquals(ALWAYS, test.index.size());
        if (round % 2 == 1) {
            // The same keys in an index that has to split again, since tables are never joined.
            HashIndex old = test.index;
            HashIndex fresh = new HashIndex(test.memory, test::hashAt);
            old.forEachPosition(position -> fresh.insert(test.hashAt(position), position));
            test.index = fresh;
            old.clear();
        }
    }

    /** Reads in batches, entries first: then any change in between meets many readers in the middle of a search. */
    private static long read(
            TestIndex test, SplittableRandom random, AtomicLong current, AtomicBoolean stop, CountDownLatch reading) {
        long[] keys = new long[BATCH];
        long[] entries = new long[BATCH];
        long gets = 0;
        while (!stop.get()) {
            HashIndex index = test.index;
            for (int i = 0; i < BATCH; i++) {
                keys[i] = random.nextInt(ALWAYS);
                entries[i] = index.entry(test.hash.applyAsLong(keys[i]));
            }
            for (int i = 0; i < BATCH; i++) {
                long position = test.scan(index, entries[i], keys[i]);
                if (position == TestIndex.ABSENT) {
                    if (index.entry(test.hash.applyAsLong(keys[i])) != entries[i] || test.index != index) {
                        position = test.get(keys[i]);
                    }
                    if (position == TestIndex.ABSENT) {
                        throw new AssertionError("key " + keys[i] + " was not found");
                    }
                }
                assertEquals(keys[i], test.keyAt(position));
            }
            // One of those that come and go, or one that never came.
            long maybe = current.getAcquire() + random.nextInt(200) - 100;
            long found = test.get(maybe);
            if (found != TestIndex.ABSENT) {
                assertEquals(maybe, test.keyAt(found));
            }
            if (gets == 0) {
                reading.countDown();
            }
            gets += BATCH + 1;
        }
        return gets;
    }
}
