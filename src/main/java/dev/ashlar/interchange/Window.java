package dev.ashlar.interchange;

import dev.ashlar.StorageException;
import dev.ashlar.io.InputFile;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a file in memory, which moves to where it is wanted: a read that continues the former one, in either
 * direction, fills it, one that jumps takes only what it must. For one thread.
 */
final class Window {
    /** The most that can be asked for at once. */
    static final int BYTES = 256 << 10;

    /** What a jump reads. */
    private static final int JUMP_BYTES = 4 << 10;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final InputFile file;
    private final byte[] bytes;
    private final MemorySegment memory;
    private long start;
    private long end;

    Window(InputFile file) {
        this.file = file;
        this.bytes = new byte[(int) Math.min(BYTES, file.size())];
        this.memory = MemorySegment.ofArray(bytes);
    }

    /**
     * Makes a stretch of the file available; it must lie within the file and be no longer than {@link #BYTES}.
     *
     * @return its index in {@link #bytes()}, valid up to the next call
     */
    int at(long position, int length) {
        if (position < start || position + length > end) {
            move(position, length);
        }
        return (int) (position - start);
    }

    byte[] bytes() {
        return bytes;
    }

    /** Where the part of the file that is in memory ends. */
    long end() {
        return end;
    }

    byte getByte(long position) {
        return bytes[at(position, 1)];
    }

    int getInt(long position) {
        return (int) INT.get(bytes, at(position, Integer.BYTES));
    }

    long getLong(long position) {
        return (long) LONG.get(bytes, at(position, Long.BYTES));
    }

    /** A long of an array, little-endian. */
    static long getLong(byte[] array, int index) {
        return (long) LONG.get(array, index);
    }

    /** Whether a stretch of any length is all zeros. */
    boolean isZero(long from, long to) {
        for (long position = from; position < to; ) {
            int length = (int) Math.min(BYTES, to - position);
            int index = at(position, length);
            for (int i = index; i < index + length; i++) {
                if (bytes[i] != 0) {
                    return false;
                }
            }
            position += length;
        }
        return true;
    }

    /** Adds a stretch of any length to a checksum. */
    void update(CRC32 crc, long from, long to) {
        for (long position = from; position < to; ) {
            int length = (int) Math.min(BYTES, to - position);
            crc.update(bytes, at(position, length), length);
            position += length;
        }
    }

    /** What is thrown where something is not any more what it was when it was verified. */
    StorageException changed(long position) {
        return changed(position, null);
    }

    StorageException changed(long position, @Nullable Throwable cause) {
        return new StorageException(
                "read",
                file.name(),
                StorageException.UNKNOWN_ERRNO,
                "the bytes around " + position
                        + " are not those that were verified before: something writes to the file"
                        + " meanwhile. Copy it when nobody writes to it, and read the copy.",
                cause);
    }

    private void move(long position, int length) {
        long wantedEnd = position + length;
        long from = position;
        long to = wantedEnd;
        if (wantedEnd >= start && position < start) {
            from = Math.min(from, Math.max(0, wantedEnd - BYTES)); // going backward
        } else if (position <= end && wantedEnd > end) {
            to = Math.max(to, position + BYTES); // going forward
        } else {
            // A jump is mostly one backward, to the end of an entry; what is read next lies before it.
            from = Math.min(from, Math.max(0, wantedEnd - JUMP_BYTES));
        }
        to = Math.min(to, file.size());
        // Nothing counts as read until it was.
        start = 0;
        end = 0;
        file.read(from, memory, 0, (int) (to - from));
        start = from;
        end = to;
    }
}
