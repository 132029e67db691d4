package dev.ashlar.engine;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorStats;
import dev.ashlar.VectorType;
import dev.ashlar.WriteCallback;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.View;
import dev.ashlar.vector.RowCheck;
import dev.ashlar.vector.RowSearch;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** A vector collection of an open store. */
final class VectorHandle extends VectorReads implements VectorCollection {
    private final Writes writes;

    VectorHandle(Engine engine, Space space, Writes writes) {
        super(engine, space, engine.vectors().of(space));
        this.writes = writes;
    }

    Engine engine() {
        return engine;
    }

    Space space() {
        return space;
    }

    // ------------------------------------------------------------------------------------------------------ reading

    @Override
    long find(long id, long word, long hash) {
        long position = space.findWord(memory, word, hash);
        return position != View.ABSENT ? position : space.find(Keyspace.longKey(id), hash);
    }

    @Override
    RowSearch.Moment moment() {
        engine.checkReadable();
        space.checkPresent();
        engine.appender().checkNotOwner();
        return engine.vectors().now(space);
    }

    @Override
    void check() {
        engine.checkReadable();
        space.checkPresent();
    }

    @Override
    public long size() {
        space.checkPresent();
        return space.size();
    }

    @Override
    public VectorStats stats() {
        check();
        return engine.vectors().of(space).rows().stats();
    }

    // ------------------------------------------------------------------------------------------------------ writing

    /**
     * Whether what a caller gives has the size and kind of a vector of a collection; its components are checked when they have been copied.
     *
     * @param vector a {@code float[]}, {@code byte[]} or {@link MemorySegment}
     */
    static void checkShape(VectorOptions options, Object vector) {
        Objects.requireNonNull(vector, "vector");
        if (vector instanceof float[] floats) {
            if (options.type() != VectorType.FLOAT32 || floats.length != options.dimension()) {
                throw new IllegalArgumentException("the vector has " + floats.length + " float components; those of the"
                        + " collection have " + options.dimension() + " " + options.type() + " components");
            }
        } else if (vector instanceof byte[] bytes) {
            if (options.type() == VectorType.FLOAT32 || bytes.length != options.rowBytes()) {
                throw new IllegalArgumentException(
                        "the vector has " + bytes.length + " bytes; those of the collection have " + options.dimension()
                                + " " + options.type() + " components in " + options.rowBytes() + " bytes");
            }
        } else {
            RowCheck.checkShape(options, (MemorySegment) vector, "the vector");
        }
    }

    private long put(long id, Object vector, Durability durability) {
        checkShape(Objects.requireNonNull(space.vectors()), vector);
        return writes.write(space, FrameLayout.PUT, Op.ALWAYS, 0, key(id), new Writes.Value(vector, 0), durability);
    }

    private CompletableFuture<Long> putAsync(long id, Object vector, Durability durability) {
        checkShape(Objects.requireNonNull(space.vectors()), vector);
        return writes.writeAsync(
                space, FrameLayout.PUT, Op.ALWAYS, 0, key(id), new Writes.Value(vector, 0), durability);
    }

    private void put(long id, Object vector, Durability durability, WriteCallback callback, long tag) {
        checkShape(Objects.requireNonNull(space.vectors()), vector);
        writes.writeThenCall(
                space, FrameLayout.PUT, Op.ALWAYS, 0, Keyspace.longKey(id), vector, 0, durability, callback, tag);
    }

    private static Writes.Key key(long id) {
        return Writes.Key.of(Keyspace.longKey(id));
    }

    @Override
    public long put(long id, float[] vector, Durability durability) {
        return put(id, (Object) vector, durability);
    }

    @Override
    public long put(long id, byte[] vector, Durability durability) {
        return put(id, (Object) vector, durability);
    }

    @Override
    public long put(long id, MemorySegment vector, Durability durability) {
        return put(id, (Object) vector, durability);
    }

