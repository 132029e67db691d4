package dev.ashlar.document;

/**
 * How documents are gathered and compressed. Segments of one collection may differ.
 *
 * @param blockBytes documents are compressed together up to so many bytes, 4 KiB to 1 MiB; a larger document is a block of its own
 * @param level of Zstandard, -5 to 19
 */
public record BlockOptions(int blockBytes, int level) {
    /**
     * 16 KiB at level 3: a document of some kilobytes is read in about the time that a page takes from a fast disk, and larger
     * blocks or higher levels save little more.
     */
    public static final BlockOptions DEFAULT = new BlockOptions(16 << 10, 3);

    public BlockOptions {
        if (blockBytes < 4 << 10 || blockBytes > SegmentFormat.MAX_BLOCK_BYTES) {
            throw new IllegalArgumentException("a block has 4096 to 1048576 bytes, not " + blockBytes);
        }
        if (level < -5 || level > 19) {
            throw new IllegalArgumentException("the level of compression is -5 to 19, not " + level);
        }
    }
}
