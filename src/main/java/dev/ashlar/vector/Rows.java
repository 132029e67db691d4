package dev.ashlar.vector;

import dev.ashlar.VectorOptions;
import dev.ashlar.VectorStats;
import dev.ashlar.keyspace.RowListener;
import dev.ashlar.keyspace.Space;
import dev.ashlar.keyspace.Superseded;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameRef;
import dev.ashlar.log.LogMemory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The rows of one collection: which are in segments, and which are still in the log. It follows the index ({@link Space}), which
 * knows where each row is.
 *
 * <pre>
 *   put ─► log ─► pending ──────────► segment ──────► larger, denser segment
 *                 read in the log     │ built from sources: rows in the log, or in segments that are merged
 *                                     └ {@link #begin}: still read at the sources; the index goes over row by row
 *                                       {@link #finish}: read here; the sources are let go
 * </pre>
 *
 * <p>Between {@code begin} and {@code finish} a row's death is noted at both places. So a {@link RowList} that was taken
 * before {@code finish} is right as of its moment for as long as it is used, whatever happens to the rows meanwhile.
 *
 * <p>Changed by the owner of the appender's role only.
 */
public final class Rows implements RowListener {
    /** Deaths of rows in segments after which it is looked whether one has become sparse. */
    private static final int DEATHS = 4096;

    private final Space space;
    private final VectorOptions options;
    private final LogMemory memory;
    private final Superseded superseded;
    private final PendingRows pending = new PendingRows();

    private volatile List<Segment> segments;

    /** Run when there are as many pending rows as make building a segment worth it, or as many deaths. */
    private Runnable whenDue = () -> {};

    private long dueRows = Long.MAX_VALUE;
    private long deaths;

    /** Pending rows that cannot be read, and so never go to a segment. */
    private volatile int stuck;

    /** What was read ahead adds up to, so that reading it is not for nothing to the compiler. */
    @SuppressWarnings("unused")
    private long touched;

    /** Segments whose sources are still read. */
    private final Map<Chunk, Segment> replacing = new HashMap<>();

    public Rows(Space space, LogMemory memory, Superseded superseded, List<Segment> segments) {
        this.space = space;
        this.options = Objects.requireNonNull(space.vectors());
        this.memory = memory;
        this.superseded = superseded;
        this.segments = List.copyOf(segments);
    }

    public Space space() {
        return space;
    }

    public VectorOptions options() {
        return options;
    }

    /** A row that the index refers to, at opening. In the order of the log. */
    public void restore(long position) {
        memory.markHeld(position);
        Chunk chunk = space.chunkAt(position);
        if (chunk != null && !chunk.isSegment()) {
            pending.add(position);
            chunk.markRows();
        }
    }

    /** Whether a third of some segment is dead. */
    public boolean hasSparseSegment() {
        for (Segment segment : segments) {
            if (SegmentPlan.isSparse(segment)) {
                return true;
            }
        }
        return false;
    }

    /** Where the rows are. While nobody writes. */
    public RowList list() {
        return new RowList(segments, pending.all());
    }

    /** Segments whose rows are read in them; a moment old. */
    public List<Segment> segments() {
        return segments;
    }

    public long pendingRows() {
        return pending.count();
    }

    public VectorStats stats() {
        long rows = 0;
        long live = 0;
        long bytes = 0;
        List<Segment> present = segments;
        for (Segment segment : present) {
            rows += segment.rows();
            live += segment.liveRows();
            bytes += segment.bytes();
        }
        return new VectorStats(space.size(), pendingRows(), present.size(), rows, bytes, Math.max(0, rows - live));
    }

    /**
     * @param rows so many pending ones are worth a segment
     * @param action run by the owner of the appender's role; must be short
     */
    public void whenDue(long rows, Runnable action) {
        dueRows = rows;
        whenDue = action;
    }

    public boolean isDue() {
        return pending.count() - stuck >= dueRows || hasSparseSegment();
    }

    // -------------------------------------------------------------------------------------------- what the index does

    @Override
    public void added(FrameRef frame) {
        if (!frame.chunk.isSegment()) {
            pending.add(frame.position());
            frame.chunk.markRows();
            if (pending.count() % dueRows == 0) {
                whenDue.run();
            }
        }
    }

    @Override
    public void dropped(Chunk chunk, long at, FrameRef frame) {
        if (!chunk.isSegment()) {
            return;
        }
        if (++deaths % DEATHS == 0) {
            whenDue.run();
        }
        if (!replacing.isEmpty()) {
            Segment segment = replacing.get(chunk);
            if (segment != null) {
                droppedMeanwhile(segment.source(SegmentLayout.rowOf(at)), frame);
            }
        }
    }

    /** The row is still read at its source by whoever has an older list. */
    private void droppedMeanwhile(long source, FrameRef frame) {
        Chunk chunk = space.chunkAt(source);
        if (chunk == null) {
            return;
        }
        if (superseded.isShown(memory.lsnAt(source))) {
            superseded.add(frame.keyHash, chunk, source, frame.lsn);
        }
        memory.markDead(source);
    }

    // ------------------------------------------------------------------------------------------ what builds segments
    // do

    /** The index begins to refer to rows of a segment that is mapped and durable, instead of to their sources. */
    void begin(Segment segment) {
        replacing.put(segment.chunk(), segment);
    }

    /**
     * Lets the index refer to rows of a segment from one on, as far as it still refers to their sources; the others are dead.
     *
     * @return how many went over
     */
    int replace(Segment segment, int from, int to) {
        Chunk chunk = segment.chunk();
        int moved = 0;
        long touched = 0;
        for (int row = from; row < to; row++) {
            touched += space.touchSlots(space.hashWord(segment.word(row)));
        }
        this.touched = touched;
        for (int row = from; row < to; row++) {
            long position = segment.position(row);
            long source = segment.source(row);
            if (source >= 0 && space.replace(space.hashWord(segment.word(row)), source, position)) {
                chunk.addLive(1, SegmentLayout.ROW_HEADER + segment.stride());
                moved++;
            } else {
                memory.markDead(position);
            }
        }
        return moved;
    }

    /**
     * From now on rows are read in new segments, and no longer in their sources.
     *
     * @param built began, and had all of their rows replaced
     * @param merged segments that were their sources, among others
     * @param pendingTo the rows that were pending below this entry were their sources
     * @param damaged positions of those among these that stay in the log, because they could not be read
     * @param lsn end of the log
     */
    void finish(List<Segment> built, List<Segment> merged, long pendingTo, List<Long> damaged, long lsn) {
        List<Segment> next = new ArrayList<>(segments);
        next.removeAll(merged);
        next.addAll(built);
        merged.forEach(segment -> segment.chunk().rowsMoved(lsn));
        PendingRows.Slice taken = pending.all().upTo(pendingTo);
        pending.dropBefore(pendingTo);
        int last = -1;
        for (long entry = taken.from(); entry < taken.to(); entry++) {
            long position = taken.position(entry);
            Chunk chunk = position == PendingRows.GONE ? null : space.chunkAt(position);
            if (chunk != null && chunk.slot() != last) {
                last = chunk.slot();
                chunk.rowsMoved(lsn);
            }
        }
        damaged.forEach(pending::add);
        stuck = damaged.size();
        for (Segment segment : built) {
            replacing.remove(segment.chunk());
            segment.sources(null);
        }
        segments = List.copyOf(next);
    }

    /** The collection was dropped, and whoever has an older list has to be gone before the chunks of its rows. While nobody writes. */
    public void leave(long lsn) {
        PendingRows.Slice all = pending.all();
        for (long entry = all.from(); entry < all.to(); entry++) {
            long position = all.position(entry);
            Chunk chunk = position == PendingRows.GONE ? null : space.chunkAt(position);
            if (chunk != null) {
                chunk.rowsMoved(lsn);
            }
        }
    }

    /**
     * Forgets rows of a chunk that is about to go: none of them counts. While nobody writes. If there are any, who has an older
     * list has to be gone before the chunk, which says so ({@link Chunk#rowsMovedAt}).
     */
    public void forget(Chunk chunk, long lsn) {
        if (pending.forget(chunk.slot())) {
            chunk.rowsMoved(lsn);
        }
    }

    LogMemory memory() {
        return memory;
    }
}
