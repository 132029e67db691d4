package dev.ashlar.interchange;

import dev.ashlar.VectorOptions;
import dev.ashlar.io.InputFile;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Where the rows of a file of vectors are: {@code rows} times a prefix (the dimension, where each row has one) and {@code
 * width} components, from {@code start} on.
 *
 * @param width components of a row; 0 if there are no rows to tell it
 * @param rows whole rows, as the file's length or its header says
 */
record VectorRows(VectorFileFormat format, Component component, int width, long rows, int start) {
    static final String NOTHING_STORED = "Nothing was stored.";
    static final String TRUNCATED = "The file was cut, or is not what its name says. " + NOTHING_STORED;

    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Looks at the head of a file.
     *
     * @throws InterchangeException if it is not that of such a file, or an array's length is not what its header says
     */
    static VectorRows of(InputFile file, VectorFileFormat format) {
        return format.dimensionBeforeEachRow() ? ofFirstRow(file, format) : ofHeader(file);
    }

    private static VectorRows ofFirstRow(InputFile file, VectorFileFormat format) {
        Component component = Component.of(format);
        if (file.size() == 0) {
            return new VectorRows(format, component, 0, 0, 0);
        }
        byte[] first = new byte[Integer.BYTES];
        int there = (int) Math.min(first.length, file.size());
        file.read(0, MemorySegment.ofArray(first), 0, there);
        if (there < first.length) {
            throw new InterchangeException(
                    file.name(), 0, "the dimension of a row, 4 bytes", there + " bytes before the end", TRUNCATED);
        }
        int width = MemorySegment.ofArray(first).get(INT, 0);
        requireWidth(file, 0, width);
        long stride = Integer.BYTES + (long) width * component.bytes();
        return new VectorRows(format, component, width, file.size() / stride, 0);
    }

    private static VectorRows ofHeader(InputFile file) {
        NpyHeader header = NpyHeader.read(file);
        Component component = header.component();
        long[] shape = header.shape();
        if (shape.length != 2 || component == Component.INT64) {
            throw NpyHeader.refused(
                    file,
                    0,
                    "an array of two dimensions, rows and components, of <f4, <f8, |i1 or |u1",
                    "one of " + shape.length + " of " + component.descr());
        }
        requireWidth(file, 0, shape[1]);
        VectorRows rows = new VectorRows(VectorFileFormat.NPY, component, (int) shape[1], shape[0], header.bytes());
        requireLength(file, header, rows.rowBytes());
        return rows;
    }

    /** Of an array, whose header says how long the file must be. */
    static void requireLength(InputFile file, NpyHeader header, int rowBytes) {
        long rows = header.shape()[0];
        long found = file.size() - header.bytes();
        // By division: the product could overflow.
        if (rows == found / rowBytes && found % rowBytes == 0) {
            return;
        }
        boolean longer = rows <= found / rowBytes;
        throw new InterchangeException(
                file.name(),
                longer ? header.bytes() + rows * rowBytes : file.size(),
                rows + " rows of " + rowBytes + " bytes behind the header, as it says",
                found + " bytes",
                longer ? "There is more in the file than the array. " + NOTHING_STORED : TRUNCATED);
    }

    private static void requireWidth(InputFile file, long position, long width) {
        if (width < 1 || width > VectorOptions.MAX_DIMENSION) {
            throw NpyHeader.refused(
                    file,
                    position,
                    "rows of 1 to " + VectorOptions.MAX_DIMENSION + " components",
                    Long.toString(width));
        }
    }

    int prefixBytes() {
        return format.dimensionBeforeEachRow() ? Integer.BYTES : 0;
    }

    /** Bytes of the components of a row. */
    int rowBytes() {
        return width * component.bytes();
    }

    /** Bytes from one row to the next. */
    int stride() {
        return prefixBytes() + rowBytes();
    }
}
