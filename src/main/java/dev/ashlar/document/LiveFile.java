package dev.ashlar.document;

import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Which documents of several segments count, in one file.
 *
 * <pre>
 *    0 header, 64 bytes (magic "ASHLLIVE", length of the file)
 *   64 u64 number of segments   72 segments, by ascending ids ...          length - 8: u64 XXH3-64 of everything before
 *
 *   segment:  0 u64 id   8 u32 documents   12 u32 dead
 *            16 if 2 × dead &lt; documents / 32: dead ordinals, each u32, ascending, then zeros up to a multiple of 8
 *               else for each 64 documents a u64: bit j of word i is set if document 64 i + j is dead
 * </pre>
 */
public final class LiveFile {
    private static final long MAGIC = 0x4556_494C_4C48_5341L; // "ASHLLIVE"
    private static final int SEGMENTS_AT = DocumentFiles.HEADER + 8;
    private static final int SEGMENT_HEADER = 16;
    private static final long LARGEST = 1L << 36;

    private LiveFile() {}

    /** Whether dead ordinals take at most half of what bits would: listing them then is worth a second form. */
    private static boolean isListed(int documents, int dead) {
        return 2L * dead < documents / 32;
    }

    private static long bodyBytes(int documents, int dead) {
        return isListed(documents, dead) ? SegmentFormat.align(4L * dead, 8) : 8L * LiveDocs.words(documents);
    }

    /**
     * Writes a file, durably but for its entry in the directory, which is the caller's to sync.
     *
     * @param id of the file, which no other has had
     * @param masks by the ids of the segments; those of which all documents count may be left out
     */
    public static void write(Storage storage, UUID store, int space, long id, Map<Long, LiveDocs> masks) {
        long length = SEGMENTS_AT + 8L;
        for (LiveDocs mask : masks.values()) {
            length += SEGMENT_HEADER + bodyBytes(mask.documents(), mask.dead());
        }
        if (length > LARGEST) {
            throw new IllegalArgumentException("masks of " + length + " bytes are more than a file has, " + LARGEST);
        }
        try (Arena arena = Arena.ofShared();
                StorageFile file = storage.create(DocumentFiles.live(id))) {
            MemorySegment s = OffHeap.allocate(length, 8, arena);
            DocumentFiles.writeHeader(s, MAGIC, store, space, id, length);
            s.set(SegmentFormat.LONG, DocumentFiles.HEADER, masks.size());
            long at = SEGMENTS_AT;
            for (Map.Entry<Long, LiveDocs> entry : new TreeMap<>(masks).entrySet()) {
                at = write(s, at, entry.getKey(), entry.getValue());
            }
            s.set(SegmentFormat.LONG, at, Xxh3.hash(s, 0, at, 0));
            StorageIo.writeFully(file, s, 0, length, 0);
            file.sync();
        }
    }

    private static long write(MemorySegment s, long at, long segment, LiveDocs mask) {
        s.set(SegmentFormat.LONG, at, segment);
        s.set(SegmentFormat.INT, at + 8, mask.documents());
        s.set(SegmentFormat.INT, at + 12, mask.dead());
        long body = at + SEGMENT_HEADER;
        boolean listed = isListed(mask.documents(), mask.dead());
        int listedSoFar = 0;
        for (int i = 0; i < LiveDocs.words(mask.documents()); i++) {
            long word = mask.word(i);
            if (!listed) {
                s.set(SegmentFormat.LONG, body + 8L * i, word);
            } else {
                for (; word != 0; word &= word - 1) {
                    int ordinal = i * Long.SIZE + Long.numberOfTrailingZeros(word);
                    s.set(SegmentFormat.INT, body + 4L * listedSoFar++, ordinal);
                }
            }
        }
        return body + bodyBytes(mask.documents(), mask.dead());
    }

    /**
     * Reads a file and checks all of it.
     *
     * @return by the ids of the segments
     * @throws dev.ashlar.CorruptionException if it is damaged, or that of another store, space or id
     */
    public static SortedMap<Long, LiveDocs> read(Storage storage, UUID store, int space, long id) {
        String name = DocumentFiles.live(id);
        try (Arena arena = Arena.ofShared();
                StorageFile file = storage.open(name)) {
            long size = file.size();
            if (size < SEGMENTS_AT + 8 || size > LARGEST) {
                throw DocumentFiles.damage(
                        name, 0, (SEGMENTS_AT + 8) + " to " + LARGEST + " bytes", "a file of " + size + " bytes");
            }
            MemorySegment s = OffHeap.allocate(size, 8, arena);
            StorageIo.readFully(file, s, 0, size, 0);
            DocumentFiles.checkHeader(s, name, MAGIC, store, space, id, size);
            long end = size - 8;
            DocumentFiles.expect(
                    name, end, "the checksum of the file", Xxh3.hash(s, 0, end, 0), s.get(SegmentFormat.LONG, end));
            return read(s, name, end);
        }
    }

    private static SortedMap<Long, LiveDocs> read(MemorySegment s, String name, long end) {
        SortedMap<Long, LiveDocs> masks = new TreeMap<>();
        long count = s.get(SegmentFormat.LONG, DocumentFiles.HEADER);
        long at = SEGMENTS_AT;
        for (long i = 0; i < count; i++) {
            int documents = at + SEGMENT_HEADER > end ? -1 : s.get(SegmentFormat.INT, at + 8);
            int dead = documents < 0 ? -1 : s.get(SegmentFormat.INT, at + 12);
            if (documents < 0
                    || documents > SegmentFormat.MAX_DOCUMENTS
                    || dead < 0
                    || dead > documents
                    || bodyBytes(documents, dead) > end - at - SEGMENT_HEADER) {
                throw DocumentFiles.damage(
                        name,
                        at,
                        "a mask that ends at " + end + " at the latest",
                        documents + " documents, " + dead + " of them dead");
            }
            LiveDocs mask = LiveDocs.ofDeadBits(documents, bits(s, name, at, documents, dead));
            if (mask.dead() != dead) {
                throw DocumentFiles.damage(name, at + 12, mask.dead() + " dead documents", Integer.toString(dead));
            }
            masks.put(s.get(SegmentFormat.LONG, at), mask);
            at += SEGMENT_HEADER + bodyBytes(documents, dead);
        }
        if (at != end || masks.size() != count) {
            throw DocumentFiles.damage(
                    name,
                    DocumentFiles.HEADER,
                    count + " masks that end at " + end,
                    masks.size() + " that end at " + at);
        }
        return masks;
    }

    private static long[] bits(MemorySegment s, String name, long at, int documents, int dead) {
        long body = at + SEGMENT_HEADER;
        long[] bits = new long[LiveDocs.words(documents)];
        if (!isListed(documents, dead)) {
            MemorySegment.copy(s, SegmentFormat.LONG, body, bits, 0, bits.length);
            int beyond = bits.length * Long.SIZE - documents;
            if (beyond > 0 && bits[bits.length - 1] >>> Long.SIZE - beyond != 0) {
                throw DocumentFiles.damage(name, body, "dead documents below " + documents, "one at or above that");
            }
            return bits;
        }
        for (int i = 0; i < dead; i++) {
            int ordinal = s.get(SegmentFormat.INT, body + 4L * i);
            if (ordinal < 0 || ordinal >= documents) {
                throw DocumentFiles.damage(
                        name, body + 4L * i, "an ordinal below " + documents, Integer.toUnsignedString(ordinal));
            }
            bits[ordinal >>> 6] |= 1L << ordinal;
        }
        return bits;
    }
}
