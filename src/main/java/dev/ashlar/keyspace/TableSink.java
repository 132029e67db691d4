package dev.ashlar.keyspace;

import java.lang.foreign.MemorySegment;

/** Takes the tables of an index while its image is made, in ascending order of their prefixes. */
@FunctionalInterface
public interface TableSink {
    /**
     * One table, as it was at one moment.
     *
     * @param prefix the hash bits that its entries share, in the top {@code depth} bits; the others are zero
     * @param depth how many bits they share, 0 to 48
     * @param level which window of the hash the tags hold
     * @param words native memory of {@link HashIndex#TABLE_BYTES} bytes, little-endian, overwritten after the call; of the
     *     two words before the slots the first is zero, the second the table's meta word
     */
    void table(long prefix, int depth, int level, MemorySegment words);
}
