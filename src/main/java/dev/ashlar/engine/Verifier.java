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
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Reads every frame and every value file with ordinary reads and compares every checksum. It runs on the calling thread,
 * next to all others: a file that is gone when it comes to it is missing only if it should still be there.
 */
final class Verifier {
    private final Storage storage;
    private final Records records;
    private final long end;
    private final ReadRate pace;
    private final LongConsumer progress;
    private final List<Damage> damaged = new ArrayList<>();
    private long intact;
    private long bytes;

    /** @param end LSN up to which the log is read */
    Verifier(Storage storage, Records records, long end, ReadRate pace, LongConsumer progress) {
        this.storage = storage;
        this.records = records;
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
