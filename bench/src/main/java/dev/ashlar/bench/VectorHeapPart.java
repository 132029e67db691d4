package dev.ashlar.bench;

import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A million rows loaded, searched, read and opened again in a process with little heap. What the heap holds at the most,
 * garbage included, and what is left of it after a collection; and how long opening takes.
 */
final class VectorHeapPart implements KeyspaceBench.Part {
    static final String HEAP = "64m";

    private static final DenseRows ROWS = new DenseRows(1_000_000, 128);
    private static final int SEARCHES = 20;
    private static final int GETS = 1_000_000;

    private final Path directory;
    private double sink;

    VectorHeapPart(Path directory) {
        this.directory = directory;
    }

    @Override
    public Map<String, Object> setting() {
        return Map.of(
                "rows",
                ROWS.count(),
                "dimension",
                ROWS.dimension(),
                "heap",
                HEAP,
                "maxHeapBytes",
                Runtime.getRuntime().maxMemory(),
                "searches",
                SEARCHES,
                "gets",
                GETS);
    }

    @Override
    public Map<String, Object> round() {
        Map<String, Object> figures = new LinkedHashMap<>();
        Path path = directory.resolve("store");
        pools().forEach(MemoryPoolMXBean::resetPeakUsage);
        try (Store store = Store.open(path)) {
            VectorCollection collection =
                    store.vectors("bench", VectorOptions.of(ROWS.dimension()).metric(Metric.DOT_PRODUCT));
            ROWS.load(collection);
            use(collection);
            figures.put(
                    "peakHeapBytes",
                    pools().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum());
            System.gc();
            figures.put(
                    "heapBytes",
                    pools().mapToLong(pool -> pool.getUsage().getUsed()).sum());
        }
        long start = System.nanoTime();
        try (Store store = Store.open(path)) {
            figures.put("openMillis", (System.nanoTime() - start) / 1e6);
            VectorCollection collection = store.vectors("bench");
            sink += collection.get(ROWS.count() / 2).get(ValueLayout.JAVA_FLOAT, 0);
            figures.put("openAndGetMillis", (System.nanoTime() - start) / 1e6);
            sink += collection.search(VectorQuery.of(ROWS.query(0))).getFirst().score();
            figures.put("openAndSearchMillis", (System.nanoTime() - start) / 1e6);
            sink += collection.search(VectorQuery.of(ROWS.query(1))).getFirst().score();
        }
        Directories.delete(path);
        if (sink == 42) {
            System.err.println("!");
        }
        return figures;
    }

    private void use(VectorCollection collection) {
        for (int i = 0; i < SEARCHES; i++) {
            sink += collection.search(VectorQuery.of(ROWS.query(i))).getFirst().score();
        }
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < GETS; i++) {
            MemorySegment row = collection.get(random.nextInt(ROWS.count()));
            sink += row.get(ValueLayout.JAVA_FLOAT, 0);
        }
    }

    private static java.util.stream.Stream<MemoryPoolMXBean> pools() {
        return ManagementFactory.getMemoryPoolMXBeans().stream().filter(pool -> pool.getType() == MemoryType.HEAP);
    }

    @Override
    public void close() {}
}
