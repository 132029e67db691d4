package dev.ashlar;

/** When the checksum of a value is compared with its bytes on the way to the reader. */
public enum Verification {
    /** At the first access after the store was opened; values written since then count as verified. */
    ONCE,
    /** At every access. */
    ALWAYS,
    /** Not on reads; {@link Store#verify} and compaction still do. */
    NEVER
}
