package dev.ashlar.document;

import com.github.luben.zstd.ZstdDictCompress;
import com.github.luben.zstd.ZstdDictDecompress;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.UUID;

/**
 * Bytes that blocks are compressed with, so that what documents have in common need not be in each block. It never changes. Safe
 * for any thread; who has it open closes it once nothing is decompressed with it any more ({@link Dictionaries}).
 *
 * <pre>
 *   0 header, 64 bytes (magic "ASHLDICT", length of the file)   64 the dictionary   length - 8: u64 XXH3-64 of everything before
 * </pre>
 */
public final class Dictionary implements AutoCloseable {
    /** A dictionary of Zstandard has a header of tables; fewer bytes are none. */
    static final int MIN_BYTES = 8;

    static final int MAX_BYTES = 1 << 20;

    private static final long MAGIC = 0x5443_4944_4C48_5341L; // "ASHLDICT"

    private final long id;
    private final byte[] bytes;
    private final ZstdDictDecompress digested;

    /**
     * @param id of its file, above 0
     * @param bytes 8 bytes to 1 MiB
     */
    public Dictionary(long id, byte[] bytes) {
        if (id <= 0) {
            throw new IllegalArgumentException("the id of a dictionary is above 0, not " + id);
        }
        if (bytes.length < MIN_BYTES || bytes.length > MAX_BYTES) {
            throw new IllegalArgumentException(
                    "a dictionary has " + MIN_BYTES + " to " + MAX_BYTES + " bytes, not " + bytes.length);
        }
        this.id = id;
        this.bytes = bytes.clone();
        this.digested = new ZstdDictDecompress(this.bytes);
    }

    public long id() {
        return id;
    }

    /** Number of its bytes. */
    public int length() {
        return bytes.length;
    }

    byte[] bytes() {
        return bytes.clone();
    }

    ZstdDictDecompress forDecompressing() {
        return digested;
    }

    /** A form for one level, which the caller closes. */
    ZstdDictCompress forCompressing(int level) {
        return new ZstdDictCompress(bytes, level);
    }

    /** Writes its file, durably but for the entry in the directory, which is the caller's to sync. */
    public void write(Storage storage, UUID store, int space) {
        long length = DocumentFiles.HEADER + bytes.length + 8L;
        try (Arena arena = Arena.ofShared();
                StorageFile file = storage.create(DocumentFiles.dictionary(id))) {
            MemorySegment s = OffHeap.allocate(length, 8, arena);
            DocumentFiles.writeHeader(s, MAGIC, store, space, id, length);
            MemorySegment.copy(bytes, 0, s, ValueLayout.JAVA_BYTE, DocumentFiles.HEADER, bytes.length);
            s.set(SegmentFormat.LONG, length - 8, Xxh3.hash(s, 0, length - 8, 0));
            StorageIo.writeFully(file, s, 0, length, 0);
            file.sync();
        }
    }

    /**
     * Reads the file of a dictionary and checks all of it.
     *
     * @throws dev.ashlar.CorruptionException if it is damaged, or that of another store, space or id
     */
    public static Dictionary read(Storage storage, UUID store, int space, long id) {
        String name = DocumentFiles.dictionary(id);
        try (Arena arena = Arena.ofShared();
                StorageFile file = storage.open(name)) {
            long size = file.size();
            long least = DocumentFiles.HEADER + MIN_BYTES + 8L;
            if (size < least || size > DocumentFiles.HEADER + MAX_BYTES + 8L) {
                throw DocumentFiles.damage(name, 0, "a dictionary of 8 bytes to 1 MiB", "a file of " + size + " bytes");
            }
            MemorySegment s = OffHeap.allocate(size, 8, arena);
            StorageIo.readFully(file, s, 0, size, 0);
            DocumentFiles.checkHeader(s, name, MAGIC, store, space, id, size);
            DocumentFiles.expect(
                    name,
                    size - 8,
                    "the checksum of the file",
                    Xxh3.hash(s, 0, size - 8, 0),
                    s.get(SegmentFormat.LONG, size - 8));
            return new Dictionary(
                    id,
                    s.asSlice(DocumentFiles.HEADER, size - DocumentFiles.HEADER - 8)
                            .toArray(ValueLayout.JAVA_BYTE));
        }
    }

    /** Frees its native memory. Nobody may use it any more. */
    @Override
    public void close() {
        digested.close();
    }

    @Override
    public String toString() {
        return DocumentFiles.dictionary(id) + ", " + bytes.length + " bytes";
    }
}
