package dev.ashlar.keyspace;

import dev.ashlar.UnsupportedFormatException;
import dev.ashlar.log.FrameLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * A property of a space as the catalog knows it: a record of the system space, with the id in four bytes, big-endian, and
 * the number of the property in one as its key. They are looked up when they are asked for, so nothing in memory and no
 * image has them.
 *
 * <pre>
 *   1 layout: the description of the layout of the space's values, UTF-8, 1 to 65,535 bytes
 *   2 schema: the fields of a document collection, and its options, 1 to 8,388,608 bytes
 * </pre>
 */
public final class SpaceProperty {
    public static final int KEY_BYTES = 5;

    /** The numbers that there are, from 1 on. */
    public static final int LAYOUT = 1;

    public static final int SCHEMA = 2;

    public static final int MAX_VALUE_BYTES = 65_535;

    private SpaceProperty() {}

    public static byte[] key(int space, int number) {
        return ByteBuffer.allocate(KEY_BYTES).putInt(space).put((byte) number).array();
    }

    /**
     * Checks the shape of a record of the system space that has a key of {@link #KEY_BYTES}.
     *
     * @param documents whether there may be document collections, with schemas
     * @throws UnsupportedFormatException if it is no property: the record verified, so a newer version must have written it
     */
    public static void check(MemorySegment s, long keyAt, long valueLength, boolean documents) {
        int space = 0;
        for (int i = 0; i < 4; i++) {
            space = space << 8 | s.get(ValueLayout.JAVA_BYTE, keyAt + i) & 0xFF;
        }
        int number = s.get(ValueLayout.JAVA_BYTE, keyAt + 4);
        if (space <= 0
                || space >= KeyspaceView.MAX_SPACES
                || number != LAYOUT && !(documents && number == SCHEMA)
                || valueLength < 1
                || valueLength > (number == LAYOUT ? MAX_VALUE_BYTES : FrameLayout.MAX_INLINE_VALUE)) {
            throw SpaceDefinition.unknown();
        }
    }
}
