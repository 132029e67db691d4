package dev.ashlar.sim;

import java.util.List;

/** As {@link Histories}, of document collections. */
final class DocumentHistories {
    static final List<String> ALL = List.of(
            "documents:0:6:2,build:0:0:0,prepare:0:0:0,upsert:1:9:4,hold:0:0:0,publish:0:0:0,merge:0:0:0,hold:0:0:0,"
                    + "commit:0:0:0,reopen:0:0:0,merge:0:0:0,explore:0:20:1",
            // A deletion that is built, and dropped when the key has another document already.
            "document:0:9:2,document:1:9:2,commit:0:0:0,delete_document:0:0:8,build:0:0:0,prepare:0:0:0,document:0:5:14,"
                    + "abort:0:0:0,commit:0:0:0,explore:0:20:2",
            // A commit after which nothing is left of a segment.
            "documents:0:3:2,commit:0:0:0,delete_document:0:0:8,delete_document:1:0:8,delete_document:2:0:8,"
                    + "delete_document:3:0:8,document:5:9:8,commit:0:0:0,reopen:0:0:0,explore:0:20:2",
            // Numbers of documents without a key, after as many that were never written.
            "document:0:1:3,crash_now:0:0:1,document:0:1:5,document:1:1:7,commit:0:0:1,explore:0:20:3",
            // A store that fails between the phases of a commit.
            "documents:0:9:2,prepare:0:0:0,io_error:4:1024:736388416,publish:7:1:2,reopen:0:0:0,explore:0:20:4",
            "documents:0:9:2,commit:0:0:0,upsert:1:9:4,prepare:0:0:0,io_error:4:1:736388416,publish:7:1:0,explore:0:20:4",
            "documents:0:9:2,commit:0:0:0,documents:6:9:2,commit:0:0:0,io_error:4:3:736388416,merge:0:0:0,reopen:0:0:0,"
                    + "explore:0:20:4",
            // A store that fails with segments open.
            "document:0:9:2,commit:0:0:0,io_error:0:0:0,document:1:9:8,document:2:9:8,explore:0:20:4");

    private DocumentHistories() {}
}
