package dev.ashlar.document;

import java.lang.foreign.MemorySegment;

/** A decompressed block: documents in one piece of native memory, found by their place in the block. */
public interface DocumentBlock {
    /** The memory; valid as long as the block is. Never write to it. */
    MemorySegment memory();

    int documents();

    /** Where in {@link #memory} a document begins. */
    long at(int index);

    /** The length of a document in bytes. */
    long length(int index);
}
