package dev.ashlar.interchange;

import dev.ashlar.io.InputFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The head of an array of NumPy.
 *
 * <pre>
 * 0        6 bytes  0x93 "NUMPY"
 * 6        2 bytes  version: 1 0, 2 0 or 3 0
 * 8        u16      length n of what follows, u32 in versions 2 and 3
 * 10 or 12 n bytes  {'descr': '&lt;f4', 'fortran_order': False, 'shape': (rows, width), }, spaces, a line feed
 *                   then the numbers, row by row
 * </pre>
 *
 * @param component what the array consists of
 * @param shape its dimensions, none negative
 * @param bytes where the numbers begin
 */
@SuppressWarnings("ArrayRecordComponent") // Headers are not compared.
record NpyHeader(Component component, long[] shape, int bytes) {
    /** Of what is written: enough for any count of rows, and a multiple of 64 as NumPy wants it. */
    static final int WRITTEN_BYTES = 128;

    /** What NumPy itself reads is shorter; nothing that is an array of numbers needs more. */
    private static final int MAX_TEXT_BYTES = 1 << 16;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int VERSION = MAGIC.length;
    private static final int LENGTH = VERSION + 2;

    /**
     * Reads the head of a file.
     *
     * @throws InterchangeException if it is not that of an array, or of one that is not read
     */
    static NpyHeader read(InputFile file) {
        requireLength(file, LENGTH + Short.BYTES, "an array of NumPy, which begins with at least 10 bytes");
        byte[] head = new byte[LENGTH + Integer.BYTES];
        MemorySegment memory = MemorySegment.ofArray(head);
        file.read(0, memory, 0, LENGTH + Short.BYTES);
        if (!Arrays.equals(head, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw refused(
                    file,
                    0,
                    "0x93 and NUMPY, as an array of NumPy begins",
                    InterchangeException.show(Arrays.copyOf(head, MAGIC.length)));
        }
        int major = head[VERSION];
        if (major < 1 || major > 3 || head[VERSION + 1] != 0) {
            throw refused(
                    file, VERSION, "format version 1.0, 2.0 or 3.0", (major & 0xff) + "." + (head[VERSION + 1] & 0xff));
        }
        long length = memory.get(SHORT, LENGTH) & 0xffff;
        int text = LENGTH + Short.BYTES;
        if (major > 1) {
            text = LENGTH + Integer.BYTES;
            requireLength(file, text, "a header of at least 12 bytes");
            file.read(0, memory, 0, text);
            length = memory.get(INT, LENGTH) & 0xffff_ffffL;
        }
        if (length > MAX_TEXT_BYTES) {
            throw refused(file, LENGTH, "a header of at most " + MAX_TEXT_BYTES + " bytes", Long.toString(length));
        }
        requireLength(file, text + length, "a header of " + length + " bytes");
        byte[] content = new byte[(int) length];
        file.read(text, MemorySegment.ofArray(content), 0, content.length);
        // Of one byte a character, so that positions stay what they are; whatever is not ASCII is refused anyway.
        return new NpyText(file.name(), text, new String(content, StandardCharsets.ISO_8859_1))
                .parse(text + content.length);
    }

    /** The head of an array; its last dimension is left out if it is 0. */
    static byte[] write(Component component, long rows, int width) {
        String text = "{'descr': '" + component.descr() + "', 'fortran_order': False, 'shape': (" + rows
                + (width == 0 ? ",)" : ", " + width + ")") + ", }";
        byte[] head = new byte[WRITTEN_BYTES];
        Arrays.fill(head, (byte) ' ');
        System.arraycopy(MAGIC, 0, head, 0, MAGIC.length);
        head[VERSION] = 1;
        head[VERSION + 1] = 0;
        MemorySegment.ofArray(head).set(SHORT, LENGTH, (short) (WRITTEN_BYTES - LENGTH - Short.BYTES));
        byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(ascii, 0, head, LENGTH + Short.BYTES, ascii.length);
        head[WRITTEN_BYTES - 1] = '\n';
        return head;
    }

    private static void requireLength(InputFile file, long length, String expected) {
        if (file.size() < length) {
            throw new InterchangeException(
                    file.name(), file.size(), expected, "the end of the file", VectorRows.TRUNCATED);
        }
    }

    static InterchangeException refused(InputFile file, long position, String expected, String found) {
        return new InterchangeException(file.name(), position, expected, found, VectorRows.NOTHING_STORED);
    }
}
