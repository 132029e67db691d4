package dev.ashlar.engine;

/**
 * A batch went over into a chunk that is further away than its frames can say. Addresses are used up by chunks that came to
 * nothing, so it happens after a disk was full for long, or much was reserved. What was framed is taken back, the log goes on
 * behind that chunk, and the batch is framed anew.
 */
final class FarChunkException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FarChunkException() {
        super("a batch goes over into a chunk that is too far away");
    }
}
