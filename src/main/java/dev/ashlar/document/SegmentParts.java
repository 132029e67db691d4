package dev.ashlar.document;

import dev.ashlar.CorruptionException;
import dev.ashlar.StorageException;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.io.Causes;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where everything in a segment is, read from its end and checked: header, table of parts, index of the blocks, kills, zones and
 * statistics. Not the blocks, and not the keys.
 */
final class SegmentParts {
    private static final int MAX_ZONES = 64 << 20;

    final String file;
    final long id;
    final long fileBytes;
    final Part index;
    final @Nullable Part keys;
    final @Nullable Part kills;
    final int documents;

    /** Of each block. */
    final int[] firstOrdinals;

    /** Ids of those that blocks need, each once, ascending. */
    final long[] dictionaries;

    final byte[] zones;
    final SegmentInfo info;

    /** A part of the file, which lies within it. */
    record Part(int kind, long offset, long length, long checksum) {}

    /** What the index of the blocks says, as it is read. */
    private static final class Blocks {
        private final String file;
        private final Part part;
        private final int[] firstOrdinals;
        private long[] dictionaries = new long[0];
        private long documents;
        private long documentBytes;
        private long end = SegmentFormat.BLOCKS_AT;

        Blocks(String file, Part part) {
            this.file = file;
            this.part = part;
            long count = part.length / SegmentFormat.INDEX_ENTRY;
            if (part.length % SegmentFormat.INDEX_ENTRY != 0 || count > SegmentFormat.MAX_DOCUMENTS) {
                throw DocumentFiles.damage(file, part.offset, "an index of whole entries", part.length + " bytes");
            }
            firstOrdinals = new int[(int) count];
        }

        void read(MemorySegment window, long from, int length) {
            for (int at = 0; at < length; at += SegmentFormat.INDEX_ENTRY) {
                entry(window, at, (int) ((from + at) / SegmentFormat.INDEX_ENTRY));
            }
        }

        private void entry(MemorySegment s, long at, int block) {
            long offset = s.get(SegmentFormat.LONG, at);
            long dictionary = s.get(SegmentFormat.LONG, at + 16);
            long stored = Integer.toUnsignedLong(s.get(SegmentFormat.INT, at + 24));
            long raw = Integer.toUnsignedLong(s.get(SegmentFormat.INT, at + 28));
            long first = Integer.toUnsignedLong(s.get(SegmentFormat.INT, at + 32));
            long count = Integer.toUnsignedLong(s.get(SegmentFormat.INT, at + 36));
            int flags = s.get(SegmentFormat.INT, at + 40);
            long expected = SegmentFormat.align(end, SegmentFormat.BLOCK_ALIGNMENT);
            long most = count > 1 ? SegmentFormat.MAX_BLOCK_BYTES : SegmentFormat.MAX_RAW;
            boolean plain = flags == SegmentFormat.STORED;
            if (offset != expected
                    || stored < 1
                    || stored > part.offset - offset
                    || count < 1
                    || raw < SegmentFormat.rawHeader(count)
                    || raw > most
                    || first != documents
                    || documents + count > SegmentFormat.MAX_DOCUMENTS
                    || !plain && flags != 0
                    || (plain ? stored != raw || dictionary != 0 : stored > SegmentFormat.bound(raw))
                    || dictionary < 0) {
                throw DocumentFiles.damage(
                        file,
                        part.offset + (long) block * SegmentFormat.INDEX_ENTRY,
                        "block " + block + " at " + expected + " with documents from " + documents + " on",
                        "one at " + offset + " with " + stored + " bytes, " + raw + " when decompressed, " + count
                                + " documents from " + first + " on, dictionary " + dictionary + ", flags " + flags);
            }
            firstOrdinals[block] = (int) first;
            documents += count;
            documentBytes += raw - SegmentFormat.rawHeader(count);
            end = offset + stored;
            if (dictionary != 0) {
                addDictionary(dictionary);
            }
        }

        private void addDictionary(long dictionary) {
            int at = Arrays.binarySearch(dictionaries, dictionary);
            if (at < 0) {
                long[] more = Arrays.copyOf(dictionaries, dictionaries.length + 1);
                more[dictionaries.length] = dictionary;
                Arrays.sort(more);
                dictionaries = more;
            }
        }
    }

    /** The parts that this code knows, as the footer lists them. */
    private static final class Found {
        private final String file;
        private final @Nullable Part[] parts = new @Nullable Part[SegmentFormat.STATISTICS + 1];

        Found(String file) {
            this.file = file;
        }

