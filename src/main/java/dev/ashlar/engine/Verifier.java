package dev.ashlar.engine;

import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.StorageException;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.VerificationReport;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.keyspace.Records;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkImage;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.ValueFiles;
import dev.ashlar.vector.Segment;
import dev.ashlar.vector.SegmentLayout;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.LongConsumer;

/**
 * Reads every frame, every value file and every segment, and the masks and dictionaries of segments of documents, with ordinary reads and compares every checksum. It runs on the
 * calling thread, next to all others: a file that is gone when it comes to it is missing only if it should still be there.
 */
final class Verifier {
    private final Storage storage;
    private final UUID store;
    private final Records records;
    private final Vectors vectors;
    private final Documents documents;
    private final long end;
    private final ReadRate pace;
    private final LongConsumer progress;
    private final List<Damage> damaged = new ArrayList<>();
    private long intact;
    private long bytes;

    /** @param end LSN up to which the log is read */
    Verifier(
            Storage storage,
            UUID store,
            Records records,
            Vectors vectors,
            Documents documents,
            long end,
            ReadRate pace,
            LongConsumer progress) {
        this.storage = storage;
        this.store = store;
        this.records = records;
        this.vectors = vectors;
        this.documents = documents;
        this.end = end;
        this.pace = pace;
        this.progress = progress;
    }

    VerificationReport run() {
        long start = System.nanoTime();
        ChunkImage image = new ChunkImage(storage, records.salt(), this::read);
        pace.read(0);
        // One after the other as they are by then: what compaction has retired meanwhile is not looked for.
        for (Chunk chunk = records.chunks().first();
                chunk != null && chunk.base() < end;
                chunk = records.chunks().after(chunk.base())) {
            verify(chunk, image, Math.min(chunk.end(), end));
        }
        // Behind the log: rows that have gone from it to a segment meanwhile are met there. No two are in memory at
        // once.
        for (Segment segment : vectors.segments()) {
            verify(segment, image);
        }
        for (DocumentSpace collection : documents.all()) {
            intact += new DocumentVerifier(storage, store, collection, this::tell, damaged::add).run();
        }
        return new VerificationReport(intact, bytes, damaged, Duration.ofNanos(System.nanoTime() - start));
    }

    private void read(StorageFile file, MemorySegment target, long length) {
        int piece = pace.piece();
        for (long at = 0; at < length; at += piece) {
            long count = Math.min(piece, length - at);
            StorageIo.readFully(file, target, at, count, at);
            tell(count);
        }
    }

    private void tell(long count) {
        bytes += count;
        progress.accept(bytes);
        pace.read(count);
    }

    private void verify(Chunk chunk, ChunkImage image, long to) {
        if (!load(chunk, image, to)) {
            return;
        }
        if (image.length() < to - chunk.base()) {
            damaged.add(new Damage(
                    chunk.file(),
                    image.length(),
                    to - chunk.base() - image.length(),
                    "the file ends here; records up to byte " + (to - chunk.base()) + " are missing"));
        }
        long limit = Math.min(to, chunk.base() + image.length());
        long lsn = chunk.base() + ChunkLayout.HEADER;
        while (lsn < limit) {
            if (!image.headerVerifies(lsn, limit)) {
                long next = image.resynchronise(lsn + FrameLayout.GRANULE, limit);
                damaged.add(new Damage(
                        chunk.file(), lsn - chunk.base(), next - lsn, "the header of a record does not verify"));
                lsn = next;
                continue;
            }
            long next = image.endOf(lsn);
            verifyPayload(chunk, image, lsn, next);
            lsn = next;
        }
    }

    /** Loads what there is of a chunk; false if it was retired, and perhaps its file removed, before all was read. */
    private boolean load(Chunk chunk, ChunkImage image, long to) {
        try {
            image.load(chunk, to);
        } catch (StorageException e) {
            if (isRetired(chunk)) {
                return false;
            }
            throw e;
        }
        return image.length() > 0 || !isRetired(chunk);
    }

