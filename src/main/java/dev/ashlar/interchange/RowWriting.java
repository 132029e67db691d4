package dev.ashlar.interchange;

import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Makes of a row of a collection what a file has, and refuses what it cannot have exactly. For one thread. */
final class RowWriting {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfInt INT = VectorRows.INT;
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final String NOTHING_WRITTEN = "Nothing was written.";

    private final String collection;
    private final VectorFileFormat format;
    private final VectorOptions from;
    private final Component component;
    private final int width;
    private final boolean shift;

    /** @throws InterchangeException if the format has no components for this type of vectors */
    RowWriting(String collection, VectorFileFormat format, VectorOptions from, boolean shift) {
        this.collection = collection;
        this.format = format;
        this.from = from;
        this.shift = shift;
        this.component = component();
        this.width = from.type() == VectorType.BIT ? from.rowBytes() : from.dimension();
        if (shift && !(from.type() == VectorType.INT8 && format == VectorFileFormat.BVECS)) {
            throw new InterchangeException("a shift by 128 is for vectors of type " + VectorType.INT8
                    + " that are written as bvecs; collection " + collection + " has vectors of type " + from.type()
                    + " and is to be written as " + format + ". " + NOTHING_WRITTEN);
        }
    }

    private Component component() {
        VectorType type = from.type();
        boolean suits = switch (format) {
            case FVECS -> type == VectorType.FLOAT32;
            case IVECS -> type != VectorType.BIT;
            case BVECS, NPY -> true;
        };
        if (!suits) {
            throw new InterchangeException("collection " + collection + " has vectors of type " + type
                    + ", which a file of " + format + " cannot hold. Write npy. " + NOTHING_WRITTEN);
        }
        if (format != VectorFileFormat.NPY) {
            return Component.of(format);
        }
        return switch (type) {
            case FLOAT32 -> Component.FLOAT32;
            case INT8 -> Component.INT8;
            case BIT -> Component.UINT8;
        };
    }

    Component components() {
        return component;
    }

    /** Components of a row in the file. */
    int width() {
        return width;
    }

    /** Bytes from one row of the file to the next. */
    int stride() {
        return (format.dimensionBeforeEachRow() ? Integer.BYTES : 0) + width * component.bytes();
    }

    /** Writes {@link #stride()} bytes. */
    void convert(long id, MemorySegment row, MemorySegment target, long to) {
        long at = to;
        if (format.dimensionBeforeEachRow()) {
            target.set(INT, at, width);
            at += Integer.BYTES;
        }
        if (from.type() == VectorType.FLOAT32 && component != Component.FLOAT32) {
            convertFloats(id, row, target, at);
        } else if (from.type() == VectorType.INT8 && component != Component.INT8) {
            convertBytes(id, row, target, at);
        } else {
            MemorySegment.copy(row, 0, target, at, from.rowBytes());
        }
    }

    private void convertFloats(long id, MemorySegment row, MemorySegment target, long to) {
        for (int i = 0; i < width; i++) {
            float value = row.get(FLOAT, 4L * i);
            int integer = (int) value;
            boolean fits = integer == value && integer != Integer.MAX_VALUE;
            if (component == Component.INT32) {
                requireFit(fits, id, i, "an int32", value);
                target.set(INT, to + 4L * i, integer);
            } else {
                requireFit(fits && integer >= 0 && integer <= 0xff, id, i, "a byte from 0 to 255", value);
                target.set(BYTE, to + i, (byte) integer);
            }
        }
    }

    private void convertBytes(long id, MemorySegment row, MemorySegment target, long to) {
        for (int i = 0; i < width; i++) {
            byte value = row.get(BYTE, i);
            if (component == Component.INT32) {
                target.set(INT, to + 4L * i, value);
            } else if (shift) {
                target.set(BYTE, to + i, (byte) (value ^ 0x80));
            } else {
                requireFit(value >= 0, id, i, "a byte from 0 to 127, for there is no shift by 128", value);
                target.set(BYTE, to + i, value);
            }
        }
    }

    private void requireFit(boolean fits, long id, int i, String expected, float found) {
        if (!fits) {
            throw new InterchangeException("row " + id + " of collection " + collection + " cannot be written as "
                    + format + ": expected " + expected + " as component " + i + ", found " + found
                    + ". Write another format, such as npy. " + NOTHING_WRITTEN);
        }
    }
}
