package dev.ashlar.document;

import dev.ashlar.CorruptionException;
import dev.ashlar.StorageException;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.simd.Xxh3;
import dev.ashlar.simd.Xxh3Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A segment that is open for reading; its bytes never change. Safe for any thread.
 *
 * <p>Opening checks everything but blocks, which are checked each time they are read, and keys, which are checked at the first
 * search. It stays open until it is closed and nobody retains it any more: whoever reads, and does not know that somebody else
 * keeps it open, calls {@link #tryRetain} before and {@link #release} after.
 */
public final class SegmentFile implements AutoCloseable {
    private final StorageFile file;

    /**
     * Whether bytes are read from the file, not from the mapping. Without native access they are not: reading on a thread
     * that is interrupted would close the file for everybody.
     */
    private final boolean readsFile;

    private final Dictionaries dictionaries;
    private final Arena arena;
    private final MemorySegment mapping;
    private final SegmentParts parts;

    /** Those of {@link SegmentParts#dictionaries}, in that order; null where one is lost. */
    private final @Nullable Dictionary[] used;

    /** One for whoever opened it; it is unmapped at 0. */
    private final AtomicInteger users = new AtomicInteger(1);

    private final AtomicInteger closed = new AtomicInteger();
    private volatile @Nullable KeyTable keyTable;

    private SegmentFile(
            StorageFile file,
            boolean readsFile,
            Dictionaries dictionaries,
            Arena arena,
            MemorySegment mapping,
            SegmentParts parts,
            @Nullable Dictionary[] used) {
        this.file = file;
        this.readsFile = readsFile;
        this.dictionaries = dictionaries;
        this.arena = arena;
        this.mapping = mapping;
        this.parts = parts;
        this.used = used;
    }

    /**
     * Opens a segment. A dictionary that is missing or damaged costs the blocks that need it, and no others.
     *
     * @param dictionaries gives those that the blocks need, which stay in use as long as this is open
     * @throws CorruptionException if the file is damaged or cut short, or that of another store, space or id
     * @throws dev.ashlar.UnsupportedFormatException if it is of a newer format
     * @throws StorageException if it cannot be read
     */
    public static SegmentFile open(Storage storage, UUID store, int space, long id, Dictionaries dictionaries) {
        return open(storage, store, space, id, dictionaries, storage.survivesInterrupts(), null);
    }

    /** As {@link #open}, but everything except indexes is read with ordinary reads: to see what is on the device. */
    public static SegmentFile openForVerifying(
            Storage storage, UUID store, int space, long id, Dictionaries dictionaries) {
        return open(storage, store, space, id, dictionaries, true, null);
    }

    /**
     * As {@link #openForVerifying}, to read what documents are left.
     *
     * @param tolerated is told of damage that costs no document: to the header, to keys, kills, zones and statistics
     */
    public static SegmentFile openForSalvage(
            Storage storage,
            UUID store,
            int space,
            long id,
            Dictionaries dictionaries,
            Consumer<CorruptionException> tolerated) {
        return open(storage, store, space, id, dictionaries, true, tolerated);
    }

    private static SegmentFile open(
            Storage storage,
            UUID store,
            int space,
            long id,
            Dictionaries dictionaries,
            boolean readsFile,
            @Nullable Consumer<CorruptionException> tolerated) {
        StorageFile file = storage.open(DocumentFiles.segment(id));
        Arena arena = Arena.ofShared();
        @Nullable Dictionary[] used = new Dictionary[0];
        boolean opened = false;
        try {
            SegmentParts parts = SegmentParts.read(file, store, space, id, tolerated);
            used = new Dictionary[parts.dictionaries.length];
            for (int i = 0; i < used.length; i++) {
                used[i] = dictionaries.tryAcquire(parts.dictionaries[i]);
            }
            MemorySegment mapping = file.map(parts.fileBytes, arena);
            SegmentFile segment = new SegmentFile(file, readsFile, dictionaries, arena, mapping, parts, used);
            opened = true;
            return segment;
        } finally {
            if (!opened) {
                releaseAll(dictionaries, used);
                arena.close();
                file.close();
            }
        }
    }

    private static void releaseAll(Dictionaries dictionaries, @Nullable Dictionary[] used) {
        for (Dictionary dictionary : used) {
            if (dictionary != null) {
                dictionaries.release(dictionary);
            }
        }
    }

    /** The file's name, relative to the store. */
    public String name() {
        return parts.file;
    }

    public long id() {
        return parts.id;
    }

    /** Documents that the segment has: ordinals are below. Which of them count, {@link LiveDocs} says. */
    public int documents() {
        return parts.documents;
    }

    public int blocks() {
        return parts.firstOrdinals.length;
    }

    /** What was said when it was written. */
    public SegmentInfo statistics() {
        return parts.info;
    }

    /** The bytes that were given to {@link SegmentWriter#zones}; empty if none were. A copy. */
    public byte[] zones() {
        return parts.zones.clone();
    }

    /** The block of a document. */
    public int blockOf(int ordinal) {
        Objects.checkIndex(ordinal, parts.documents);
        int[] first = parts.firstOrdinals;
        int low = 0;
        int high = first.length - 1;
        while (low < high) {
            int middle = low + high + 1 >>> 1;
            if (first[middle] <= ordinal) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /** The ordinal of the first document of a block. */
    public int firstOrdinalOf(int block) {
        return parts.firstOrdinals[block];
    }

    /** Documents of a block. */
    public int documentsOf(int block) {
        int next = block + 1 < parts.firstOrdinals.length ? parts.firstOrdinals[block + 1] : parts.documents;
        return next - parts.firstOrdinals[block];
    }

    /** Bytes of a block when it is decompressed. */
    public int rawLengthOf(int block) {
        int length = mapping.get(SegmentFormat.INT, entry(block) + 28);
        // It was checked when the file was opened; since then the page may have been read again from a device.
        if (length < SegmentFormat.rawHeader(documentsOf(block)) || length > SegmentFormat.MAX_RAW) {
            throw damagedBlock(block, "a raw length as it was when the file was opened", Integer.toString(length));
        }
        return length;
    }

    /** Bytes of a block in the file. */
    public int storedLengthOf(int block) {
        int length = mapping.get(SegmentFormat.INT, entry(block) + 24);
        if (length < 1 || length > SegmentFormat.bound(SegmentFormat.MAX_RAW)) {
            throw damagedBlock(block, "a length as it was when the file was opened", Integer.toString(length));
        }
        return length;
    }

    /** The id of the dictionary that a block needs, or 0. */
    public long dictionaryOf(int block) {
        return mapping.get(SegmentFormat.LONG, entry(block) + 16);
    }

    int flagsOf(int block) {
        return mapping.get(SegmentFormat.INT, entry(block) + 40);
    }

    long checksumOf(int block) {
        return mapping.get(SegmentFormat.LONG, entry(block) + 8);
    }

    /** Where a block begins in the file. */
    public long offsetOf(int block) {
        return mapping.get(SegmentFormat.LONG, entry(block));
    }

    private long entry(int block) {
        return parts.index.offset() + (long) SegmentFormat.INDEX_ENTRY * Objects.checkIndex(block, blocks());
    }

    @Nullable
    Dictionary dictionaryFor(int block) {
        long id = dictionaryOf(block);
        if (id == 0) {
            return null;
        }
        for (Dictionary dictionary : used) {
            if (dictionary != null && dictionary.id() == id) {
                return dictionary;
            }
        }
        for (long each : parts.dictionaries) {
            if (each == id) {
                throw new CorruptionException(
                        DocumentFiles.dictionary(id),
                        0,
                        "the dictionary that block " + block + " of " + parts.file + " is compressed with",
                        "none that can be read",
                        DocumentFiles.DAMAGED_COPY);
            }
        }
        throw damagedBlock(block, "a dictionary as it was when the file was opened", Long.toHexString(id));
    }

    /** Reads stored bytes of a block into private memory. */
    void readStored(int block, long from, MemorySegment target, long at, long length) {
        read(offsetOf(block) + from, target, at, length);
    }

    private void read(long position, MemorySegment target, long at, long length) {
        if (position < 0 || length > parts.fileBytes - position) {
            throw DocumentFiles.damage(
                    parts.file, position, length + " bytes", "the end of the file at " + parts.fileBytes);
        }
        if (readsFile) {
            StorageIo.readFully(file, target, at, length, position);
        } else {
            try {
                MemorySegment.copy(mapping, position, target, at, length);
            } catch (InternalError e) {
                throw new StorageException(
                        "reading a mapped file",
                        parts.file,
                        StorageException.UNKNOWN_ERRNO,
                        length + " bytes at " + position + ": the device failed, or the file was cut short.",
                        e);
            }
        }
    }

    /** @param hash XXH3-64 of the stored bytes of a block */
    void checkHash(int block, long hash) {
        long expected = checksumOf(block);
        long found = SegmentFormat.checksum(hash, rawLengthOf(block), documentsOf(block), dictionaryOf(block));
        if (expected != found) {
            throw damagedBlock(
                    block, "bytes with the checksum 0x" + Long.toHexString(expected), "0x" + Long.toHexString(found));
        }
    }

    CorruptionException damagedBlock(int block, String expected, String found) {
        return new CorruptionException(
                parts.file,
                offsetOf(block),
                expected + " in block " + block + " (documents " + firstOrdinalOf(block) + " to "
                        + (firstOrdinalOf(block) + documentsOf(block) - 1) + ")",
                found,
                "These documents are lost unless the file is restored from a backup; the others can be read.");
    }

    /**
     * Copies stored bytes of blocks that follow one another, as they are and with what aligns them, and checks them.
     *
     * @param most so many blocks at the most
     * @return how many were copied: those that can be read at once
     */
    int copyStored(int block, int most, SegmentOutput output) {
        long from = offsetOf(block);
        long first = storedLengthOf(block);
        if (first > SegmentOutput.BUFFER) {
            copyLarge(block, first, output);
            return 1;
        }
        int count = 1;
        long length = first;
        while (count < most) {
            long end = offsetOf(block + count) + storedLengthOf(block + count) - from;
            if (end <= length || end > SegmentOutput.BUFFER) {
                break;
            }
            length = end;
            count++;
        }
        int at = output.room((int) length);
        read(from, output.buffer(), at, length);
        for (int i = block; i < block + count; i++) {
            checkHash(i, Xxh3.hash(output.buffer(), at + offsetOf(i) - from, storedLengthOf(i), 0));
        }
        output.take((int) length);
        return count;
    }

    private void copyLarge(int block, long length, SegmentOutput output) {
        Xxh3Stream hash = new Xxh3Stream();
        for (long done = 0; done < length; done += SegmentOutput.BUFFER) {
            int piece = (int) Math.min(SegmentOutput.BUFFER, length - done);
            int at = output.room(piece);
            readStored(block, done, output.buffer(), at, piece);
            hash.update(output.buffer(), at, piece);
            output.take(piece);
        }
        checkHash(block, hash.digest());
    }

    /** Adds the keys of documents that follow one another to those of another segment. */
    void copyKeys(int first, int count, KeyTable.Builder into) {
        KeyTable table = keys();
        for (int ordinal = first; ordinal < first + count; ordinal++) {
            if (table == null) {
                into.addNone();
            } else {
                table.copy(ordinal, into);
            }
        }
    }

    private @Nullable KeyTable keys() {
        KeyTable table = keyTable;
        if (table == null && parts.keys != null) {
            table = checkedKeys(parts.keys);
            keyTable = table;
        }
        return table;
    }

    private KeyTable checkedKeys(SegmentParts.Part part) {
        // Of several threads each checks: rare, and without a lock.
        PartReader.check(parts.file, part, this::read);
        return new KeyTable(mapping, parts.file, part.offset(), part.length(), parts.documents);
    }

    /**
     * The last document with a key, whether or not it counts.
     *
     * @param key native memory, 0 to 65,100 bytes
     * @return its ordinal, or -1
     * @throws CorruptionException if the keys are damaged
     */
    public int find(MemorySegment key, long at, int length) {
        return find(Xxh3.hash(key, at, length, 0), key, at, length);
    }

    /**
     * As {@link #find(MemorySegment, long, int)}, for who has hashed the key already, to search several segments.
     *
     * @param hash XXH3-64 of the key with seed 0
     */
    public int find(long hash, MemorySegment key, long at, int length) {
        KeyTable table = keys();
        return table == null ? -1 : table.find(hash, key, at, length);
    }

    /** The key of a document: read-only, and valid as long as this is open; null if it has none. */
    public @Nullable MemorySegment key(int ordinal) {
        Objects.checkIndex(ordinal, parts.documents);
        KeyTable table = keys();
        return table == null ? null : table.key(ordinal);
    }

    /** Takes a key in native memory, which is valid during the call. */
    @FunctionalInterface
    public interface KeyConsumer {
        void accept(MemorySegment memory, long at, int length);
    }

    /** Tells all keys whose documents in older segments do not count any more, in the order in which they were given. */
    public void forEachKill(KeyConsumer consumer) {
        SegmentParts.Part part = parts.kills;
        if (part == null) {
            return;
        }
        long at = part.offset() + 8;
        long end = part.offset() + part.length();
        for (long i = 0; i < parts.info.kills(); i++) {
            int length = at + 2 > end ? -1 : Short.toUnsignedInt(mapping.get(SegmentFormat.SHORT, at));
            if (length < 0 || length > SegmentFormat.MAX_KEY || at + 2 + length > end) {
                throw DocumentFiles.damage(parts.file, at, "a key within " + end, length + " bytes");
            }
            consumer.accept(mapping, at + 2, length);
            at += 2 + length;
        }
    }

    /**
     * Reads and checks everything, decompression included.
     *
     * @param progress is told of bytes of the file that were checked, piece by piece
     * @param damage is told of each block, or part, that is damaged; what can be checked besides is
     * @return documents in blocks that are intact
     */
    public long verify(LongConsumer progress, Consumer<CorruptionException> damage) {
        long intact = 0;
        try {
            KeyTable table = parts.keys == null ? null : checkedKeys(parts.keys);
            if (table != null) {
                table.verify();
            }
        } catch (CorruptionException e) {
            damage.accept(e);
        }
        try (BlockBuffer buffer = new BlockBuffer()) {
            long told = SegmentFormat.BLOCKS_AT;
            progress.accept(told);
            for (int block = 0; block < blocks(); block++) {
                try {
                    buffer.read(this, block);
                    intact += buffer.documents();
                } catch (CorruptionException e) {
                    damage.accept(e);
                }
                long end = Math.min(parts.fileBytes, offsetOf(block) + storedLengthOf(block));
                progress.accept(Math.max(0, end - told));
                told = Math.max(told, end);
            }
            progress.accept(parts.fileBytes - told);
        }
        return intact;
    }

    /** Keeps it open until {@link #release}; false if it is closed already, or about to be. */
    public boolean tryRetain() {
        int present;
        do {
            present = users.get();
            if (present == 0) {
                return false;
            }
        } while (!users.compareAndSet(present, present + 1));
        return true;
    }

    /** Ends what {@link #tryRetain} began. */
    public void release() {
        int left = users.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException(parts.file + " is not retained");
        }
        if (left == 0) {
            arena.close();
            file.close();
            releaseAll(dictionaries, used);
        }
    }

    /** Ends what opening began. It stays readable for those that retain it. Only the first call counts. */
    @Override
    public void close() {
        if (closed.compareAndSet(0, 1)) {
            release();
        }
    }

    @Override
    public String toString() {
        return parts.file + ", " + parts.documents + " documents";
    }
}
