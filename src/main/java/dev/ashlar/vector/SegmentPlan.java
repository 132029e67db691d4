package dev.ashlar.vector;

import dev.ashlar.io.OffHeap;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.LogMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which rows of a collection new segments are to be built from: those that were pending, and those of segments that are merged.
 *
 * <p><b>When a segment is merged.</b> Segments hold up to {@code most} rows. One of which a third is dead is written anew, and
 * those with less than a quarter of {@code most} are, when there are {@value #SMALL_AT_ONCE} of them: so a row is copied about as often as the
 * collection has grown fourfold, and dead rows take half as much as living ones at the most.
 */
public final class SegmentPlan implements AutoCloseable {
    private static final int SMALL_AT_ONCE = 4;

    private final Rows rows;
    private final RowList list;
    private final List<Segment> merged;
    private final int most;

    /** Sources of each segment to be built. */
    private final List<MemorySegment> sources = new ArrayList<>();

    private final Set<Chunk> chunks = new HashSet<>();
    private final Arena arena = Arena.ofShared();

    private SegmentPlan(Rows rows, RowList list, List<Segment> merged, int most) {
        this.rows = rows;
        this.list = list;
        this.merged = merged;
        this.most = most;
    }

    /**
     * Makes a plan. Any thread; the list was taken while nobody wrote.
     *
     * @param mostBytes of a segment
     * @param all also what would otherwise wait for more of its kind
     */
    public static SegmentPlan of(Rows rows, RowList list, long mostBytes, boolean all) {
        int most = SegmentLayout.rowsWithin(mostBytes, rows.options().stride());
        SegmentPlan plan = new SegmentPlan(rows, list, choose(list, most, all), most);
        plan.collect();
        return plan;
    }

    private static List<Segment> choose(RowList list, int most, boolean all) {
        List<Segment> small = new ArrayList<>();
        List<Segment> chosen = new ArrayList<>();
        for (Segment segment : list.segments()) {
            if (segment.chunk().damaged()) {
                continue; // it stays, as evidence
            }
            if (isSparse(segment) || all && deadRows(segment) > segment.rows() / 10) {
                chosen.add(segment);
            } else if (segment.rows() < most / 4) {
                small.add(segment);
            }
        }
        if (small.size() >= SMALL_AT_ONCE || all && small.size() + chosen.size() > 1) {
            chosen.addAll(small);
        }
        return chosen;
    }

    private static long deadRows(Segment segment) {
        return segment.rows() - segment.liveRows();
    }

    static boolean isSparse(Segment segment) {
        return deadRows(segment) > segment.rows() / 3 && !segment.chunk().damaged();
    }

    private void collect() {
        LogMemory memory = rows.memory();
        Collector collector = new Collector();
        for (Segment segment : merged) {
            for (int row = 0; row < segment.rows(); row++) {
                long position = segment.position(row);
                if (!memory.isKnownDead(position)
                        && (segment.chunk().isOwn(SegmentLayout.HEADERS) || memory.isHeld(position))) {
                    collector.add(position);
                }
            }
            chunks.add(segment.chunk());
        }
        PendingRows.Slice pending = list.pending();
        for (long entry = pending.from(); entry < pending.to(); entry++) {
            long position = pending.position(entry);
            Chunk chunk = position == PendingRows.GONE ? null : rows.space().chunkAt(position);
            if (chunk != null && !memory.isKnownDead(position)) {
                collector.add(position);
                chunks.add(chunk);
            }
        }
        collector.finish();
    }

    /** Deals positions out to segments. */
    private final class Collector {
        private MemorySegment block = MemorySegment.NULL;
        private int count;

        void add(long position) {
            if (count == 0) {
                block = OffHeap.allocate((long) most * Long.BYTES, 64, arena);
            }
            block.set(ValueLayout.JAVA_LONG, (long) count * Long.BYTES, position);
            if (++count == most) {
                finish();
            }
        }

        void finish() {
            if (count > 0) {
                sources.add(block.asSlice(0, (long) count * Long.BYTES));
                count = 0;
            }
        }
    }

    /** Whether there is nothing to do. */
    public boolean isEmpty() {
        return merged.isEmpty() && list.pending().count() == 0;
    }

    public Rows rows() {
        return rows;
    }

    /** Chunks and segments that are read; they must not go meanwhile. */
    public Set<Chunk> chunks() {
        return chunks;
    }

    public List<Segment> merged() {
        return merged;
    }

    int count() {
        return sources.size();
    }

    /** Gives memory back; nothing refers to the sources any more. */
    @Override
    public void close() {
        arena.close();
    }

    MemorySegment sources(int segment) {
        return sources.get(segment);
    }

    long pendingTo() {
        return list.pending().to();
    }
}
