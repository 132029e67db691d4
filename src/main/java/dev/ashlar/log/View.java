package dev.ashlar.log;

import dev.ashlar.CorruptionException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * State that is derived from the log: what the engine drives, without knowing what a view is about. A view is written by
 * one thread at a time, the appender or recovery.
 */
public interface View {
    long ABSENT = -1;

    /** Whether the view is about this space. */
    boolean owns(int space);

    /**
     * Reads what {@link #apply} will read first for a key, the slot of its index, and returns anything. Whoever is about to
     * apply many frames does this for all of them first: their cache misses then overlap instead of queueing up.
     */
    long touchIndex(int space, long keyHash);

    /** The same for what is read next: the record that the key has now. */
    long touchRecord(int space, long keyHash);

    /** Takes a frame of one of the view's spaces into account. Frames arrive in the order of the log. */
    void apply(FrameRef frame);

    /**
     * Whether the view still refers to a frame, so that compaction has to keep it. Any thread.
     *
     * @param keyHash hash of the frame's key
     */
    boolean refersTo(int space, long keyHash, long position);

    /** Where the present record of a key is, or {@link #ABSENT}. Any thread. */
    long positionOf(int space, long keyHash, MemorySegment keyBytes, long keyAt, int keyLength);

    /**
     * Whether no intact record of a key is there. A damaged one that may be the key's does not count: what was deleted
     * stays deleted.
     */
    default boolean lacks(int space, long keyHash, MemorySegment keyBytes, long keyAt, int keyLength) {
        long ignored =
                touchIndex(space, keyHash); // an index that cannot be read is no answer, and its exception passes
        try {
            return positionOf(space, keyHash, keyBytes, keyAt, keyLength) == ABSENT;
        } catch (CorruptionException e) {
            return true;
        }
    }

    /** Whether a space has no records. For the writer. */
    boolean isEmpty(int space);

    /** The LSN of the last frame that this process has met which removed all records of a space; 0 if it met none. */
    long clearedAt(int space);

    /** What users call a space, also one that was removed. */
    String nameOf(int space);

    /** The LSN under which the record at a position was first written; the caller has it from {@link #positionOf}. */
    long versionAt(long position);

    /** Whether the record at a position has expired: its key counts as absent, though the view still refers to it. */
    boolean hasExpired(long position);

    /** Writes an image of the view while it goes on changing; see {@code docs/ARCHITECTURE.md} on fuzzy checkpoints. */
    void checkpoint(CheckpointFile.Writer out);

    /**
     * Takes an image back.
     *
     * @param live told of the records that the view refers to
     * @param later where the bodies of blocks can be read after this call, and whenever they are needed: the view reads
     *     them from there, and closes it when it has all. Null: they have to be taken in now
     */
    void restore(CheckpointFile.Reader in, LiveRecords live, @Nullable CheckpointBodies later);

    /** Counts live records by the slots of their chunks. */
    interface LiveRecords {
        /** Whether a slot is that of a chunk which is part of the log. What points elsewhere was superseded since. */
        boolean isPresent(int chunkSlot);

        void add(int chunkSlot, long records);
    }
}
