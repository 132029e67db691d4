package dev.ashlar.bench;

import com.sun.management.ThreadMXBean;
import dev.ashlar.Metric;
import dev.ashlar.Store;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import dev.ashlar.simd.Distances;
import dev.ashlar.simd.SimdSupport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.lucene.search.TopKnnCollector;

/**
 * Single rows by id, and exact searches for the ten nearest, on one thread and on two, all rows in segments and in the page
 * cache.
 *
 * <p>Rows are read whole, by the dot product with a query. Their floor is the same at an index of all rows one behind the
 * other, in a file that is mapped as segments are, and in memory on huge pages. What of the rest is due to finding a row by
 * an id that is no index, {@link BareLookup} shows. The floor of a search is reading as many
 * bytes as fast as it goes: the best of sums in Java over those two, and of the kernel in C.
 */
final class VectorReadPart implements KeyspaceBench.Part {
    private static final int GETS = 20_000;
    private static final int AT_ONCE = 64;
    private static final int GET_TURNS = 11;
    private static final int SEARCH_TURNS = 7;
    private static final int K = 10;
    private static final int QUERIES = 8;

    private final DenseRows rows;
    private final Store store;
    private final VectorCollection collection;
    private final MemorySegment memory;
    private final MemorySegment mapped;
    private final BareLookup lookup;
    private final LuceneScan lucene;
    private final MemorySegment[] queries = new MemorySegment[QUERIES];
    private final float[][] arrays = new float[QUERIES][];
    private final MemorySegment scores;
    private boolean warm;

    VectorReadPart(Path directory, int count, int dimension) {
        rows = new DenseRows(count, dimension);
        store = Store.open(directory.resolve("store"));
        collection = store.vectors("bench", VectorOptions.of(dimension).metric(Metric.DOT_PRODUCT));
        rows.load(collection);
        memory = rows.inMemory();
        mapped = DenseRows.mapped(memory, directory.resolve("dense"));
        lookup = new BareLookup(count, directory.resolve("ids"));
        lucene = new LuceneScan(directory.resolve("lucene"), rows);
        scores = Arena.global().allocate(4L * count, 64);
        for (int i = 0; i < QUERIES; i++) {
            queries[i] = rows.query(i);
            arrays[i] = LuceneScan.query(queries[i]);
        }
        check();
    }

    /** All find the same. */
    private void check() {
        for (int i = 0; i < QUERIES; i++) {
            List<Long> found = search(i, 1).stream().map(VectorHit::id).toList();
            for (TopKnnCollector peer : List.of(
                    lucene.nearestByOrdinals(arrays[i], K, 0, 1), lucene.nearestByDocuments(arrays[i], K, 0, 1))) {
                long same = Arrays.stream(LuceneScan.ids(peer))
                        .filter(found::contains)
                        .count();
                if (found.size() != K || same < K - 1) { // sums differ in the last bit
                    throw new IllegalStateException("Ashlar has found " + found + ", and " + same + " of them Lucene");
                }
            }
        }
        for (int id = 0; id < rows.count(); id += 997) {
            if (collection.get(id).mismatch(memory.asSlice((long) id * rows.rowBytes(), rows.rowBytes())) >= 0) {
                throw new IllegalStateException("row " + id + " is another one");
            }
        }
    }

    @Override
    public Map<String, Object> setting() {
        return Map.of(
                "rows",
                rows.count(),
                "dimension",
                rows.dimension(),
                "bytes",
                rows.bytes(),
                "segments",
                collection.stats().segments(),
                "k",
                K,
                "getsInTurn",
                GETS,
                "atOnce",
                AT_ONCE,
                "kernels",
                SimdSupport.describe(),
                "lucene",
                LuceneScan.describe());
    }

    @Override
    public Map<String, Object> round() {
        Map<String, Object> figures = new LinkedHashMap<>();
        for (int threads = 1; threads <= 2; threads++) {
            figures.put("gets" + threads, gets(threads));
            figures.put("searches" + threads, searches(threads));
        }
        warm = true;
        figures.put("bytesAllocatedPerGet", allocatedPerGet());
        return figures;
    }

