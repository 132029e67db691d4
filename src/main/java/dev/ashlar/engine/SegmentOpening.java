package dev.ashlar.engine;

import dev.ashlar.Damage;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkFiles;
import dev.ashlar.log.Chunks;
import dev.ashlar.log.FrameRef;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.vector.Segment;
import dev.ashlar.vector.SegmentLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Maps the segments that the manifest names. What is damaged is reported, and costs the rows that it concerns. */
final class SegmentOpening {
    private SegmentOpening() {}

    /** @return a segment whose stride is not known yet */
    static Segment open(Storage storage, Chunks chunks, UUID store, Manifest.SegmentEntry entry, List<Damage> damaged) {
        String name = SegmentFiles.fileName(entry.number());
        long base = SegmentFiles.baseOf(entry.number());
        if (!storage.exists(name)) {
            damaged.add(new Damage(name, 0, entry.size(), "the segment is missing; its rows are lost"));
            Chunk chunk = ChunkFiles.openSegment(chunks, name, null, base, entry.size(), entry.slot(), false);
            chunk.markDamaged();
            return new Segment(chunk, entry.space(), entry.rows(), 0);
        }
        try (StorageFile file = storage.open(name)) {
            check(file, store, entry, damaged);
            Chunk chunk = ChunkFiles.openSegment(chunks, name, file, base, entry.size(), entry.slot(), false);
            if (file.size() < entry.size()) {
                chunk.markDamaged(); // it stays as it is, and is merged with no other
            }
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

    /**
     * Builds the index of rows in segments, before the log is replayed from its beginning. The versions of rows tell which of
     * several counts; which were deleted, the file beside the checkpoint knows.
     */
    static List<Damage> index(Storage storage, Manifest found, List<Segment> segments, KeyspaceView view) {
        List<Damage> damaged = new ArrayList<>();
        if (segments.isEmpty()) {
            return damaged;
        }
        Map<Long, long[]> masks = DeathsFile.read(storage, found.store(), found.checkpoint());
        if (masks == null) {
            damaged.add(new Damage(
                    DeathsFile.fileName(found.checkpoint()),
                    0,
                    0,
                    "which rows of segments were deleted is lost: some that were may be back"));
        }
        for (Segment segment : segments) {
            long[] mask = masks == null ? null : masks.get(segment.number());
            index(segment, mask, found.store(), view, damaged);
        }
        return damaged;
    }

    private static void index(
            Segment segment, long @Nullable [] dead, UUID store, KeyspaceView view, List<Damage> damaged) {
        Chunk chunk = segment.chunk();
        MemorySegment s = chunk.segment();
        long salt = view.records().salt();
        SegmentLayout.Header header = s.byteSize() < SegmentLayout.HEADER_BYTES
                ? null
                : SegmentLayout.read(s, chunk.file(), store, segment.number());
        SegmentLayout.Shape shape = header != null && segment.isOf(header)
                ? header.shape()
                : SegmentLayout.shapeByRows(
                        s, segment.number(), segment.bytes(), segment.space(), segment.rows(), salt);
        if (shape == null) {
            damaged.add(new Damage(chunk.file(), 0, s.byteSize(), "no header of a row verifies; its rows are lost"));
            return;
        }
        if (!view.owns(segment.space())) {
            view.defineProvisionally(segment.space(), header == null ? null : header.options());
        }
        FrameRef ref = new FrameRef();
        int lost = 0;
        for (int row = 0; row < segment.rows(); row++) {
            boolean isDead = dead != null && row / Long.SIZE < dead.length && (dead[row / Long.SIZE] >>> row & 1) != 0;
            if (isDead || dead == null && SegmentLayout.isEmpty(s, row)) {
                continue; // a row that never was is dead
            }
            if (SegmentLayout.rowHeaderVerifies(s, shape, row, salt)) {
                long at = SegmentLayout.headerAt(row);
                ref.read(chunk, segment.place(row), s, at);
                ref.keyHash = view.records().hash(ref.keyBytes, ref.keyAt, ref.keyLength);
                view.apply(ref);
            } else {
                lost++;
            }
        }
        if (lost > 0) {
            damaged.add(
                    new Damage(
                            chunk.file(),
                            0,
                            0,
                            lost
                                    + " headers of rows do not verify; these rows are lost, or older ones under their ids are back"));
        }
    }
}
