package dev.ashlar;

import java.util.Objects;

/**
 * What a keyspace is created with. The options are stored in the log; opening an existing keyspace with others is an
 * {@link IllegalArgumentException}, except for {@link #verification()}, which is a choice of each opening.
 *
 * @param alignment every value starts at a multiple of this many bytes, in the file and in memory: a power of two from 8
 *     to 4,096. Less saves space for small values, more suits vector code and direct I/O
 * @param verification when checksums are compared on reads
 */
public record KeyspaceOptions(int alignment, Verification verification) {
    public static final int MIN_ALIGNMENT = 8;
    public static final int MAX_ALIGNMENT = 4096;

    /** Alignment 64 (a cache line, a 512-bit vector), verification at first access. */
    public static final KeyspaceOptions DEFAULT = new KeyspaceOptions(64, Verification.ONCE);

    public KeyspaceOptions {
        Objects.requireNonNull(verification, "verification");
        if (alignment < MIN_ALIGNMENT || alignment > MAX_ALIGNMENT || Integer.bitCount(alignment) != 1) {
            throw new IllegalArgumentException("alignment is " + alignment + "; it must be a power of two from "
                    + MIN_ALIGNMENT + " to " + MAX_ALIGNMENT);
        }
    }

    public KeyspaceOptions withAlignment(int alignment) {
        return new KeyspaceOptions(alignment, verification);
    }

    public KeyspaceOptions withVerification(Verification verification) {
        return new KeyspaceOptions(alignment, verification);
    }
}
