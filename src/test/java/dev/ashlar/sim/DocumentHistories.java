package dev.ashlar.sim;

import java.util.List;

/** As {@link Histories}, of document collections. Found by the rig, or needed to find out about one of {@link DocumentMutants}. */
final class DocumentHistories {
    static final List<String> ALL = List.of(
            // Between the phases of a commit: adding goes on, others are to wait, and it ends in each of its ways.
            "documents:0:6:2,prepare:0:0:0,upsert:1:9:4,delete_document:2:0:8,abort:0:0:0,reopen:0:0:0,prepare:0:0:0,"
                    + "document:3:9:8,leave:0:0:0,reopen:0:0:0,prepare:0:0:0,upsert:1:5:10,release:0:0:0,reopen:0:0:0,"
                    + "commit:0:0:0,reopen:0:0:0",
            "documents:0:6:2,commit:0:0:0,documents:7:4:2,commit:0:0:0,upsert:1:9:4,prepare:0:0:0,merge:0:0:0,publish:0:0:0,"
                    + "merge:0:0:0,reopen:0:0:0",
            "documents:0:6:2,build:0:0:0,prepare:0:0:0,upsert:1:9:4,hold:0:0:0,publish:0:0:0,merge:0:0:0,hold:0:0:0,"
                    + "commit:0:0:0,reopen:0:0:0,merge:0:0:0,reopen:0:0:0",
            // Deaths of what is built and not committed, in a merge.
            "documents:0:6:2,commit:0:0:0,documents:7:4:2,commit:0:0:0,delete_document:1:0:8,upsert:2:9:4,build:0:0:0,"
                    + "merge:0:0:0,reopen:0:0:0,upsert:2:7:8,delete_document:7:0:8,build:0:0:0,commit:0:0:0,reopen:0:0:0",
            // A deletion that is built, and dropped when the key has another document already.
            "document:0:9:2,document:1:9:2,commit:0:0:0,delete_document:0:0:8,build:0:0:0,prepare:0:0:0,document:0:5:14,"
                    + "abort:0:0:0,commit:0:0:0,reopen:0:0:0",
            // A commit after which nothing is left of a segment.
            "documents:0:3:2,commit:0:0:0,delete_document:0:0:8,delete_document:1:0:8,delete_document:2:0:8,"
                    + "delete_document:3:0:8,document:5:9:8,commit:0:0:0,reopen:0:0:0",
            // Numbers of documents without a key, and ids of files, in the next life.
            "documents:0:3:3,build:0:0:1,documents:0:3:5,crash_now:0:0:1,documents:0:5:7,build:0:0:1,commit:0:0:1,"
                    + "documents:0:2:9,commit:0:0:1,reopen:0:0:0",
            // A store that fails between the phases of a commit, or with segments open.
            "documents:0:9:2,prepare:0:0:0,io_error:4:1024:736388416,publish:7:1:2,reopen:0:0:0",
            "documents:0:9:2,commit:0:0:0,upsert:1:9:4,prepare:0:0:0,io_error:4:1:736388416,publish:7:1:0,reopen:0:0:0",
            "documents:0:9:2,commit:0:0:0,documents:6:9:2,commit:0:0:0,io_error:4:3:736388416,merge:0:0:0,reopen:0:0:0",
            "document:0:9:2,commit:0:0:0,io_error:0:0:0,document:1:9:8,document:2:9:8,reopen:0:0:0",
            // Crashes anywhere.
            "documents:0:6:2,commit:0:0:2,delete_document:2:0:8,upsert:3:9:4,commit:0:0:2,upsert:1:9:4,build:0:0:0,merge:0:0:0,"
                    + "sync:0:0:0,documents:4:3:2,commit:0:0:0,explore:0:10:1",
            "documents:0:4:3,commit:0:0:1,documents:0:4:5,commit:0:0:1,documents:0:4:7,commit:0:0:1,drop_documents:0:0:0,"
                    + "batch_documents:1:9:4,prepare:0:0:0,prepare:0:0:1,batch_publish:2:9:16,explore:0:10:2");

    private DocumentHistories() {}
}
