package dev.ashlar;

/** What there is under a primary key, the last write to it deciding. */
public enum DocumentStatus {
    /** Nothing. */
    ABSENT,
    /** A document that was added, or put in place of another, and is not committed. */
    PENDING,
    /** A committed document, and its deletion is pending. */
    DELETION_PENDING,
    /** A document that snapshots show. */
    COMMITTED
}
