package dev.ashlar.document;

import dev.ashlar.io.OffHeap;
import dev.ashlar.simd.Xxh3Stream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Reads a part of a segment through a window of private memory, and checks its checksum. */
final class PartReader {
    /** A multiple of the size of an entry of the block index, and of 64. */
    static final int WINDOW = SegmentFormat.INDEX_ENTRY * 4096;

    private PartReader() {}

    /** Reads bytes of a file. */
    @FunctionalInterface
    interface Source {
        void read(long position, MemorySegment target, long at, long length);
    }

    /** Takes a window of the part. */
    @FunctionalInterface
    interface Window {
        /** @param from where in the part the window begins */
        void accept(MemorySegment window, long from, int length);
    }

    /** Memory for parts that are read one after the other. */
    static MemorySegment window(Arena arena) {
        return OffHeap.allocate(WINDOW, 64, arena);
    }

    static void check(String file, SegmentParts.Part part, Source source) {
        try (Arena arena = Arena.ofShared()) {
            read(file, part, source, window(arena), (window, from, length) -> {});
        }
    }

    /**
     * Reads a part window by window. What the consumer is told is not verified yet.
     *
     * @throws dev.ashlar.CorruptionException if the part is damaged
     */
    static void read(String file, SegmentParts.Part part, Source source, MemorySegment window, Window consumer) {
        Xxh3Stream hash = new Xxh3Stream();
        for (long done = 0; done < part.length(); done += WINDOW) {
            int piece = (int) Math.min(WINDOW, part.length() - done);
            source.read(part.offset() + done, window, 0, piece);
            hash.update(window, 0, piece);
            consumer.accept(window, done, piece);
        }
        DocumentFiles.expect(
                file, part.offset(), "the checksum of part " + part.kind(), part.checksum(), hash.digest());
    }
}