    @Override
    public CompletableFuture<Long> putAsync(long id, float[] vector, Durability durability) {
        return putAsync(id, (Object) vector, durability);
    }

    @Override
    public CompletableFuture<Long> putAsync(long id, byte[] vector, Durability durability) {
        return putAsync(id, (Object) vector, durability);
    }

    @Override
    public CompletableFuture<Long> putAsync(long id, MemorySegment vector, Durability durability) {
        return putAsync(id, (Object) vector, durability);
    }

    @Override
    public void put(long id, float[] vector, Durability durability, WriteCallback callback, long tag) {
        put(id, (Object) vector, durability, callback, tag);
    }

    @Override
    public void put(long id, MemorySegment vector, Durability durability, WriteCallback callback, long tag) {
        put(id, (Object) vector, durability, callback, tag);
    }

    @Override
    public long putAll(long[] ids, float[] vectors, Durability durability) {
        try (Batch batch = batchOf(ids, vectors)) {
            return batch.commit(durability);
        }
    }

    @Override
    public long putAll(long[] ids, MemorySegment vectors, Durability durability) {
        try (Batch batch = batchOf(ids, vectors)) {
            return batch.commit(durability);
        }
    }

    @Override
    public CompletableFuture<Long> putAllAsync(long[] ids, float[] vectors, Durability durability) {
        try (Batch batch = batchOf(ids, vectors)) {
            return batch.commitAsync(durability);
        }
    }

    @Override
    public CompletableFuture<Long> putAllAsync(long[] ids, MemorySegment vectors, Durability durability) {
        try (Batch batch = batchOf(ids, vectors)) {
            return batch.commitAsync(durability);
        }
    }

    private Batch batchOf(long[] ids, float[] vectors) {
        if (Objects.requireNonNull(space.vectors()).type() != VectorType.FLOAT32) {
            throw new IllegalArgumentException("float vectors for a collection of another type: "
                    + space.vectors().type());
        }
        return batchOf(ids, MemorySegment.ofArray(vectors));
    }

    private Batch batchOf(long[] ids, MemorySegment vectors) {
        VectorOptions options = Objects.requireNonNull(space.vectors());
        long bytes = options.rowBytes();
        if (vectors.byteSize() != ids.length * bytes) {
            throw new IllegalArgumentException(ids.length + " vectors of " + options.dimension() + " " + options.type()
                    + " components have " + ids.length * bytes + " bytes, not " + vectors.byteSize());
        }
        Batch batch = engine.batch();
        try {
            for (int i = 0; i < ids.length; i++) {
                Batch ignored = batch.putRow(space, ids[i], vectors.asSlice(i * bytes, bytes));
            }
            return batch;
        } catch (RuntimeException | Error e) {
            batch.close();
            throw e;
        }
    }

    @Override
    public long delete(long id, Durability durability) {
        return writes.write(space, FrameLayout.DELETE, Op.ALWAYS, 0, key(id), Writes.Value.NONE, durability);
    }

    @Override
    public CompletableFuture<Long> deleteAsync(long id, Durability durability) {
        return writes.writeAsync(space, FrameLayout.DELETE, Op.ALWAYS, 0, key(id), Writes.Value.NONE, durability);
    }

    @Override
    public long deleteAll(long[] ids, Durability durability) {
        try (Batch batch = engine.batch()) {
            for (long id : ids) {
                batch.delete(this, id);
            }
            return batch.commit(durability);
        }
    }

    @Override
    public long clear(Durability durability) {
        try (Batch batch = Batch.small(engine, writes)) {
            return batch.clear(space).commit(durability);
        }
    }

    @Override
    public void reserve(long rows) {
        space.checkPresent();
        engine.reserve(space, rows);
    }

    @Override
    public void flush() {
        check();
        engine.flush(space);
    }

    @Override
    public String toString() {
        return "vector collection " + name() + " of " + engine;
    }
}
