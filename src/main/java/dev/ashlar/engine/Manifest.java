package dev.ashlar.engine;

import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.keyspace.KeyspaceView;
import dev.ashlar.log.Chunk;
import dev.ashlar.log.ChunkLayout;
import dev.ashlar.log.FrameLayout;
import dev.ashlar.log.Position;
import dev.ashlar.log.SegmentFiles;
import dev.ashlar.simd.Xxh3;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a store consists of, as one value.
 *
 * <pre>
 *    0 u64 magic "ASHLMANI"            56 u64 durable LSN
 *    8 u32 format version              64 u64 next base: chunk files from here on are newer than this manifest
 *   12 u32 incompatible features       72 u64 seed of the key hash
 *   16 u32 read-only features          80 u64 checkpoint id, 0: none
 *   20 u32 flags: 1 = closed cleanly   88 u64 begin of the checkpoint
 *   24 u64, 32 u64 store id            96 u64 next value file id
 *   40 u64 generation                 104 u64 next checkpoint id
 *   48 u32 number of chunks           112 chunks, 40 bytes each
 *   52 u32 length of all                  XXH3-64 of everything before
 *
 *   chunk: 0 u64 base   8 u64 capacity   16 u64 end, 0: not known yet   24 u64 live bytes   32 u32 slot
 *          36 u32 earliest expiry, 0: none; see ChunkEntry
 *
 *   with the feature VECTORS, behind the chunks: u64 next segment number, u64 number of segments, segments, 32 bytes each
 *   segment: 0 u64 number   8 u64 size of the file   16 u32 slot   20 u32 space   24 u32 rows   28 u32 zero
 * </pre>
 *
 * @param features bits of {@link Feature}
 * @param clean the log ends at the durable LSN, in the last chunk
 * @param checkpoint id of the checkpoint that replay builds on, or 0
 * @param checkpointBegin where that replay begins
 */
