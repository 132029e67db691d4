package dev.ashlar.stress;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Values that say what they are. All of a value follows from its key and the number of the write: length, header, and
 * bytes to fill it; so what is read is right as a whole or wrong, and says which write it is from.
 *
 * <pre>
 *   0        8         12        16            24
 *   ├─ write ┼─ key ───┼─ length ┼─ mixed ─────┼─ filler ... ─┤   cut off where the length says
 * </pre>
 */
final class StressValue {
    /** Values that are shorter do not tell their write. */
    static final int HEADER = 24;

    /** Around what matters: nothing, granules of frames, slots of the ring with what is around a value, pages. */
    private static final int[] LENGTHS = {
        0, 1, 24, 63, 64, 65, 300, 900, 928, 936, 944, 952, 960, 968, 976, 984, 992, 1023, 1024, 1025, 4095, 4096, 4097
    };

    private StressValue() {}

    static int length(long write) {
        return LENGTHS[(int) Long.remainderUnsigned(mix(write), LENGTHS.length)];
    }

    static byte[] of(int key, long write) {
        int length = length(write);
        ByteBuffer buffer =
                ByteBuffer.allocate(Math.max(length, HEADER) + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(write).putInt(key).putInt(length).putLong(mix(write ^ key));
        while (buffer.position() < length) {
            buffer.putLong(mix(write + buffer.position()));
        }
        byte[] value = new byte[length];
        buffer.get(0, value);
        return value;
    }

    /** The write that a value of at least {@link #HEADER} bytes is from. */
    static long write(byte[] value) {
        return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    }

    /** The finalizer of SplitMix64. */
    private static long mix(long word) {
        long h = word + 0x9E3779B97F4A7C15L;
        h = (h ^ h >>> 30) * 0xBF58476D1CE4E5B9L;
        h = (h ^ h >>> 27) * 0x94D049BB133111EBL;
        return h ^ h >>> 31;
    }
}
