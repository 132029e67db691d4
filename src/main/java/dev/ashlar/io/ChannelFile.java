package dev.ashlar.io;

import dev.ashlar.StorageException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of {@link ChannelStorage}: a {@link FileChannel}. A thread that is interrupted while it uses the file, or that
 * arrives with its interrupt status set, closes the file for everybody; that is the channel's rule and cannot be
 * changed from here.
 */
final class ChannelFile implements StorageFile {
    /** A buffer has an int for its length; a gigabyte is far above what one call moves. */
    private static final long MAX_BUFFER_BYTES = 1 << 30;

    private final String name;
    private final Path path;
    private final String place;
    private final boolean writable;
    private final FileChannel channel;

    ChannelFile(String name, Path path, String place, boolean writable, FileChannel channel) {
        this.name = name;
        this.path = path;
        this.place = place;
        this.writable = writable;
        this.channel = channel;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public long size() {
        try {
            return channel.size();
        } catch (IOException e) {
            throw failure("size", e, "asking for its length");
        }
    }

    @Override
    public void allocate(long size) {
        FileChecks.notNegative("size", size);
        requireWritable("allocate");
        long former = size();
        if (size > former) {
            ZeroFill.extend(this, former, size);
        }
    }

    @Override
    public long write(MemorySegment source, long sourceOffset, long length, long position) {
        MemorySegment part = FileChecks.source(source, sourceOffset, length, position);
        requireWritable("write");
        try {
            return channel.write(bufferOf(part), position);
        } catch (IOException e) {
            throw spaceFailure("write", e, length, "writing " + length + " bytes at " + position);
        }
    }

    @Override
    public long read(MemorySegment target, long targetOffset, long length, long position) {
        MemorySegment part = FileChecks.target(target, targetOffset, length, position);
        try {
            return Math.max(0, channel.read(bufferOf(part), position));
        } catch (IOException e) {
            throw failure("read", e, "reading " + length + " bytes at " + position);
        }
    }

    private static ByteBuffer bufferOf(MemorySegment part) {
        return part.asSlice(0, Math.min(part.byteSize(), MAX_BUFFER_BYTES)).asByteBuffer();
    }

    @Override
    public MemorySegment map(long size, Arena arena) {
        FileChecks.mappingSize(size);
        // A channel that is open for writing would extend the file instead of refusing, in READ_ONLY mode too.
        FileChecks.mappingWithin(name, size, size(), place);
        try {
            return channel.map(MapMode.READ_ONLY, 0, size, arena).asReadOnly();
        } catch (IOException e) {
            throw failure("map", e, "mapping " + size + " bytes");
        }
    }

    @Override
    public void sync() {
        try {
            channel.force(false);
        } catch (ClosedChannelException e) {
            throw failure("sync", e, "making writes durable");
        } catch (IOException e) {
            throw Errno.syncFailure("sync", name, Errno.of(e), e);
        }
    }

    @Override
    public void truncate(long size) {
        FileChecks.notNegative("size", size);
        requireWritable("truncate");
        try {
            if (size > channel.size()) {
                channel.write(ByteBuffer.allocate(1), size - 1); // the rest is a hole, as ftruncate leaves it
            } else {
                channel.truncate(size);
            }
        } catch (IOException e) {
            throw spaceFailure("truncate", e, 1, "setting its length to " + size + " bytes");
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failure("close", e, "closing it; what was not synced before may be lost");
        }
    }

    private void requireWritable(String operation) {
        if (!channel.isOpen()) {
            throw FileChecks.closed(operation, name);
        }
        if (!writable) {
            throw FileChecks.notWritable(operation, name);
        }
    }

    /** NIO keeps only words, and those in the language of the locale: where they say nothing, the device is asked. */
    private StorageException spaceFailure(String operation, IOException e, long length, String what) {
        if (Errno.of(e) == StorageException.UNKNOWN_ERRNO && !(e instanceof ClosedChannelException)) {
            try {
                if (Files.getFileStore(path).getUsableSpace() < length) {
                    return Errno.failure(operation, name, Errno.ENOSPC, what + place, e);
                }
            } catch (IOException second) {
                e.addSuppressed(second);
            }
        }
        return failure(operation, e, what);
    }

    private StorageException failure(String operation, IOException e, String what) {
        return switch (e) {
            case ClosedByInterruptException _ ->
                new StorageException(
                        operation,
                        name,
                        StorageException.UNKNOWN_ERRNO,
                        "the thread was interrupted, " + what + place
                                + ", and that closes a file of plain NIO for every"
                                + " thread. Reopen the store; on Linux, native access"
                                + " (--enable-native-access) makes it immune to interrupts.",
                        e);
            case ClosedChannelException _ -> FileChecks.closed(operation, name);
            default -> Errno.failure(operation, name, e, what + place);
        };
    }

    @Override
    public String toString() {
        return name + place;
    }
}
