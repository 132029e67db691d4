package dev.ashlar.document;

/**
 * How documents are gathered and compressed. Segments of one collection may differ.
 *
 * @param blockBytes documents are compressed together up to so many bytes, 4 KiB to 1 MiB; a larger document is a block of its own
 * @param level of Zstandard, -5 to 19
 */
public record BlockOptions(int blockBytes, int level) {
    /**
     * 32 KiB at level 1. Of the JDK's sources and of JSON of 1.6 KB, that is smaller than 16 KiB at level 3 and compressed nearly
     * twice as fast; an uncached document costs some 40 µs of decompression. Higher levels and larger blocks save another 5 to
     * 10 % each, and cost time in proportion.
     */
    public static final BlockOptions DEFAULT = new BlockOptions(32 << 10, 1);

    public BlockOptions {
        if (blockBytes < 4 << 10 || blockBytes > SegmentFormat.MAX_BLOCK_BYTES) {
            throw new IllegalArgumentException("a block has 4096 to 1048576 bytes, not " + blockBytes);
        }
        if (level < -5 || level > 19) {
            throw new IllegalArgumentException("the level of compression is -5 to 19, not " + level);
        }
    }
}
