package dev.ashlar.interchange;

import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Makes of a row of a file what a collection stores, and refuses what it cannot store exactly. For one thread. */
final class RowReading {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfInt INT = VectorRows.INT;
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Of a float's bits: all of them set in what is infinite or no number. */
    private static final int EXPONENT = 0x7f80_0000;

    private final String file;
    private final VectorRows rows;
    private final VectorOptions into;
    private final boolean shift;
    private final boolean finite;

    /**
     * @param shift whether 128 is taken from unsigned bytes
     * @throws InterchangeException if rows like these cannot become rows of such a collection
     */
    RowReading(String file, VectorRows rows, VectorOptions into, boolean shift) {
        this.file = file;
        this.rows = rows;
        this.into = into;
        this.shift = shift;
        this.finite = into.nonFinite() == VectorOptions.NonFinite.REJECT;
        requireSuitable();
    }

    private void requireSuitable() {
        boolean suits = switch (into.type()) {
            case FLOAT32 -> true;
            case INT8 ->
                rows.component() == Component.INT8
                        || rows.component() == Component.UINT8
                        || rows.component() == Component.INT32;
            case BIT -> rows.component() == Component.UINT8;
        };
        if (!suits) {
            throw new InterchangeException(
                    file,
                    0,
                    "rows that can become vectors of type " + into.type(),
                    "rows of " + rows.component(),
                    "Import it into a collection of another type, or convert it. " + VectorRows.NOTHING_STORED);
        }
        if (shift && !(into.type() == VectorType.INT8 && rows.component() == Component.UINT8)) {
            throw new InterchangeException(
                    file,
                    0,
                    "unsigned bytes that become vectors of type " + VectorType.INT8 + ", for a shift by 128",
                    "rows of " + rows.component() + " for vectors of type " + into.type(),
                    "Import it without a shift. " + VectorRows.NOTHING_STORED);
        }
        int wanted = into.type() == VectorType.BIT ? into.rowBytes() : into.dimension();
        if (rows.width() != wanted && rows.width() != 0) {
            throw new InterchangeException(
                    file,
                    0,
                    wanted + " components in a row, for vectors of dimension " + into.dimension() + " and type "
                            + into.type(),
                    Integer.toString(rows.width()),
                    VectorRows.NOTHING_STORED);
        }
    }

    /**
     * Converts one row.
     *
     * @param at where its components begin in the source
     * @param position where they begin in the file, for messages
     */
    void convert(MemorySegment source, long at, MemorySegment target, long to, long position) {
        switch (into.type()) {
            case FLOAT32 -> convertToFloats(source, at, target, to, position);
            case INT8 -> convertToBytes(source, at, target, to, position);
            case BIT -> copyBits(source, at, target, to, position);
        }
    }

    private void convertToFloats(MemorySegment source, long at, MemorySegment target, long to, long position) {
        switch (rows.component()) {
            case FLOAT32 -> copyFloats(source, at, target, to, position);
            case FLOAT64 -> roundDoubles(source, at, target, to, position);
            case INT32 -> {
                for (int i = 0; i < rows.width(); i++) {
                    int value = source.get(INT, at + 4L * i);
                    if ((long) (float) value != value) {
                        throw refused(position, i, "an integer that a float32 holds exactly", Integer.toString(value));
                    }
                    target.set(FLOAT, to + 4L * i, value);
                }
            }
            case INT8 -> {
                for (int i = 0; i < rows.width(); i++) {
                    target.set(FLOAT, to + 4L * i, source.get(BYTE, at + i));
                }
            }
            case UINT8 -> {
                for (int i = 0; i < rows.width(); i++) {
                    target.set(FLOAT, to + 4L * i, source.get(BYTE, at + i) & 0xff);
                }
            }
            case INT64 -> throw new AssertionError("rows of ids");
        }
    }

    private void copyFloats(MemorySegment source, long at, MemorySegment target, long to, long position) {
        MemorySegment.copy(source, at, target, to, rows.rowBytes());
        for (int i = 0; finite && i < rows.width(); i++) {
            // As bits: a load as a float may change what is no number.
            if ((source.get(INT, at + 4L * i) & EXPONENT) == EXPONENT) {
                throw notFinite(position, i, source.get(FLOAT, at + 4L * i));
            }
        }
    }

    private void roundDoubles(MemorySegment source, long at, MemorySegment target, long to, long position) {
        for (int i = 0; i < rows.width(); i++) {
            double value = source.get(DOUBLE, at + 8L * i);
            float rounded = (float) value;
            if (Float.isInfinite(rounded) && Double.isFinite(value)) {
                throw refused(position, i, "a number within the range of float32", Double.toString(value));
            }
            if (finite && !Float.isFinite(rounded)) {
                throw notFinite(position, i, value);
            }
            target.set(FLOAT, to + 4L * i, rounded);
        }
    }

    private void convertToBytes(MemorySegment source, long at, MemorySegment target, long to, long position) {
        switch (rows.component()) {
            case INT8 -> MemorySegment.copy(source, at, target, to, rows.rowBytes());
            case UINT8 -> {
                for (int i = 0; i < rows.width(); i++) {
                    byte value = source.get(BYTE, at + i);
                    if (!shift && value < 0) {
                        throw new InterchangeException(
                                file,
                                position + i,
                                "a byte of at most 127",
                                Integer.toString(value & 0xff),
                                "Ask for all to be shifted by 128 to fit int8, or import into float32. "
                                        + VectorRows.NOTHING_STORED);
                    }
                    target.set(BYTE, to + i, shift ? (byte) (value ^ 0x80) : value);
                }
            }
            case INT32 -> {
                for (int i = 0; i < rows.width(); i++) {
                    int value = source.get(INT, at + 4L * i);
                    if ((byte) value != value) {
                        throw refused(position, i, "an integer from -128 to 127", Integer.toString(value));
                    }
                    target.set(BYTE, to + i, (byte) value);
                }
            }
            case FLOAT32, FLOAT64, INT64 -> throw new AssertionError("rows of " + rows.component());
        }
    }

    private void copyBits(MemorySegment source, long at, MemorySegment target, long to, long position) {
        MemorySegment.copy(source, at, target, to, rows.rowBytes());
        int used = into.dimension() % Byte.SIZE;
        int last = rows.width() - 1;
        int lastByte = source.get(BYTE, at + last) & 0xff;
        if (used != 0 && lastByte >> used != 0) {
            throw new InterchangeException(
                    file,
                    position + last,
                    "zeros behind the " + used + " bits that vectors of dimension " + into.dimension()
                            + " have in their last byte",
                    "0x" + Integer.toHexString(lastByte),
                    "Bits are packed from the lowest on, as numpy.packbits(a, axis=1, bitorder='little') does. "
                            + VectorRows.NOTHING_STORED);
        }
    }

    private InterchangeException notFinite(long position, int component, double found) {
        return refused(position, component, "a finite number, as the collection wants", Double.toString(found));
    }

    private InterchangeException refused(long position, int component, String expected, String found) {
        return new InterchangeException(
                file,
                position + (long) component * rows.component().bytes(),
                expected,
                found + " as component " + component,
                VectorRows.NOTHING_STORED);
    }
}
