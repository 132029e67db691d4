package dev.ashlar.vector;

import dev.ashlar.StoreClosedException;
import dev.ashlar.keyspace.Superseded;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.Position;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** The rows of a collection as of a moment, in runs. */
final class RowRuns {
    private RowRuns() {}

    /**
     * All rows of a list.
     *
     * @param snapshot of the moment at which the list was taken, open as long as the runs are used
     */
    static List<PlacedRun> of(RowReader reader, Superseded superseded, long snapshot, RowList list) {
        List<PlacedRun> runs = new ArrayList<>();
        for (Segment segment : list.segments()) {
            runs.add(new SegmentRun(reader, superseded, snapshot, segment));
        }
        PendingRows.Slice pending = list.pending();
        long from = pending.from();
        while (from < pending.to()) {
            if (pending.position(from) == PendingRows.GONE) {
                from++;
                continue;
            }
            int slot = Position.chunkSlot(pending.position(from));
            long to = from + 1;
            while (to < pending.to() && Position.chunkSlot(pending.position(to)) == slot) {
                to++;
            }
            long first = from;
            add(runs, reader, superseded, snapshot, row -> pending.position(first + row), (int) (to - from), false);
            from = to;
        }
        return runs;
    }

    /**
     * Chosen rows.
     *
     * @param positions where they are at the moment of the snapshot, in any order
     */
    static List<PlacedRun> ofChosen(RowReader reader, Superseded superseded, long snapshot, long[] positions) {
        List<PlacedRun> runs = new ArrayList<>();
        int from = 0;
        while (from < positions.length) {
            int slot = Position.chunkSlot(positions[from]);
            int to = from + 1;
            while (to < positions.length && Position.chunkSlot(positions[to]) == slot) {
                to++;
            }
            int first = from;
            add(runs, reader, superseded, snapshot, row -> positions[first + row], to - from, true);
            from = to;
        }
        return runs;
    }

    private static void add(
            List<PlacedRun> runs,
            RowReader reader,
            Superseded superseded,
            long snapshot,
            LogRun.Positions positions,
            int count,
            boolean chosen) {
        Chunk chunk = reader.space().chunkAt(positions.position(0));
        if (chunk == null) {
            return; // nothing in it was live at the moment: else it would have stayed
        }
        MemorySegment bytes = chunk.escapingSegment();
        if (bytes == null) {
            throw new StoreClosedException("the store was closed meanwhile");
        }
        runs.add(new LogRun(reader, superseded, snapshot, chunk, bytes, positions, count, chosen));
    }
}
