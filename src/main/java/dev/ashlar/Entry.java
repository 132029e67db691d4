package dev.ashlar;

import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A key and its value as they were when the entry was taken, in place: nothing was copied. It never changes and stays
 * valid for as long as it is held, like a view, whatever is overwritten, deleted, compacted or closed meanwhile; until
 * then the disk space of the file that it is in may not come back. All methods may be called from any thread.
 *
 * <p>Its bytes were verified as {@link KeyspaceOptions#verification()} demands before the entry was handed out.
 *
 * <p>Two entries are equal if they are the same write: the same key, version and value. Where it stands does not matter.
 */
public interface Entry {
    // ------------------------------------------------------------------------------------------------------ the key

    /** The key in place: a read-only view, with no alignment to rely on. */
    MemorySegment key();

    /** A copy of the key. */
    byte[] keyBytes();

    /**
     * The number of which {@link Keyspace#longKey} has made the key.
     *
     * @throws IllegalStateException if the key has not 8 bytes
     */
    long longKey();

    // ---------------------------------------------------------------------------------------------------- the value

    /** The value in place, as {@link KeyspaceReader#get(byte[])} returns it. */
    MemorySegment value();

    /** Length of the value in bytes. */
    long size();

    /** What the value takes in files, in bytes: its record with header, key and padding, and its own file if it has one. */
    long sizeOnDisk();

    /** LSN of the write that set the value. It survives compaction. */
    long version();

    /** LSN of the record when the entry was taken: {@link #version()}, or higher if compaction has moved it. */
    long lsn();

    /** XXH3-64 of the value, as it was computed when the value was written. */
    long checksum();

    /**
     * When the entry expires, or null if it stays. It was taken before; it can be read afterwards like any other that was
     * overwritten or deleted.
     */
    @Nullable
    Instant expiresAt();

    /** Reads header, key and value, and whether they agree with their checksums now; takes time in proportion to them. */
    boolean verify();

    /** Whether the value has exactly these bytes. */
    boolean contentEquals(byte[] bytes);

    boolean contentEquals(MemorySegment bytes);

    // ------------------------------------------------------------------------------------------------- where it stands

    /**
     * The file that the value stood in when the entry was taken: a chunk of the log, or a file of its own. Compaction moves
     * values and removes files, so whoever opens it has the entry's store open without changing it, or a copy of it.
     */
    Path file();

    /** Where the first byte of the value is in {@link #file()}. */
    long filePosition();

    /**
     * The memory address of the value, for native code. It may be read, {@link #size()} bytes of it, while the entry, or a
     * view that it handed out, is reachable, and not any longer: keep it so with {@link
     * java.lang.ref.Reference#reachabilityFence}. Writing there ends the process.
     */
    long address();

    // ------------------------------------------------------------------------------ reading: little-endian, any offset

    /** @throws IndexOutOfBoundsException if the value ends before, as all of the following */
    byte getByte(long offset);

    short getShort(long offset);

    char getChar(long offset);

    int getInt(long offset);

    long getLong(long offset);

    float getFloat(long offset);

    double getDouble(long offset);

    // ------------------------------------------------------------------------------------------------- the whole value

    /**
     * The value in place as a read-only, little-endian buffer.
     *
     * @throws ValueTooLargeException if the value has more than {@link Integer#MAX_VALUE} bytes, as for all buffers
     */
    ByteBuffer asByteBuffer();

    /** @throws IllegalArgumentException if the value's size is no multiple of an element's, as all of the following */
    IntBuffer asIntBuffer();

    LongBuffer asLongBuffer();

    FloatBuffer asFloatBuffer();

    DoubleBuffer asDoubleBuffer();

    /**
     * A copy of the value.
     *
     * @throws ValueTooLargeException if the value has more elements than an array can have, as for all arrays
     */
    byte[] toByteArray();

    /** @throws IllegalArgumentException if the value's size is no multiple of an element's, as all of the following */
    int[] toIntArray();

    long[] toLongArray();

    float[] toFloatArray();

    double[] toDoubleArray();

    /** Reads the value from its beginning, and can go back to a mark. For one thread at a time; need not be closed. */
    InputStream inputStream();

    /** A read-only channel at the beginning of the value. For one thread at a time; need not be closed. */
    SeekableByteChannel channel();
}
