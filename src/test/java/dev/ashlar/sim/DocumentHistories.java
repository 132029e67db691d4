package dev.ashlar.sim;

import java.util.List;

/** As {@link Histories}, of document collections. */
final class DocumentHistories {
    static final List<String> ALL = List.of(
            "documents:0:6:2,build:0:0:0,prepare:0:0:0,upsert:1:9:4,hold:0:0:0,publish:0:0:0,merge:0:0:0,hold:0:0:0,"
                    + "commit:0:0:0,reopen:0:0:0,merge:0:0:0,explore:0:20:1");

    private DocumentHistories() {}
}
