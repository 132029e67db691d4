package dev.ashlar.engine;

import dev.ashlar.AshlarException;
import dev.ashlar.DocumentBuilder;
import dev.ashlar.DocumentCollection;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.PreparedCommit;
import dev.ashlar.StoreFailedException;
import dev.ashlar.VectorCollection;
import dev.ashlar.WriteBatch;
import dev.ashlar.WriteCallback;
import dev.ashlar.io.OffHeap;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.ValueFiles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Collects ops in memory of its own, which goes through the ring as one event. */
final class Batch implements WriteBatch {
    private static final long INITIAL = 64 << 10;

    /** For a few small writes. */
    private static final long SMALL = 2 << 10;

    private final Engine engine;
    private final Writes writes;
    private final List<ValueFiles.Writer> files = new ArrayList<>();
    private final Set<DocumentSpace> collections = new HashSet<>();

    /** Held, so that they are not taken for forgotten. */
    private List<PreparedDocuments.Handle> commits = new ArrayList<>();

    /** Keys of documents that it has written, and whether it leaves a document under each. */
    private final Map<KeyOf, Boolean> documentKeys = new HashMap<>();

    private record KeyOf(DocumentSpace space, ByteBuffer key) {}

    private final long initial;
    private MemorySegment memory;
    private long used;
    private long logBytes;
    private int ops;
    private int requirements;
    private boolean onlyDeletes = true;
    private boolean closed;

    Batch(Engine engine, Writes writes) {
        this(engine, writes, INITIAL);
    }

    private Batch(Engine engine, Writes writes, long initial) {
        this.engine = engine;
        this.writes = writes;
        this.initial = initial;
        this.memory = OffHeap.allocate(initial, 64, Arena.ofAuto());
    }

    /** For a few small writes. */
    static Batch small(Engine engine, Writes writes) {
        return new Batch(engine, writes, SMALL);
    }

    @Override
    public WriteBatch put(Keyspace keyspace, byte[] key, byte[] value) {
        return add(keyspace, FrameLayout.PUT, Writes.Key.of(key), Writes.Value.of(value));
    }

    @Override
    public WriteBatch put(Keyspace keyspace, byte[] key, MemorySegment value) {
        return add(keyspace, FrameLayout.PUT, Writes.Key.of(key), Writes.Value.of(value));
    }

    @Override
    public WriteBatch put(Keyspace keyspace, MemorySegment key, MemorySegment value) {
        return add(keyspace, FrameLayout.PUT, Writes.Key.of(key), Writes.Value.of(value));
    }

    @Override
    public WriteBatch put(Keyspace keyspace, byte[] key, byte[] value, Duration timeToLive) {
        return add(keyspace, FrameLayout.PUT, Writes.Key.of(key), engine.expiring(Writes.Value.of(value), timeToLive));
    }

    @Override
    public WriteBatch put(Keyspace keyspace, byte[] key, MemorySegment value, Duration timeToLive) {
        return add(keyspace, FrameLayout.PUT, Writes.Key.of(key), engine.expiring(Writes.Value.of(value), timeToLive));
    }

    @Override
    public WriteBatch put(Keyspace keyspace, byte[] key, byte[] value, Instant expiresAt) {
        Writes.Value expiring = Writes.Value.of(value).expiringAt(Expiry.at(expiresAt));
        return add(keyspace, FrameLayout.PUT, Writes.Key.of(key), expiring);
    }

    /** @param expiry milliseconds since 1970; 0: it stays */
    void put(Keyspace keyspace, MemorySegment key, MemorySegment value, long expiry) {
        Writes.Value expiring = Writes.Value.of(value).expiringAt(expiry);
        WriteBatch ignored = add(keyspace, FrameLayout.PUT, Writes.Key.of(key), expiring);
    }

    @Override
    public WriteBatch delete(Keyspace keyspace, byte[] key) {
        return add(keyspace, FrameLayout.DELETE, Writes.Key.of(key), Writes.Value.NONE);
    }

    @Override
    public WriteBatch requireVersion(Keyspace keyspace, byte[] key, long version) {
        return require(engine.spaceOf(keyspace), key, Op.IF_VERSION, version);
    }

