package dev.ashlar.process;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorScan;
import dev.ashlar.WriteCallback;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The process with little heap. It says how many bytes of heap are in use, after a collection, with a quarter of the rows
 * and with all of them.
 */
final class HeapChild implements WriteCallback {
    private static final int SEARCHES = 4;

    private final int dimension;
    private volatile @Nullable AshlarException failure;

    private HeapChild(int dimension) {
        this.dimension = dimension;
    }

    public static void main(String[] arguments) throws InterruptedException {
        Path directory = Path.of(arguments[0]);
        int rows = Integer.parseInt(arguments[1]);
        HeapChild child = new HeapChild(Integer.parseInt(arguments[2]));
        long few;
        long many;
        try (Store store = Store.open(directory)) {
            VectorCollection collection = child.collection(store);
            child.put(collection, 0, rows / 4);
            child.use(collection, rows / 4);
            few = heap();
            child.put(collection, rows / 4, rows);
            child.put(collection, 0, rows / 8); // overwrites
            child.use(collection, rows);
            many = heap();
        }
        try (Store store = Store.open(directory)) {
            child.use(child.collection(store), rows);
        }
        System.out.println("done " + few + " " + many);
    }

    private VectorCollection collection(Store store) {
        return store.vectors("v", VectorOptions.of(dimension).metric(Metric.SQUARED_EUCLIDEAN));
    }

    /** The least of a few: what the store's own threads hold for a moment does not count. */
    private static long heap() throws InterruptedException {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            Thread.sleep(10);
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    /** Distinct for all ids below some 16 million, and the nearer, the nearer the ids are. */
    private float[] fill(int id, float[] row) {
        Arrays.fill(row, id & 0xFF);
        row[0] = id;
        return row;
    }

    private void put(VectorCollection collection, int from, int to) {
        float[] row = new float[dimension];
        for (int id = from; id < to; id++) {
            collection.put(id, fill(id, row), Durability.APPENDED, this, id);
        }
        collection.flush();
        AshlarException failed = failure;
        if (failed != null) {
            throw failed;
        }
    }

    private void use(VectorCollection collection, int rows) {
        require(collection.size() == rows, "size " + collection.size());
        float[] row = new float[dimension];
        for (int i = 0; i < SEARCHES; i++) {
            int id = rows / SEARCHES * i;
            require(collection.search(VectorQuery.of(fill(id, row))).getFirst().id() == id, "search for " + id);
        }
        for (int id = 0; id < rows; id++) {
            MemorySegment found = collection.get(id);
            require(found != null && found.get(ValueLayout.JAVA_FLOAT, 0) == id, "row " + id);
        }
        long scanned = 0;
        try (VectorScan scan = collection.scan()) {
            while (scan.next()) {
                require(scan.row().get(ValueLayout.JAVA_FLOAT, 0) == scan.id(), "row " + scan.id());
                scanned++;
            }
        }
        require(scanned == rows, "scanned " + scanned);
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalStateException(what);
        }
    }

    @Override
    public void completed(long tag, long lsn) {}

    @Override
    public void failed(long tag, AshlarException e) {
        failure = e;
    }
}
