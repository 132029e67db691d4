package dev.ashlar;

import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * A value that is written piece by piece, of any length, and stored as a whole by {@link #close}. Made by {@link
 * Keyspace#outputStream}.
 *
 * <p>Until it is closed nothing of it is visible, to readers or after a crash, and no other writer waits for it. It
 * takes up to 64 KiB of heap, up to 8 MiB off the heap, and beyond that a file in the store, which goes when the stream
 * is abandoned, when it fails, when the store is closed, some time after the stream was forgotten without being closed,
 * or when the store is opened the next time.
 *
 * <p><b>Closing stores.</b> A stream cannot know why it is closed. In a plain try-with-resources an exception from
 * anything but the stream itself would store what was written so far; so say that it does not count:
 *
 * <pre>{@code
 * try (ValueOutputStream out = space.outputStream(key, Durability.DURABLE)) {
 *     try {
 *         encode(message, out);
 *     } catch (Throwable e) {
 *         out.abandon();
 *         throw e;
 *     }
 * }
 * }</pre>
 *
 * or leave that to {@link Keyspace#putStream(byte[], ValueWriter, Durability)}, which does the same.
 *
 * <p>Once a method has thrown because the store failed, is full, or was closed, the stream is abandoned: all that
 * follows throws too, {@link #close} as well, so that nobody takes the value for stored. Arguments that are out of range
 * change nothing. The methods throw no {@link java.io.IOException}.
 *
 * <p>For one thread at a time. {@link #close} waits like any other write.
 */
public abstract class ValueOutputStream extends OutputStream implements WritableByteChannel {
    /** For the engine. */
    protected ValueOutputStream() {}

    /** @throws IllegalStateException if the stream is closed or abandoned; as do all that write */
    @Override
    public abstract void write(int b);

    @Override
    public void write(byte[] bytes) {
        write(bytes, 0, bytes.length);
    }

    @Override
    public abstract void write(byte[] bytes, int offset, int count);

    /** Writes all that remains in the buffer. */
    @Override
    public abstract int write(ByteBuffer source);

    /** Writes all of a segment, which may be in any memory and of any size. */
    public abstract void write(MemorySegment source);

    /** Does nothing: the value becomes visible as a whole. */
    @Override
    public void flush() {}

    /** Bytes written so far. */
    public abstract long length();

    /** Drops what was written; {@link #close} then does nothing. Does nothing itself once the stream is closed. */
    public abstract void abandon();

    /** True after {@link #abandon}, unless the value was stored already. */
    public abstract boolean isAbandoned();

    /** True until the stream is closed or abandoned, or has failed. */
    @Override
    public abstract boolean isOpen();

    /**
     * Stores the value, and returns when that is as durable as was asked for; nothing happens if the stream is closed or
     * abandoned already. If it throws, nothing is stored, unless the exception says that the outcome is indeterminate.
     */
    @Override
    public abstract void close();

    /**
     * The log sequence number of the value's record.
     *
     * @throws IllegalStateException if the value is not stored
     */
    public abstract long version();
}