    @Override
    public WriteBatch requireAbsent(Keyspace keyspace, byte[] key) {
        return require(engine.spaceOf(keyspace), key, Op.IF_ABSENT, 0);
    }

    @Override
    public WriteBatch clear(Keyspace keyspace) {
        return clear(engine.spaceOf(keyspace));
    }

    WriteBatch clear(Space space) {
        engine.maintenance().require(Feature.REMOVAL);
        return add(space, FrameLayout.CLEAR, Writes.Key.NONE, Writes.Value.NONE);
    }

    /** Removes the entries with versions below an LSN. The store has announced that it removes. */
    void clearBelow(Space space, long lsn) {
        long at = used;
        WriteBatch ignored = add(space, FrameLayout.CLEAR, Writes.Key.NONE, Writes.Value.NONE);
        Op.relocated(memory, at, lsn);
    }

    /** Sets a record of a space that is no keyspace. */
    void put(Space space, byte[] key, MemorySegment value) {
        WriteBatch ignored = add(space, FrameLayout.PUT, Writes.Key.of(key), Writes.Value.of(value));
    }

    @Override
    public WriteBatch add(DocumentCollection documents, DocumentBuilder document) {
        checkOpen();
        handleOf(documents).addTo(this, document);
        return this;
    }

    @Override
    public WriteBatch upsert(DocumentCollection documents, DocumentBuilder document) {
        checkOpen();
        handleOf(documents).upsertIn(this, document);
        return this;
    }

    @Override
    public WriteBatch delete(DocumentCollection documents, String key) {
        checkOpen();
        DocumentHandle handle = handleOf(documents);
        handle.deleteIn(this, handle.primaryKey(key));
        return this;
    }

    @Override
    public WriteBatch delete(DocumentCollection documents, long key) {
        checkOpen();
        DocumentHandle handle = handleOf(documents);
        handle.deleteIn(this, handle.primaryKey(key));
        return this;
    }

    /** Whether the batch leaves a document under a key; null if it says nothing of that key. */
    @Nullable
    Boolean leaves(DocumentSpace space, byte[] primaryKey) {
        return documentKeys.get(new KeyOf(space, ByteBuffer.wrap(primaryKey)));
    }

    void leaves(DocumentSpace space, byte[] primaryKey, boolean document) {
        documentKeys.put(new KeyOf(space, ByteBuffer.wrap(primaryKey)), document);
    }

    private DocumentHandle handleOf(DocumentCollection documents) {
        if (documents instanceof DocumentHandle handle && handle.engine() == engine) {
            collections.add(handle.documents());
            return handle;
        }
        throw new IllegalArgumentException("document collection " + documents.name() + " is not one of this store");
    }

    @Override
    public WriteBatch publish(PreparedCommit prepared) {
        checkOpen();
        if (!(prepared instanceof PreparedDocuments.Handle handle)
                || handle.inner().space().documents() != engine.documents()) {
            throw new IllegalArgumentException("the prepared commit is not one of this store");
        }
        long usedBefore = used;
        long bytesBefore = logBytes;
        int opsBefore = ops;
        boolean deletesBefore = onlyDeletes;
        boolean staged = false;
        try {
            handle.inner().stage(this);
            staged = true;
        } finally {
            if (!staged) { // half of it must not be committed
                used = usedBefore;
                logBytes = bytesBefore;
                ops = opsBefore;
                onlyDeletes = deletesBefore;
            }
        }
        commits.add(handle);
        return this;
    }

    /** Documents may have used up a worker's memory. */
    private void flushIfDue() {
        collections.forEach(DocumentSpace::flushIfDue);
        collections.clear();
    }

    /** Tells the commits in a batch what became of it, and then a callback. */
    private static WriteCallback ending(List<PreparedDocuments.Handle> commits, WriteCallback callback) {
        return new WriteCallback() {
            @Override
            public void completed(long tag, long lsn) {
                end(commits, lsn, null);
                callback.completed(tag, lsn);
            }

            @Override
            public void failed(long tag, AshlarException failure) {
                end(commits, Keyspace.NOT_WRITTEN, failure);
                callback.failed(tag, failure);
            }
        };
    }

