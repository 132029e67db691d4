package dev.ashlar.engine;

import dev.ashlar.CorruptionException;
import dev.ashlar.Damage;
import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.VerificationReport;
import dev.ashlar.io.Storage;
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
import java.util.function.LongSupplier;

/** Reads every frame and every value file with ordinary reads and compares every checksum. */
final class Verifier {
    private final Storage storage;
    private final Records records;
    private final LongSupplier appended;
    private final List<Damage> damaged = new ArrayList<>();
    private long intact;
    private long bytes;

    Verifier(Storage storage, Records records, LongSupplier appended) {
        this.storage = storage;
        this.records = records;
        this.appended = appended;
    }

    VerificationReport run(LongConsumer progress) {
        long start = System.nanoTime();
        ChunkImage image = new ChunkImage(storage, records.salt());
        for (Chunk chunk : records.chunks().all()) {
            verify(chunk, image, Math.min(chunk.end(), appended.getAsLong()));
            bytes += image.length();
            progress.accept(bytes);
        }
        return new VerificationReport(intact, bytes, damaged, Duration.ofNanos(System.nanoTime() - start));
    }

    private void verify(Chunk chunk, ChunkImage image, long end) {
        image.load(chunk, end);
        if (image.length() < end - chunk.base()) {
            damaged.add(new Damage(
                    chunk.file(),
                    image.length(),
                    end - chunk.base() - image.length(),
                    "the file ends here; records up to byte " + (end - chunk.base()) + " are missing"));
        }
        long limit = Math.min(end, chunk.base() + image.length());
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

    private void verifyPayload(Chunk chunk, ChunkImage image, long lsn, long next) {
        MemorySegment s = image.bytes();
        long at = image.at(lsn);
        if (!FrameLayout.payloadVerifies(s, at)) {
            damaged.add(
                    new Damage(chunk.file(), lsn - chunk.base(), next - lsn, "the value of a record does not verify"));
            return;
        }
        if (FrameLayout.hasValueFile(s, at) && records.valueFiles().isLive(FrameLayout.valueFile(s, at))) {
            try {
                records.valueFiles()
                        .verify(
                                FrameLayout.valueFile(s, at),
                                FrameLayout.valueFileLength(s, at),
                                FrameLayout.payloadHash(s, at));
                bytes += FrameLayout.valueFileLength(s, at);
            } catch (CorruptionException e) {
                damaged.add(new Damage(e.file(), e.position(), 0, String.valueOf(e.getMessage())));
                return;
            } catch (UnsupportedFormatException e) {
                String file = ValueFiles.fileName(FrameLayout.valueFile(s, at));
                damaged.add(new Damage(file, 0, 0, String.valueOf(e.getMessage())));
                return;
            }
        }
        intact++;
    }
}
