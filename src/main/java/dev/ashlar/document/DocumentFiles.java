package dev.ashlar.document;

import dev.ashlar.CorruptionException;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FileNames;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.UUID;

/**
 * How the files of document collections are named, and the header that all of them begin with.
 *
 * <pre>
 *    0 u64 magic                     24 u64, 32 u64 store id
 *    8 u32 format version            40 u64 id, also in the name
 *   12 u32 incompatible features     48 u64 length of the file, or 0 where the end of the file says it
 *   16 u32 read-only features        56 u64 XXH3-64 of bytes 0..55
 *   20 u32 space
 * </pre>
 */
public final class DocumentFiles {
    public static final String DIRECTORY = "documents";

    /** While there is a file of this name, an opening removes no file: a record that names some may be lost. */
    public static final String KEEP = DIRECTORY + "/KEEP";

    static final int HEADER = 64;
    static final String DAMAGED_COPY = "Restore the file from a backup; what is in other files is not affected.";

    private static final String SEGMENT = ".seg";
    private static final String LIVE = ".live";
    private static final String DICTIONARY = ".dict";

    private DocumentFiles() {}

    /** The name of a segment, relative to the store. */
    public static String segment(long id) {
        return FileNames.of(DIRECTORY, id, SEGMENT);
    }

    /** The name of a file of live masks. */
    public static String live(long id) {
        return FileNames.of(DIRECTORY, id, LIVE);
    }

    /** The name of a dictionary. */
    public static String dictionary(long id) {
        return FileNames.of(DIRECTORY, id, DICTIONARY);
    }

    /** The id in the name of a directory's entry, of whichever of the three kinds; -1 if the file is not one of ours. */
    public static long idOf(String entry) {
        long id = FileNames.number(entry, SEGMENT);
        if (id < 0) {
            id = FileNames.number(entry, LIVE);
        }
        return id < 0 ? FileNames.number(entry, DICTIONARY) : id;
    }

    /**
     * The space that a file in the directory says it is of.
     *
     * @param entry its name in the directory
     * @return -1 if it is too short, or its header does not verify, or is that of another store or id
     */
    public static int spaceOf(Storage storage, UUID store, String entry) {
        try (Arena arena = Arena.ofConfined();
                StorageFile file = storage.open(DIRECTORY + "/" + entry)) {
            if (file.size() < HEADER) {
                return -1;
            }
            MemorySegment s = OffHeap.allocate(HEADER, 8, arena);
            StorageIo.readFully(file, s, 0, HEADER, 0);
            boolean ours = Xxh3.hash(s, 0, 56, 0) == s.get(SegmentFormat.LONG, 56)
                    && s.get(SegmentFormat.LONG, 24) == store.getMostSignificantBits()
                    && s.get(SegmentFormat.LONG, 32) == store.getLeastSignificantBits()
                    && s.get(SegmentFormat.LONG, 40) == idOf(entry);
            return ours ? s.get(SegmentFormat.INT, 20) : -1;
        }
    }

    /** Whether an entry of the directory is named as a segment. */
    public static boolean isSegment(String entry) {
        return FileNames.number(entry, SEGMENT) >= 0;
    }

    /** Whether an entry of the directory is named as a file of live masks. */
    public static boolean isLive(String entry) {
        return FileNames.number(entry, LIVE) >= 0;
    }

    static void writeHeader(MemorySegment s, long magic, UUID store, int space, long id, long length) {
        s.asSlice(0, HEADER).fill((byte) 0);
        s.set(SegmentFormat.LONG, 0, magic);
        s.set(SegmentFormat.INT, 8, ChunkLayout.FORMAT_VERSION);
        s.set(SegmentFormat.INT, 20, space);
        s.set(SegmentFormat.LONG, 24, store.getMostSignificantBits());
        s.set(SegmentFormat.LONG, 32, store.getLeastSignificantBits());
        s.set(SegmentFormat.LONG, 40, id);
        s.set(SegmentFormat.LONG, 48, length);
        s.set(SegmentFormat.LONG, 56, Xxh3.hash(s, 0, 56, 0));
    }

    /**
     * Checks a header.
     *
     * @throws CorruptionException if it is damaged, or that of another file
     * @throws dev.ashlar.UnsupportedFormatException if it is of a format that this code does not know
     */
    static void checkHeader(MemorySegment s, String file, long magic, UUID store, int space, long id, long length) {
        expect(file, 0, "the magic number", magic, s.get(SegmentFormat.LONG, 0));
        expect(file, 56, "the checksum of the header", Xxh3.hash(s, 0, 56, 0), s.get(SegmentFormat.LONG, 56));
        ChunkLayout.checkFormat(s, file);
        expect(file, 20, "space", space, s.get(SegmentFormat.INT, 20));
        expect(file, 24, "store id, high half", store.getMostSignificantBits(), s.get(SegmentFormat.LONG, 24));
        expect(file, 32, "store id, low half", store.getLeastSignificantBits(), s.get(SegmentFormat.LONG, 32));
        expect(file, 40, "id", id, s.get(SegmentFormat.LONG, 40));
        expect(file, 48, "length", length, s.get(SegmentFormat.LONG, 48));
    }

    static void expect(String file, long position, String what, long expected, long found) {
        if (expected != found) {
            throw damage(file, position, what + " 0x" + Long.toHexString(expected), "0x" + Long.toHexString(found));
        }
    }

    static CorruptionException damage(String file, long position, String expected, String found) {
        return new CorruptionException(file, position, expected, found, DAMAGED_COPY);
    }
}