    /** On the heap. */
    private double allocatedPerGet() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        long found = 0;
        for (int id = 0; id < GETS; id++) {
            found += collection.get(id).byteSize();
        }
        if (found != (long) GETS * rows.rowBytes()) {
            throw new IllegalStateException("a row is missing");
        }
        return (threads.getCurrentThreadAllocatedBytes() - before) / (double) GETS;
    }

    private Map<String, Map<String, Double>> gets(int threads) {
        int n = rows.dimension();
        int stride = rows.rowBytes();
        MemorySegment query = queries[0];
        try (Turns turns = new Turns(threads)) {
            turns.add("mapped", (seed, thread, of) -> {
                double sum = 0;
                long state = seed + thread;
                for (int i = 0; i < GETS; i++) {
                    state = next(state);
                    sum += Distances.dot(query, 0, mapped, id(state) * stride, n);
                }
                return sum;
            });
            turns.add("memory", (seed, thread, of) -> {
                double sum = 0;
                long state = seed + thread;
                for (int i = 0; i < GETS; i++) {
                    state = next(state);
                    sum += Distances.dot(query, 0, memory, id(state) * stride, n);
                }
                return sum;
            });
            turns.add("lookup", (seed, thread, of) -> {
                double sum = 0;
                long state = seed + thread;
                for (int i = 0; i < GETS; i++) {
                    state = next(state);
                    sum += Distances.dot(query, 0, mapped, lookup.find(id(state)) * stride, n);
                }
                return sum;
            });
            turns.add("ashlar", (seed, thread, of) -> {
                double sum = 0;
                long state = seed + thread;
                for (int i = 0; i < GETS; i++) {
                    state = next(state);
                    sum += Distances.dot(query, 0, collection.get(id(state)), 0, n);
                }
                return sum;
            });
            turns.add("ashlarAtOnce", (seed, thread, of) -> {
                double sum = 0;
                long state = seed + thread;
                long[] ids = new long[AT_ONCE];
                MemorySegment[] found = new MemorySegment[AT_ONCE];
                for (int i = 0; i < GETS; i += AT_ONCE) {
                    for (int j = 0; j < AT_ONCE; j++) {
                        state = next(state);
                        ids[j] = id(state);
                    }
                    collection.getAll(ids, found);
                    for (int j = 0; j < Math.min(AT_ONCE, GETS - i); j++) {
                        sum += Distances.dot(query, 0, found[j], 0, n);
                    }
                }
                return sum;
            });
            return turns.nanos(warm ? 2 : 15, GET_TURNS);
        }
    }

    private static long next(long state) {
        return state * 6364136223846793005L + 1442695040888963407L;
    }

    private long id(long state) {
        return (state >>> 33) * rows.count() >>> 31;
    }

    private List<VectorHit> search(int query, int threads) {
        return collection.search(VectorQuery.of(queries[query]).k(K).parallelism(threads));
    }

    private Map<String, Map<String, Double>> searches(int threads) {
        try (Turns turns = new Turns(threads)) {
            turns.add("sumOfMapped", (seed, thread, of) -> ReadBandwidth.sum(mapped, thread, of));
            turns.add("sumOfMemory", (seed, thread, of) -> ReadBandwidth.sum(memory, thread, of));
            if (NativeLibrary.isBuilt()) {
                turns.add("c", this::inC);
            }
            turns.add(
                    "ashlar",
                    (seed, thread, of) ->
                            thread > 0 ? 0 : search(query(seed), of).getFirst().score());
            turns.add(
                    "luceneByOrdinals",
                    (seed, thread, of) -> lucene.nearestByOrdinals(arrays[query(seed)], K, thread, of)
                            .minCompetitiveSimilarity());
            turns.add(
                    "luceneByDocuments",
                    (seed, thread, of) -> lucene.nearestByDocuments(arrays[query(seed)], K, thread, of)
                            .minCompetitiveSimilarity());
            return turns.nanos(warm ? 1 : 6, SEARCH_TURNS);
        }
    }

    private static int query(long seed) {
        return (int) (seed & QUERIES - 1);
    }

    private double inC(long seed, int thread, int threads) {
        long from = (long) rows.count() * thread / threads;
        long to = (long) rows.count() * (thread + 1) / threads;
        try {
            NativeKernels.DOT_MANY.invokeExact(
                    queries[query(seed)].address(),
                    memory.address() + from * rows.rowBytes(),
                    (long) rows.rowBytes(),
                    to - from,
                    (long) rows.dimension(),
                    scores.address() + 4 * from);
            return scores.get(ValueLayout.JAVA_FLOAT, 4 * from);
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        lucene.close();
        store.close();
    }
}
