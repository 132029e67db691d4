package dev.ashlar.engine;

import dev.ashlar.CompactionEstimate;
import dev.ashlar.StoreOptions;
import dev.ashlar.io.Storage;
import dev.ashlar.keyspace.Records;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkImage;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.View;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Moves the live records of a chunk to the end of the log. It reads the chunk in private memory and hands relocations to
 * the appender in bundles; the appender writes each only if the index still points at the source, so writers go on
 * meanwhile and win. Deletions are moved as long as an older chunk might hold what they deleted.
 */
final class Compactor {
    /** What a compaction has moved. */
    static final class Progress {
        long records;
        long bytes;
    }

    private static final long BUNDLE = 512 << 10;
    private static final int MAX_BUNDLE_OPS = 2048;

    /** While others write: a writer waits for one bundle at the most. */
    private static final int MAX_CROWDED_OPS = 256;

    private static final long CROWDED_BUNDLE = 64 << 10;
    private static final int LOOKED_UP_AHEAD = 512;

    /** How far below its bound the garbage is brought, so that compaction works in strides: a retirement takes syncs. */
    private static final double CLEANED_TO = 0.8;

    private final StoreOptions options;
    private final Storage storage;
    private final Records records;
    private final Views views;
    private final Writes writes;
    private final Chunks chunks;
    private final LongSupplier newestSnapshot;
    private final Pace pace;
    private @Nullable ChunkImage image;

    // Frames that are about to be looked up, and what was read ahead for them.
    private final long[] lsns = new long[LOOKED_UP_AHEAD];
    private final long[] hashes = new long[LOOKED_UP_AHEAD];

    @SuppressWarnings("unused")
    private long touched;

    // The bundle that is being filled.
    private @Nullable MemorySegment bundle;
    private long used;
    private int ops;

    /** @param newestSnapshot the highest LSN that is a snapshot's, or 0 */
    Compactor(
            StoreOptions options,
            Storage storage,
            Records records,
            Views views,
            Writes writes,
            LongSupplier newestSnapshot,
            Pace pace) {
        this.options = options;
        this.storage = storage;
        this.records = records;
        this.views = views;
        this.writes = writes;
        this.chunks = records.chunks();
        this.newestSnapshot = newestSnapshot;
        this.pace = pace;
    }

    /**
     * The chunks to compact now, the emptiest first; none if there is too little garbage to bother.
     *
     * <p>Unless all are wanted it takes only as many as it needs to get the share of garbage in the log back under its
     * bound: who waits finds emptier chunks. Where all keys are overwritten alike and the oldest chunk is always taken, the
     * share x of it that is still live follows from that of the whole log, (1 - x) / -ln x; a fifth where half is live.
     *
     * <p>A chunk that began before a snapshot is left alone: what is moved out of it would have to stay in it too. If
     * nothing in it is live or shown, it goes.
     */
    List<Chunk> choose(Chunk current, boolean all, Set<Chunk> tried) {
        List<Chunk> candidates = new ArrayList<>();
        long total = 0;
        long garbage = 0;
        long snapshot = newestSnapshot.getAsLong();
        for (Chunk chunk : chunks.all()) {
            if (chunk == current || chunk.base() >= current.base() || chunk.isShown() || chunk.isPinned()) {
                continue;
            }
            if (chunk.base() < snapshot && chunk.liveRecords() > 0) {
                continue;
            }
            total += chunk.capacity();
            garbage += chunk.capacity() - keptBytes(chunk);
            boolean worthwhile = garbageOf(chunk) > options.garbageRatio();
            if (worthwhile && !chunk.damaged() && !tried.contains(chunk)) {
                candidates.add(chunk);
            }
        }
        candidates.sort(Comparator.comparingDouble(this::garbageOf).reversed());
        pace.garbage((double) garbage / Math.max(1, total), options.garbageRatio());
        if (all) {
            return candidates;
        }
        if (garbage <= options.garbageRatio() * total) {
            return List.of();
        }
        long wanted = (long) (garbage - CLEANED_TO * options.garbageRatio() * total);
        int count = 0;
        for (long reclaimed = 0; count < candidates.size() && reclaimed < wanted; count++) {
            Chunk chunk = candidates.get(count);
            reclaimed += chunk.capacity() - keptBytes(chunk);
        }
        return candidates.subList(0, count);
    }

    /** What compacting everything that is worth it would do. */
    CompactionEstimate estimate(Chunk current) {
        long records = 0;
        long toRelocate = 0;
        long toFree = 0;
        List<Chunk> chosen = choose(current, true, Set.of());
        for (Chunk chunk : chosen) {
            records += chunk.liveRecords();
            toRelocate += chunk.liveBytes();
            toFree += chunk.capacity();
        }
        return new CompactionEstimate(chosen.size(), records, toRelocate, toFree);
    }

    private double garbageOf(Chunk chunk) {
        return 1.0 - (double) keptBytes(chunk) / Math.max(1, chunk.capacity() - ChunkLayout.HEADER);
    }

