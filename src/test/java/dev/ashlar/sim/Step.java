package dev.ashlar.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * One thing that is done to a store, with everything that it depends on, so that a list of steps as text is all that is
 * needed to repeat a failure.
 *
 * @param key which key, or the first of several
 * @param size of the value, or how often
 * @param seed of values, and of what goes wrong
 */
record Step(Kind kind, int key, int size, long seed) {
    enum Kind {
        PUT,
        PUT_DURABLE,
        PUT_ASYNC,
        /** Told to a callback, when it is appended or durable. */
        PUT_CALLBACK,
        TRY_PUT,
        PUT_IF_ABSENT,
        REPLACE,
        /** With a time to live, as have the next two. */
        PUT_TTL,
        PUT_IF_ABSENT_TTL,
        /** Sets when what is there expires. */
        EXPIRE,
        DELETE,
        DELETE_DURABLE,
        BATCH,
        BATCH_DURABLE,
        STREAM,
        /** Written to an output stream in pieces. */
        OUTPUT,
        /** A stream, written to or read from, that breaks off. */
        BROKEN_OUTPUT,
        /** An output stream that is never closed. */
        OPEN_OUTPUT,
        /** A batch that requires something that holds, or does not, and may clear a keyspace on the way. */
        BATCH_REQUIRE,
        /** Gets and deletes. */
        TAKE,
        DELETE_ALL,
        RENAME,
        COPY,
        /** To the other keyspace. */
        MOVE,
        CLEAR,
        /** Drops a keyspace and makes one of its name. */
        DROP,
        /** Opens a keyspace with a type, which gives it a layout if it has none, and writes a record. */
        TYPED,
        /** Sets a row of a vector collection: in one of the ways to do it, at one of both levels. */
        ROW,
        /** Sets several with consecutive numbers, one of them perhaps twice. */
        ROWS,
        DELETE_ROW,
        DELETE_ROWS,
        /** Rows of two collections set and deleted, and keys with them. */
        BATCH_ROWS,
        CLEAR_ROWS,
        /** Drops a vector collection and makes one of its name. */
        DROP_ROWS,
        /** Builds segments of a vector collection, and merges. */
        FLUSH,
        /** Adds a document, if its key is free. */
        DOCUMENT,
        /** Adds several, each for itself. */
        DOCUMENTS,
        UPSERT,
        DELETE_DOCUMENT,
        /** Documents of two collections added, replaced and deleted, and a key with them. */
        BATCH_DOCUMENTS,
        /** Builds segments of documents that are pending, without committing them. */
        BUILD,
        COMMIT,
        /** The first phase of a commit. */
        PREPARE,
        /** The second phase, as are the next ones. */
        PUBLISH,
        /** In a batch with a key, a row and more documents, which may be refused. */
        BATCH_PUBLISH,
        ABORT,
        /** Closes a commit that is prepared. */
        LEAVE,
        RELEASE,
        /** Drops what is pending. */
        DISCARD,
        /** Merges segments of documents. */
        MERGE,
        ADD_FIELD,
        /** Drops a document collection and makes one of its name. */
        DROP_DOCUMENTS,
        /** Compares the snapshot that is held with what there was, and lets it go; holds one if none is. */
        HOLD,
        /** A value that is a piece of the log, and so full of frames. */
        PUT_LOG,
        /** What a crash took is written again, with other values of the same lengths. */
        RETRY,
        SYNC,
        /** The clock goes on. */
        ADVANCE,
        /** What has expired is removed. */
        SWEEP,
        CHECKPOINT,
        COMPACT,
        /** What the maintenance thread would do now. */
        TICK,
        REOPEN,
        /** The n-th call to the storage from now on fails, n = size. */
        IO_ERROR,
        /** Power is lost or the process killed somewhere in the life that ends; the next one goes on. */
        CRASH,
        /** The same at the very end, in the state that this step finds. */
        CRASH_NOW,
        /** Many crashes of the present life, each checked; the life goes on as if there had been none. */
        EXPLORE;

        /** Whether it is about document collections. */
        boolean isOfDocuments() {
            return compareTo(DOCUMENT) >= 0 && compareTo(DROP_DOCUMENTS) <= 0;
        }
    }

    static Step of(Kind kind) {
        return new Step(kind, 0, 0, 0);
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + ":" + key + ":" + size + ":" + seed;
    }

    static String text(List<Step> steps) {
        return steps.stream().map(Step::toString).collect(Collectors.joining(","));
    }

    static List<Step> parse(String text) {
        List<Step> steps = new ArrayList<>();
        for (String each : text.isEmpty() ? new String[0] : text.split(",")) {
            String[] parts = each.strip().split(":");
            steps.add(new Step(
                    Kind.valueOf(parts[0].toUpperCase(Locale.ROOT)),
                    Integer.parseInt(parts[1]),
                    Integer.parseInt(parts[2]),
                    Long.parseLong(parts[3])));
        }
        return steps;
    }
}
