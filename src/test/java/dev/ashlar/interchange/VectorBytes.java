package dev.ashlar.interchange;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes files of vectors byte by byte, right ones and wrong ones. */
final class VectorBytes {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    VectorBytes ints(int... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(buffer::putInt);
        return raw(buffer.array());
    }

    VectorBytes floats(float... values) {
        ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            buffer.putFloat(value);
        }
        return raw(buffer.array());
    }

    VectorBytes doubles(double... values) {
        ByteBuffer buffer = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            buffer.putDouble(value);
        }
        return raw(buffer.array());
    }

    VectorBytes longs(long... values) {
        ByteBuffer buffer = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            buffer.putLong(value);
        }
        return raw(buffer.array());
    }

    VectorBytes bytes(int... values) {
        for (int value : values) {
            bytes.write(value);
        }
        return this;
    }

    VectorBytes raw(byte[] values) {
        bytes.writeBytes(values);
        return this;
    }

    /** The head that NumPy writes for an array. */
    static VectorBytes npy(String descr, String shape) {
        return npy(1, "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }");
    }

    /** A head of a version with whatever text, which NumPy pads so that the numbers begin at a multiple of 64. */
    static VectorBytes npy(int version, String text) {
        int before = version == 1 ? 10 : 12;
        int length = (before + text.length() + 1 + 63) / 64 * 64 - before;
        return npy(version, length, text + " ".repeat(length - text.length() - 1) + "\n");
    }

    static VectorBytes npy(int version, int length, String text) {
        VectorBytes head = new VectorBytes().bytes(0x93, 'N', 'U', 'M', 'P', 'Y', version, 0);
        if (version == 1) {
            head.bytes(length & 0xff, length >> 8);
        } else {
            head.ints(length);
        }
        return head.raw(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    byte[] toArray() {
        return bytes.toByteArray();
    }
}
