package dev.ashlar.document;

import dev.ashlar.CorruptionException;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.simd.Xxh3;
import dev.ashlar.simd.Xxh3Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.UUID;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes a segment of documents, from front to back. For one thread at a time.
 *
 * <p>Nothing of the file counts before {@link #finish} has returned: a reader finds where everything is from its end. If a
 * method throws anything but {@link IllegalArgumentException} the writer is of no use any more, and says so; no document is
 * left out in silence. Removing the file is the caller's work then, as it is after {@link #close} without {@link #finish}.
 *
 * <pre>
 *   document ──copy──► block ──compress──► packed ──copy──► write buffer ──► file
 * </pre>
 *
 * The buffers do not grow with the documents; keys, kills and the index of the blocks stay in memory until the end, see {@link
 * #memoryBytes}.
 */
public final class SegmentWriter implements AutoCloseable {
    /** Larger blocks are compressed in pieces of that size. */
    private static final int PIECE = 1 << 20;

    /** A block that becomes smaller by less than a 32nd is stored as it is, which reads faster. */
    private static final int LEAST_GAIN_SHIFT = 5;

    private final long id;
    private final BlockOptions options;
    private final BlockCompressor compressor;
    private final StorageFile file;
    private final Arena arena = Arena.ofShared();
    private final SegmentOutput output;
    private final KeyTable.Builder keys = new KeyTable.Builder();
    private final GrowingBytes kills = new GrowingBytes();
    private final GrowingBytes index = new GrowingBytes();
    private final Buffer raw;
    private final Buffer packed;
    private final int[] ends;
    private byte[] zones = new byte[0];

    /** Documents of the block that is being filled, and their bytes. */
    private int inBlock;

    private int blockBytes;

    private int documents;
    private long documentBytes;
    private long killed;
    private boolean usable = true;
    private boolean closed;

    /**
     * Creates the file. Its directory exists, no file has its name.
     *
     * @param id of the file, which no other has had
     * @param compressor is not closed
     * @param written is told of bytes that were written, after each write: it may wait
     */
    public SegmentWriter(
            Storage storage,
            UUID store,
            long id,
            int space,
            BlockOptions options,
            BlockCompressor compressor,
            LongConsumer written) {
        this.id = id;
        this.options = options;
        this.compressor = compressor;
        this.file = storage.create(DocumentFiles.segment(id));
        boolean made = false;
        try {
            output = new SegmentOutput(file, arena, written);
            raw = new Buffer(arena, 2L * options.blockBytes());
            packed = new Buffer(arena, SegmentFormat.bound(options.blockBytes()));
            ends = new int[options.blockBytes() / 4];
            DocumentFiles.writeHeader(output.buffer(), SegmentFormat.MAGIC, store, space, id, 0);
            output.take(DocumentFiles.HEADER);
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    /** Native memory and the same as a buffer. */
    private static final class Buffer {
        private final Arena arena;
        private MemorySegment memory;
        private ByteBuffer bytes;

        Buffer(Arena arena, long size) {
            this.arena = arena;
            memory = OffHeap.allocate(size, 64, arena);
            bytes = memory.asByteBuffer();
        }

        /** Makes it at least so large; its content is lost. */
        void ensure(long size) {
            if (memory.byteSize() < size) {
                memory = OffHeap.allocate(size, 64, arena);
                bytes = memory.asByteBuffer();
            }
        }
    }

    /** Documents so far: the ordinal that the next one gets. */
    public int documents() {
        return documents;
    }

    /** Bytes of the documents so far. */
    public long documentBytes() {
        return documentBytes;
    }

    /** Bytes of the file so far, without what is kept until the end. */
    public long fileBytes() {
        return output.position();
    }

    /** Native memory that is taken, with what {@link #finish} is going to need. */
    public long memoryBytes() {
        return SegmentOutput.BUFFER
                + raw.memory.byteSize()
                + packed.memory.byteSize()
                + 4L * ends.length
                + keys.memoryBytes()
                + kills.capacity()
                + index.capacity();
    }

    /** As {@link #add(MemorySegment, long, long, MemorySegment, long, int)}, of a document without a key. */
    public int add(MemorySegment source, long at, long length) {
        return add(source, at, length, null, 0, 0);
    }

    /**
     * Adds a document. Its bytes are copied, and not needed afterwards.
     *
     * @param source native memory, a mapped file included
     * @param length 0 bytes to 1 GiB
     * @param key native memory, or null if the document has none
     * @param keyLength 0 to 65,100 bytes
     * @return the document's ordinal: they are counted from 0
     * @throws IllegalArgumentException if a length is out of its range; nothing has changed then
     * @throws IndexOutOfBoundsException if the bytes are not within their memory; nothing has changed then
     */
    public int add(MemorySegment source, long at, long length, @Nullable MemorySegment key, long keyAt, int keyLength) {
        checkUsable();
        if (length < 0 || length > SegmentFormat.MAX_DOCUMENT) {
            throw new IllegalArgumentException(
                    "a document has 0 to " + SegmentFormat.MAX_DOCUMENT + " bytes, not " + length);
        }
        Objects.checkFromIndexSize(at, length, source.byteSize());
        if (key != null) {
            checkKey(key, keyAt, keyLength);
        }
        checkRoom(1);
        usable = false;
        if (SegmentFormat.rawHeader(1) + length > options.blockBytes()) {
            flushBlock();
            large(source, at, length);
        } else {
            if (SegmentFormat.rawHeader(inBlock + 1L) + blockBytes + length > options.blockBytes()) {
                flushBlock();
            }
            // The documents are gathered behind the room that their ends will need in front of them.
            MemorySegment.copy(source, at, raw.memory, options.blockBytes() + (long) blockBytes, length);
            blockBytes += (int) length;
            ends[inBlock++] = blockBytes;
        }
        if (key == null) {
            keys.addNone();
        } else {
            keys.add(key, keyAt, keyLength);
        }
        documentBytes += length;
        usable = true;
        return documents++;
    }

    /**
     * Notes that documents of older segments with a key do not count any more, be it that this segment has another one, or that
     * it was deleted.
     *
     * @param key native memory
     */
    public void kill(MemorySegment key, long keyAt, int keyLength) {
        checkUsable();
        checkKey(key, keyAt, keyLength);
        usable = false;
        kills.addShort(keyLength);
        kills.add(key, keyAt, keyLength);
        killed++;
        usable = true;
    }

    /** Keeps bytes with the segment, see {@link SegmentFile#zones}; those of the last call. */
    public void zones(byte[] bytes) {
        checkUsable();
        zones = bytes.clone();
    }

    /**
     * Copies blocks of another segment that follow one another, with all of their documents, compressed as they are, and their
     * keys. Their bytes are checked on the way.
     *
     * @return the ordinal of the first of their documents
     * @throws CorruptionException if a block is damaged
     */
    public int copyBlocks(SegmentFile from, int block, int count) {
        checkUsable();
        Objects.checkFromIndexSize(block, count, from.blocks());
        int first = documents;
        if (count == 0) {
            return first;
        }
        int source = from.firstOrdinalOf(block);
        int more = from.firstOrdinalOf(block + count - 1) + from.documentsOf(block + count - 1) - source;
        checkRoom(more);
        usable = false;
        flushBlock();
        for (int next = block; next < block + count; ) {
            output.align(SegmentFormat.BLOCK_ALIGNMENT);
            long offset = output.position();
            int run = from.copyStored(next, block + count - next, output);
            for (int i = next; i < next + run; i++) {
                copiedEntry(from, i, offset + from.offsetOf(i) - from.offsetOf(next));
            }
            next += run;
        }
        from.copyKeys(source, more, keys);
        usable = true;
        return first;
    }

    private void copiedEntry(SegmentFile from, int block, long offset) {
        int count = from.documentsOf(block);
        indexEntry(
                offset,
                from.checksumOf(block),
                from.dictionaryOf(block),
                from.storedLengthOf(block),
                from.rawLengthOf(block),
                documents,
                count,
                from.flagsOf(block));
        documents += count;
        documentBytes += from.rawLengthOf(block) - SegmentFormat.rawHeader(count);
    }

    /** Whether a document that is added now can share a block with the last one. */
    boolean hasOpenBlock() {
        return inBlock > 0;
    }

    /**
     * Writes what is left and makes the file durable; its entry in the directory is the caller's to sync. Nothing can be added
     * afterwards.
     */
    public SegmentInfo finish() {
        checkUsable();
        usable = false;
        flushBlock();
        int blocks = (int) (index.size() / SegmentFormat.INDEX_ENTRY);
        long stored = output.position() - SegmentFormat.BLOCKS_AT;
        try (GrowingBytes footer = new GrowingBytes();
                GrowingBytes small = new GrowingBytes()) {
            footer.addInt(0);
            footer.addInt(0);
            part(footer, SegmentFormat.BLOCK_INDEX, SegmentFormat.REQUIRED, index);
            if (keys.keys() > 0) {
                output.beginPart();
                long at = output.position();
                keys.write(output);
                partEntry(footer, SegmentFormat.KEYS, SegmentFormat.REQUIRED, at);
            }
            if (killed > 0) {
                small.addLong(killed);
                output.beginPart();
                long at = output.position();
                output.part(small.memory(), 0, small.size());
                output.part(kills.memory(), 0, kills.size());
                partEntry(footer, SegmentFormat.KILLS, SegmentFormat.REQUIRED, at);
            }
            statistics(footer, stored);
            if (zones.length > 0) {
                try (GrowingBytes copy = new GrowingBytes()) {
                    copy.add(zones);
                    part(footer, SegmentFormat.ZONES, 0, copy);
                }
            }
            end(footer);
        }
        output.flush();
        file.sync();
        return new SegmentInfo(id, documents, documentBytes, stored, keys.keys(), killed, output.position(), blocks);
    }

    private void statistics(GrowingBytes footer, long stored) {
        try (GrowingBytes statistics = new GrowingBytes()) {
            statistics.addLong(documents);
            statistics.addLong(documentBytes);
            statistics.addLong(stored);
            statistics.addLong(keys.keys());
            statistics.addLong(killed);
            part(footer, SegmentFormat.STATISTICS, SegmentFormat.REQUIRED, statistics);
        }
    }

    private void part(GrowingBytes footer, int kind, int flags, GrowingBytes content) {
        output.beginPart();
        long at = output.position();
        output.part(content.memory(), 0, content.size());
        partEntry(footer, kind, flags, at);
    }

    private void partEntry(GrowingBytes footer, int kind, int flags, long at) {
        footer.addInt(kind);
        footer.addInt(flags);
        footer.addLong(at);
        footer.addLong(output.position() - at);
        footer.addLong(output.partHash());
    }

    private void end(GrowingBytes footer) {
        output.align(SegmentFormat.PART_ALIGNMENT);
        long length = footer.size();
        footer.memory().set(SegmentFormat.INT, 0, (int) ((length - 8) / SegmentFormat.PART_ENTRY));
        footer.addLong(output.position() + length + SegmentFormat.TRAILER);
        footer.addLong(length);
        footer.addLong(Xxh3.hash(footer.memory(), 0, footer.size(), 0));
        footer.addLong(SegmentFormat.END_MAGIC);
        output.append(footer.memory(), 0, footer.size());
    }

    /** Writes the block that is being filled, if there is one. */
    private void flushBlock() {
        if (inBlock == 0) {
            return;
        }
        int header = (int) SegmentFormat.rawHeader(inBlock);
        int at = options.blockBytes() - header;
        raw.memory.set(SegmentFormat.INT, at, inBlock);
        MemorySegment.copy(ends, 0, raw.memory, SegmentFormat.INT, at + 4L, inBlock);
        writeBlock(at, header + blockBytes, documents - inBlock, inBlock);
        inBlock = 0;
        blockBytes = 0;
    }

    /** A document that is a block of its own. */
    private void large(MemorySegment source, long at, long length) {
        long rawLength = SegmentFormat.rawHeader(1) + length;
        int first = (int) Math.min(rawLength, PIECE);
        raw.ensure(first);
        packed.ensure(SegmentFormat.bound(first));
        raw.memory.set(SegmentFormat.INT, 0, 1);
        raw.memory.set(SegmentFormat.INT, 4, (int) length);
        MemorySegment.copy(source, at, raw.memory, 8, first - 8L);
        if (rawLength == first) {
            writeBlock(0, first, documents, 1);
        } else {
            // The first piece tells whether all of it is worth compressing.
            int gain = first - compressor.compress(raw.bytes, 0, first, packed.bytes);
            writePieces(source, at, length, gain >= first >> LEAST_GAIN_SHIFT);
        }
    }

    private void writeBlock(int at, int length, int firstOrdinal, int count) {
        int compressed = compressor.compress(raw.bytes, at, length, packed.bytes);
        boolean stored = length - compressed < length >> LEAST_GAIN_SHIFT;
        MemorySegment from = stored ? raw.memory : packed.memory;
        long fromAt = stored ? at : 0;
        int bytes = stored ? length : compressed;
        output.align(SegmentFormat.BLOCK_ALIGNMENT);
        long offset = output.position();
        output.append(from, fromAt, bytes);
        indexEntry(offset, Xxh3.hash(from, fromAt, bytes, 0), length, bytes, firstOrdinal, count, stored);
    }

    private void writePieces(MemorySegment source, long at, long length, boolean compress) {
        Xxh3Stream hash = new Xxh3Stream();
        long rawLength = SegmentFormat.rawHeader(1) + length;
        output.align(SegmentFormat.BLOCK_ALIGNMENT);
        long offset = output.position();
        if (compress) {
            compressor.begin(rawLength);
        }
        // The first piece is in the buffer already; where a piece begins in the raw block, it begins 8 earlier in the
        // document.
        for (long from = 0; from < rawLength; from += PIECE) {
            int piece = (int) Math.min(PIECE, rawLength - from);
            if (from > 0) {
                MemorySegment.copy(source, at + from - 8, raw.memory, 0, piece);
            }
            if (compress) {
                compressPiece(piece, from + piece == rawLength, hash);
            } else {
                hash.update(raw.memory, 0, piece);
                output.append(raw.memory, 0, piece);
            }
        }
        long bytes = output.position() - offset;
        indexEntry(offset, hash.digest(), rawLength, bytes, documents, 1, !compress);
    }

    private void compressPiece(int piece, boolean last, Xxh3Stream hash) {
        ByteBuffer from = raw.bytes.clear().limit(piece);
        boolean done;
        do {
            ByteBuffer to = packed.bytes.clear();
            done = compressor.compress(from, to, last);
            hash.update(packed.memory, 0, to.position());
            output.append(packed.memory, 0, to.position());
        } while (!done);
        raw.bytes.clear();
        packed.bytes.clear();
    }

    private void indexEntry(
            long offset, long hash, long rawLength, long bytes, int firstOrdinal, int count, boolean stored) {
        long dictionary = stored ? 0 : compressor.dictionaryId();
        long checksum = SegmentFormat.checksum(hash, rawLength, count, dictionary);
        indexEntry(
                offset,
                checksum,
                dictionary,
                (int) bytes,
                (int) rawLength,
                firstOrdinal,
                count,
                stored ? SegmentFormat.STORED : 0);
    }

    private void indexEntry(
            long offset,
            long checksum,
            long dictionary,
            int storedLength,
            int rawLength,
            int firstOrdinal,
            int count,
            int flags) {
        index.addLong(offset);
        index.addLong(checksum);
        index.addLong(dictionary);
        index.addInt(storedLength);
        index.addInt(rawLength);
        index.addInt(firstOrdinal);
        index.addInt(count);
        index.addInt(flags);
        index.addInt(0);
    }

    private static void checkKey(MemorySegment key, long at, int length) {
        if (length < 0 || length > SegmentFormat.MAX_KEY) {
            throw new IllegalArgumentException("a key has 0 to " + SegmentFormat.MAX_KEY + " bytes, not " + length);
        }
        Objects.checkFromIndexSize(at, length, key.byteSize());
    }

    private void checkRoom(int more) {
        if (more > SegmentFormat.MAX_DOCUMENTS - documents) {
            throw new IllegalArgumentException("a segment has at most " + SegmentFormat.MAX_DOCUMENTS
                    + " documents, and this one has " + documents);
        }
    }

    private void checkUsable() {
        if (!usable) {
            throw new IllegalStateException(
                    file.name() + (closed ? " is closed" : " is finished, or an error has left it unfinished"));
        }
    }

    /** Releases memory and closes the file, which stays. Can be called more than once. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            usable = false;
            keys.close();
            kills.close();
            index.close();
            arena.close();
            file.close();
        }
    }
}
