package dev.ashlar.interchange;

import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.zip.CRC32;

/** Writes a file of simd-r-drive, one entry behind the other. For one thread. */
final class EntryWriter {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** What a buffer of a checksum may view at once; a {@code ByteBuffer} ends at 2 GiB. */
    private static final long PIECE_BYTES = 1 << 30;

    private final StorageFile file;

    /** Native; entries are gathered in it. */
    private final MemorySegment buffer;

    private final CRC32 crc = new CRC32();
    private int gathered;
    private long written;

    /** @param buffer native memory, of at least a few kilobytes */
    EntryWriter(StorageFile file, MemorySegment buffer) {
        this.file = file;
        this.buffer = buffer;
    }

    /** Where the next entry begins: the length of the file, once it is flushed. */
    long tail() {
        return written + gathered;
    }

    /**
     * Appends an entry.
     *
     * @param payload native memory; at least one byte, and not a single 0x00
     * @return the checksum of the payload
     */
    int put(long keyHash, MemorySegment payload) {
        long tail = tail();
        crc.reset();
        for (long at = 0; at < payload.byteSize(); at += PIECE_BYTES) {
            crc.update(payload.asSlice(at, Math.min(PIECE_BYTES, payload.byteSize() - at))
                    .asByteBuffer());
        }
        appendZeros(EntryLayout.pad(tail, EntryLayout.ALIGNMENT));
        append(payload);
        appendMetadata(keyHash, tail, (int) crc.getValue());
        return (int) crc.getValue();
    }

    /** Appends a deletion. */
    void delete(long keyHash) {
        long tail = tail();
        appendZeros(1);
        appendMetadata(keyHash, tail, EntryLayout.DELETION_CRC);
    }

    /** Hands what was gathered to the file. */
    void flush() {
        StorageIo.writeFully(file, buffer, 0, gathered, written);
        written += gathered;
        gathered = 0;
    }

    private void appendZeros(int length) {
        makeRoom(length);
        buffer.asSlice(gathered, length).fill((byte) 0);
        gathered += length;
    }

    private void append(MemorySegment payload) {
        long length = payload.byteSize();
        if (length > buffer.byteSize() - gathered) {
            flush();
        }
        if (length > buffer.byteSize()) {
            StorageIo.writeFully(file, payload, 0, length, written);
            written += length;
            return;
        }
        MemorySegment.copy(payload, 0, buffer, gathered, length);
        gathered += (int) length;
    }

    private void appendMetadata(long keyHash, long previous, int checksum) {
        makeRoom(EntryLayout.METADATA_BYTES);
        buffer.set(LONG, gathered, keyHash);
        buffer.set(LONG, gathered + EntryLayout.PREVIOUS, previous);
        buffer.set(INT, gathered + EntryLayout.CRC, checksum);
        gathered += EntryLayout.METADATA_BYTES;
    }

    private void makeRoom(int length) {
        if (length > buffer.byteSize() - gathered) {
            flush();
        }
    }
}
