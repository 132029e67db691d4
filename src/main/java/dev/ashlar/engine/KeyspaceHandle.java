package dev.ashlar.engine;

import dev.ashlar.Durability;
import dev.ashlar.Entry;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Scan;
import dev.ashlar.TypedKeyspace;
import dev.ashlar.ValueOutputStream;
import dev.ashlar.WriteCallback;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.View;
import dev.ashlar.typed.Schema;
import dev.ashlar.typed.Schemas;
import dev.ashlar.typed.TypedView;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.ConcurrentModificationException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A keyspace as its users see it: looking up goes straight to the view, writing to the ring. */
final class KeyspaceHandle implements Keyspace {
    private final Engine engine;
    private final Space space;
    private final Writes writes;
    private final Health health;
    private final LogMemory memory;
    private final Entries entries;

    KeyspaceHandle(Engine engine, Space space, Writes writes, Health health) {
        this.memory = engine.records().chunks().memory();
        this.engine = engine;
        this.space = space;
        this.writes = writes;
        this.health = health;
        this.entries = new Entries(engine, space, null);
    }

    Engine engine() {
        return engine;
    }

    Space space() {
        return space;
    }

    Batch smallBatch() {
        return Batch.small(engine, writes);
    }

    @Override
    public String name() {
        return space.name();
    }

    @Override
    public KeyspaceOptions options() {
        return new KeyspaceOptions(space.alignment(), space.values().verification());
    }

    @Override
    public long size() {
        space.checkPresent();
        return space.size();
    }

    // ---------------------------------------------------------------------------------------------------- reading

    @Override
    public @Nullable MemorySegment get(byte[] key) {
        LogMemory memory = this.memory;
        long epoch = memory.epoch();
        if (epoch >= 0 && Space.isShort(key)) {
            long likely = space.findShort(memory, key, space.hashShort(key));
            MemorySegment view = likely >= 0 ? view(likely, epoch) : null;
            if (view != null) {
                return view;
            }
        }
        return getAny(key);
    }

    private @Nullable MemorySegment view(long position, long epoch) {
        try {
            return space.values().view(position, epoch, Records.NOW);
        } catch (IllegalStateException e) {
            throw closedOr(e);
        }
    }

    private @Nullable MemorySegment getAny(byte[] key) {
        if (key.length > MAX_KEY_BYTES) {
            return null; // there can be none, and its length does not fit where the search compares it
        }
        long hash = space.hash(key);
        try {
            for (int tries = 0; ; tries++) {
                long epoch = memory.epoch();
                if (epoch < 0) {
                    throw health.closedException();
                }
                long position = space.find(key, hash);
                if (position == View.ABSENT) {
                    space.checkPresent();
                    return null;
                }
                MemorySegment view = space.values().view(position, epoch, Records.NOW);
                if (view != null) {
                    return view;
                }
                if (space.values().hasExpired(position, epoch, Records.NOW)) {
                    return null;
                }
                space.values().lookAgain(position, tries);
            }
        } catch (IllegalStateException e) {
            throw closedOr(e);
        }
    }

    @Override
    public @Nullable MemorySegment get(MemorySegment key) {
        if (!key.isNative() || key.byteSize() > MAX_KEY_BYTES) {
            return get(Writes.Key.of(key).heapBytes());
        }
        int length = (int) key.byteSize();
        long hash = space.hash(key, 0, length);
        try {
            for (int tries = 0; ; tries++) {
                long epoch = memory.epoch();
                if (epoch < 0) {
                    throw health.closedException();
                }
                long position = space.find(key, 0, length, hash);
                if (position == View.ABSENT) {
                    space.checkPresent();
                    return null;
                }
                MemorySegment view = space.values().view(position, epoch, Records.NOW);
                if (view != null) {
                    return view;
                }
                if (space.values().hasExpired(position, epoch, Records.NOW)) {
                    return null;
                }
                space.values().lookAgain(position, tries);
            }
        } catch (IllegalStateException e) {
            throw closedOr(e);
        }
    }

    @Override
    public int getAll(byte[][] keys, @Nullable MemorySegment[] values) {
        return new MultiGet(space, memory, this, false).getAll(keys, values);
    }

    @Override
    public int getAll(long[] keys, @Nullable MemorySegment[] values) {
        return new MultiGet(space, memory, this, false).getAll(keys, values);
    }

