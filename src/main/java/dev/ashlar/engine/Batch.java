package dev.ashlar.engine;

import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.WriteBatch;
import dev.ashlar.io.OffHeap;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.ValueFiles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Collects ops in memory of its own, which goes through the ring as one event. */
final class Batch implements WriteBatch {
    private static final long INITIAL = 64 << 10;

    private final Engine engine;
    private final Writes writes;
    private final List<ValueFiles.Writer> files = new ArrayList<>();
    private MemorySegment memory = OffHeap.allocate(INITIAL, 64, Arena.ofAuto());
    private long used;
    private long logBytes;
    private int ops;
    private boolean closed;

    Batch(Engine engine, Writes writes) {
        this.engine = engine;
        this.writes = writes;
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
    public WriteBatch delete(Keyspace keyspace, byte[] key) {
        return add(keyspace, FrameLayout.DELETE, Writes.Key.of(key), Writes.Value.NONE);
    }

    private WriteBatch add(Keyspace keyspace, byte type, Writes.Key key, Writes.Value value) {
        checkOpen();
        Space space = engine.spaceOf(keyspace);
        int keyLength = key.length();
        boolean large = writes.isLarge(value.length());
        int length = large ? 0 : (int) value.length();
        long size = Op.size(keyLength, length);
        long frame = FrameLayout.end(0, 0, keyLength, length, space.alignmentShift()) + space.alignment() + 24;
        if (logBytes + frame > MAX_BYTES) {
            throw new IllegalArgumentException("the batch would take more than " + MAX_BYTES
                    + " bytes of log; commit it in parts, or put large values on their own");
        }
        writes.announce(value);
        reserve(size);
        long payloadHash = 0;
        if (large) {
            payloadHash = addFile(value);
        }
        writes.fill(memory, used, space, type, key, keyLength, value, length);
        if (large) {
            ValueFiles.Writer file = files.getLast();
            Op.payloadHash(memory, used, payloadHash);
            Op.valueFile(memory, used, file.id(), file.length());
        }
        used += size;
        logBytes += frame;
        ops++;
        return this;
    }

    /** Writes a large value to its file now; the batch only names it. */
    private long addFile(Writes.Value value) {
        ValueFiles.Writer writer = writes.writeLarge(value);
        files.add(writer);
        return writer.finish().hash();
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
        return ops;
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
        reset();
    }

    private void reset() {
        used = 0;
        logBytes = 0;
        ops = 0;
    }

    @Override
    public long commit(Durability durability) {
        checkOpen();
        if (ops == 0) {
            return Keyspace.NOT_WRITTEN;
        }
        long lsn = writes.writeBatch(memory, ops, durability);
        keepFiles();
        reset();
        return lsn;
    }

    @Override
    public CompletableFuture<Long> commitAsync(Durability durability) {
        checkOpen();
        if (ops == 0) {
            return CompletableFuture.completedFuture(Keyspace.NOT_WRITTEN);
        }
        CompletableFuture<Long> future = writes.writeBatchAsync(memory, ops, durability);
        // The appender reads the memory from now on; the next writes go elsewhere.
        memory = OffHeap.allocate(INITIAL, 64, Arena.ofAuto());
        keepFiles();
        reset();
        return future;
    }

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