    /**
     * What would have to be moved out of a chunk. Deletions would, while there is an older chunk; moving them over and over
     * because that one cannot go would gain nothing.
     */
    private long keptBytes(Chunk chunk) {
        Chunk first = chunks.first();
        boolean older = first != null && first.base() < chunk.base();
        return Math.min(chunk.capacity(), chunk.liveBytes() + (older ? chunk.deletionBytes() : 0));
    }

    /** Relocates what is live in a chunk. A record that is damaged stays, and with it the chunk. */
    void relocate(Chunk chunk, Progress progress) {
        ChunkImage loaded = load(chunk, chunk.end());
        Chunk first = chunks.first();
        boolean older = first != null && first.base() < chunk.base();
        long lsn = chunk.base() + ChunkLayout.HEADER;
        try {
            while (lsn < chunk.end()) {
                int count = 0;
                while (lsn < chunk.end() && count < LOOKED_UP_AHEAD) {
                    if (!loaded.headerVerifies(lsn, chunk.end())) {
                        lsn = loaded.resynchronise(lsn + FrameLayout.GRANULE, chunk.end());
                        continue;
                    }
                    if (isMovable(chunk, loaded, lsn, older)) {
                        note(loaded, lsn, count++);
                    }
                    lsn = loaded.endOf(lsn);
                }
                for (int i = 0; i < count; i++) {
                    relocate(chunk, loaded, lsns[i], hashes[i], progress);
                }
            }
            submit();
        } finally {
            forget();
        }
    }

    /** Deletions are moved while an older chunk might hold what they deleted; nothing of a space that was removed is. */
    private boolean isMovable(Chunk chunk, ChunkImage loaded, long lsn, boolean older) {
        byte type = FrameLayout.type(loaded.bytes(), loaded.at(lsn));
        View view = views.find(FrameLayout.space(loaded.bytes(), loaded.at(lsn)));
        if (view == null) {
            return false;
        }
        return switch (type) {
            case FrameLayout.PUT -> !chunks.memory().isKnownDead(chunk.position(lsn));
            case FrameLayout.DELETE -> older;
            case FrameLayout.CLEAR -> older && isLastClear(loaded, lsn, view);
            default -> false;
        };
    }

    /** Whether no later frame of its kind removes all that this one does. */
    private boolean isLastClear(ChunkImage loaded, long lsn, View view) {
        long at = loaded.at(lsn);
        long version = FrameLayout.version(loaded.bytes(), at, lsn);
        return version >= view.clearedAt(FrameLayout.space(loaded.bytes(), at));
    }

    /** Hashes a frame's key, and reads the index where it is going to be looked up: many cache misses then overlap. */
    private void note(ChunkImage loaded, long lsn, int i) {
        MemorySegment s = loaded.bytes();
        long at = loaded.at(lsn);
        long hash = records.hash(s, FrameLayout.keyOffset(s, at), FrameLayout.keyLength(s, at));
        lsns[i] = lsn;
        hashes[i] = hash;
        int space = FrameLayout.space(s, at);
        View view = views.find(space);
        touched += view == null ? 0 : view.touchIndex(space, hash);
    }

    /** Gives back a bundle that was not handed over, because something failed before. */
    private void forget() {
        MemorySegment target = bundle;
        if (target != null) {
            writes.pool().release(target);
        }
        bundle = null;
        used = 0;
        ops = 0;
    }

    private void relocate(Chunk chunk, ChunkImage loaded, long lsn, long hash, Progress progress) {
        MemorySegment s = loaded.bytes();
        long at = loaded.at(lsn);
        int space = FrameLayout.space(s, at);
        View view = views.find(space);
        if (view == null) {
            return;
        }
        byte type = FrameLayout.type(s, at);
        if (type == FrameLayout.PUT) {
            if (!view.refersTo(space, hash, chunk.position(lsn))) {
                return;
            }
            if (records.isExpired(s, at, FrameLayout.head(s, at), Records.NOW)) {
                addDeletion(loaded, lsn, hash);
                return;
            }
            if (!FrameLayout.payloadVerifies(s, at)) {
                chunk.markDamaged();
                return;
            }
        } else if (type == FrameLayout.DELETE
                && !view.lacks(space, hash, s, FrameLayout.keyOffset(s, at), FrameLayout.keyLength(s, at))) {
            return;
        }
        add(loaded, lsn, hash);
        progress.records++;
        progress.bytes += loaded.endOf(lsn) - lsn;
    }

    /**
     * Deletes the records of a chunk below an LSN that have expired, each only if the index still points at it; says of the
     * others that are live when they do.
     *
     * @param now in milliseconds since 1970
     * @param goOn asked from time to time
     * @return false if it did not go on to the end
     */
    boolean removeExpired(Chunk chunk, long end, long now, BooleanSupplier goOn) {
        ChunkImage loaded = load(chunk, end);
        long lsn = chunk.base() + ChunkLayout.HEADER;
        try {
            while (lsn < end) {
                if (!goOn.getAsBoolean()) {
                    return false;
                }
                int count = 0;
                while (lsn < end && count < LOOKED_UP_AHEAD) {
                    if (!loaded.headerVerifies(lsn, end)) {
                        lsn = loaded.resynchronise(lsn + FrameLayout.GRANULE, end);
                        continue;
                    }
                    if (FrameLayout.expires(FrameLayout.head(loaded.bytes(), loaded.at(lsn)))
                            && isMovable(chunk, loaded, lsn, false)) {
                        note(loaded, lsn, count++);
                    }
                    lsn = loaded.endOf(lsn);
                }
                for (int i = 0; i < count; i++) {
                    removeIfExpired(chunk, loaded, lsns[i], hashes[i], now);
                }
            }
            submit();
            return true;
        } finally {
            forget();
        }
    }

