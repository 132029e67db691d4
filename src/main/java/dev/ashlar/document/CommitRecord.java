package dev.ashlar.document;

import dev.ashlar.CorruptionException;
import dev.ashlar.UnsupportedFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a document collection consists of, besides what is pending in the log: the value of one record. Writing that record is
 * the one step in which anything takes effect: a commit, an early build, a merge. All integers are little-endian.
 *
 * <pre>
 *    0 u32 version, 1     8 u64 generation    24 u32 published segments       32 u32 dictionaries
 *    4 u32 zero          16 u64 next file     28 u32 unpublished segments     36 u32 zero
 *   40 segments, published and then unpublished, 56 bytes each:
 *        0 u64 segment             24 u64 file of the mask now, or 0      40 u32 documents
 *        8 u64 document bytes      32 u64 file of the mask next, or 0     44 u32 dead now    48 u32 dead next    52 u32 zero
 *      then dictionaries, u64 each
 * </pre>
 *
 * @param generation one more with each record
 * @param nextFile above the ids of all files that the record names
 * @param published segments whose documents are committed, the oldest first
 * @param unpublished segments of documents that are pending, the oldest first
 * @param dictionaries that blocks of these segments need, or that the next ones are compressed with: the last one
 */
public record CommitRecord(
        long generation, long nextFile, List<Entry> published, List<Entry> unpublished, List<Long> dictionaries) {
    /** No segments at all. */
    public static final CommitRecord EMPTY = new CommitRecord(0, 1, List.of(), List.of(), List.of());

    /** More would make the record larger than the log takes inline. */
    public static final int MAX_SEGMENTS = 100_000;

    private static final int VERSION = 1;
    private static final int HEADER = 40;
    private static final int ENTRY = 56;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Which documents of a segment are dead.
     *
     * @param file of live masks that has this one; 0 if none are dead
     */
    public record Mask(long file, int dead) {
        public static final Mask NONE = new Mask(0, 0);
    }

    /**
     * One segment.
     *
     * @param documentBytes of its documents before they were compressed
     * @param fileBytes size of its file
     * @param now what is dead for readers
     * @param next what is dead when all that is pending in unpublished segments is committed
     */
    public record Entry(long segment, int documents, long documentBytes, long fileBytes, Mask now, Mask next) {}

    public CommitRecord {
        published = List.copyOf(published);
        unpublished = List.copyOf(unpublished);
        dictionaries = List.copyOf(dictionaries);
    }

    /** The ids of all files that it names. */
    public Set<Long> files() {
        Set<Long> files = new HashSet<>(dictionaries);
        for (List<Entry> entries : List.of(published, unpublished)) {
            for (Entry entry : entries) {
                files.add(entry.segment);
                files.add(entry.now.file);
                files.add(entry.next.file);
            }
        }
        files.remove(0L);
        return files;
    }

    public byte[] encode() {
        int segments = published.size() + unpublished.size();
        byte[] bytes = new byte[HEADER + segments * ENTRY + dictionaries.size() * Long.BYTES];
        MemorySegment s = MemorySegment.ofArray(bytes);
        s.set(INT, 0, VERSION);
        s.set(LONG, 8, generation);
        s.set(LONG, 16, nextFile);
        s.set(INT, 24, published.size());
        s.set(INT, 28, unpublished.size());
        s.set(INT, 32, dictionaries.size());
        long at = HEADER;
        for (List<Entry> entries : List.of(published, unpublished)) {
            for (Entry entry : entries) {
                s.set(LONG, at, entry.segment);
                s.set(LONG, at + 8, entry.documentBytes);
                s.set(LONG, at + 16, entry.fileBytes);
                s.set(LONG, at + 24, entry.now.file);
                s.set(LONG, at + 32, entry.next.file);
                s.set(INT, at + 40, entry.documents);
                s.set(INT, at + 44, entry.now.dead);
                s.set(INT, at + 48, entry.next.dead);
                at += ENTRY;
            }
        }
        for (long dictionary : dictionaries) {
            s.set(LONG, at, dictionary);
            at += Long.BYTES;
        }
        return bytes;
    }

    /**
     * Reads a record back. Its bytes have verified: what does not fit was written by something else.
     *
     * @param file and position where it stands, for messages
     * @throws UnsupportedFormatException if a newer version wrote it
     * @throws CorruptionException if it makes no sense
     */
    public static CommitRecord decode(MemorySegment s, String file, long position) {
        long length = s.byteSize();
        if (length < HEADER) {
            throw damaged(
                    file,
                    position,
                    "a record of a document collection's segments, of at least 40 bytes",
                    length + " bytes");
        }
        if (s.get(INT, 0) != VERSION) {
            throw new UnsupportedFormatException("a document collection has a list of segments of version "
                    + s.get(INT, 0) + "; open the store with the version of Ashlar that wrote it");
        }
        int published = s.get(INT, 24);
        int unpublished = s.get(INT, 28);
        int dictionaries = s.get(INT, 32);
        long nextFile = s.get(LONG, 16);
        if (published < 0
                || published > MAX_SEGMENTS
                || unpublished < 0
                || unpublished > MAX_SEGMENTS
                || dictionaries < 0
                || dictionaries > MAX_SEGMENTS
                || nextFile < 1
                || length != HEADER + (published + (long) unpublished) * ENTRY + dictionaries * (long) Long.BYTES) {
            throw damaged(
                    file,
                    position,
                    "a list of as many segments as " + length + " bytes hold",
                    published + " published, " + unpublished + " unpublished, " + dictionaries + " dictionaries");
        }
        List<Entry> entries = new ArrayList<>();
        long at = HEADER;
        for (int i = 0; i < published + unpublished; i++, at += ENTRY) {
            Entry entry = new Entry(
                    s.get(LONG, at),
                    s.get(INT, at + 40),
                    s.get(LONG, at + 8),
                    s.get(LONG, at + 16),
                    new Mask(s.get(LONG, at + 24), s.get(INT, at + 44)),
                    new Mask(s.get(LONG, at + 32), s.get(INT, at + 48)));
            if (!isPossible(entry, nextFile)) {
                throw damaged(file, position + at, "a segment with an id below " + nextFile, entry.toString());
            }
            entries.add(entry);
        }
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < dictionaries; i++, at += Long.BYTES) {
            long id = s.get(LONG, at);
            if (id < 1 || id >= nextFile) {
                throw damaged(file, position + at, "a dictionary with an id below " + nextFile, "one with " + id);
            }
            ids.add(id);
        }
        return new CommitRecord(
                s.get(LONG, 8),
                nextFile,
                entries.subList(0, published),
                entries.subList(published, published + unpublished),
                ids);
    }

    private static boolean isPossible(Entry entry, long nextFile) {
        return entry.segment >= 1
                && entry.segment < nextFile
                && entry.documents >= 0
                && entry.documentBytes >= 0
                && entry.fileBytes >= 0
                && isPossible(entry.now, entry.documents, nextFile)
                && isPossible(entry.next, entry.documents, nextFile);
    }

    private static boolean isPossible(Mask mask, int documents, long nextFile) {
        return mask.file >= 0
                && mask.file < nextFile
                && mask.dead >= 0
                && mask.dead <= documents
                && (mask.file == 0) == (mask.dead == 0);
    }

    private static CorruptionException damaged(String file, long position, String expected, String found) {
        return new CorruptionException(
                file, position, expected, found, "Restore the store from a backup, or salvage it.");
    }
}
