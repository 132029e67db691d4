package dev.ashlar.engine;

import dev.ashlar.Entry;
import dev.ashlar.Keyspace;
import dev.ashlar.keyspace.Records;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.LogMemory;
import dev.ashlar.log.Position;
import dev.ashlar.log.View;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The entries of a keyspace, as they are or as a snapshot shows them: one by its key, the first, the last, or all. */
final class Entries {
    private final Engine engine;
    private final Space space;
    private final @Nullable StoreSnapshot snapshot;
    private final Chunks chunks;
    private final LogMemory memory;

    /** When records have to expire to be shown, in milliseconds since 1970, or {@link Records#NOW}. */
    private final long asOf;

    Entries(Engine engine, Space space, @Nullable StoreSnapshot snapshot) {
        this.engine = engine;
        this.space = space;
        this.snapshot = snapshot;
        this.chunks = engine.records().chunks();
        this.memory = chunks.memory();
        this.asOf = snapshot == null ? Records.NOW : snapshot.millis();
    }

    // -------------------------------------------------------------------------------------------------------- one

    @Nullable
    Entry find(MemorySegment key) {
        return find(Writes.Key.of(key).heapBytes());
    }

    @Nullable
    Entry find(byte[] key) {
        engine.checkReadable();
        checkSnapshot();
        if (key.length > Keyspace.MAX_KEY_BYTES) {
            return null;
        }
        long hash = space.hash(key);
        try {
            for (int tries = 0; ; tries++) {
                long epoch = memory.epoch();
                long position = snapshot == null ? space.find(key, hash) : space.find(key, hash, snapshot.lsn());
                checkSnapshot();
                if (position == View.ABSENT) {
                    if (snapshot == null || memory.isUnchanged(epoch)) {
                        checkPresent();
                        return null;
                    }
                    memory.checkOpen();
                    continue;
                }
                if (space.values().hasExpired(position, epoch, asOf)) {
                    return null;
                }
                Entry entry = at(position, epoch);
                if (entry != null) {
                    return entry;
                }
                memory.checkOpen();
                space.values().lookAgain(position, tries);
            }
        } catch (IllegalStateException e) {
            engine.checkReadable(); // a log that is closed under a reader means that the store was
            throw e;
        }
    }

    /** A snapshot shows keyspaces that were dropped since. */
    private void checkPresent() {
        if (snapshot == null) {
            space.checkPresent();
        }
    }

    private void checkSnapshot() {
        if (snapshot != null) {
            snapshot.checkOpen();
        }
    }

    /** Null if the record has moved since its position was looked up, which was after the epoch was read. */
    private @Nullable Entry at(long position, long epoch) {
        Chunk chunk = chunks.at(Position.chunkSlot(position));
        MemorySegment bytes = chunk == null ? null : chunk.escapingSegment();
        if (chunk == null || bytes == null || !memory.isUnchanged(epoch)) {
            return null;
        }
        // From here on the record stays, for the bytes are lent.
        long at = Position.offset(position);
        MemorySegment value = space.values().view(chunk, bytes, at);
        return value == null ? null : engine.entry(chunk, bytes, at, value);
    }

    @Nullable
    Entry first() {
        try (LogScan scan = scan(LogScan.Range.FORWARD)) {
            return firstOf(scan);
        }
    }

    @Nullable
    Entry last() {
        try (LogScan scan = scanBackward(LogScan.Range.BACKWARD)) {
            return firstOf(scan);
        }
    }

    private static @Nullable Entry firstOf(LogScan scan) {
        while (scan.next()) {
            Entry entry = scan.entryOrNull();
            if (entry != null) {
                return entry;
            }
        }
        return null;
    }

    // -------------------------------------------------------------------------------------------------------- all

    LogScan scan(LogScan.Range range) {
        checkPresent();
        return engine.scan(space, snapshot, range, () -> {});
    }

    /** With a snapshot of its own if there is none: compaction would move records to where it has been already. */
    LogScan scanBackward(LogScan.Range range) {
        if (snapshot != null) {
            return engine.scan(space, snapshot, range, () -> {});
        }
        checkPresent();
        StoreSnapshot own = engine.takeSnapshot();
        boolean begun = false;
        try {
            LogScan scan = engine.scan(space, own, range, own::close);
            begun = true;
            return scan;
        } finally {
            if (!begun) {
                own.close();
            }
        }
    }

    /**
     * With a snapshot of its own if there is none. Parts that walk at the same time would have to agree on what compaction
     * moves from one to another; and a stream that is called distinct must be.
     */
    Stream<Entry> stream(LogScan.Range range) {
        if (snapshot != null) {
            snapshot.checkOpen();
            return LogSpliterator.stream(engine, space, snapshot, range, () -> {});
        }
        checkPresent();
        StoreSnapshot own = engine.takeSnapshot();
        boolean begun = false;
        try {
            Stream<Entry> stream = LogSpliterator.stream(engine, space, own, range, own::close);
            begun = true;
            return stream;
        } finally {
            if (!begun) {
                own.close();
            }
        }
    }
}