    private void removeIfExpired(Chunk chunk, ChunkImage loaded, long lsn, long hash, long now) {
        MemorySegment s = loaded.bytes();
        long at = loaded.at(lsn);
        int space = FrameLayout.space(s, at);
        View view = views.find(space);
        if (view == null || !view.refersTo(space, hash, chunk.position(lsn))) {
            return;
        }
        if (FrameLayout.expiry(s, at) <= now) {
            addDeletion(loaded, lsn, hash);
        } else {
            chunk.expires(FrameLayout.expiry(s, at));
        }
    }

    /** Instead of a record that has expired a deletion, which hides what older chunks may have of its key. */
    private void addDeletion(ChunkImage loaded, long lsn, long hash) {
        MemorySegment s = loaded.bytes();
        long at = loaded.at(lsn);
        int keyLength = FrameLayout.keyLength(s, at);
        long size = Op.size(keyLength, 0);
        MemorySegment target = bundleFor(size);
        int shift = FrameLayout.alignmentShift(s, at);
        Op.write(
                target,
                used,
                FrameLayout.DELETE,
                keyLength,
                FrameLayout.space(s, at),
                0,
                shift,
                hash,
                FrameLayout.EMPTY_HASH);
        Op.condition(target, used, Op.IF_SOURCE, lsn);
        MemorySegment.copy(s, FrameLayout.keyOffset(s, at), target, used + Op.HEADER, keyLength);
        used += size;
        ops++;
    }

    private ChunkImage load(Chunk chunk, long end) {
        ChunkImage loaded = image;
        if (loaded == null) {
            loaded = new ChunkImage(storage, records.salt());
            image = loaded;
        }
        loaded.load(chunk, end);
        return loaded;
    }

    private MemorySegment bundleFor(long size) {
        if (bundle != null && (used + size > bundle.byteSize() || isFull())) {
            submit();
        }
        MemorySegment target = bundle;
        if (target == null) {
            target = writes.pool().acquire(Math.max(BUNDLE, size), Long.MAX_VALUE);
            bundle = target;
        }
        return target;
    }

    private void add(ChunkImage loaded, long lsn, long hash) {
        MemorySegment s = loaded.bytes();
        long at = loaded.at(lsn);
        int keyLength = FrameLayout.keyLength(s, at);
        int payloadLength = (int) FrameLayout.payloadLength(s, at);
        long size = Op.size(keyLength, payloadLength);
        MemorySegment target = bundleFor(size);
        byte type = FrameLayout.type(s, at);
        Op.write(
                target,
                used,
                type,
                keyLength,
                FrameLayout.space(s, at),
                payloadLength,
                FrameLayout.alignmentShift(s, at),
                hash,
                FrameLayout.payloadHash(s, at));
        Op.condition(target, used, type == FrameLayout.PUT ? Op.IF_SOURCE : Op.IF_STILL_ABSENT, lsn);
        Op.relocated(target, used, FrameLayout.version(s, at, lsn));
        if (FrameLayout.hasValueFile(s, at)) {
            Op.valueFile(target, used, FrameLayout.valueFile(s, at), FrameLayout.valueFileLength(s, at));
        }
        if (FrameLayout.expires(FrameLayout.head(s, at))) {
            Op.expiry(target, used, FrameLayout.expiry(s, at));
        }
        MemorySegment.copy(s, FrameLayout.keyOffset(s, at), target, used + Op.HEADER, keyLength);
        MemorySegment.copy(
                s, FrameLayout.payloadOffset(s, at), target, used + Op.payloadOffset(keyLength), payloadLength);
        used += size;
        ops++;
    }

    private boolean isFull() {
        return ops == MAX_BUNDLE_OPS || pace.isCrowded() && (ops >= MAX_CROWDED_OPS || used >= CROWDED_BUNDLE);
    }

    /** Hands the bundle over, waits for it, and rests if others are at work. */
    private void submit() {
        MemorySegment target = bundle;
        if (target == null) {
            return;
        }
        Ticket ticket = Ticket.waiting();
        boolean submitted = false;
        int count = ops;
        pace.beginBundle();
        bundle = null;
        used = 0;
        ops = 0;
        try {
            writes.submitMany(target, count, false, true, true, ticket);
            submitted = true;
        } finally {
            if (!submitted) {
                writes.pool().release(target);
            }
        }
        writes.await(ticket);
        long ignored = ticket.writtenLsn();
        pace.endBundle(count);
    }
}
