package dev.ashlar.process;

import dev.ashlar.failures.HookedStorage.Step;

/**
 * Where a process can be killed: at an operation on a kind of file, in a phase of a store's life, before it, in the middle
 * of it or after it. All that a store ever does to a disk is on the list.
 */
enum KillPoint {
    // The life of a store begins.
    CREATION_DIRECTORY_MADE(Phase.CREATING, Step.CREATE, What.DIRECTORY, Edge.AFTER, 3),
    CREATION_FIRST_COPY_CREATED(Phase.CREATING, Step.CREATE, What.FIRST_COPY, Edge.AFTER, 1),
    CREATION_FIRST_COPY_HALF_WRITTEN(Phase.CREATING, Step.WRITE, What.FIRST_COPY, Edge.HALFWAY, 1),
    CREATION_FIRST_COPY_BEFORE_RENAME(Phase.CREATING, Step.RENAME, What.FIRST_COPY, Edge.BEFORE, 1),
    CREATION_FIRST_COPY_RENAMED(Phase.CREATING, Step.RENAME, What.FIRST_COPY, Edge.AFTER, 1),
    CREATION_SECOND_COPY_BEFORE_RENAME(Phase.CREATING, Step.RENAME, What.SECOND_COPY, Edge.BEFORE, 1),
    CREATION_SECOND_COPY_RENAMED(Phase.CREATING, Step.RENAME, What.SECOND_COPY, Edge.AFTER, 1),
    CREATION_FIRST_CHUNK_ALLOCATED(Phase.CREATING, Step.ALLOCATE, What.NEW_CHUNK, Edge.AFTER, 1),
    CREATION_FIRST_FRAME_WRITTEN(Phase.CREATING, Step.WRITE, What.CHUNK_START, Edge.AFTER, 1),

    // Writing.
    GROUP_BEFORE_WRITE(Phase.RUNNING, Step.WRITE, What.LOG, Edge.BEFORE, 200),
    GROUP_HALF_WRITTEN(Phase.RUNNING, Step.WRITE, What.LOG, Edge.HALFWAY, 200),
    GROUP_WRITTEN(Phase.RUNNING, Step.WRITE, What.LOG, Edge.AFTER, 200),
    LOG_BEFORE_SYNC(Phase.RUNNING, Step.SYNC, What.LOG, Edge.BEFORE, 20),
    LOG_SYNCED(Phase.RUNNING, Step.SYNC, What.LOG, Edge.AFTER, 20),

    // A new chunk, and going over to it.
    CHUNK_CREATED(Phase.RUNNING, Step.CREATE, What.NEW_CHUNK, Edge.AFTER, 3),
    CHUNK_ALLOCATED(Phase.RUNNING, Step.ALLOCATE, What.NEW_CHUNK, Edge.AFTER, 3),
    CHUNK_HEADER_HALF_WRITTEN(Phase.RUNNING, Step.WRITE, What.NEW_CHUNK, Edge.HALFWAY, 3),
    CHUNK_HEADER_WRITTEN(Phase.RUNNING, Step.WRITE, What.NEW_CHUNK, Edge.AFTER, 3),
    CHUNK_SYNCED(Phase.RUNNING, Step.SYNC, What.NEW_CHUNK, Edge.AFTER, 3),
    CHUNK_DIRECTORY_SYNCED(Phase.RUNNING, Step.SYNC_DIRECTORY, What.LOG_DIRECTORY, Edge.AFTER, 3),
    ROLL_BEFORE_WRITE(Phase.RUNNING, Step.WRITE, What.CHUNK_START, Edge.BEFORE, 3),
    ROLL_HALF_WRITTEN(Phase.RUNNING, Step.WRITE, What.CHUNK_START, Edge.HALFWAY, 3),
    ROLL_WRITTEN(Phase.RUNNING, Step.WRITE, What.CHUNK_START, Edge.AFTER, 3),

    // The manifest, copy by copy.
    FIRST_COPY_BEFORE_WRITE(Phase.RUNNING, Step.WRITE, What.FIRST_COPY, Edge.BEFORE, 4),
    FIRST_COPY_HALF_WRITTEN(Phase.RUNNING, Step.WRITE, What.FIRST_COPY, Edge.HALFWAY, 4),
    FIRST_COPY_WRITTEN(Phase.RUNNING, Step.WRITE, What.FIRST_COPY, Edge.AFTER, 4),
    FIRST_COPY_SYNCED(Phase.RUNNING, Step.SYNC, What.FIRST_COPY, Edge.AFTER, 4),
    SECOND_COPY_HALF_WRITTEN(Phase.RUNNING, Step.WRITE, What.SECOND_COPY, Edge.HALFWAY, 4),
    SECOND_COPY_WRITTEN(Phase.RUNNING, Step.WRITE, What.SECOND_COPY, Edge.AFTER, 4),
    SECOND_COPY_SYNCED(Phase.RUNNING, Step.SYNC, What.SECOND_COPY, Edge.AFTER, 4),

