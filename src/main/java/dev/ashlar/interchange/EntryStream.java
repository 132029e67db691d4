package dev.ashlar.interchange;

import dev.ashlar.io.InputFile;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.zip.CRC32;

/** A payload as a stream, which fails at its end if its checksum is not the one that it must have. */
final class EntryStream extends InputStream {
    private final InputFile file;
    private final long end;
    private final int expected;
    private final CRC32 crc = new CRC32();
    private long position;

    EntryStream(InputFile file, long position, long end, int expected) {
        this.file = file;
        this.position = position;
        this.end = end;
        this.expected = expected;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        if (position == end) {
            if ((int) crc.getValue() != expected) {
                throw new IOException("the payload that ends at " + end + " is not the one that was verified");
            }
            return -1;
        }
        int read = (int) Math.min(length, end - position);
        file.read(position, MemorySegment.ofArray(target), offset, read);
        crc.update(target, offset, read);
        position += read;
        return read;
    }

    /** The file is not this stream's to close. */
    @Override
    public void close() {}
}
