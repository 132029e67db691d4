package dev.ashlar.vector;

import java.util.List;

/**
 * Where the rows of a collection are, as of one moment: each row that counted then is in exactly one of these places.
 *
 * @param segments the oldest first
 * @param pending rows in the log
 */
public record RowList(List<Segment> segments, PendingRows.Slice pending) {
    public RowList {
        segments = List.copyOf(segments);
    }
}