    // A checkpoint.
    CHECKPOINT_CREATED(Phase.RUNNING, Step.CREATE, What.CHECKPOINT, Edge.AFTER, 3),
    CHECKPOINT_HALF_WRITTEN(Phase.RUNNING, Step.WRITE, What.CHECKPOINT, Edge.HALFWAY, 3),
    CHECKPOINT_WRITTEN(Phase.RUNNING, Step.WRITE, What.CHECKPOINT, Edge.AFTER, 3),
    CHECKPOINT_SYNCED(Phase.RUNNING, Step.SYNC, What.CHECKPOINT, Edge.AFTER, 3),
    CHECKPOINT_DIRECTORY_SYNCED(Phase.RUNNING, Step.SYNC_DIRECTORY, What.CHECKPOINT_DIRECTORY, Edge.AFTER, 3),
    FORMER_CHECKPOINT_BEFORE_REMOVAL(Phase.RUNNING, Step.UNLINK, What.CHECKPOINT, Edge.BEFORE, 3),
    FORMER_CHECKPOINT_REMOVED(Phase.RUNNING, Step.UNLINK, What.CHECKPOINT, Edge.AFTER, 3),

    // Compaction.
    RELOCATION_HALF_WRITTEN(Phase.COMPACTING, Step.WRITE, What.LOG, Edge.HALFWAY, 5),
    RELOCATION_WRITTEN(Phase.COMPACTING, Step.WRITE, What.LOG, Edge.AFTER, 5),
    RETIRED_CHUNK_BEFORE_REMOVAL(Phase.RUNNING, Step.UNLINK, What.LOG, Edge.BEFORE, 4),
    RETIRED_CHUNK_REMOVED(Phase.RUNNING, Step.UNLINK, What.LOG, Edge.AFTER, 4),

    // A value in a file of its own.
    VALUE_FILE_CREATED(Phase.RUNNING, Step.CREATE, What.VALUE_FILE, Edge.AFTER, 2),
    VALUE_FILE_HALF_WRITTEN(Phase.RUNNING, Step.WRITE, What.VALUE_FILE, Edge.HALFWAY, 3),
    VALUE_FILE_SYNCED(Phase.RUNNING, Step.SYNC, What.VALUE_FILE, Edge.AFTER, 2),
    VALUE_DIRECTORY_SYNCED(Phase.RUNNING, Step.SYNC_DIRECTORY, What.VALUE_DIRECTORY, Edge.AFTER, 2),
    VALUE_FILE_BEFORE_REMOVAL(Phase.RUNNING, Step.UNLINK, What.VALUE_FILE, Edge.BEFORE, 2),
    VALUE_FILE_REMOVED(Phase.RUNNING, Step.UNLINK, What.VALUE_FILE, Edge.AFTER, 2),

    // Segments of a vector collection: built, published, merged.
    SEGMENT_CREATED(Phase.RUNNING, Step.CREATE, What.SEGMENT, Edge.AFTER, 3),
    SEGMENT_HALF_WRITTEN(Phase.RUNNING, Step.WRITE, What.SEGMENT, Edge.HALFWAY, 4),
    SEGMENT_SYNCED(Phase.RUNNING, Step.SYNC, What.SEGMENT, Edge.AFTER, 3),
    SEGMENT_DIRECTORY_SYNCED(Phase.RUNNING, Step.SYNC_DIRECTORY, What.SEGMENT_DIRECTORY, Edge.AFTER, 3),
    DEATHS_HALF_WRITTEN(Phase.RUNNING, Step.WRITE, What.DEATHS, Edge.HALFWAY, 3),
    DEATHS_SYNCED(Phase.RUNNING, Step.SYNC, What.DEATHS, Edge.AFTER, 3),
    MERGED_SEGMENT_BEFORE_REMOVAL(Phase.RUNNING, Step.UNLINK, What.SEGMENT, Edge.BEFORE, 2),
    MERGED_SEGMENT_REMOVED(Phase.RUNNING, Step.UNLINK, What.SEGMENT, Edge.AFTER, 2),

