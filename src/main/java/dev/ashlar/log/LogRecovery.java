package dev.ashlar.log;

import dev.ashlar.Damage;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds the end of the log and replays it.
 *
 * <p>Writes that were not synced reach the disk in any subset, so a good frame behind a bad one is nothing unusual in a
 * torn tail. What tells damage from a torn tail is the <em>durable watermark</em> D: the highest LSN that is known to
 * have been durable, from the manifest and from the watermark field of every frame that verifies, those behind a gap
 * included.
 *
 * <pre>
 *    frames ok ──────── ✗ damage ── frames ok ────── D ── frames ok ── ✗ torn ── frames, good or bad ──┤
 *    applied            reported    applied               applied     end       reported as dropped
 * </pre>
 *
 * At or below D, a frame that does not verify is damage: it is reported, and reading goes on at the next frame that
 * does verify. Above D the log ends behind the last complete batch before the first frame that does not verify.
 */
public final class LogRecovery {
    /** Told of every frame that counts, in the order of the log. */
    @FunctionalInterface
    public interface Replay {
        /**
         * @param bytes private memory that holds the frame
         * @param at where the frame starts in there
         */
        void apply(Chunk chunk, long lsn, MemorySegment bytes, long at);
    }

    /**
     * What was found.
     *
     * @param lastChunk the chunk that the log ended in, or null if there was none
     * @param end LSN behind the last frame that counts
     * @param durable the durable watermark D
     * @param visited the chunks that were read, up to the last
     */
    public record Result(
            @Nullable Chunk lastChunk,
            long end,
            long durable,
            long records,
            long bytes,
            List<Chunk> visited,
            List<Damage> damaged,
            List<Damage> dropped) {}

    /** What the first frame of a chunk says about the one before. */
    private record Start(long predecessor, long end) {}

    private final Storage storage;
    private final Chunks chunks;
    private final long sealedBelow;
    private final ChunkImage image;
    private final Map<Long, Start> starts = new HashMap<>();

    /** Where chunks end that the manifest does not say it of, by their successors; for {@link #readAll}. */
    private final Map<Long, Long> ends = new HashMap<>();

    private final List<Damage> damaged = new ArrayList<>();

    /** First frames of chunks whose payload does not verify: the same list, but for {@link #readAll}. */
    private List<Damage> damagedStarts = damaged;

    private final List<Damage> dropped = new ArrayList<>();

    private long durable;

    /** Frames below count if their header verifies: the watermark, or for a salvage what was found to be there. */
    private long reach;

    /** LSN behind the last whole frame that ends a batch, in any chunk. */
    private long lastEnd;

    private long records;
    private long bytes;

    // The batch that is being read, above D: its first frame.
    private @Nullable Chunk batchChunk;
    private long batchStart;

    /**
     * @param chunks all chunks that are present, listed in the manifest or not
     * @param sealedBelow the ends of chunks with a base below this are known, from the manifest
     */
    public LogRecovery(Storage storage, Chunks chunks, long salt, long sealedBelow) {
        this(storage, chunks, sealedBelow, new ChunkImage(storage, salt));
    }

    /** @param image what to read the chunks with */
    public LogRecovery(Storage storage, Chunks chunks, long sealedBelow, ChunkImage image) {
        this.storage = storage;
        this.chunks = chunks;
        this.sealedBelow = sealedBelow;
        this.image = image;
    }

    /**
     * Reads the log from an LSN on, which is the beginning of a frame or of a chunk, or where the log ends.
     *
     * @param knownDurable the durable LSN that the manifest says
     */
    public Result run(long from, long knownDurable, Replay replay) {
        durable = Math.max(knownDurable, survey(knownDurable));
        reach = durable;
        return read(from, replay);
    }

