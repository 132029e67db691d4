package dev.ashlar.engine;

import dev.ashlar.io.OffHeap;
import dev.ashlar.io.Storage;
import dev.ashlar.io.StorageFile;
import dev.ashlar.io.StorageIo;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.simd.Xxh3;
import dev.ashlar.vector.Segment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which rows of segments are dead, beside each checkpoint: needed only if that is damaged, and the index has to be built from segments and
 * log. What was overwritten would tell by its version; what was deleted would be back, once the log has forgotten the deletion.
 *
 * <pre>
 *    0 u64 magic "ASHLDEAD"          24 u64, 32 u64 store id
 *    8 u32 format version            40 u64 id of the checkpoint
 *   12 u32 incompatible features     48 u64 length of all
 *   16 u32 read-only features        56 u64 number of segments
 *   20 u32 zero                      64 segments ...
 *                                       XXH3-64 of everything before
 *
 *   segment: 0 u64 number   8 u64 rows   16 u64 for each 64 rows: bit j is set if row 64 i + j is dead
 * </pre>
 */
final class DeathsFile {
    private static final String SUFFIX = ".del";
    private static final long MAGIC = 0x4441_4544_4C48_5341L; // "ASHLDEAD"
    private static final int HEADER = 64;
    private static final int SEGMENT_HEADER = 16;
    private static final long LARGEST = 1L << 32;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private DeathsFile() {}

    static String fileName(long checkpoint) {
        return SegmentFiles.DIRECTORY + "/" + String.format("%016x", checkpoint) + SUFFIX;
    }

    /** The checkpoint that a directory entry's name says, or -1 if the file is not one of ours. */
    static long checkpointOf(String entry) {
        if (!entry.matches("[0-9a-f]{16}\\.del")) {
            return -1;
        }
        return Math.max(-1, Long.parseUnsignedLong(entry, 0, 16, 16));
    }

    private static long words(long rows) {
        return (rows + 63) / 64;
    }

    /** Writes the masks as they are, durably. What dies meanwhile is in the log behind the beginning of the checkpoint. */
    static void write(Storage storage, UUID store, long checkpoint, List<Segment> segments) {
        long length = HEADER + 8;
        for (Segment segment : segments) {
            length += SEGMENT_HEADER + words(segment.rows()) * Long.BYTES;
        }
        try (Arena arena = Arena.ofShared();
                StorageFile file = storage.create(fileName(checkpoint))) {
            MemorySegment s = OffHeap.allocate(length, 8, arena);
            s.set(LONG, 0, MAGIC);
            s.set(INT, 8, ChunkLayout.FORMAT_VERSION);
            s.set(LONG, 24, store.getMostSignificantBits());
            s.set(LONG, 32, store.getLeastSignificantBits());
            s.set(LONG, 40, checkpoint);
            s.set(LONG, 48, length);
            s.set(LONG, 56, segments.size());
            long at = HEADER;
            for (Segment segment : segments) {
                s.set(LONG, at, segment.number());
                s.set(LONG, at + 8, segment.rows());
                at += SEGMENT_HEADER;
                for (int word = 0; word < words(segment.rows()); word++, at += Long.BYTES) {
                    s.set(LONG, at, segment.deadMask(word));
                }
            }
            s.set(LONG, at, Xxh3.hash(s, 0, at, 0));
            StorageIo.writeFully(file, s, 0, length, 0);
            file.sync();
        }
        storage.syncDirectory(SegmentFiles.DIRECTORY);
    }

    /**
     * Reads the masks.
     *
     * @return by the numbers of the segments; null if there is no such file, or it is damaged
     */
    static @Nullable Map<Long, long[]> read(Storage storage, UUID store, long checkpoint) {
        String name = fileName(checkpoint);
        if (!storage.exists(name)) {
            return null;
        }
        try (Arena arena = Arena.ofShared();
                StorageFile file = storage.open(name)) {
            long size = file.size();
            if (size < HEADER + 8 || size > LARGEST) {
                return null;
            }
            MemorySegment s = OffHeap.allocate(size, 8, arena);
            StorageIo.readFully(file, s, 0, size, 0);
            if (s.get(LONG, 0) != MAGIC
                    || s.get(LONG, 48) != size
                    || s.get(LONG, size - 8) != Xxh3.hash(s, 0, size - 8, 0)) {
                return null;
            }
            ChunkLayout.checkFormat(s, name);
            return s.get(LONG, 24) == store.getMostSignificantBits()
                            && s.get(LONG, 32) == store.getLeastSignificantBits()
                            && s.get(LONG, 40) == checkpoint
                    ? read(s, size - 8)
                    : null;
        }
    }

    private static @Nullable Map<Long, long[]> read(MemorySegment s, long end) {
        Map<Long, long[]> masks = new HashMap<>();
        long at = HEADER;
        for (long i = 0; i < s.get(LONG, 56); i++) {
            long rows = at + SEGMENT_HEADER > end ? -1 : s.get(LONG, at + 8);
            if (rows < 0 || rows > SegmentFiles.MAX_BYTES || at + SEGMENT_HEADER + words(rows) * Long.BYTES > end) {
                return null;
            }
            long[] mask = new long[(int) words(rows)];
            MemorySegment.copy(s, LONG, at + SEGMENT_HEADER, mask, 0, mask.length);
            masks.put(s.get(LONG, at), mask);
            at += SEGMENT_HEADER + words(rows) * Long.BYTES;
        }
        return masks;
    }
}
