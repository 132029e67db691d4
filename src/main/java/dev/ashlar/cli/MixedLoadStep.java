package dev.ashlar.cli;

import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.WriteBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ConcurrentModificationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * One thread overwrites random keys and another reads random keys, both as fast as they can. Each value says for which key
 * it is and which write it is from, and carries a check of both, so that a reader would notice a mixture of two.
 */
final class MixedLoadStep {
    private static final String KEYSPACE = QuickstartDirectory.PREFIX + "mixed";
    private static final int KEYS = 100_000;
    private static final int VALUE_BYTES = 128;
    private static final int SEQUENCE_OFFSET = 8;
    private static final int CHECK_OFFSET = 16;
    private static final int LAST_OFFSET = VALUE_BYTES - Long.BYTES;
    /** Reading the clock costs as much as many a get; checking it now and then is enough to stop in time. */
    private static final int OPERATIONS_PER_LOOK = 64;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Store store;
    private final Keyspace keyspace;
    private final long nanos;

    MixedLoadStep(Store store, int seconds) {
        this.store = store;
        this.keyspace = store.keyspace(KEYSPACE);
        this.nanos = TimeUnit.SECONDS.toNanos(seconds);
    }

    void run(QuickstartReport report) throws Exception {
        report.tell("writing and reading at the same time, for " + Units.time(nanos));
        load();
        Latency.Recorder writes;
        Latency.Recorder reads;
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            Future<Latency.Recorder> writer = threads.submit(() -> write(start + nanos));
            Future<Latency.Recorder> reader = threads.submit(() -> read(start + nanos));
            writes = writer.get();
            reads = reader.get();
        }
        Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
        report.measured("mixed load: put", writes.count(), writes.count() * VALUE_BYTES, elapsed, writes.result());
        report.measured(
                "mixed load: get, by cursor", reads.count(), reads.count() * VALUE_BYTES, elapsed, reads.result());
        report.found(Units.count(reads.count()) + " reads beside " + Units.count(writes.count())
                + " overwrites: none saw a missing, mixed or foreign value");
    }

    private void load() {
        try (Arena arena = Arena.ofConfined();
                WriteBatch batch = store.batch()) {
            MemorySegment value = arena.allocate(VALUE_BYTES, Long.BYTES);
            MemorySegment key = arena.allocate(Long.BYTES);
            for (long i = 0; i < KEYS; i++) {
                setKey(key, i);
                fill(value, i, 0);
                batch.put(keyspace, key, value);
            }
            batch.commit();
        }
    }

    private Latency.Recorder write(long deadline) {
        Latency.Recorder latency = Latency.recorder();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(VALUE_BYTES, Long.BYTES);
            MemorySegment key = arena.allocate(Long.BYTES);
            long sequence = 1;
            while (System.nanoTime() - deadline < 0) {
                for (int i = 0; i < OPERATIONS_PER_LOOK; i++) {
                    long number = Math.floorMod(Mix.of(sequence), KEYS);
                    setKey(key, number);
                    fill(value, number, sequence++);
                    long start = System.nanoTime();
                    keyspace.put(key, value);
                    latency.record(System.nanoTime() - start);
                }
            }
        }
        return latency;
    }

    private Latency.Recorder read(long deadline) {
        Latency.Recorder latency = Latency.recorder();
        Cursor cursor = keyspace.cursor();
        long sequence = 1;
        while (System.nanoTime() - deadline < 0) {
            for (int i = 0; i < OPERATIONS_PER_LOOK; i++) {
                long number = Math.floorMod(Mix.of(-sequence++), KEYS);
                long start = System.nanoTime();
                boolean intact = find(cursor, number);
                latency.record(System.nanoTime() - start);
                if (!intact) {
                    throw Failure.refused("key " + number + " of the mixed load is missing or holds a wrong value");
                }
            }
        }
        return latency;
    }

    private static boolean find(Cursor cursor, long number) {
        while (true) {
            try {
                if (!cursor.find(number) || cursor.size() != VALUE_BYTES) {
                    return false;
                }
                long check = check(number, cursor.getLong(SEQUENCE_OFFSET));
                return cursor.getLong(0) == number
                        && cursor.getLong(CHECK_OFFSET) == check
                        && cursor.getLong(LAST_OFFSET) == check;
            } catch (ConcurrentModificationException _) {
                // Overwritten, and compacted away, between two accesses: find it again.
                Thread.onSpinWait();
            }
        }
    }

    private static void setKey(MemorySegment key, long number) {
        // What Keyspace.longKey makes of a number, without an array.
        key.set(LONG, 0, Long.reverseBytes(number ^ Long.MIN_VALUE));
    }

    private static void fill(MemorySegment value, long number, long sequence) {
        value.set(LONG, 0, number);
        value.set(LONG, SEQUENCE_OFFSET, sequence);
        long check = check(number, sequence);
        for (int offset = CHECK_OFFSET; offset < VALUE_BYTES; offset += Long.BYTES) {
            value.set(LONG, offset, check);
        }
    }

    private static long check(long number, long sequence) {
        return Mix.of(number ^ Mix.of(sequence));
    }
}
