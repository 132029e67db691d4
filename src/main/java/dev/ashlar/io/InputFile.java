package dev.ashlar.io;

import dev.ashlar.StorageException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A file that is no part of a store, opened to be read: what is imported. It is read into memory of the caller's and
 * never mapped, for nobody keeps its owner from cutting it, and a page that has gone ends the process. Nothing about it is
 * changed.
 *
 * <p>Any thread may read. A thread that is interrupted meanwhile closes the file, as with every channel of NIO.
 */
public final class InputFile implements AutoCloseable {
    private final String name;
    private final FileChannel channel;
    private final long size;

    private InputFile(String name, FileChannel channel, long size) {
        this.name = name;
        this.channel = channel;
        this.size = size;
    }

    /**
     * Opens a regular file, or what a symbolic link to one leads to.
     *
     * @throws StorageException if it is absent, not a regular file, or may not be read
     */
    public static InputFile open(Path path) {
        String name = path.toString();
        if (Files.isDirectory(path)) {
            throw Errno.failure("open", name, Errno.EISDIR, "expected a file, found a directory", null);
        }
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            // A pipe would block, a device has no end.
            throw Errno.failure("open", name, Errno.EINVAL, "expected a regular file, found something else", null);
        }
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                return new InputFile(name, channel, channel.size());
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw Errno.failure("open", name, e, "opening it for reading");
        }
    }

    /** The path that it was opened by. */
    public String name() {
        return name;
    }

    /** Its length in bytes when it was opened; what is appended later is not seen. */
    public long size() {
        return size;
    }

    /**
     * Reads all of {@code length} bytes.
     *
     * @param target a segment of any kind with room for at least that many bytes
     * @throws StorageException if that fails, or if the file has become shorter
     */
    public void read(long position, MemorySegment target, long targetOffset, int length) {
        var buffer = target.asSlice(targetOffset, length).asByteBuffer();
        while (buffer.hasRemaining()) {
            int done = buffer.position();
            int read;
            try {
                read = channel.read(buffer, position + done);
            } catch (IOException e) {
                throw Errno.failure("read", name, e, "reading " + length + " bytes at " + position);
            }
            if (read <= 0) {
                throw new StorageException(
                        "read",
                        name,
                        StorageException.UNKNOWN_ERRNO,
                        "expected " + length + " bytes at " + position + ", found only " + done + " before the end. The"
                                + " file had " + size
                                + " bytes when it was opened: something cuts it meanwhile. Copy it"
                                + " when nobody writes to it, and read the copy.");
            }
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw Errno.failure("close", name, e, "closing it");
        }
    }
}
