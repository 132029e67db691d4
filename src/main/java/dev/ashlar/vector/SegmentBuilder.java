package dev.ashlar.vector;

import dev.ashlar.StoreClosedException;
import dev.ashlar.VectorOptions;
import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.keyspace.Records;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.Position;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes a segment: copies rows from where they are into a new file, and makes it durable. It reads files with ordinary
 * reads, so that an error of the device is an exception, and verifies each row. For one thread.
 *
 * <pre>
 *   log, segments ──read──► window ──verify──► piece ──write──► file ──sync──► directory ──sync
 * </pre>
 */
public final class SegmentBuilder {
    private static final long PIECE = 1 << 20;

    /** More than the largest row with its header, and enough for many small ones. */
    private static final long WINDOW = 2 << 20;

    private final Storage storage;
    private final Records records;
    private final UUID store;
    private final BooleanSupplier goOn;

    /** @param goOn asked between pieces */
    public SegmentBuilder(Storage storage, Records records, UUID store, BooleanSupplier goOn) {
        this.storage = storage;
        this.records = records;
        this.store = store;
        this.goOn = goOn;
    }

    /**
     * A part of a file in memory.
     *
     * <p>The file is opened once, so that it can be read to the end although it may be removed meanwhile.
     */
    private static final class Window implements AutoCloseable {
        private final StorageFile file;
        private final MemorySegment buffer;
        private final long size;
        private long from;
        private long to;

        Window(StorageFile file, MemorySegment buffer) {
            this.file = file;
            this.size = file.size();
            this.buffer = buffer;
        }

        /** Where in {@link #buffer} so many bytes of the file are; -1 if the file ends before. */
        long at(long offset, long length) {
            if (offset + length > size) {
                return -1;
            }
            if (offset < from || offset + length > to) {
                from = offset & -64;
                to = Math.min(size, from + WINDOW);
                StorageIo.readFully(file, buffer, 0, to - from, from);
            }
            return offset - from;
        }

        @Override
        public void close() {
            file.close();
        }
    }

    /** What a segment is built from: a file with headers, and with rows behind them or apart. */
    private record Source(Chunk chunk, Window headers, Window rows) implements AutoCloseable {
        @Override
        public void close() {
            headers.close();
            rows.close();
        }
    }

    /**
     * Builds a segment.
     *
     * @param sources positions of the rows, chunk by chunk and ascending in each; where a row is found to be damaged, or no longer
     *     there, its position is replaced by -1, and the row of the segment stays empty
     * @param damaged gets the positions of rows of the log that are damaged; they stay there
     * @return the header of the file, which is durable
     * @throws dev.ashlar.CorruptionException if a row of a segment is damaged: that segment stays as it is, and says so from now on
     * @throws StoreClosedException if it was told not to go on; the file is removed then, as it is if anything else fails
     */
    SegmentLayout.Header build(
            long number, int space, VectorOptions options, MemorySegment sources, List<Long> damaged) {
        int rows = (int) (sources.byteSize() / Long.BYTES);
        int stride = options.stride();
        long size = SegmentLayout.size(rows, stride);
        if (rows < 1 || size > SegmentFiles.MAX_BYTES) {
            throw new IllegalArgumentException(rows + " rows of " + stride + " bytes do not make a segment");
        }
        String name = SegmentFiles.fileName(number);
        StorageFile file = storage.create(name);
        boolean finished = false;
        Map<Chunk, Source> open = new HashMap<>();
        try (Arena arena = Arena.ofShared()) {
            file.allocate(size);
            MemorySegment headers = OffHeap.allocate(SegmentLayout.headerAt(rows), 4096, arena);
            MemorySegment piece = OffHeap.allocate(Math.max(PIECE, stride), 4096, arena);
            MemorySegment headerWindow = OffHeap.allocate(WINDOW, 64, arena);
            MemorySegment rowWindow = OffHeap.allocate(WINDOW, 64, arena);
            SegmentLayout.Header header = new SegmentLayout.Header(number, size, space, rows, options, 0, 0);
            long lowest = Long.MAX_VALUE;
            long highest = 0;
            long written = SegmentLayout.rowsAt(rows);
            long filled = 0;
            for (int row = 0; row < rows; row++) {
                if (filled + stride > piece.byteSize()) {
                    if (!goOn.getAsBoolean()) {
                        throw new StoreClosedException(
                                "the store was closed while a segment was built; no row is lost");
                    }
                    StorageIo.writeFully(file, piece, 0, filled, written);
                    written += filled;
                    filled = 0;
                }
                long position = sources.get(ValueLayout.JAVA_LONG, (long) row * Long.BYTES);
                Source source = source(open, position, headerWindow, rowWindow);
                long version = source == null
                        ? -1
                        : copy(source, Position.offset(position), header, row, headers, piece, filled);
                if (version < 0) {
                    noteLoss(position, damaged);
                    sources.set(ValueLayout.JAVA_LONG, (long) row * Long.BYTES, -1);
                    piece.asSlice(filled, stride).fill((byte) 0);
                    headers.asSlice(SegmentLayout.headerAt(row), SegmentLayout.ROW_HEADER)
                            .fill((byte) 0);
                } else {
                    lowest = Math.min(lowest, version);
                    highest = Math.max(highest, version);
                }
                filled += stride;
            }
            StorageIo.writeFully(file, piece, 0, filled, written);
            SegmentLayout.Header complete =
                    new SegmentLayout.Header(number, size, space, rows, options, Math.min(lowest, highest), highest);
            SegmentLayout.write(headers, store, complete);
            StorageIo.writeFully(file, headers, 0, headers.byteSize(), 0);
            file.sync();
            storage.syncDirectory(SegmentFiles.DIRECTORY);
            finished = true;
            return complete;
        } finally {
            open.values().forEach(Source::close);
            file.close();
            if (!finished) {
                storage.unlink(name);
            }
        }
    }