    /**
     * Reads all that is left of the log, from its first chunk on: as {@link #run}, but a gap above the watermark ends
     * nothing. What is behind one may be writes that were never acknowledged as durable; the caller decides, by {@link
     * #watermark}. Batches are not held back until they are complete, for the same reason. A chunk whose end only its
     * successor says ends there, so what an earlier opening has dropped stays dropped.
     */
    public Result readAll(long knownDurable, Replay replay) {
        durable = Math.max(knownDurable, survey(knownDurable));
        reach = Math.max(durable, lastEnd);
        damagedStarts = new ArrayList<>();
        starts.values().forEach(start -> ends.merge(start.predecessor(), start.end(), Math::min));
        Chunk first = chunks.first();
        return read(first == null ? durable : first.base(), replay);
    }

    /** The durable watermark, known when the first frame is replayed. */
    public long watermark() {
        return durable;
    }

    /** The first frames of chunks whose payload does not verify, as {@link #readAll} tells them apart. They hold no record. */
    public List<Damage> damagedStarts() {
        return damagedStarts;
    }

    /** How many stretches were found that do not verify, so far. */
    public int damagedSoFar() {
        return damaged.size();
    }

    /** Base of the chunk that a chunk goes on from; -1 if its first frame does not say, or was not read. */
    public long predecessor(Chunk chunk) {
        Start start = starts.get(chunk.base());
        return start == null ? -1 : start.predecessor();
    }

    /** Whether it is known where the frames of a chunk end. */
    public boolean hasKnownEnd(Chunk chunk) {
        return isSealed(chunk) || ends.containsKey(chunk.base());
    }

    private Result read(long from, Replay replay) {
        Chunk chunk = chunks.holding(from - 1);
        if (chunk == null || chunk.limit() != from) {
            chunk = chunks.holding(from);
        } // else the log had filled that chunk to its last byte, and not yet gone on in another
        if (chunk == null) {
            chunk = chunks.after(from);
        }
        if (chunk == null) {
            return new Result(null, Math.max(from, durable), durable, 0, 0, List.of(), damaged, dropped);
        }
        long lsn = Math.max(from, chunk.base() + ChunkLayout.HEADER);
        Chunk endChunk = chunk;
        long end = lsn;
        List<Chunk> visited = new ArrayList<>();
        visited.add(chunk);
        while (true) {
            Chunk next = nextIfEnded(chunk, lsn);
            if (next != null) {
                chunk.end(lsn);
                chunk = next;
                lsn = chunk.base() + ChunkLayout.HEADER;
                visited.add(chunk);
            } else if (accepts(chunk, lsn)) {
                long frameEnd = image.endOf(lsn);
                if (consume(chunk, lsn, frameEnd, replay)) {
                    endChunk = chunk;
                    end = frameEnd;
                }
                lsn = frameEnd;
            } else if (lsn < reach && lsn < limit(chunk)) {
                lsn = skipDamage(chunk, lsn);
                endChunk = chunk;
                end = lsn;
            } else {
                break;
            }
        }
        endChunk.end(end);
        reportDropped(endChunk, end);
        while (visited.getLast() != endChunk) {
            visited.removeLast();
        }
        return new Result(endChunk, end, durable, records, bytes, visited, damaged, dropped);
    }

    private long limit(Chunk chunk) {
        if (isSealed(chunk)) {
            return chunk.end();
        }
        Long said = ends.get(chunk.base());
        return said == null ? chunk.limit() : Math.clamp(said, chunk.base() + ChunkLayout.HEADER, chunk.limit());
    }

    private boolean isSealed(Chunk chunk) {
        return chunk.base() < sealedBelow;
    }

    // --------------------------------------------------------------------------------------------- before the replay

