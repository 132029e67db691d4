package dev.ashlar.bench;

import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.Histogram;

/**
 * Asynchronous puts with callbacks until all rows are in published segments, with nothing beside them, and with a reader;
 * and the same bytes written twice, with a sync after each pass, by pwrite and nothing else. The reader gets rows, and
 * by turns loads from a mapped file with the same rows.
 */
final class VectorWritePart implements KeyspaceBench.Part {
    private static final DenseRows ROWS = new DenseRows(100_000, 768);
    private static final VectorOptions OPTIONS =
            VectorOptions.of(ROWS.dimension()).metric(Metric.DOT_PRODUCT);
    private static final long QUIET_NANOS = 2_000_000_000L;
    private static final int PIECE = 1 << 20;
    private static final int AT_A_TIME = 1_000;

    private final Path directory;
    private final SplittableRandom random = new SplittableRandom(7);
    private final MemorySegment dense;
    private double sink;

    VectorWritePart(Path directory) {
        this.directory = directory;
        this.dense = DenseRows.mapped(ROWS.inMemory(), directory.resolve("dense"));
    }

    @Override
    public Map<String, Object> setting() {
        return Map.of("rows", ROWS.count(), "dimension", ROWS.dimension(), "bytes", ROWS.bytes());
    }

    @Override
    public Map<String, Object> round() {
        Map<String, Object> figures = new LinkedHashMap<>();
        Path path = directory.resolve("store");
        try (Store store = Store.open(path)) {
            VectorCollection first = store.vectors("first", OPTIONS);
            long processor = Turns.processorNanos();
            figures.put("seconds", seconds(() -> ROWS.load(first)));
            figures.put("secondsOfProcessor", (Turns.processorNanos() - processor) / 1e9);
            figures.put("secondsBare", seconds(this::bare));

            AtomicBoolean stop = new AtomicBoolean();
            Histogram quiet = histogram();
            Histogram quietBare = histogram();
            long end = System.nanoTime() + QUIET_NANOS;
            while (System.nanoTime() < end) {
                gets(first, quiet);
                loads(quietBare);
            }
            describe("quiet", quiet, figures);
            describe("quietBare", quietBare, figures);
            Histogram loading = histogram();
            Histogram loadingBare = histogram();
            Thread reader = Thread.ofPlatform().start(() -> {
                while (!stop.get()) {
                    gets(first, loading);
                    loads(loadingBare);
                }
            });
            VectorCollection second = store.vectors("second", OPTIONS);
            figures.put("secondsBesideReader", seconds(() -> ROWS.load(second)));
            stop.set(true);
            reader.join();
            describe("loading", loading, figures);
            describe("loadingBare", loadingBare, figures);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        Directories.delete(path);
        if (sink == 42) {
            System.err.println("!");
        }
        return figures;
    }

    private static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    private static Histogram histogram() {
        return new Histogram(60_000_000_000L, 3);
    }

    private void gets(VectorCollection collection, Histogram histogram) {
        long before = System.nanoTime();
        for (int i = 0; i < AT_A_TIME; i++) {
            MemorySegment row = collection.get(random.nextInt(ROWS.count()));
            sink += row.get(ValueLayout.JAVA_FLOAT, 0);
            long after = System.nanoTime();
            histogram.recordValue(after - before);
            before = after;
        }
    }

    /** The same loads from rows one behind the other: what the machine does to any reader. */
    private void loads(Histogram histogram) {
        long before = System.nanoTime();
        for (int i = 0; i < AT_A_TIME; i++) {
            sink += dense.get(ValueLayout.JAVA_FLOAT, (long) random.nextInt(ROWS.count()) * ROWS.rowBytes());
            long after = System.nanoTime();
            histogram.recordValue(after - before);
            before = after;
        }
    }

    private static void describe(String phase, Histogram histogram, Map<String, Object> figures) {
        figures.put(phase + "P50", histogram.getValueAtPercentile(50));
        figures.put(phase + "P99", histogram.getValueAtPercentile(99));
        figures.put(phase + "P999", histogram.getValueAtPercentile(99.9));
        figures.put(phase + "P9999", histogram.getValueAtPercentile(99.99));
        figures.put(phase + "Max", histogram.getMaxValue());
        figures.put(phase + "Gets", histogram.getTotalCount());
    }

    /** The rows are computed as they are for the store: the generator counts on both sides. */
    private void bare() {
        MemorySegment piece = MemorySegment.ofAddress(Posix.hugeMemory(PIECE)).reinterpret(PIECE);
        float[] row = new float[ROWS.dimension()];
        for (int pass = 0; pass < 2; pass++) {
            Path path = directory.resolve("bare-" + pass);
            int file = Posix.create(path);
            int rowsInPiece = PIECE / ROWS.rowBytes();
            long at = 0;
            for (int id = 0; id < ROWS.count(); id += rowsInPiece) {
                int count = Math.min(rowsInPiece, ROWS.count() - id);
                for (int i = 0; pass == 0 && i < count; i++) {
                    ROWS.fill(id + i, row);
                    MemorySegment.copy(
                            row, 0, piece, ValueLayout.JAVA_FLOAT, (long) i * ROWS.rowBytes(), ROWS.dimension());
                }
                MemorySegment filled = piece.asSlice(0, (long) count * ROWS.rowBytes());
                Posix.write(file, filled, at);
                at += filled.byteSize();
            }
            Posix.syncData(file);
            Posix.close(file);
        }
        for (int pass = 0; pass < 2; pass++) {
            path(pass).toFile().delete();
        }
    }

    private Path path(int pass) {
        return directory.resolve("bare-" + pass);
    }

    @Override
    public void close() {}
}
