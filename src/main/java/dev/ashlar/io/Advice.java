package dev.ashlar.io;

/** How a range of a mapping is going to be read; see {@link OffHeap#advise}. */
public enum Advice {
    /** Some reading ahead: the state of a new mapping. */
    NORMAL,
    /** No reading ahead. */
    RANDOM,
    /** Much reading ahead, pages behind are dropped early: scans. */
    SEQUENTIAL,
    /** Begin to read all of it now, in the background. */
    WILL_NEED,
    /** Map all of it now, and wait: who reads it later has no page fault. Linux 5.14 and later. */
    POPULATE
}