    /** Tells the commits in it what became of it. */
    private static void end(List<PreparedDocuments.Handle> commits, long lsn, @Nullable Throwable failure) {
        for (PreparedDocuments.Handle each : commits) {
            if (failure != null) {
                each.inner().batchFailed(failure);
            }
            each.inner().batchEnded(failure == null ? lsn : Keyspace.NOT_WRITTEN);
        }
    }

    @Override
    public WriteBatch put(VectorCollection vectors, long id, float[] vector) {
        return putRow(vectors, id, vector);
    }

    @Override
    public WriteBatch put(VectorCollection vectors, long id, byte[] vector) {
        return putRow(vectors, id, vector);
    }

    @Override
    public WriteBatch put(VectorCollection vectors, long id, MemorySegment vector) {
        return putRow(vectors, id, vector);
    }

    private WriteBatch putRow(VectorCollection vectors, long id, Object vector) {
        return putRow(engine.spaceOf(vectors), id, vector);
    }

    Batch putRow(Space space, long id, Object vector) {
        VectorHandle.checkShape(Objects.requireNonNull(space.vectors()), vector);
        WriteBatch ignored = add(space, FrameLayout.PUT, rowKey(id), new Writes.Value(vector, 0));
        return this;
    }

    private static Writes.Key rowKey(long id) {
        return Writes.Key.of(Keyspace.longKey(id));
    }

    @Override
    public WriteBatch delete(VectorCollection vectors, long id) {
        return add(engine.spaceOf(vectors), FrameLayout.DELETE, rowKey(id), Writes.Value.NONE);
    }

    @Override
    public WriteBatch clear(VectorCollection vectors) {
        return clear(engine.spaceOf(vectors));
    }

    @Override
    public WriteBatch requireVersion(VectorCollection vectors, long id, long version) {
        return require(engine.spaceOf(vectors), Keyspace.longKey(id), Op.IF_VERSION, version);
    }

    @Override
    public WriteBatch requireAbsent(VectorCollection vectors, long id) {
        return require(engine.spaceOf(vectors), Keyspace.longKey(id), Op.IF_ABSENT, 0);
    }

    /** Puts or deletes a record of the catalog. */
    void catalog(Space system, byte type, byte[] key, Writes.Value value) {
        WriteBatch ignored = add(system, type, Writes.Key.of(key), value);
    }

    WriteBatch require(Space space, byte[] key, byte condition, long argument) {
        long at = used;
        add(space, Op.REQUIRE, Writes.Key.of(key), Writes.Value.NONE);
        Op.condition(memory, at, condition, argument);
        requirements++;
        return this;
    }

    private WriteBatch add(Keyspace keyspace, byte type, Writes.Key key, Writes.Value value) {
        return add(engine.spaceOf(keyspace), type, key, value);
    }

    private WriteBatch add(Space space, byte type, Writes.Key key, Writes.Value value) {
        checkOpen();
        space.checkPresent();
        int keyLength = key.length();
        long payload = space.payloadBytes(value.length());
        boolean large = writes.isLarge(space, payload);
        int length = large ? 0 : (int) payload;
        long size = Op.size(keyLength, length);
        long frame = FrameLayout.end(0, 0, keyLength, length, space.alignmentShift()) + space.alignment() + 24;
        if (logBytes + frame > MAX_BYTES) {
            throw new IllegalArgumentException("the batch would take more than " + MAX_BYTES
                    + " bytes of log; commit it in parts, or put large values on their own");
        }
        writes.announce(value.expiry());
        reserve(size);
        long payloadHash = 0;
        if (large) {
            payloadHash = addFile(value);
        }
        writes.fill(memory, used, space, type, key.source(), keyLength, value.source(), length, value.expiry());
        if (large) {
            ValueFiles.Writer file = files.getLast();
            Op.payloadHash(memory, used, payloadHash);
            Op.valueFile(memory, used, file.id(), file.length());
        }
        used += size;
        logBytes += frame;
        ops++;
        onlyDeletes &= type != FrameLayout.PUT;
        return this;
    }

    /** Writes a large value to its file now; the batch only names it. */
    private long addFile(Writes.Value value) {
        ValueFiles.Writer writer = writes.writeLarge(value.source());
        files.add(writer);
        return writes.finish(writer).hash();
    }