record Manifest(
        UUID store,
        int features,
        long generation,
        boolean clean,
        long durable,
        long nextBase,
        long seed,
        long checkpoint,
        long checkpointBegin,
        long nextValueFile,
        long nextCheckpoint,
        List<ChunkEntry> chunks,
        Segments segments) {

    /** Segments that the checkpoint refers to, and a number above all that were ever given to one. */
    record Segments(long next, List<SegmentEntry> entries) {
        static final Segments NONE = new Segments(1, List.of());

        Segments {
            entries = List.copyOf(entries);
        }
    }

    /** A segment that is part of the store. */
    record SegmentEntry(long number, long size, int slot, int space, int rows) {
        /** Bounds everything that will be used as a size or an index. */
        boolean isPlausible(long next) {
            return number > 0
                    && number < next
                    && size >= ChunkLayout.UNIT
                    && size <= SegmentFiles.MAX_BYTES
                    && size % ChunkLayout.UNIT == 0
                    && slot >= 0
                    && slot < Position.MAX_CHUNKS
                    && space > 0
                    && space < KeyspaceView.MAX_SPACES
                    && rows > 0
                    && rows < size / FrameLayout.MIN_FRAME;
        }
    }

    /**
     * A chunk that is part of the log.
     *
     * @param earliestExpiry in milliseconds since 1970: no record below the checkpoint, or below the end of the log when
     *     this was written, expires before; {@link Chunk#NEVER} if none does. It is stored in whole seconds, rounded down
     */
    record ChunkEntry(long base, long capacity, long end, long liveBytes, int slot, long earliestExpiry) {
        /** What is stored of {@link #earliestExpiry}, unsigned. The first second counts as none, the last as for ever. */
        private int expirySeconds() {
            return earliestExpiry == Chunk.NEVER ? 0 : (int) Math.clamp(earliestExpiry / 1000, 1, MAX_SECONDS);
        }

        private static long expiryOf(int seconds) {
            return seconds == 0 ? Chunk.NEVER : (seconds & MAX_SECONDS) * 1000;
        }

        /** Bounds everything that will be used as a size or an index. */
        boolean isPlausible(long from) {
            return base >= from
                    && base > 0
                    && base < ADDRESSES
                    && base % ChunkLayout.UNIT == 0
                    && capacity >= ChunkLayout.UNIT
                    && capacity <= ChunkLayout.MAX_CAPACITY
                    && capacity % ChunkLayout.UNIT == 0
                    && (end == 0
                            || end >= base + ChunkLayout.HEADER
                                    && end <= base + capacity
                                    && end % FrameLayout.GRANULE == 0)
                    && slot >= 0
                    && slot < Position.MAX_CHUNKS;
        }
    }

    static final long MAGIC = 0x494E_414D_4C48_5341L; // "ASHLMANI"
    private static final int HEADER = 112;
    private static final int ENTRY = 40;
    private static final int SEGMENTS_HEADER = 16;
    private static final int SEGMENT_ENTRY = 32;
    private static final int CLEAN = 1;
    private static final long MAX_SECONDS = 0xFFFF_FFFFL;
    /** All addresses are below. */
    static final long ADDRESSES = 1L << 62;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    Manifest {
        chunks = List.copyOf(chunks);
    }

    long byteSize() {
        return HEADER + (long) chunks.size() * ENTRY + segmentsSize() + 8;
    }

    private long segmentsSize() {
        return hasSegments(features)
                ? SEGMENTS_HEADER + (long) segments.entries().size() * SEGMENT_ENTRY
                : 0;
    }

    private static boolean hasSegments(int features) {
        return (features & Feature.VECTORS.bit()) != 0;
    }

    void write(MemorySegment s) {
        s.set(LONG, 0, MAGIC);
        s.set(INT, 8, ChunkLayout.FORMAT_VERSION);
        s.set(INT, 12, features);
        s.set(INT, 16, 0);
        s.set(INT, 20, clean ? CLEAN : 0);
        s.set(LONG, 24, store.getMostSignificantBits());
        s.set(LONG, 32, store.getLeastSignificantBits());
        s.set(LONG, 40, generation);
        s.set(INT, 48, chunks.size());
        s.set(INT, 52, (int) byteSize());
        s.set(LONG, 56, durable);
        s.set(LONG, 64, nextBase);
        s.set(LONG, 72, seed);
        s.set(LONG, 80, checkpoint);
        s.set(LONG, 88, checkpointBegin);
        s.set(LONG, 96, nextValueFile);
        s.set(LONG, 104, nextCheckpoint);
        long at = HEADER;
        for (ChunkEntry chunk : chunks) {
            s.set(LONG, at, chunk.base);
            s.set(LONG, at + 8, chunk.capacity);
            s.set(LONG, at + 16, chunk.end);
            s.set(LONG, at + 24, chunk.liveBytes);
            s.set(INT, at + 32, chunk.slot);
            s.set(INT, at + 36, (features & Feature.EXPIRY.bit()) != 0 ? chunk.expirySeconds() : 0);
            at += ENTRY;
        }
        if (hasSegments(features)) {
            s.set(LONG, at, segments.next());
            s.set(LONG, at + 8, segments.entries().size());
            at += SEGMENTS_HEADER;
            for (SegmentEntry segment : segments.entries()) {
                s.set(LONG, at, segment.number);
                s.set(LONG, at + 8, segment.size);
                s.set(INT, at + 16, segment.slot);
                s.set(INT, at + 20, segment.space);
                s.set(INT, at + 24, segment.rows);
                s.set(INT, at + 28, 0);
                at += SEGMENT_ENTRY;
            }
        }
        s.set(LONG, at, Xxh3.hash(s, 0, at, 0));
    }

    /**
     * Reads a copy of the manifest.
     *
     * @return null if it is damaged
     * @throws UnsupportedFormatException if it is intact and of a format that this code does not know
     */
    static @Nullable Manifest read(String file, MemorySegment s, long available) {
        if (available < HEADER + 8 || s.get(LONG, 0) != MAGIC) {
            return null;
        }
        long length = s.get(INT, 52) & 0xFFFF_FFFFL;
        if (length < HEADER + 8 || length > available || s.get(LONG, length - 8) != Xxh3.hash(s, 0, length - 8, 0)) {
            return null;
        }
        ChunkLayout.checkFormat(s, file, Feature.KNOWN);
        int count = s.get(INT, 48);
        long behind = HEADER + (long) count * ENTRY;
        if (count < 0
                || !hasSegments(s.get(INT, 12)) && length != behind + 8
                || hasSegments(s.get(INT, 12)) && length < behind + SEGMENTS_HEADER + 8
                || !isAddress(s.get(LONG, 56), FrameLayout.GRANULE)
                || !isAddress(s.get(LONG, 64), ChunkLayout.UNIT)
                || !isAddress(s.get(LONG, 88), FrameLayout.GRANULE)) {
            return null;
        }
        boolean expires = (s.get(INT, 12) & Feature.EXPIRY.bit()) != 0;
        List<ChunkEntry> chunks = new ArrayList<>(count);
        BitSet slots = new BitSet();
        long limit = 0;
        for (long at = HEADER; at < behind; at += ENTRY) {
            ChunkEntry chunk = new ChunkEntry(
                    s.get(LONG, at),
                    s.get(LONG, at + 8),
                    s.get(LONG, at + 16),
                    s.get(LONG, at + 24),
                    s.get(INT, at + 32),
                    expires ? ChunkEntry.expiryOf(s.get(INT, at + 36)) : Chunk.NEVER);
            if (!chunk.isPlausible(limit) || slots.get(chunk.slot)) {
                return null;
            }
            slots.set(chunk.slot);
            limit = chunk.base + chunk.capacity;
            chunks.add(chunk);
        }
        Segments segments = hasSegments(s.get(INT, 12)) ? readSegments(s, behind, length - 8, slots) : Segments.NONE;
        if (segments == null) {
            return null;
        }
        return new Manifest(
                new UUID(s.get(LONG, 24), s.get(LONG, 32)),
                s.get(INT, 12),
                s.get(LONG, 40),
                (s.get(INT, 20) & CLEAN) != 0,
                s.get(LONG, 56),
                s.get(LONG, 64),
                s.get(LONG, 72),
                s.get(LONG, 80),
                s.get(LONG, 88),
                s.get(LONG, 96),
                s.get(LONG, 104),
                chunks,
                segments);
    }

    private static @Nullable Segments readSegments(MemorySegment s, long from, long to, BitSet slots) {
        long next = s.get(LONG, from);
        long count = s.get(LONG, from + 8);
        if (next < 1 || next > SegmentFiles.MAX_NUMBER || count != (to - from - SEGMENTS_HEADER) / SEGMENT_ENTRY) {
            return null;
        }
        List<SegmentEntry> entries = new ArrayList<>();
        Set<Long> numbers = new HashSet<>();
        long at = from + SEGMENTS_HEADER;
        for (; at + SEGMENT_ENTRY <= to; at += SEGMENT_ENTRY) {
            SegmentEntry entry = new SegmentEntry(
                    s.get(LONG, at),
                    s.get(LONG, at + 8),
                    s.get(INT, at + 16),
                    s.get(INT, at + 20),
                    s.get(INT, at + 24));
            if (!entry.isPlausible(next) || slots.get(entry.slot) || !numbers.add(entry.number)) {
                return null;
            }
            slots.set(entry.slot);
            entries.add(entry);
        }
        return at == to ? new Segments(next, entries) : null;
    }

    private static boolean isAddress(long lsn, long unit) {
        return lsn >= 0 && lsn < ADDRESSES && lsn % unit == 0;
    }

    Manifest withGeneration(long generation) {
        return new Manifest(
                store,
                features,
                generation,
                clean,
                durable,
                nextBase,
                seed,
                checkpoint,
                checkpointBegin,
                nextValueFile,
                nextCheckpoint,
                chunks,
                segments);
    }
}