        void add(Part part, int flags, long position) {
            if (part.kind >= 1 && part.kind < parts.length) {
                if (parts[part.kind] != null) {
                    throw DocumentFiles.damage(file, position, "each part once", "part " + part.kind + " twice");
                }
                parts[part.kind] = part;
            } else if ((flags & SegmentFormat.REQUIRED) != 0) {
                throw new UnsupportedFormatException(file + " has a part of kind " + part.kind
                        + ", which this program does not know and cannot do without. Open the store with a newer Ashlar;"
                        + " nothing was changed.");
            }
        }

        Part require(int kind, long position) {
            Part part = parts[kind];
            if (part == null) {
                throw DocumentFiles.damage(file, position, "a part of kind " + kind, "none");
            }
            return part;
        }
    }

    /**
     * @param tolerated is told of damage to what no document needs, which is then taken as if it were not there; null: all
     *     has to be intact
     */
    static SegmentParts read(
            StorageFile file, UUID store, int space, long id, @Nullable Consumer<CorruptionException> tolerated) {
        String name = file.name();
        long size = file.size();
        long least = SegmentFormat.BLOCKS_AT + 8 + SegmentFormat.TRAILER;
        if (size < least || size > SegmentFormat.MAX_FILE) {
            throw DocumentFiles.damage(name, size, "a segment of at least " + least + " bytes", size + " bytes");
        }
        try (Arena arena = Arena.ofShared()) {
            int footerMost = 8 + SegmentFormat.MAX_PARTS * SegmentFormat.PART_ENTRY + SegmentFormat.TRAILER;
            MemorySegment s = OffHeap.allocate(footerMost, 8, arena);
            StorageIo.readFully(file, s, 0, DocumentFiles.HEADER, 0);
            try {
                DocumentFiles.checkHeader(s, name, SegmentFormat.MAGIC, store, space, id, 0);
            } catch (CorruptionException e) {
                // One that is intact says that the file is another one.
                if (tolerated == null || Xxh3.hash(s, 0, 56, 0) == s.get(SegmentFormat.LONG, 56)) {
                    throw e;
                }
                tolerated.accept(e);
            }
            int tail = (int) Math.min(footerMost, size - SegmentFormat.BLOCKS_AT);
            StorageIo.readFully(file, s, 0, tail, size - tail);
            return new SegmentParts(file, id, size, s.asSlice(0, tail), PartReader.window(arena), tolerated);
        }
    }

    /** @param tail the end of the file, with at least the trailer */
    private SegmentParts(
            StorageFile file,
            long id,
            long size,
            MemorySegment tail,
            MemorySegment window,
            @Nullable Consumer<CorruptionException> tolerated) {
        this.file = file.name();
        this.id = id;
        this.fileBytes = size;
        PartReader.Source source =
                (position, target, at, length) -> StorageIo.readFully(file, target, at, length, position);
        Found found = footer(tail);
        long end = size - SegmentFormat.TRAILER;
        index = found.require(SegmentFormat.BLOCK_INDEX, end);
        Blocks blocks = new Blocks(this.file, index);
        PartReader.read(this.file, index, source, window, blocks::read);
        documents = (int) blocks.documents;
        firstOrdinals = blocks.firstOrdinals;
        dictionaries = blocks.dictionaries;
        boolean keysIntact = tolerated == null || isIntact(found.parts[SegmentFormat.KEYS], source, tolerated);
        keys = keysIntact ? found.parts[SegmentFormat.KEYS] : null;
        if (tolerated != null) {
            // Who reads what is left asks for documents and their keys, and for nothing else.
            kills = null;
            zones = new byte[0];
            info = new SegmentInfo(id, documents, blocks.documentBytes, 0, 0, 0, size, firstOrdinals.length);
            for (int kind : new int[] {SegmentFormat.KILLS, SegmentFormat.ZONES, SegmentFormat.STATISTICS}) {
                boolean ignored = isIntact(found.parts[kind], source, tolerated);
            }
            return;
        }
        kills = found.parts[SegmentFormat.KILLS];
        if (kills != null) {
            PartReader.read(this.file, kills, source, window, (memory, from, length) -> {});
        }
        zones = zones(found.parts[SegmentFormat.ZONES], source, window);
        info = statistics(found.require(SegmentFormat.STATISTICS, end), blocks, source, window);
    }

    private boolean isIntact(@Nullable Part part, PartReader.Source source, Consumer<CorruptionException> tolerated) {
        if (part != null) {
            try {
                PartReader.check(file, part, source);
            } catch (CorruptionException e) {
                tolerated.accept(e);
                return false;
            } catch (StorageException e) {
                if (!Causes.isUnreadable(e)) {
                    throw e;
                }
                tolerated.accept(
                        DocumentFiles.damage(file, part.offset, "part " + part.kind, "what the device cannot read"));
                return false;
            }
        }
        return true;
    }

