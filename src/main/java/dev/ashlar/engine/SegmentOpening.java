package dev.ashlar.engine;

import dev.ashlar.Damage;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkFiles;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.vector.Segment;
import dev.ashlar.vector.SegmentLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.UUID;

/** Maps the segments that the manifest names. What is damaged is reported, and costs the rows that it concerns. */
final class SegmentOpening {
    private SegmentOpening() {}

    /** @return a segment whose stride is not known yet */
    static Segment open(
            Storage storage, Chunks chunks, UUID store, Manifest.SegmentEntry entry, List<Damage> damaged) {
        String name = SegmentFiles.fileName(entry.number());
        long base = SegmentFiles.baseOf(entry.number());
        if (!storage.exists(name)) {
            damaged.add(new Damage(name, 0, entry.size(), "the segment is missing; its rows are lost"));
            Chunk chunk = ChunkFiles.openSegment(chunks, name, null, base, entry.size(), entry.slot(), false);
            return new Segment(chunk, entry.space(), entry.rows(), 0);
        }
        try (StorageFile file = storage.open(name)) {
            check(file, store, entry, damaged);
            Chunk chunk = ChunkFiles.openSegment(chunks, name, file, base, entry.size(), entry.slot(), false);
            return new Segment(chunk, entry.space(), entry.rows(), 0);
        }
    }

    private static void check(StorageFile file, UUID store, Manifest.SegmentEntry entry, List<Damage> damaged) {
        long length = file.size();
        if (length < entry.size()) {
            damaged.add(new Damage(
                    file.name(),
                    length,
                    entry.size() - length,
                    "the segment has " + length + " bytes instead of " + entry.size() + "; the rows behind are lost"));
        }
        if (length < SegmentLayout.HEADER_BYTES) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(SegmentLayout.HEADER_BYTES, 8);
            StorageIo.readFully(file, s, 0, SegmentLayout.HEADER_BYTES, 0);
            SegmentLayout.Header header = SegmentLayout.read(s, file.name(), store, entry.number());
            if (header == null
                    || header.rows() != entry.rows()
                    || header.size() != entry.size()
                    || header.space() != entry.space()) {
                damaged.add(new Damage(
                        file.name(),
                        0,
                        SegmentLayout.HEADER_BYTES,
                        "the header of the segment does not verify; no row is lost"));
            }
        }
    }
}
