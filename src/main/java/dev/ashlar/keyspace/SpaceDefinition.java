package dev.ashlar.keyspace;

import dev.ashlar.KeyspaceOptions;
import dev.ashlar.UnsupportedFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A space as the catalog knows it: a record of the system space, with the id in four bytes, big-endian, as its key.
 *
 * <pre>
 *   value:  0 u8 kind, 1 = keyspace   1 u8 log2(alignment)   2 u16 length of the name   4 name, UTF-8
 * </pre>
 */
public record SpaceDefinition(int id, String name, KeyspaceOptions options) {
    static final SpaceDefinition SYSTEM_SPACE =
            new SpaceDefinition(KeyspaceView.SYSTEM, "", KeyspaceOptions.DEFAULT.withAlignment(8));

    public static final int MAX_NAME_BYTES = 255;

    private static final byte KEYSPACE = 1;
    private static final int HEADER = 4;
    private static final ValueLayout.OfInt BIG_ENDIAN = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    public byte[] key() {
        return ByteBuffer.allocate(4).putInt(id).array();
    }

    public byte[] value() {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(HEADER + bytes.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(KEYSPACE)
                .put((byte) Integer.numberOfTrailingZeros(options.alignment()))
                .putShort((short) bytes.length)
                .put(bytes)
                .array();
    }

    /**
     * Reads a definition back.
     *
     * @throws UnsupportedFormatException if it is not one: the record verified, so a newer version must have written it
     */
    public static SpaceDefinition read(MemorySegment s, long keyAt, int keyLength, long valueAt, long valueLength) {
        if (keyLength != 4 || valueLength < HEADER || s.get(ValueLayout.JAVA_BYTE, valueAt) != KEYSPACE) {
            throw unknown();
        }
        int id = idOf(s, keyAt);
        int shift = s.get(ValueLayout.JAVA_BYTE, valueAt + 1);
        int length = s.get(SHORT, valueAt + 2) & 0xFFFF;
        if (shift < 3 || shift > 12 || HEADER + length != valueLength || id <= 0 || id >= KeyspaceView.MAX_SPACES) {
            throw unknown();
        }
        byte[] bytes = s.asSlice(valueAt + HEADER, length).toArray(ValueLayout.JAVA_BYTE);
        String name = new String(bytes, StandardCharsets.UTF_8);
        if (!isName(name) || !Arrays.equals(bytes, name.getBytes(StandardCharsets.UTF_8))) {
            throw unknown();
        }
        return new SpaceDefinition(id, name, KeyspaceOptions.DEFAULT.withAlignment(1 << shift));
    }

    /** The id that a key of the catalog begins with. */
    static int idOf(MemorySegment s, long keyAt) {
        return s.get(BIG_ENDIAN, keyAt);
    }

    static int idOf(byte[] key) {
        return ByteBuffer.wrap(key).getInt();
    }

    private static boolean isName(String name) {
        int length = name.getBytes(StandardCharsets.UTF_8).length;
        return length > 0 && length <= MAX_NAME_BYTES && name.chars().noneMatch(Character::isISOControl);
    }

    static UnsupportedFormatException unknown() {
        return new UnsupportedFormatException("the catalog has a record that this version does not understand;"
                + " open the store with the version of Ashlar that wrote it");
    }
}