    private Found footer(MemorySegment tail) {
        long trailer = tail.byteSize() - SegmentFormat.TRAILER;
        long trailerAt = fileBytes - SegmentFormat.TRAILER;
        DocumentFiles.expect(
                file,
                trailerAt + 24,
                "the end of a segment",
                SegmentFormat.END_MAGIC,
                tail.get(SegmentFormat.LONG, trailer + 24));
        DocumentFiles.expect(file, trailerAt, "size of the file", fileBytes, tail.get(SegmentFormat.LONG, trailer));
        long length = tail.get(SegmentFormat.LONG, trailer + 8);
        if (length < 8 || length > trailer || (length - 8) % SegmentFormat.PART_ENTRY != 0) {
            throw DocumentFiles.damage(
                    file, trailerAt + 8, "a footer of 8 + 32 n bytes, at most " + trailer, Long.toString(length));
        }
        long at = trailer - length;
        long footerAt = trailerAt - length;
        DocumentFiles.expect(
                file,
                trailerAt + 16,
                "the checksum of the footer",
                Xxh3.hash(tail, at, length + 16, 0),
                tail.get(SegmentFormat.LONG, trailer + 16));
        int count = tail.get(SegmentFormat.INT, at);
        if (count != (length - 8) / SegmentFormat.PART_ENTRY) {
            throw DocumentFiles.damage(
                    file, footerAt, (length - 8) / SegmentFormat.PART_ENTRY + " parts", Integer.toString(count));
        }
        Found found = new Found(file);
        for (int i = 0; i < count; i++) {
            long entry = 8 + (long) i * SegmentFormat.PART_ENTRY;
            found.add(
                    part(tail, at + entry, footerAt + entry, footerAt),
                    tail.get(SegmentFormat.INT, at + entry + 4),
                    footerAt + entry);
        }
        return found;
    }

    private Part part(MemorySegment s, long at, long position, long footerAt) {
        Part part = new Part(
                s.get(SegmentFormat.INT, at),
                s.get(SegmentFormat.LONG, at + 8),
                s.get(SegmentFormat.LONG, at + 16),
                s.get(SegmentFormat.LONG, at + 24));
        if (part.offset < SegmentFormat.BLOCKS_AT
                || part.offset % SegmentFormat.PART_ALIGNMENT != 0
                || part.offset > footerAt
                || part.length < 0
                || part.length > footerAt - part.offset) {
            throw DocumentFiles.damage(
                    file, position, "a part that ends at " + footerAt + " at the latest", part.toString());
        }
        return part;
    }

    private byte[] zones(@Nullable Part part, PartReader.Source source, MemorySegment window) {
        if (part == null) {
            return new byte[0];
        }
        if (part.length > MAX_ZONES) {
            throw DocumentFiles.damage(file, part.offset, "zones of at most " + MAX_ZONES + " bytes", part.length + "");
        }
        byte[] bytes = new byte[(int) part.length];
        PartReader.read(
                file,
                part,
                source,
                window,
                (memory, from, length) ->
                        MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, 0, bytes, (int) from, length));
        return bytes;
    }

    private SegmentInfo statistics(Part part, Blocks blocks, PartReader.Source source, MemorySegment window) {
        if (part.length != SegmentFormat.STATISTICS_BYTES) {
            throw DocumentFiles.damage(file, part.offset, SegmentFormat.STATISTICS_BYTES + " bytes", part.length + "");
        }
        long[] said = new long[SegmentFormat.STATISTICS_BYTES / 8];
        PartReader.read(
                file,
                part,
                source,
                window,
                (memory, from, length) -> MemorySegment.copy(memory, SegmentFormat.LONG, 0, said, 0, said.length));
        DocumentFiles.expect(file, part.offset, "number of documents", documents, said[0]);
        DocumentFiles.expect(file, part.offset + 8, "bytes of documents", blocks.documentBytes, said[1]);
        boolean kill = said[4] > 0;
        if (said[3] < 0
                || said[3] > documents
                || (said[3] > 0) != (keys != null)
                || said[4] < 0
                || kill != (kills != null)) {
            throw corruptCounts(part, said);
        }
        return new SegmentInfo(
                id, documents, said[1], said[2], (int) said[3], said[4], fileBytes, firstOrdinals.length);
    }

    private CorruptionException corruptCounts(Part part, long[] said) {
        return DocumentFiles.damage(
                file,
                part.offset + 24,
                "as many keys and kills as there are in their parts",
                said[3] + " and " + said[4]);
    }
}