    /** A row cannot be read: in the log it stays where it is, and a segment stays as a whole. */
    private void noteLoss(long position, List<Long> damaged) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return; // everything in it has moved or died
        }
        chunk.markDamaged();
        if (chunk.isSegment()) {
            throw chunk.corruption(Position.offset(position), "a row whose checksums hold", "other bytes, or no file");
        }
        damaged.add(position);
    }

    private @Nullable Source source(
            Map<Chunk, Source> open, long position, MemorySegment headerWindow, MemorySegment rowWindow) {
        Chunk chunk = records.chunks().at(Position.chunkSlot(position));
        if (chunk == null) {
            return null; // everything in it has moved or died
        }
        Source present = open.get(chunk);
        if (present == null) {
            if (!storage.exists(chunk.file())) {
                return null;
            }
            // Rows come chunk by chunk, so what was read before is not needed again.
            open.values().forEach(Source::close);
            open.clear();
            present = open(chunk, headerWindow, rowWindow);
            open.put(chunk, present);
        }
        return present;
    }

    private Source open(Chunk chunk, MemorySegment headerWindow, MemorySegment rowWindow) {
        Window headers = new Window(storage.open(chunk.file()), headerWindow);
        boolean opened = false;
        try {
            Source source = new Source(chunk, headers, new Window(storage.open(chunk.file()), rowWindow));
            opened = true;
            return source;
        } finally {
            if (!opened) {
                headers.close();
            }
        }
    }

    /** Copies a row if it is intact; returns its version, or -1. */
    private long copy(
            Source source,
            long at,
            SegmentLayout.Header header,
            int row,
            MemorySegment headers,
            MemorySegment piece,
            long pieceAt) {
        Chunk chunk = source.chunk;
        MemorySegment s = source.headers.buffer;
        long in = source.headers.at(at, FrameLayout.MIN_FRAME);
        int stride = header.stride();
        long lsn = chunk.base() + at;
        // What the checksum is about is bounded before it is computed.
        if (in < 0
                || FrameLayout.keyLength(s, in) != Long.BYTES
                || FrameLayout.payloadLength(s, in) != stride
                || !FrameLayout.headerVerifies(s, in, in + FrameLayout.MAX_FRAME, lsn, records.salt())
                || FrameLayout.type(s, in) != FrameLayout.PUT
                || FrameLayout.space(s, in) != header.space()) {
            return -1;
        }
        long distance = chunk.isSegment()
                ? FrameLayout.rowOffset(s, in) - in
                : FrameLayout.payloadOffset(at, FrameLayout.head(s, in), stride) - at;
        long from = source.rows.at(at + distance, stride);
        if (from < 0 || Xxh3.hash(source.rows.buffer, from, stride, 0) != FrameLayout.payloadHash(s, in)) {
            return -1;
        }
        MemorySegment.copy(source.rows.buffer, from, piece, pieceAt, stride);
        long version = FrameLayout.version(s, in, lsn);
        long id = SegmentLayout.idAt(s, FrameLayout.keyOffset(s, in));
        SegmentLayout.writeRowHeader(headers, header, row, version, id, FrameLayout.payloadHash(s, in), records.salt());
        return version;
    }
}
