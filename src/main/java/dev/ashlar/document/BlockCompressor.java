package dev.ashlar.document;

import java.nio.ByteBuffer;

/**
 * Compresses blocks, into frames of Zstandard. For one thread. Buffers are direct, and none is over a mapped file: native code
 * that meets a page which cannot be read ends the process.
 */
public interface BlockCompressor extends AutoCloseable {
    /** The id of the dictionary that is needed to decompress; 0 if none is. */
    long dictionaryId();

    /**
     * Compresses a block as a whole.
     *
     * @param target has room for what {@code length} bytes can become at the worst, from position 0; positions are left alone
     * @return the compressed length
     */
    int compress(ByteBuffer source, int at, int length, ByteBuffer target);

    /** Begins a block of {@code length} bytes that comes in pieces. */
    void begin(long length);

    /**
     * Takes bytes from {@code source} and puts compressed ones into {@code target}, between their positions and limits, which it
     * moves on.
     *
     * @param last whether {@code source} ends the block
     * @return true if {@code source} is taken, and, if it is the last, all of the block is in {@code target}; else it is to be
     *     called again with more room
     */
    boolean compress(ByteBuffer source, ByteBuffer target, boolean last);

    @Override
    void close();
}
