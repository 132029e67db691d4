package dev.ashlar.engine;

import dev.ashlar.Cursor;
import dev.ashlar.Durability;
import dev.ashlar.Keyspace;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.Scan;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.View;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.Instant;
import java.util.ConcurrentModificationException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A keyspace as its users see it: looking up goes straight to the view, writing to the ring. */
final class KeyspaceHandle implements Keyspace {
    private final Engine engine;
    private final Space space;
    private final Writes writes;
    private final Health health;
    private final LogMemory memory;

    KeyspaceHandle(Engine engine, Space space, Writes writes, Health health) {
        this.memory = engine.records().chunks().memory();
        this.engine = engine;
        this.space = space;
        this.writes = writes;
        this.health = health;
    }

    Engine engine() {
        return engine;
    }

    Space space() {
        return space;
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
    public Cursor cursor() {
        health.checkReadable();
        return new KeyspaceCursor(space, engine, null);
    }

    @Override
    public Scan scan() {
        health.checkReadable();
        return engine.scan(space, null, false, () -> {});
    }

    @Override
    public Scan scanBackward() {
        StoreSnapshot snapshot = engine.takeSnapshot();
        boolean begun = false;
        try {
            Scan scan = engine.scan(space, snapshot, true, snapshot::close);
            begun = true;
            return scan;
        } finally {
            if (!begun) {
                snapshot.close();
            }
        }
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
    public boolean tryPut(byte[] key, byte[] value) {
        return writes.hasRoom() && writes.tryWrite(space, Writes.Key.of(key), Writes.Value.of(value));
    }

    @Override
    public boolean tryPut(MemorySegment key, MemorySegment value) {
        return writes.hasRoom() && writes.tryWrite(space, Writes.Key.of(key), Writes.Value.of(value));
    }

    @Override
    public long putIfAbsent(byte[] key, byte[] value, Durability durability) {
        return writes.write(
                space, FrameLayout.PUT, Op.IF_ABSENT, 0, Writes.Key.of(key), Writes.Value.of(value), durability);
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
    public long replace(byte[] key, byte[] value, long version, Durability durability) {
        return writes.write(
                space, FrameLayout.PUT, Op.IF_VERSION, version, Writes.Key.of(key), Writes.Value.of(value), durability);
    }

    @Override
    public long delete(byte[] key, Durability durability) {
        return writes.write(space, FrameLayout.DELETE, Op.ALWAYS, 0, Writes.Key.of(key), Writes.Value.NONE, durability);
    }

    @Override
    public CompletableFuture<Long> deleteAsync(byte[] key, Durability durability) {
        return writes.writeAsync(
                space, FrameLayout.DELETE, Op.ALWAYS, 0, Writes.Key.of(key), Writes.Value.NONE, durability);
    }

    @Override
    public long putStream(byte[] key, InputStream source, Durability durability) {
        return writes.writeStream(space, Writes.Key.of(key), source, durability);
    }

    @Override
    public String toString() {
        return "keyspace " + space.name() + " (" + size() + " keys)";
    }
}
