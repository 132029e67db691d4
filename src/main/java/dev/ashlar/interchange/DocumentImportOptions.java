package dev.ashlar.interchange;

import dev.ashlar.DocumentCollection;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * How lines of JSON are imported.
 *
 * @param upsert whether a document takes the place of what has its key; else one whose key is taken is refused
 * @param ignoreUnknown whether members that are no fields of the schema are passed over; else they are refused
 * @param refused told of each line that is refused, and the import goes on with the next one; null: it ends there
 * @param commitEvery commits after so many documents, so that they are visible while the import goes on; 0: not before the end
 * @param commit whether to commit at the end; else what is not committed by then stays pending
 * @param progress told from time to time how many bytes have been read
 */
public record DocumentImportOptions(
        boolean upsert,
        boolean ignoreUnknown,
        @Nullable Consumer<JsonLineException> refused,
        long commitEvery,
        boolean commit,
        LongConsumer progress) {
    /** Adds, ends at the first line that is refused, and commits at the end what it has added. */
    public static final DocumentImportOptions DEFAULT = new DocumentImportOptions(false, false, null, 0, true, _ -> {});

    public DocumentImportOptions {
        Objects.requireNonNull(progress, "progress");
        if (commitEvery < 0) {
            throw new IllegalArgumentException("commitEvery is " + commitEvery + "; it must be 0 or more");
        }
    }

    public DocumentImportOptions withUpsert(boolean upsert) {
        return new DocumentImportOptions(upsert, ignoreUnknown, refused, commitEvery, commit, progress);
    }

    public DocumentImportOptions withIgnoreUnknown(boolean ignoreUnknown) {
        return new DocumentImportOptions(upsert, ignoreUnknown, refused, commitEvery, commit, progress);
    }

    /** Goes on behind lines that are refused, and tells of each. */
    public DocumentImportOptions goingOn(Consumer<JsonLineException> refused) {
        return new DocumentImportOptions(
                upsert, ignoreUnknown, Objects.requireNonNull(refused, "refused"), commitEvery, commit, progress);
    }

    public DocumentImportOptions withCommitEvery(long commitEvery) {
        return new DocumentImportOptions(upsert, ignoreUnknown, refused, commitEvery, commit, progress);
    }

    /** Without a commit at the end: see {@link DocumentCollection#commit()}. */
    public DocumentImportOptions leavingPending() {
        return new DocumentImportOptions(upsert, ignoreUnknown, refused, commitEvery, false, progress);
    }

    public DocumentImportOptions withProgress(LongConsumer progress) {
        return new DocumentImportOptions(upsert, ignoreUnknown, refused, commitEvery, commit, progress);
    }
}