    @Override
    public boolean contains(byte[] key) {
        if (key.length > MAX_KEY_BYTES) {
            return false;
        }
        health.checkReadable();
        try {
            long hash = space.hash(key);
            while (true) {
                long epoch = memory.epoch();
                long position = space.find(key, hash);
                if (position == View.ABSENT || space.values().hasExpired(position, epoch, Records.NOW)) {
                    space.checkPresent();
                    return false;
                }
                if (memory.isUnchanged(epoch)) {
                    return true;
                }
            }
        } catch (IllegalStateException e) {
            throw closedOr(e);
        }
    }

    /** A log that is closed under a reader means that the store was. */
    private RuntimeException closedOr(IllegalStateException e) {
        health.checkReadable();
        return e;
    }

    @Override
    public KeyspaceCursor cursor() {
        health.checkReadable();
        space.checkPresent();
        return new KeyspaceCursor(space, engine, null);
    }

    @Override
    public @Nullable Entry entry(byte[] key) {
        return entries.find(key);
    }

    @Override
    public @Nullable Entry entry(MemorySegment key) {
        return entries.find(key);
    }

    @Override
    public @Nullable Entry firstEntry() {
        return entries.first();
    }

    @Override
    public @Nullable Entry lastEntry() {
        return entries.last();
    }

    @Override
    public Scan scan() {
        return entries.scan(LogScan.Range.FORWARD);
    }

    @Override
    public Scan scan(byte[] prefix) {
        return entries.scan(LogScan.Range.FORWARD.ofKeys(prefix));
    }

    @Override
    public Scan scanBackward() {
        return entries.scanBackward(LogScan.Range.BACKWARD);
    }

    @Override
    public Scan scanBackward(byte[] prefix) {
        return entries.scanBackward(LogScan.Range.BACKWARD.ofKeys(prefix));
    }

    @Override
    public Stream<Entry> stream() {
        return entries.stream(LogScan.Range.FORWARD);
    }

    @Override
    public Stream<Entry> stream(byte[] prefix) {
        return entries.stream(LogScan.Range.FORWARD.ofKeys(prefix));
    }

    @Override
    public <T> TypedKeyspace<T> typed(Class<T> type, MethodHandles.@Nullable Lookup lookup) {
        Schema schema = Schemas.of(type, lookup);
        health.checkReadable();
        engine.appender().checkNotOwner(); // it may have to write, and to wait for the maintenance thread
        engine.properties().requireLayout(space, type, schema);
        return new TypedView<>(this, type, schema, () -> {
            health.checkReadable();
            return new KeyspaceCursor(space, engine, null);
        });
    }

    // ---------------------------------------------------------------------------------------------------- writing

