package dev.ashlar.interchange;

import dev.ashlar.AshlarException;
import dev.ashlar.Durability;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorHit;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorQuery;
import dev.ashlar.VectorScan;
import dev.ashlar.VectorStats;
import dev.ashlar.WriteCallback;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** A collection on the heap, of which only what files need can be done; it notes every batch, and can fail. */
final class FakeVectors implements VectorCollection {
    /** A batch that was written. */
    record Batch(int rows, Durability durability) {}

    private final VectorOptions options;
    private final Map<Long, byte[]> rows = new TreeMap<>();
    private final List<Batch> batches = new ArrayList<>();
    private int batchesUntilFailure = Integer.MAX_VALUE;
    private Runnable beforeBatch = () -> {};

    FakeVectors(VectorOptions options) {
        this.options = options;
    }

    /** Fails every batch after so many. */
    void failAfter(int batchesThatSucceed) {
        batchesUntilFailure = batchesThatSucceed;
    }

    void beforeBatch(Runnable action) {
        beforeBatch = action;
    }

    List<Batch> batches() {
        return batches;
    }

    /** Rows as hexadecimal digits, by id. */
    Map<Long, String> content() {
        Map<Long, String> content = new TreeMap<>();
        rows.forEach((id, row) -> content.put(id, HexFormat.of().formatHex(row)));
        return content;
    }

    FakeVectors with(long id, byte[] row) {
        rows.put(id, row.clone());
        return this;
    }

    @Override
    public CompletableFuture<Long> putAllAsync(long[] ids, MemorySegment vectors, Durability durability) {
        if (vectors.byteSize() != (long) ids.length * options.rowBytes()) {
            throw new IllegalArgumentException(ids.length + " ids for " + vectors.byteSize() + " bytes");
        }
        beforeBatch.run();
        if (batches.size() >= batchesUntilFailure) {
            return CompletableFuture.failedFuture(new AshlarException("full"));
        }
        batches.add(new Batch(ids.length, durability));
        for (int i = 0; i < ids.length; i++) {
            rows.put(
                    ids[i],
                    vectors.asSlice((long) i * options.rowBytes(), options.rowBytes())
                            .toArray(ValueLayout.JAVA_BYTE));
        }
        return CompletableFuture.completedFuture((long) batches.size());
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public VectorOptions options() {
        return options;
    }

    @Override
    public long size() {
        return rows.size();
    }

    @Override
    public @Nullable MemorySegment get(long id) {
        byte[] row = rows.get(id);
        return row == null ? null : MemorySegment.ofArray(row).asReadOnly();
    }

    /** In an order that means nothing. */
    @Override
    public LongStream ids() {
        long[] ids = rows.keySet().stream().mapToLong(Long::longValue).toArray();
        for (int i = 0; i < ids.length / 2; i += 2) {
            long first = ids[i];
            ids[i] = ids[ids.length - 1 - i];
            ids[ids.length - 1 - i] = first;
        }
        return Arrays.stream(ids);
    }

    private static UnsupportedOperationException unused() {
        return new UnsupportedOperationException("no file needs this");
    }

    @Override
    public long put(long id, float[] vector, Durability durability) {
        throw unused();
    }

    @Override
    public long put(long id, byte[] vector, Durability durability) {
        throw unused();
    }

    @Override
    public long put(long id, MemorySegment vector, Durability durability) {
        throw unused();
    }

    @Override
    public CompletableFuture<Long> putAsync(long id, float[] vector, Durability durability) {
        throw unused();
    }

    @Override
    public CompletableFuture<Long> putAsync(long id, byte[] vector, Durability durability) {
        throw unused();
    }

    @Override
    public CompletableFuture<Long> putAsync(long id, MemorySegment vector, Durability durability) {
        throw unused();
    }

    @Override
    public void put(long id, float[] vector, Durability durability, WriteCallback callback, long tag) {
        throw unused();
    }

    @Override
    public void put(long id, MemorySegment vector, Durability durability, WriteCallback callback, long tag) {
        throw unused();
    }

    @Override
    public long putAll(long[] ids, float[] vectors, Durability durability) {
        throw unused();
    }

    @Override
    public long putAll(long[] ids, MemorySegment vectors, Durability durability) {
        throw unused();
    }

    @Override
    public CompletableFuture<Long> putAllAsync(long[] ids, float[] vectors, Durability durability) {
        throw unused();
    }

    @Override
    public long delete(long id, Durability durability) {
        throw unused();
    }

    @Override
    public CompletableFuture<Long> deleteAsync(long id, Durability durability) {
        throw unused();
    }

    @Override
    public long deleteAll(long[] ids, Durability durability) {
        throw unused();
    }

    @Override
    public long clear(Durability durability) {
        throw unused();
    }

    @Override
    public void reserve(long wanted) {
        throw unused();
    }

    @Override
    public void flush() {
        throw unused();
    }

    @Override
    public VectorStats stats() {
        throw unused();
    }

    @Override
    public int getAll(long[] ids, @Nullable MemorySegment[] found) {
        throw unused();
    }

    @Override
    public boolean get(long id, float[] target) {
        throw unused();
    }

    @Override
    public boolean contains(long id) {
        throw unused();
    }

    @Override
    public long version(long id) {
        throw unused();
    }

    @Override
    public VectorScan scan() {
        throw unused();
    }

    @Override
    public List<VectorHit> search(VectorQuery query) {
        throw unused();
    }
}