    private boolean isRetired(Chunk chunk) {
        return records.chunks().holding(chunk.base()) != chunk;
    }

    private void verifyPayload(Chunk chunk, ChunkImage image, long lsn, long next) {
        MemorySegment s = image.bytes();
        long at = image.at(lsn);
        if (!FrameLayout.payloadVerifies(s, at)) {
            damaged.add(
                    new Damage(chunk.file(), lsn - chunk.base(), next - lsn, "the value of a record does not verify"));
            return;
        }
        if (FrameLayout.hasValueFile(s, at) && !verifyValueFile(s, at)) {
            return;
        }
        intact++;
    }

    private void verify(Segment segment, ChunkImage image) {
        try {
            image.load(segment.chunk(), segment.chunk().limit());
        } catch (StorageException e) {
            if (isLeft(segment)) {
                return;
            }
            throw e;
        }
        if (image.length() == 0 && isLeft(segment)) {
            return;
        }
        String file = segment.chunk().file();
        MemorySegment s = image.bytes().asSlice(0, image.length());
        if (s.byteSize() < segment.bytes()) {
            damaged.add(new Damage(
                    file,
                    s.byteSize(),
                    segment.bytes() - s.byteSize(),
                    "the segment ends here; rows up to byte " + segment.bytes() + " are missing"));
        }
        if (s.byteSize() >= SegmentLayout.HEADER_BYTES && !headerVerifies(segment, s)) {
            damaged.add(new Damage(
                    file, 0, SegmentLayout.HEADER_BYTES, "the header of the segment does not verify; no row is lost"));
        }
        SegmentLayout.Shape shape = segment.shape();
        for (int row = 0; row < segment.rows(); row++) {
            if (SegmentLayout.headerAt(row) + SegmentLayout.ROW_HEADER > s.byteSize()) {
                return; // said already
            }
            if (SegmentLayout.isEmpty(s, row) && segment.isDead(row)) {
                continue;
            }
            if (!SegmentLayout.rowHeaderVerifies(s, shape, row, records.salt())) {
                damaged.add(new Damage(
                        file,
                        SegmentLayout.headerAt(row),
                        SegmentLayout.ROW_HEADER,
                        "the header of a row does not verify"));
            } else if (shape.rowAt(row) + shape.stride() <= s.byteSize()) {
                if (SegmentLayout.rowVerifies(s, shape, row)) {
                    intact++;
                } else {
                    damaged.add(new Damage(file, shape.rowAt(row), shape.stride(), "a row does not verify"));
                }
            }
        }
    }

    private boolean headerVerifies(Segment segment, MemorySegment s) {
        SegmentLayout.Header header = SegmentLayout.read(s, segment.chunk().file(), store, segment.number());
        return header != null && segment.isOf(header);
    }

    /** Whether a segment was merged, or its collection dropped, meanwhile: then its file may be gone. */
    private boolean isLeft(Segment segment) {
        return !vectors.segments().contains(segment);
    }

    private boolean verifyValueFile(MemorySegment s, long at) {
        long id = FrameLayout.valueFile(s, at);
        if (!records.valueFiles().isLive(id)) {
            return true; // its record is garbage: the file may have gone, and does not matter
        }
        try {
            records.valueFiles()
                    .verify(
                            id,
                            FrameLayout.valueFileLength(s, at),
                            FrameLayout.payloadHash(s, at),
                            pace.piece(),
                            this::tell);
            return true;
        } catch (CorruptionException e) {
            if (!records.valueFiles().isLive(id)) {
                return true; // it was superseded, and removed, meanwhile
            }
            damaged.add(new Damage(e.file(), e.position(), 0, String.valueOf(e.getMessage())));
        } catch (UnsupportedFormatException e) {
            damaged.add(new Damage(ValueFiles.fileName(id), 0, 0, String.valueOf(e.getMessage())));
        }
        return false;
    }
}
