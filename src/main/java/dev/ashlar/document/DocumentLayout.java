package dev.ashlar.document;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * How the fields of a document lie: a table of those that are there, and their values back to back. So a field is found
 * without looking at what the others hold.
 *
 * <pre>
 *   0  u8       form: bits 0 and 1: 2^w is the width of ends; bit 2: v, 2^v is the width of count and numbers
 *   1  count    of fields that have values
 *      numbers  of the fields, ascending
 *      ends     of their values, counted from the first value
 *      values   I64, F64, id: 8 bytes.  BOOL: 1.  VECTOR: 4 × dimension.  TEXT, KEYWORD, BYTES, JSON: as many as they have.
 *
 *   many values of a fixed size: back to back.  Many others:
 *   0  u8       form: bits 0 and 1: 2^w is the width of count and ends
 *   1  count
 *      ends     counted from the first value
 *      values
 * </pre>
 */
final class DocumentLayout {
    static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final VarHandle SHORTS =
            MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** The bits of a form that are the width of ends. */
    static final int END_WIDTH = 3;

    private DocumentLayout() {}

    /** The smallest w so that 2^w bytes hold a number, 0 to 2. */
    static int widthOf(long greatest) {
        return greatest < 1 << 8 ? 0 : greatest < 1 << 16 ? 1 : 2;
    }

    /** Writes a number of 2^width bytes. */
    static void put(byte[] bytes, int at, int width, int number) {
        switch (width) {
            case 0 -> bytes[at] = (byte) number;
            case 1 -> SHORTS.set(bytes, at, (short) number);
            default -> INTS.set(bytes, at, number);
        }
    }

    static void putLong(byte[] bytes, int at, long number) {
        LONGS.set(bytes, at, number);
    }

    static long getLong(byte[] bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }
}
