package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Durability;
import dev.ashlar.StorageException;
import dev.ashlar.io.OffHeap;
import dev.ashlar.keyspace.Space;
import dev.ashlar.log.ValueFiles;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A value that comes in pieces, until all of it is there. Nothing that others wait for is held meanwhile: it fills a
 * piece on the heap, then memory off the heap, and once it is longer than the log takes a file of its own.
 *
 * <pre>
 *   bytes ──► piece, 4 to 64 KiB ──► buffer, as long as an inline value ──► file
 * </pre>
 *
 * <p>For one thread at a time. Closing drops what was not committed.
 */
final class StreamedValue implements AutoCloseable {
    private static final int MOST_PIECE = 64 << 10;
    private static final int FIRST_PIECE = 4 << 10;

    private final Writes writes;
    private final ValueFiles valueFiles;
    private final int mostInline;
    private final int mostPiece;
    private final Supplier<Arena> memory;

    private byte[] piece;
    private int filled;
    private @Nullable Arena arena;
    private MemorySegment buffer = MemorySegment.NULL;
    private int buffered;
    private ValueFiles.@Nullable Writer file;

    /** @param memory where the buffer comes from, which is closed with this */
    StreamedValue(Writes writes, ValueFiles valueFiles, int mostInline, Supplier<Arena> memory) {
        this.writes = writes;
        this.valueFiles = valueFiles;
        this.mostInline = mostInline;
        this.mostPiece = Math.min(MOST_PIECE, mostInline);
        this.memory = memory;
        this.piece = new byte[Math.min(FIRST_PIECE, mostPiece)];
    }

    long length() {
        return (file == null ? buffered : file.length()) + filled;
    }

    // ----------------------------------------------------------------------------------------------- what comes in

    void append(byte value) {
        if (filled == piece.length) {
            makeRoom();
        }
        piece[filled++] = value;
    }

    void append(byte[] source, int offset, int length) {
        for (int from = offset; from < offset + length; ) {
            int count = room(offset + length - from);
            System.arraycopy(source, from, piece, filled, count);
            filled += count;
            from += count;
        }
    }

    void append(ByteBuffer source) {
        while (source.hasRemaining()) {
            int count = room(source.remaining());
            source.get(piece, filled, count);
            filled += count;
        }
    }

    /** Copies without vector code, so that a mapped source may lose its pages meanwhile. */
    void append(MemorySegment source) {
        for (long from = 0; from < source.byteSize(); ) {
            int count = room(source.byteSize() - from);
            MemorySegment.copy(source, JAVA_BYTE, from, piece, filled, count);
            filled += count;
            from += count;
        }
    }

    /** Reads a source up to its end. */
    void appendAll(InputStream source) throws IOException {
        while (true) {
            int wanted = room(Integer.MAX_VALUE);
            int count = source.read(piece, filled, wanted);
            if (count < 0) {
                return;
            }
            advance(count, wanted);
        }
    }

    /** Reads a channel up to its end. */
    void appendAll(ReadableByteChannel source) throws IOException {
        ByteBuffer target = ByteBuffer.wrap(piece);
        while (true) {
            int wanted = room(Integer.MAX_VALUE);
            target = target.array() == piece ? target.clear() : ByteBuffer.wrap(piece);
            target.position(filled);
            if (source.read(target) < 0) {
                return;
            }
            advance(target.position() - filled, wanted);
        }
    }

    private void advance(int count, int wanted) throws IOException {
        if (count < 0 || count > wanted) {
            throw new IOException("the source was asked for " + wanted + " bytes and says that it gave " + count);
        }
        if (count == 0) {
            Thread.onSpinWait(); // not as sources should be: they wait themselves
        }
        filled += count;
    }

    /** How many of so many bytes fit the piece now; at least one of them. */
    private int room(long wanted) {
        if (filled == piece.length) {
            makeRoom();
        }
        return (int) Math.min(wanted, piece.length - filled);
    }

    private void makeRoom() {
        if (piece.length < mostPiece) {
            piece = Arrays.copyOf(piece, Math.min(mostPiece, 4 * piece.length));
        } else if (file == null && buffered + filled <= mostInline) {
            moveToBuffer();
        } else {
            moveToFile();
        }
    }

    private void moveToBuffer() {
        if (arena == null) {
            arena = memory.get();
            buffer = OffHeap.allocate(mostInline, 4096, arena);
        }
        MemorySegment.copy(piece, 0, buffer, JAVA_BYTE, buffered, filled);
        buffered += filled;
        filled = 0;
    }

    private void moveToFile() {
        writes.checkWritable();
        try {
            ValueFiles.Writer target = file;
            if (target == null) {
                target = valueFiles.create();
                file = target;
                target.append(buffer, 0, buffered);
                buffered = 0;
                OffHeap.discard(buffer, mostPiece, mostInline - mostPiece);
            }
            MemorySegment.copy(piece, 0, buffer, JAVA_BYTE, 0, filled);
            target.append(buffer, 0, filled);
            filled = 0;
        } catch (StorageException e) {
            writes.checkWritable(); // closing the store closes the file: that is what to tell then
            throw e;
        }
    }

    // ------------------------------------------------------------------------------------------------ what comes of it

    /**
     * Writes the value and waits; returns the LSN.
     *
     * @param expiry milliseconds since 1970; 0: it stays
     */
    long commit(Space space, Writes.Key key, long expiry, Durability durability) {
        if (file == null && buffered + filled <= mostInline) {
            return writes.write(space, key, inlineValue().expiringAt(expiry), durability);
        }
        moveToFile();
        ValueFiles.Writer complete = file;
        if (complete == null) {
            throw new IllegalStateException("a value of " + length() + " bytes without a file");
        }
        try {
            return writes.writeFile(space, key, complete, expiry, durability);
        } catch (StorageException e) {
            writes.checkWritable();
            throw e;
        }
    }

    private Writes.Value inlineValue() {
        if (arena == null) {
            return Writes.Value.of(MemorySegment.ofArray(piece).asSlice(0, filled));
        }
        moveToBuffer();
        return Writes.Value.of(buffer.asSlice(0, buffered));
    }

    @Override
    public void close() {
        release(false);
    }

    /** As {@link #close}, but leaves removing the file to the maintenance thread. */
    void forget() {
        release(true);
    }

    private void release(boolean later) {
        piece = new byte[0];
        filled = 0;
        try {
            if (arena != null) {
                arena.close();
                arena = null;
            }
        } finally {
            if (file != null && later) {
                file.leave();
            } else if (file != null) {
                file.close();
            }
        }
    }
}
