package dev.ashlar.sim;

import java.util.List;

/** As {@link Histories}, of vector collections. */
final class VectorHistories {
    static final List<String> ALL = List.of(
            // A chunk that the manifest does not know yet, and a segment whose place it must not get.
            "rows:0:8:6,flush:0:0:0,rows:1:8:6,put:3:9000:2,put:4:9000:4,put:5:9000:6,explore:0:20:1",
            // A checkpoint that is not published leaves nothing beside the segments.
            "rows:0:8:0,flush:0:0:0,rows:1:3:2,checkpoint:0:0:0,explore:0:20:2",
            // Snapshots over merges; a flush of nothing; all rows of a plan dead.
            "rows:0:19:2,flush:0:0:0,hold:0:0:0,delete_rows:0:19:2,rows:0:4:4,flush:0:0:0,compact:0:0:0,flush:0:0:0,"
                    + "hold:0:0:0,tick:0:0:0,explore:0:20:3",
            "rows:0:9:2,clear_rows:0:0:2,flush:0:0:0,flush:0:0:0,reopen:0:0:0,flush:0:0:0,rows:1:2:4,explore:0:20:4",
            // What pends and is dead, in chunks that are compacted.
            "rows:0:5:2,rows:0:5:4,rows:0:5:8,rows:0:5:10,compact:0:0:0,rows:0:2:14,hold:0:0:0,compact:0:0:0,hold:0:0:0,"
                    + "flush:0:0:0,explore:0:20:5",
            // Dropped and made again, in snapshots too.
            "rows:0:9:2,flush:0:0:0,hold:0:0:0,drop_rows:0:0:2,row:0:0:4,flush:0:0:0,hold:0:0:0,drop_rows:0:0:2,"
                    + "rows:1:3:4,reopen:0:0:0,explore:0:20:6");

    private VectorHistories() {}
}
