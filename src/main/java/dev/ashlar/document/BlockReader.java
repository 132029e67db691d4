package dev.ashlar.document;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.ashlar.io.OffHeap;
import dev.ashlar.simd.Xxh3;
import dev.ashlar.simd.Xxh3Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Reads blocks from segments: stored bytes into private memory, checksum, decompression, check of what comes out. A context for
 * one thread at a time; idle ones are kept for the process, so that no read makes one.
 *
 * <p>Stored bytes are read and not taken from the mapping: an error of the device is an exception then, and in native code it
 * would end the process.
 */
final class BlockReader {
    /** Stored blocks above that come in pieces. */
    static final int WINDOW = 1 << 20;

    private static final int FIRST_WINDOW = 64 << 10;

    private static final AtomicReferenceArray<@Nullable BlockReader> IDLE =
            new AtomicReferenceArray<>(Math.max(4, Runtime.getRuntime().availableProcessors() * 2));

    private final ZstdDecompressCtx context = new ZstdDecompressCtx();
    private boolean hasDictionary;
    private MemorySegment window;
    private ByteBuffer windowBytes;

    private BlockReader() {
        window = OffHeap.allocate(FIRST_WINDOW, 64, Arena.ofAuto());
        windowBytes = window.asByteBuffer();
    }

    static BlockReader take() {
        int slots = IDLE.length();
        int first = (int) (Thread.currentThread().threadId() % slots);
        for (int i = 0; i < slots; i++) {
            int slot = first + i < slots ? first + i : first + i - slots;
            if (IDLE.getPlain(slot) != null) {
                BlockReader reader = IDLE.getAndSet(slot, null);
                if (reader != null) {
                    return reader;
                }
            }
        }
        return new BlockReader();
    }

    static void give(BlockReader reader) {
        int slots = IDLE.length();
        int first = (int) (Thread.currentThread().threadId() % slots);
        for (int i = 0; i < slots; i++) {
            int slot = first + i < slots ? first + i : first + i - slots;
            if (IDLE.getPlain(slot) == null && IDLE.compareAndSet(slot, null, reader)) {
                return;
            }
        }
        reader.context.close();
    }

    /**
     * Reads and decompresses a block.
     *
     * @param target has room for {@code rawLength} bytes from {@code at} on, and may have more, which are somebody else's
     * @param targetBytes the same memory
     * @param rawLength of the block, as the caller was told it
     */
    static void read(SegmentFile from, int block, MemorySegment target, ByteBuffer targetBytes, int at, int rawLength) {
        BlockReader reader = take();
        try {
            reader.readInto(from, block, target, targetBytes, at, rawLength);
        } finally {
            reader.unload();
            give(reader);
        }
    }

    private void readInto(
            SegmentFile from, int block, MemorySegment target, ByteBuffer targetBytes, int at, int rawLength) {
        int stored = from.storedLengthOf(block);
        if ((from.flagsOf(block) & SegmentFormat.STORED) != 0) {
            if (stored != rawLength) {
                // They were alike when the file was opened; a page that was read again must not write over others'
                // memory.
                throw from.damagedBlock(block, rawLength + " stored bytes", Integer.toString(stored));
            }
            from.readStored(block, 0, target, at, stored);
            from.checkHash(block, Xxh3.hash(target, at, stored, 0));
        } else if (stored <= WINDOW) {
            ensure(stored);
            from.readStored(block, 0, window, 0, stored);
            from.checkHash(block, Xxh3.hash(window, 0, stored, 0));
            load(from.dictionaryFor(block));
            try {
                int length = context.decompressDirectByteBuffer(targetBytes, at, rawLength, windowBytes, 0, stored);
                if (length != rawLength) {
                    throw from.damagedBlock(block, rawLength + " bytes when decompressed", Integer.toString(length));
                }
            } catch (ZstdException e) {
                throw undecodable(from, block, e);
            }
        } else {
            ensure(WINDOW);
            from.checkHash(block, hashInPieces(from, block, stored));
            decompressInPieces(
                    from, block, stored, targetBytes.duplicate().position(at).limit(at + rawLength));
        }
        checkEnds(from, block, target.asSlice(at, rawLength), from.documentsOf(block));
    }

    private void ensure(int size) {
        if (window.byteSize() < size) {
            window = OffHeap.allocate(Math.min(WINDOW, Integer.highestOneBit(size) * 2L), 64, Arena.ofAuto());
            windowBytes = window.asByteBuffer();
        }
    }

    private void load(@Nullable Dictionary dictionary) {
        if (dictionary != null) {
            hasDictionary = true;
            context.loadDict(dictionary.forDecompressing());
        }
    }

    /** A context that knows a dictionary keeps it from being closed, and an idle one would for ever. */
    private void unload() {
        if (hasDictionary) {
            context.reset();
            hasDictionary = false;
        }
    }

    private long hashInPieces(SegmentFile from, int block, int stored) {
        Xxh3Stream hash = new Xxh3Stream();
        for (int done = 0; done < stored; done += WINDOW) {
            int piece = Math.min(WINDOW, stored - done);
            from.readStored(block, done, window, 0, piece);
            hash.update(window, 0, piece);
        }
        return hash.digest();
    }

    private void decompressInPieces(SegmentFile from, int block, int stored, ByteBuffer target) {
        load(from.dictionaryFor(block));
        boolean finished = false;
        try {
            for (int done = 0; done < stored; done += WINDOW) {
                int piece = Math.min(WINDOW, stored - done);
                from.readStored(block, done, window, 0, piece);
                ByteBuffer source = windowBytes.clear().limit(piece);
                while (source.hasRemaining() && !finished) {
                    int before = source.position() + target.position();
                    finished = context.decompressDirectByteBufferStream(target, source);
                    if (!finished && source.position() + target.position() == before) {
                        throw from.damagedBlock(block, "no more bytes than its raw length", "more");
                    }
                }
            }
        } catch (ZstdException e) {
            throw undecodable(from, block, e);
        } finally {
            windowBytes.clear();
            if (!finished) {
                context.reset();
            }
        }
        if (!finished || target.hasRemaining()) {
            throw from.damagedBlock(block, "a whole frame", target.remaining() + " bytes too few");
        }
    }

    private static RuntimeException undecodable(SegmentFile from, int block, ZstdException e) {
        return from.damagedBlock(
                block,
                "a frame of Zstandard",
                "one that cannot be decompressed (" + Zstd.getErrorName(-e.getErrorCode()) + ", " + e.getMessage()
                        + ")");
    }

    /** What a block says of its documents has to lie within it, before anybody relies on it. */
    private static void checkEnds(SegmentFile from, int block, MemorySegment raw, int documents) {
        int found = raw.get(SegmentFormat.INT, 0);
        if (found != documents) {
            throw from.damagedBlock(block, documents + " documents", Integer.toString(found));
        }
        long bytes = raw.byteSize() - SegmentFormat.rawHeader(documents);
        int before = 0;
        for (int i = 0; i < documents; i++) {
            int end = raw.get(SegmentFormat.INT, 4L + 4L * i);
            if (end < before || end > bytes) {
                throw from.damagedBlock(
                        block, "document " + i + " to end between " + before + " and " + bytes, Integer.toString(end));
            }
            before = end;
        }
        if (before != bytes) {
            throw from.damagedBlock(block, "documents of " + bytes + " bytes", Integer.toString(before));
        }
    }
}