    /** Reads the chunks that may reach beyond what is known to be durable; returns the highest watermark in them. */
    private long survey(long known) {
        long highest = 0;
        for (Chunk chunk : chunks.all()) {
            if (chunk.limit() <= known && isSealed(chunk)) {
                continue;
            }
            load(chunk);
            long first = chunk.base() + ChunkLayout.HEADER;
            long lsn = first;
            while (lsn < chunk.limit()) {
                lsn = image.resynchronise(lsn, chunk.limit());
                if (lsn == chunk.limit()) {
                    break;
                }
                long at = image.at(lsn);
                highest = Math.max(highest, FrameLayout.watermark(image.bytes(), at, lsn));
                if ((FrameLayout.flags(image.bytes(), at) & FrameLayout.BATCH_END) != 0) {
                    lastEnd = Math.max(lastEnd, image.endOf(lsn));
                }
                if (lsn == first
                        && FrameLayout.type(image.bytes(), at) == FrameLayout.CHUNK_START
                        && FrameLayout.payloadLength(image.bytes(), at) == 16) {
                    long payload = FrameLayout.payloadOffset(image.bytes(), at);
                    starts.put(
                            chunk.base(),
                            new Start(
                                    image.bytes().get(FrameLayout.LONG, payload),
                                    image.bytes().get(FrameLayout.LONG, payload + 8)));
                }
                lsn = image.endOf(lsn);
            }
        }
        return highest;
    }

    private void load(Chunk chunk) {
        if (!image.holds(chunk)) {
            image.load(chunk, chunk.limit());
        }
    }

    // ---------------------------------------------------------------------------------------------- forward reading

    /** The chunk to go on in if the given one ends at this LSN; else null. */
    private @Nullable Chunk nextIfEnded(Chunk chunk, long lsn) {
        for (Chunk each = chunks.after(chunk.base()); each != null; each = chunks.after(each.base())) {
            Start start = starts.get(each.base());
            if (start != null && start.predecessor() == chunk.base() && start.end() == lsn) {
                return each;
            }
            // A chunk that a failed group began is wiped and empty; the log goes on behind it.
            if (start == null && isSealed(each) && each.end() > each.base() + ChunkLayout.HEADER) {
                break;
            }
        }
        Chunk following = chunks.after(chunk.base());
        if (following == null || lsn < limit(chunk)) {
            return null;
        }
        // The end is the manifest's word, or damage that is below D took up the rest of the chunk.
        return isSealed(chunk) && isSealed(following) || lsn < reach ? following : null;
    }

    private boolean accepts(Chunk chunk, long lsn) {
        if (lsn >= limit(chunk)) {
            return false;
        }
        load(chunk);
        if (!image.headerVerifies(lsn, limit(chunk))) {
            return false;
        }
        return lsn < reach || image.payloadVerifies(lsn) && continuesBatch(lsn);
    }

    /** Whether the frame is the first of a batch, or the next one of the batch that is being read. */
    private boolean continuesBatch(long lsn) {
        if (FrameLayout.type(image.bytes(), image.at(lsn)) == FrameLayout.CHUNK_START) {
            return true;
        }
        long start = FrameLayout.batchStart(image.bytes(), image.at(lsn), lsn);
        return start == (batchChunk == null ? lsn : batchStart);
    }

    /**
     * Applies a frame, or remembers it until its batch is complete.
     *
     * @return true if everything up to the frame's end counts
     */
    private boolean consume(Chunk chunk, long lsn, long end, Replay replay) {
        long at = image.at(lsn);
        bytes += end - lsn;
        if (FrameLayout.type(image.bytes(), at) == FrameLayout.CHUNK_START) {
            if (!image.payloadVerifies(lsn)) {
                damagedStarts.add(new Damage(
                        chunk.file(),
                        lsn - chunk.base(),
                        end - lsn,
                        "the first frame of the chunk, which says where the log came from, does not verify; it holds no"
                                + " record"));
            }
            return batchChunk == null;
        }
        boolean last = (FrameLayout.flags(image.bytes(), at) & FrameLayout.BATCH_END) != 0;
        if (lsn < reach || last && batchChunk == null) {
            // What is durable was complete when it was written: a damaged neighbour does not take it along.
            apply(chunk, lsn, replay);
            return true;
        }
        if (batchChunk == null) {
            batchChunk = chunk;
            batchStart = lsn;
        }
        if (!last) {
            return false;
        }
        applyBatch(batchChunk, chunk, end, replay);
        batchChunk = null;
        load(chunk);
        return true;
    }

