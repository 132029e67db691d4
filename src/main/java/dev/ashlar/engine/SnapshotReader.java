package dev.ashlar.engine;

import dev.ashlar.Cursor;
import dev.ashlar.Entry;
import dev.ashlar.KeyspaceOptions;
import dev.ashlar.KeyspaceReader;
import dev.ashlar.Scan;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.View;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A keyspace as it was at a snapshot. */
final class SnapshotReader implements KeyspaceReader {
    private final Engine engine;
    private final StoreSnapshot snapshot;
    private final Space space;
    private final LogMemory memory;
    private final long size;
    private final Entries entries;

    SnapshotReader(Engine engine, StoreSnapshot snapshot, Space space, long size) {
        this.engine = engine;
        this.snapshot = snapshot;
        this.space = space;
        this.memory = engine.records().chunks().memory();
        this.size = size;
        this.entries = new Entries(engine, space, snapshot);
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
        snapshot.checkOpen();
        return size;
    }

    @Override
    public @Nullable MemorySegment get(byte[] key) {
        try {
            for (int tries = 0; ; tries++) {
                long epoch = memory.epoch();
                long position = find(key, epoch);
                if (position == View.ABSENT) {
                    return null;
                }
                MemorySegment view = space.values().view(position, epoch, snapshot.millis());
                if (view != null) {
                    return view;
                }
                snapshot.checkOpen();
                if (space.values().hasExpired(position, epoch, snapshot.millis())) {
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
        return get(Writes.Key.of(key).heapBytes());
    }

    @Override
    public int getAll(byte[][] keys, @Nullable MemorySegment[] values) {
        return new MultiGet(space, memory, this, true).getAll(keys, values);
    }

    @Override
    public int getAll(long[] keys, @Nullable MemorySegment[] values) {
        return new MultiGet(space, memory, this, true).getAll(keys, values);
    }

    @Override
    public boolean contains(byte[] key) {
        try {
            while (true) {
                long epoch = memory.epoch();
                long position = find(key, epoch);
                if (position == View.ABSENT || space.values().hasExpired(position, epoch, snapshot.millis())) {
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

    @Override
    public @Nullable Instant expiresAt(byte[] key) {
        engine.checkReadable();
        snapshot.checkOpen();
        KeyspaceCursor found = new KeyspaceCursor(space, engine, snapshot);
        return key.length <= dev.ashlar.Keyspace.MAX_KEY_BYTES && found.find(key) ? found.expiresAt() : null;
    }

    private long find(byte[] key, long epoch) {
        engine.checkReadable();
        if (key.length > dev.ashlar.Keyspace.MAX_KEY_BYTES) {
            return View.ABSENT;
        }
        long hash = space.hash(key);
        long before = epoch;
        while (true) {
            long position = space.find(key, hash, snapshot.lsn());
            snapshot.checkOpen();
            if (position != View.ABSENT || memory.isUnchanged(before)) {
                return position;
            }
            engine.checkReadable();
            before = memory.epoch();
        }
    }

    private RuntimeException closedOr(IllegalStateException e) {
        engine.checkReadable();
        return e;
    }

    @Override
    public Cursor cursor() {
        engine.checkReadable();
        snapshot.checkOpen();
        return new KeyspaceCursor(space, engine, snapshot);
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
}
