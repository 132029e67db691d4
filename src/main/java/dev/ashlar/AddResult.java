package dev.ashlar;

import org.jspecify.annotations.Nullable;

/**
 * What became of one document of many.
 *
 * @param lsn of its record, or {@link Keyspace#NOT_WRITTEN} if it was refused
 * @param refusal why it was refused: an {@link InvalidDocumentException} or a {@link DuplicateKeyException}; null if it was added
 */
public record AddResult(long lsn, @Nullable RuntimeException refusal) {
    public boolean isAdded() {
        return refusal == null;
    }
}