    /** Walks over a complete batch a second time; all its frames verify. */
    private void applyBatch(Chunk first, Chunk last, long end, Replay replay) {
        Chunk chunk = first;
        long lsn = batchStart;
        while (true) {
            load(chunk);
            long stop = chunk == last ? end : chunk.end();
            while (lsn < stop) {
                apply(chunk, lsn, replay);
                lsn = image.endOf(lsn);
            }
            if (chunk == last) {
                return;
            }
            Chunk next = nextIfEnded(chunk, lsn);
            if (next == null) {
                throw new IllegalStateException("the batch at " + batchStart + " lost its way at " + lsn);
            }
            chunk = next;
            lsn = chunk.base() + ChunkLayout.HEADER;
        }
    }

    private void apply(Chunk chunk, long lsn, Replay replay) {
        byte type = FrameLayout.type(image.bytes(), image.at(lsn));
        if (type == FrameLayout.PUT || type == FrameLayout.DELETE || type == FrameLayout.CLEAR) {
            records++;
            replay.apply(chunk, lsn, image.bytes(), image.at(lsn));
        }
    }

    // --------------------------------------------------------------------------------------------- what is not there

    private long skipDamage(Chunk chunk, long lsn) {
        load(chunk);
        // Not beyond D: what stands there counts only if all before it does.
        long next = image.resynchronise(lsn + FrameLayout.GRANULE, Math.min(limit(chunk), reach));
        damaged.add(new Damage(
                chunk.file(),
                lsn - chunk.base(),
                next - lsn,
                "a record was durable here and does not verify; an older value of its key may be visible"));
        return next;
    }

    private void reportDropped(Chunk last, long end) {
        for (Chunk chunk = last; chunk != null; chunk = chunks.after(chunk.base())) {
            long from = chunk == last ? end : chunk.base() + ChunkLayout.HEADER;
            if (isSealed(chunk) && chunk == last) {
                continue;
            }
            load(chunk);
            long lastByte = lastNonZero(from - chunk.base());
            if (lastByte < 0) {
                continue;
            }
            int intact = 0;
            long lsn = image.resynchronise(from, chunk.limit());
            while (lsn < chunk.limit()) {
                intact++;
                lsn = image.resynchronise(image.endOf(lsn), chunk.limit());
            }
            dropped.add(new Damage(
                    chunk.file(),
                    from - chunk.base(),
                    lastByte + 1 - (from - chunk.base()),
                    "writes that were never acknowledged as durable, or damage at the very end; " + intact
                            + " intact records stand behind the first one that does not verify"));
        }
    }

    /** Offset of the last byte that is not zero, at or behind an offset of the loaded chunk; -1 if there is none. */
    private long lastNonZero(long from) {
        MemorySegment s = image.bytes();
        for (long at = image.length() - 8; at >= from; at -= 8) {
            if (s.get(FrameLayout.LONG, at) != 0) {
                return at + 7;
            }
        }
        return -1;
    }

    /**
     * Writes the accepted bytes above the watermark again and syncs the chunks they are in. They may exist only in a page
     * cache that a failed sync has marked clean, so a sync alone would prove nothing.
     */
    public void rewriteTail(Result result) {
        for (Chunk chunk : chunks.all()) {
            long from = Math.max(result.durable(), chunk.base() + ChunkLayout.HEADER);
            long to = Math.min(result.end(), chunk.end());
            if (chunk.end() <= result.durable() || from >= to) {
                continue;
            }
            load(chunk);
            to = Math.min(to, chunk.base() + image.length());
            if (from >= to) {
                continue;
            }
            try (StorageFile file = storage.openForWriting(chunk.file())) {
                StorageIo.writeFully(file, image.bytes(), from - chunk.base(), to - from, from - chunk.base());
                file.sync();
            }
        }
    }
}