    private void reserve(long size) {
        if (used + size > memory.byteSize()) {
            long wanted = Math.max(memory.byteSize() * 2, Long.highestOneBit(used + size) * 2);
            MemorySegment larger = OffHeap.allocate(wanted, 64, Arena.ofAuto());
            MemorySegment.copy(memory, 0, larger, 0, used);
            memory = larger;
        }
    }

    @Override
    public int size() {
        return ops - requirements;
    }

    @Override
    public long bytes() {
        return logBytes;
    }

    @Override
    public void clear() {
        files.forEach(file -> {
            file.discard();
            file.close();
        });
        files.clear();
        end(commits, Keyspace.NOT_WRITTEN, null);
        reset();
    }

    private void reset() {
        commits = new ArrayList<>();
        documentKeys.clear();
        used = 0;
        logBytes = 0;
        ops = 0;
        requirements = 0;
        onlyDeletes = true;
    }

    @Override
    public long commit(Durability durability) {
        checkOpen();
        if (isEmpty()) {
            return Keyspace.NOT_WRITTEN;
        }
        long lsn;
        try {
            commits.forEach(each -> each.inner().batchGoes());
            lsn = writes.writeBatch(memory, ops, onlyDeletes, durability);
        } catch (StoreFailedException e) {
            if (e.indeterminate()) {
                keepFiles(); // frames that name them may be in the log, and count when the store is opened again
            }
            commits.forEach(each -> each.inner().batchFailed(e));
            throw e;
        } catch (RuntimeException | Error e) {
            commits.forEach(each -> each.inner().batchFailed(e));
            throw e;
        }
        keepFiles();
        end(commits, lsn, null);
        reset();
        flushIfDue();
        return lsn;
    }

    /** Nothing is to be written; prepared commits that it may have are of nothing, and end. */
    private boolean isEmpty() {
        if (ops > 0) {
            return false;
        }
        commits.forEach(each -> each.inner().batchIsEmpty());
        reset();
        return true;
    }

    /** Hands the batch over; if that fails it is as before. */
    private <T> T handOver(Supplier<T> write) {
        try {
            commits.forEach(each -> each.inner().batchGoes());
            return write.get();
        } catch (RuntimeException | Error e) {
            commits.forEach(each -> each.inner().batchFailed(e));
            throw e;
        }
    }

    @Override
    public CompletableFuture<Long> commitAsync(Durability durability) {
        checkOpen();
        if (isEmpty()) {
            return CompletableFuture.completedFuture(Keyspace.NOT_WRITTEN);
        }
        List<PreparedDocuments.Handle> going = commits;
        CompletableFuture<Long> future = handOver(() -> writes.writeBatchAsync(memory, ops, onlyDeletes, durability));
        handOver();
        flushIfDue();
        if (going.isEmpty()) {
            return future;
        }
        return future.whenComplete((lsn, failure) -> end(going, lsn == null ? Keyspace.NOT_WRITTEN : lsn, failure));
    }

    @Override
    public void commit(Durability durability, WriteCallback callback, long tag) {
        checkOpen();
        Objects.requireNonNull(durability, "durability");
        Objects.requireNonNull(callback, "callback");
        if (isEmpty()) {
            Callbacks.complete(callback, tag, Keyspace.NOT_WRITTEN, engine.appender()::reportCallback);
            return;
        }
        if (commits.isEmpty()) {
            writes.writeBatchThenCall(memory, ops, onlyDeletes, durability, callback, tag);
        } else {
            WriteCallback ending = ending(commits, callback);
            boolean ignored = handOver(() -> {
                writes.writeBatchThenCall(memory, ops, onlyDeletes, durability, ending, tag);
                return true;
            });
        }
        handOver();
        flushIfDue();
    }

    /** The appender reads the memory from now on; the next writes go elsewhere. */
    private void handOver() {
        memory = OffHeap.allocate(initial, 64, Arena.ofAuto());
        keepFiles();
        reset();
    }

    /** They are the log's now, or, if the batch was refused, the appender's, which has given them up. */
    private void keepFiles() {
        files.forEach(ValueFiles.Writer::close);
        files.clear();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the batch is closed");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            clear();
            closed = true;
        }
    }
}