    // Opening after a kill.
    TAIL_BEFORE_REWRITE(Phase.OPENING, Step.WRITE, What.LOG, Edge.BEFORE, 1),
    TAIL_HALF_REWRITTEN(Phase.OPENING, Step.WRITE, What.LOG, Edge.HALFWAY, 1),
    TAIL_SYNCED(Phase.OPENING, Step.SYNC, What.LOG, Edge.AFTER, 1),
    OPENING_FIRST_COPY_HALF_WRITTEN(Phase.OPENING, Step.WRITE, What.FIRST_COPY, Edge.HALFWAY, 1),
    OPENING_FIRST_COPY_SYNCED(Phase.OPENING, Step.SYNC, What.FIRST_COPY, Edge.AFTER, 1),
    OPENING_SECOND_COPY_HALF_WRITTEN(Phase.OPENING, Step.WRITE, What.SECOND_COPY, Edge.HALFWAY, 1),
    LEFTOVER_BEFORE_REMOVAL(Phase.OPENING, Step.UNLINK, What.LOG, Edge.BEFORE, 1),
    LEFTOVER_REMOVED(Phase.OPENING, Step.UNLINK, What.LOG, Edge.AFTER, 1),
    OPENING_CHUNK_SYNCED(Phase.OPENING, Step.SYNC, What.NEW_CHUNK, Edge.AFTER, 1),
    OPENING_FIRST_FRAME_HALF_WRITTEN(Phase.OPENING, Step.WRITE, What.CHUNK_START, Edge.HALFWAY, 1),

    // A clean close.
    PREPARED_CHUNK_REMOVED(Phase.CLOSING, Step.UNLINK, What.NEW_CHUNK, Edge.AFTER, 1),
    LAST_CHECKPOINT_SYNCED(Phase.CLOSING, Step.SYNC, What.CHECKPOINT, Edge.AFTER, 1),
    LAST_FIRST_COPY_HALF_WRITTEN(Phase.CLOSING, Step.WRITE, What.FIRST_COPY, Edge.HALFWAY, 2),
    LAST_FIRST_COPY_SYNCED(Phase.CLOSING, Step.SYNC, What.FIRST_COPY, Edge.AFTER, 2),
    LAST_SECOND_COPY_HALF_WRITTEN(Phase.CLOSING, Step.WRITE, What.SECOND_COPY, Edge.HALFWAY, 2),
    LAST_SECOND_COPY_SYNCED(Phase.CLOSING, Step.SYNC, What.SECOND_COPY, Edge.AFTER, 2);

    /** What the store is doing. A compaction is part of running: points of it are only looked for during one. */
    enum Phase {
        /** Opening a directory that holds no store. */
        CREATING,
        /** Opening what a kill left. */
        OPENING,
        RUNNING,
        COMPACTING,
        CLOSING
    }

    enum Edge {
        BEFORE,
        /** Half of what is to be written is. */
        HALFWAY,
        AFTER
    }

    /** What an operation is about, as {@link KillingStorage} makes it out. */
    enum What {
        /** A chunk file without a frame. */
        NEW_CHUNK,
        /** The first frames of a chunk. */
        CHUNK_START,
        /** A chunk file with frames. */
        LOG,
        /** The copy of the manifest that is written first when it is published; the other one is known to be whole. */
        FIRST_COPY,
        SECOND_COPY,
        CHECKPOINT,
        VALUE_FILE,
        SEGMENT,
        /** What says beside a checkpoint which rows of segments are dead. */
        DEATHS,
        /** A directory that is made. */
        DIRECTORY,
        LOG_DIRECTORY,
        CHECKPOINT_DIRECTORY,
        VALUE_DIRECTORY,
        SEGMENT_DIRECTORY,
        ROOT_DIRECTORY
    }

    private final Phase phase;
    private final Step step;
    private final What what;
    private final Edge edge;
    private final int mostTimes;

    /** @param mostTimes how often a process surely comes by within a round */
    KillPoint(Phase phase, Step step, What what, Edge edge, int mostTimes) {
        this.phase = phase;
        this.step = step;
        this.what = what;
        this.edge = edge;
        this.mostTimes = mostTimes;
    }

    Phase phase() {
        return phase;
    }

    /** Only then does it take values that have files of their own. */
    boolean isOfValueFiles() {
        return what == What.VALUE_FILE || what == What.VALUE_DIRECTORY;
    }

    int mostTimes() {
        return mostTimes;
    }

    boolean is(Phase present, Step step, What what, Edge edge) {
        return this.step == step
                && this.what == what
                && this.edge == edge
                && (phase == present || phase == Phase.RUNNING && present == Phase.COMPACTING);
    }
}
