package dev.ashlar.bench;

import dev.ashlar.Cursor;
import dev.ashlar.Keyspace;
import dev.ashlar.Store;
import dev.ashlar.StoreOptions;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * How long one thread's gets take, each measured, while nothing else goes on, while another thread overwrites values as
 * fast as it can, and while the store is compacted besides. A million keys with values of 2 KiB.
 */
final class LatencyPart implements KeyspaceBench.Part {
    private static final int ENTRIES = 1_000_000;
    private static final int VALUE_BYTES = 2048;
    private static final long PHASE_NANOS = 3_000_000_000L;

    private final Store store;
    private final Keyspace keyspace;
    private final Cursor cursor;
    private final byte[] key = new byte[Dataset.KEY_BYTES];
    private final SplittableRandom random = new SplittableRandom(7);

    LatencyPart(Path directory) {
        store = Store.open(directory, StoreOptions.DEFAULT.withAutoCompaction(false));
        keyspace = store.keyspace("bench");
        Stores.fill(store, keyspace, 0, ENTRIES, Dataset.KEY_BYTES, VALUE_BYTES);
        cursor = keyspace.cursor();
    }

    @Override
    public Map<String, Object> setting() {
        return Map.of("entries", ENTRIES, "keyBytes", Dataset.KEY_BYTES, "valueBytes", VALUE_BYTES);
    }

    @Override
    public Map<String, Object> round() {
        Map<String, Object> figures = new LinkedHashMap<>();
        describe("quiet", gets(), figures);
        AtomicBoolean stop = new AtomicBoolean();
        AtomicLong puts = new AtomicLong();
        Thread writer = Thread.ofPlatform().start(() -> overwrite(stop, puts));
        describe("writing", gets(), figures);
        stop.set(true);
        join(writer);
        figures.put("putsPerSecond", puts.get() / (PHASE_NANOS / 1e9));

        stop.set(false);
        puts.set(0);
        AtomicLong relocated = new AtomicLong();
        Thread again = Thread.ofPlatform().start(() -> overwrite(stop, puts));
        Thread compaction = Thread.ofPlatform().start(() -> {
            while (!stop.get()) {
                relocated.addAndGet(store.compact().records());
            }
        });
        describe("compacting", gets(), figures);
        stop.set(true);
        join(again);
        join(compaction);
        figures.put("putsPerSecondCompacting", puts.get() / (PHASE_NANOS / 1e9));
        figures.put("recordsRelocated", relocated.get());
        store.compact();
        return figures;
    }

    private Histogram gets() {
        Histogram histogram = new Histogram(60_000_000_000L, 3);
        long end = System.nanoTime() + PHASE_NANOS;
        long before = System.nanoTime();
        while (before < end) {
            Stores.key(random.nextInt(ENTRIES), key);
            long start = System.nanoTime();
            if (!cursor.find(key)) {
                throw new IllegalStateException("a key is missing");
            }
            long after = System.nanoTime();
            histogram.recordValue(after - start);
            before = after;
        }
        return histogram;
    }

    private static void describe(String phase, Histogram histogram, Map<String, Object> figures) {
        figures.put(phase + "P50", histogram.getValueAtPercentile(50));
        figures.put(phase + "P99", histogram.getValueAtPercentile(99));
        figures.put(phase + "P999", histogram.getValueAtPercentile(99.9));
        figures.put(phase + "P9999", histogram.getValueAtPercentile(99.99));
        figures.put(phase + "Max", histogram.getMaxValue());
        figures.put(phase + "Gets", histogram.getTotalCount());
    }

    private void overwrite(AtomicBoolean stop, AtomicLong puts) {
        SplittableRandom numbers = new SplittableRandom(8);
        byte[] written = new byte[Dataset.KEY_BYTES];
        byte[] value = new byte[VALUE_BYTES];
        while (!stop.get()) {
            Stores.key(numbers.nextInt(ENTRIES), written);
            keyspace.put(written, value);
            puts.lazySet(puts.get() + 1);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        store.close();
    }
}
