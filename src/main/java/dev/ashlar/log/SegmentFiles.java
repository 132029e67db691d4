package dev.ashlar.log;

/**
 * How segments are named and numbered. A segment is read like a chunk of the log, by positions, but its base is above all of
 * the log: {@link Chunk#SEGMENTS} plus a stretch as large as the largest segment for each number. Numbers are never used twice.
 */
public final class SegmentFiles {
    public static final String DIRECTORY = "segments";
    private static final String SUFFIX = ".seg";

    public static final long MAX_BYTES = ChunkLayout.MAX_CAPACITY;

    /** Numbers are below: bases stay positive. */
    public static final long MAX_NUMBER = 1L << 35;

    private SegmentFiles() {}

    public static String fileName(long number) {
        return FileNames.of(DIRECTORY, number, SUFFIX);
    }

    /** The number that a directory entry's name says, or -1 if the file is not one of ours. */
    public static long numberOf(String entry) {
        long number = FileNames.number(entry, SUFFIX);
        return number > 0 && number < MAX_NUMBER ? number : -1;
    }

    public static long offsetOf(long number) {
        return number * MAX_BYTES;
    }

    public static long baseOf(long number) {
        return Chunk.SEGMENTS + offsetOf(number);
    }

    /** The number of the segment with a base. */
    public static long numberAt(long base) {
        return (base - Chunk.SEGMENTS) / MAX_BYTES;
    }
}