    @Override
    public long put(byte[] key, byte[] value, Durability durability) {
        return put(Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    @Override
    public long put(byte[] key, MemorySegment value, Durability durability) {
        return put(Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    @Override
    public long put(MemorySegment key, MemorySegment value, Durability durability) {
        return put(Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    private long put(Writes.Key key, Writes.Value value, Durability durability) {
        return writes.write(space, FrameLayout.PUT, Op.ALWAYS, 0, key, value, durability);
    }

    /** @param expiry milliseconds since 1970; 0: it stays */
    long put(byte[] key, MemorySegment value, long expiry, Durability durability) {
        return put(Writes.Key.of(key), Writes.Value.of(value).expiringAt(expiry), durability);
    }

    @Override
    public long put(byte[] key, byte[] value, Duration timeToLive, Durability durability) {
        return put(Writes.Key.of(key), engine.expiring(Writes.Value.of(value), timeToLive), durability);
    }

    @Override
    public long put(byte[] key, MemorySegment value, Duration timeToLive, Durability durability) {
        return put(Writes.Key.of(key), engine.expiring(Writes.Value.of(value), timeToLive), durability);
    }

    @Override
    public CompletableFuture<Long> putAsync(byte[] key, byte[] value, Duration timeToLive, Durability durability) {
        return putAsync(Writes.Key.of(key), engine.expiring(Writes.Value.of(value), timeToLive), durability);
    }

    @Override
    public CompletableFuture<Long> putAsync(
            byte[] key, MemorySegment value, Duration timeToLive, Durability durability) {
        return putAsync(Writes.Key.of(key), engine.expiring(Writes.Value.of(value), timeToLive), durability);
    }

    @Override
    public long put(byte[] key, byte[] value, Instant expiresAt, Durability durability) {
        return put(Writes.Key.of(key), Writes.Value.of(value).expiringAt(Expiry.at(expiresAt)), durability);
    }

    @Override
    public CompletableFuture<Long> putAsync(byte[] key, byte[] value, Instant expiresAt, Durability durability) {
        return putAsync(Writes.Key.of(key), Writes.Value.of(value).expiringAt(Expiry.at(expiresAt)), durability);
    }

    @Override
    public long expire(byte[] key, Duration timeToLive, Durability durability) {
        long expiry = engine.expiry(timeToLive);
        return rewrite(key, expiry, durability);
    }

    @Override
    public long persist(byte[] key, Durability durability) {
        return rewrite(key, 0, durability);
    }

    /** Writes the present value again unless somebody writes another one meanwhile: then that one. */
    private long rewrite(byte[] key, long expiry, Durability durability) {
        health.checkWritable();
        KeyspaceCursor present = new KeyspaceCursor(space, engine, null);
        while (present.find(key)) {
            Writes.Value value;
            try {
                if (expiry == 0 && present.expiry() == 0) {
                    return NOT_WRITTEN;
                }
                value = Writes.Value.of(present.value()).expiringAt(expiry);
            } catch (ConcurrentModificationException e) {
                continue; // there is another one by now, or none
            }
            long version = present.version();
            long lsn =
                    writes.write(space, FrameLayout.PUT, Op.IF_VERSION, version, Writes.Key.of(key), value, durability);
            if (lsn != NOT_WRITTEN) {
                return lsn;
            }
        }
        return NOT_WRITTEN;
    }

    @Override
    public @Nullable Instant expiresAt(byte[] key) {
        health.checkReadable();
        KeyspaceCursor present = new KeyspaceCursor(space, engine, null);
        while (key.length <= MAX_KEY_BYTES && present.find(key)) {
            try {
                return present.expiresAt();
            } catch (ConcurrentModificationException e) {
                // There is another value by now, or none.
            }
        }
        return null;
    }

    @Override
    public CompletableFuture<Long> putAsync(byte[] key, byte[] value, Durability durability) {
        return putAsync(Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    @Override
    public CompletableFuture<Long> putAsync(byte[] key, MemorySegment value, Durability durability) {
        return putAsync(Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    @Override
    public CompletableFuture<Long> putAsync(MemorySegment key, MemorySegment value, Durability durability) {
        return putAsync(Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    private CompletableFuture<Long> putAsync(Writes.Key key, Writes.Value value, Durability durability) {
        return writes.writeAsync(space, FrameLayout.PUT, Op.ALWAYS, 0, key, value, durability);
    }

    @Override
    public void put(byte[] key, byte[] value, Durability durability, WriteCallback callback, long tag) {
        thenCall(FrameLayout.PUT, Op.ALWAYS, 0, key, value, durability, callback, tag);
    }

    @Override
    public void put(byte[] key, MemorySegment value, Durability durability, WriteCallback callback, long tag) {
        thenCall(FrameLayout.PUT, Op.ALWAYS, 0, key, value, durability, callback, tag);
    }

    @Override
    public void put(MemorySegment key, MemorySegment value, Durability durability, WriteCallback callback, long tag) {
        thenCall(FrameLayout.PUT, Op.ALWAYS, 0, key, value, durability, callback, tag);
    }

    @Override
    public void put(
            byte[] key, byte[] value, Duration timeToLive, Durability durability, WriteCallback callback, long tag) {
        thenCall(Op.ALWAYS, 0, key, value, timeToLive, durability, callback, tag);
    }

    @Override
    public void put(
            byte[] key,
            MemorySegment value,
            Duration timeToLive,
            Durability durability,
            WriteCallback callback,
            long tag) {
        thenCall(Op.ALWAYS, 0, key, value, timeToLive, durability, callback, tag);
    }

    @Override
    public void put(
            MemorySegment key,
            MemorySegment value,
            Duration timeToLive,
            Durability durability,
            WriteCallback callback,
            long tag) {
        thenCall(Op.ALWAYS, 0, key, value, timeToLive, durability, callback, tag);
    }

    @Override
    public boolean tryPut(byte[] key, byte[] value) {
        return tryWrite(FrameLayout.PUT, key, value);
    }

    @Override
    public boolean tryPut(MemorySegment key, MemorySegment value) {
        return tryWrite(FrameLayout.PUT, key, value);
    }

    @Override
    public boolean tryPut(byte[] key, byte[] value, Durability durability, WriteCallback callback, long tag) {
        return tryWrite(FrameLayout.PUT, key, value, durability, callback, tag);
    }

    @Override
    public boolean tryPut(
            MemorySegment key, MemorySegment value, Durability durability, WriteCallback callback, long tag) {
        return tryWrite(FrameLayout.PUT, key, value, durability, callback, tag);
    }

    @Override
    public boolean tryPut(
            byte[] key, byte[] value, Duration timeToLive, Durability durability, WriteCallback callback, long tag) {
        return tryPutExpiring(key, value, timeToLive, durability, callback, tag);
    }

    @Override
    public boolean tryPut(
            MemorySegment key,
            MemorySegment value,
            Duration timeToLive,
            Durability durability,
            WriteCallback callback,
            long tag) {
        return tryPutExpiring(key, value, timeToLive, durability, callback, tag);
    }

    @Override
    public long putIfAbsent(byte[] key, byte[] value, Durability durability) {
        return writes.write(
                space, FrameLayout.PUT, Op.IF_ABSENT, 0, Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    @Override
    public CompletableFuture<Long> putIfAbsentAsync(byte[] key, byte[] value, Durability durability) {
        return writes.writeAsync(
                space, FrameLayout.PUT, Op.IF_ABSENT, 0, Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    @Override
    public CompletableFuture<Long> putIfAbsentAsync(MemorySegment key, MemorySegment value, Durability durability) {
        return writes.writeAsync(
                space, FrameLayout.PUT, Op.IF_ABSENT, 0, Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    @Override
    public void putIfAbsent(byte[] key, byte[] value, Durability durability, WriteCallback callback, long tag) {
        thenCall(FrameLayout.PUT, Op.IF_ABSENT, 0, key, value, durability, callback, tag);
    }

    @Override
    public void putIfAbsent(
            MemorySegment key, MemorySegment value, Durability durability, WriteCallback callback, long tag) {
        thenCall(FrameLayout.PUT, Op.IF_ABSENT, 0, key, value, durability, callback, tag);
    }

    @Override
    public void putIfAbsent(
            byte[] key, byte[] value, Duration timeToLive, Durability durability, WriteCallback callback, long tag) {
        thenCall(Op.IF_ABSENT, 0, key, value, timeToLive, durability, callback, tag);
    }

    @Override
    public long putIfAbsent(byte[] key, byte[] value, Duration timeToLive, Durability durability) {
        Writes.Value expiring = engine.expiring(Writes.Value.of(value), timeToLive);
        return writes.write(space, FrameLayout.PUT, Op.IF_ABSENT, 0, Writes.Key.of(key), expiring, durability);
    }

    @Override
    public long replace(byte[] key, byte[] value, long version, Duration timeToLive, Durability durability) {
        Writes.Value expiring = engine.expiring(Writes.Value.of(value), timeToLive);
        return writes.write(space, FrameLayout.PUT, Op.IF_VERSION, version, Writes.Key.of(key), expiring, durability);
    }

    @Override
    public void replace(
            byte[] key,
            byte[] value,
            long version,
            Duration timeToLive,
            Durability durability,
            WriteCallback callback,
            long tag) {
        thenCall(Op.IF_VERSION, version, key, value, timeToLive, durability, callback, tag);
    }

    @Override
    public long replace(byte[] key, byte[] value, long version, Durability durability) {
        return writes.write(
                space, FrameLayout.PUT, Op.IF_VERSION, version, Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    @Override
    public CompletableFuture<Long> replaceAsync(byte[] key, byte[] value, long version, Durability durability) {
        return writes.writeAsync(
                space, FrameLayout.PUT, Op.IF_VERSION, version, Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    @Override
    public CompletableFuture<Long> replaceAsync(
            MemorySegment key, MemorySegment value, long version, Durability durability) {
        return writes.writeAsync(
                space, FrameLayout.PUT, Op.IF_VERSION, version, Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    @Override
    public void replace(
            byte[] key, byte[] value, long version, Durability durability, WriteCallback callback, long tag) {
        thenCall(FrameLayout.PUT, Op.IF_VERSION, version, key, value, durability, callback, tag);
    }

    @Override
    public void replace(
            MemorySegment key,
            MemorySegment value,
            long version,
            Durability durability,
            WriteCallback callback,
            long tag) {
        thenCall(FrameLayout.PUT, Op.IF_VERSION, version, key, value, durability, callback, tag);
    }

    @Override
    public long delete(byte[] key, Durability durability) {
        return writes.write(space, FrameLayout.DELETE, Op.ALWAYS, 0, Writes.Key.of(key), Writes.Value.NONE, durability);
    }

    @Override
    public long delete(MemorySegment key, Durability durability) {
        return writes.write(space, FrameLayout.DELETE, Op.ALWAYS, 0, Writes.Key.of(key), Writes.Value.NONE, durability);
    }

    @Override
    public CompletableFuture<Long> deleteAsync(byte[] key, Durability durability) {
        return writes.writeAsync(
                space, FrameLayout.DELETE, Op.ALWAYS, 0, Writes.Key.of(key), Writes.Value.NONE, durability);
    }

    @Override
    public long delete(byte[] key, long version, Durability durability) {
        return writes.write(
                space, FrameLayout.DELETE, Op.IF_VERSION, version, Writes.Key.of(key), Writes.Value.NONE, durability);
    }

    @Override
    public @Nullable MemorySegment getAndDelete(byte[] key, Durability durability) {
        return Transfers.take(this, key, durability);
    }

    @Override
    public long deleteAll(Collection<byte[]> keys, Durability durability) {
        try (Batch batch = smallBatch()) {
            keys.forEach(key -> batch.delete(this, key));
            return batch.commit(durability);
        }
    }

    @Override
    public long clear(Durability durability) {
        try (Batch batch = smallBatch()) {
            return batch.clear(this).commit(durability);
        }
    }

    @Override
    public long rename(byte[] key, byte[] newKey, Durability durability) {
        return Transfers.move(this, key, this, newKey, false, durability);
    }

    @Override
    public long renameIfAbsent(byte[] key, byte[] newKey, Durability durability) {
        return Transfers.move(this, key, this, newKey, true, durability);
    }

    @Override
    public long copy(byte[] key, Keyspace target, byte[] newKey, Durability durability) {
        return Transfers.copy(this, key, target, newKey, durability);
    }

    @Override
    public long move(byte[] key, Keyspace target, byte[] newKey, Durability durability) {
        return target instanceof KeyspaceHandle handle && handle.engine() == engine
                ? Transfers.move(this, key, handle, newKey, false, durability)
                : Transfers.moveToStore(this, key, target, newKey, durability);
    }

    @Override
    public CompletableFuture<Long> deleteAsync(MemorySegment key, Durability durability) {
        return writes.writeAsync(
                space, FrameLayout.DELETE, Op.ALWAYS, 0, Writes.Key.of(key), Writes.Value.NONE, durability);
    }

    @Override
    public void delete(byte[] key, Durability durability, WriteCallback callback, long tag) {
        thenCall(FrameLayout.DELETE, Op.ALWAYS, 0, key, null, durability, callback, tag);
    }

    @Override
    public void delete(MemorySegment key, Durability durability, WriteCallback callback, long tag) {
        thenCall(FrameLayout.DELETE, Op.ALWAYS, 0, key, null, durability, callback, tag);
    }

    @Override
    public boolean tryDelete(byte[] key) {
        return tryWrite(FrameLayout.DELETE, key, null);
    }

    @Override
    public boolean tryDelete(MemorySegment key) {
        return tryWrite(FrameLayout.DELETE, key, null);
    }

    @Override
    public boolean tryDelete(byte[] key, Durability durability, WriteCallback callback, long tag) {
        return tryWrite(FrameLayout.DELETE, key, null, durability, callback, tag);
    }

    @Override
    public boolean tryDelete(MemorySegment key, Durability durability, WriteCallback callback, long tag) {
        return tryWrite(FrameLayout.DELETE, key, null, durability, callback, tag);
    }

    private static void checkPresent(byte type, Object key, @Nullable Object value) {
        Objects.requireNonNull(key, "key");
        if (type == FrameLayout.PUT) {
            Objects.requireNonNull(value, "value");
        }
    }

    private void thenCall(
            byte type,
            byte condition,
            long argument,
            Object key,
            @Nullable Object value,
            Durability durability,
            WriteCallback callback,
            long tag) {
        checkPresent(type, key, value);
        writes.writeThenCall(space, type, condition, argument, key, value, 0, durability, callback, tag);
    }

    /** As the other, of a put that expires. */
    private void thenCall(
            byte condition,
            long argument,
            Object key,
            Object value,
            Duration timeToLive,
            Durability durability,
            WriteCallback callback,
            long tag) {
        checkPresent(FrameLayout.PUT, key, value);
        long expiry = engine.expiry(timeToLive);
        writes.writeThenCall(
                space, FrameLayout.PUT, condition, argument, key, value, expiry, durability, callback, tag);
    }

    private boolean tryPutExpiring(
            Object key, Object value, Duration timeToLive, Durability durability, WriteCallback callback, long tag) {
        checkPresent(FrameLayout.PUT, key, value);
        Objects.requireNonNull(callback, "callback");
        long expiry = engine.expiry(timeToLive);
        return writes.hasRoom()
                && writes.tryWrite(space, FrameLayout.PUT, key, value, expiry, durability, callback, tag);
    }

    private boolean tryWrite(byte type, Object key, @Nullable Object value) {
        checkPresent(type, key, value);
        return writes.hasRoom() && writes.tryWrite(space, type, key, value, 0, Durability.APPENDED, null, 0);
    }

    private boolean tryWrite(
            byte type, Object key, @Nullable Object value, Durability durability, WriteCallback callback, long tag) {
        checkPresent(type, key, value);
        Objects.requireNonNull(callback, "callback");
        return writes.hasRoom() && writes.tryWrite(space, type, key, value, 0, durability, callback, tag);
    }

    // ---------------------------------------------------------------------------------------------------- streams

    @Override
    public long putStream(byte[] key, InputStream source, Durability durability) {
        return engine.streams().put(space, key, source, Streams.STAYS, durability);
    }

    @Override
    public long putStream(byte[] key, InputStream source, Duration timeToLive, Durability durability) {
        return engine.streams().put(space, key, source, expiresAfter(timeToLive), durability);
    }

    @Override
    public long putStream(byte[] key, InputStream source, Instant expiresAt, Durability durability) {
        return putStream(key, source, Expiry.at(expiresAt), durability);
    }

    /** @param expiry milliseconds since 1970; 0: it stays */
    long putStream(byte[] key, InputStream source, long expiry, Durability durability) {
        return engine.streams().put(space, key, source, () -> expiry, durability);
    }

    @Override
    public long putStream(byte[] key, ReadableByteChannel source, Durability durability) {
        return engine.streams().put(space, key, source, Streams.STAYS, durability);
    }

    @Override
    public long putStream(byte[] key, ReadableByteChannel source, Duration timeToLive, Durability durability) {
        return engine.streams().put(space, key, source, expiresAfter(timeToLive), durability);
    }

    @Override
    public long putFile(byte[] key, Path source, Durability durability) {
        return engine.streams().put(space, key, source, Streams.STAYS, durability);
    }

    @Override
    public long putFile(byte[] key, Path source, Duration timeToLive, Durability durability) {
        return engine.streams().put(space, key, source, expiresAfter(timeToLive), durability);
    }

    @Override
    public ValueOutputStream outputStream(byte[] key, Durability durability) {
        return engine.streams().open(space, key, Streams.STAYS, durability);
    }

    @Override
    public ValueOutputStream outputStream(byte[] key, Duration timeToLive, Durability durability) {
        return engine.streams().open(space, key, expiresAfter(timeToLive), durability);
    }

    /** Refuses an impossible one now, before anything is read. */
    private LongSupplier expiresAfter(Duration timeToLive) {
        long ignored = engine.expiry(timeToLive);
        return () -> engine.expiry(timeToLive);
    }

    @Override
    public String toString() {
        return "keyspace " + space.name() + " (" + space.size() + " keys)";
    }
}
