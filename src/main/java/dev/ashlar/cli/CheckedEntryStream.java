package dev.ashlar.cli;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.ZipException;

/**
 * The content of an archive's entry, which fails at its end if it is not what the archive's directory says. {@link
 * java.util.zip.ZipFile} has the checksum and does not look at it.
 */
final class CheckedEntryStream extends FilterInputStream {
    private final long expectedSize;
    private final long expectedCrc;
    private final CRC32 crc = new CRC32();
    private long size;

    CheckedEntryStream(InputStream content, long expectedSize, long expectedCrc) {
        super(content);
        this.expectedSize = expectedSize;
        this.expectedCrc = expectedCrc;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int read = in.read(target, offset, length);
        if (read > 0) {
            crc.update(target, offset, read);
            size += read;
        } else if (read < 0) {
            requireIntact();
        }
        return read;
    }

    private void requireIntact() throws ZipException {
        if (size != expectedSize) {
            throw new ZipException("the archive is damaged: expected " + expectedSize + " bytes, found " + size);
        }
        if (crc.getValue() != expectedCrc) {
            throw new ZipException("the archive is damaged: expected CRC-32 " + Long.toHexString(expectedCrc)
                    + ", found " + Long.toHexString(crc.getValue()));
        }
    }

    @Override
    public long skip(long bytes) throws IOException {
        return Math.max(0, read(new byte[(int) Math.min(bytes, 8192)]));
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
