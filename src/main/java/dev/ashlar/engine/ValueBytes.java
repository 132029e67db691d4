package dev.ashlar.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.ashlar.Entry;
import dev.ashlar.ValueTooLargeException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.channels.SeekableByteChannel;

/** The part of an entry that is about its value's bytes, and all the forms that they can be read in. */
abstract class ValueBytes implements Entry {
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfChar CHAR = ValueLayout.JAVA_CHAR_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** What virtual machines allow; some stop a little below {@link Integer#MAX_VALUE}. */
    private static final int MOST_ELEMENTS = Integer.MAX_VALUE - 8;

    private final MemorySegment value;

    ValueBytes(MemorySegment value) {
        this.value = value;
    }

    @Override
    public final MemorySegment value() {
        return value;
    }

    @Override
    public final long size() {
        return value.byteSize();
    }

    @Override
    public final long address() {
        return value.address();
    }

    @Override
    public final boolean contentEquals(byte[] bytes) {
        return contentEquals(MemorySegment.ofArray(bytes));
    }

    @Override
    public final boolean contentEquals(MemorySegment bytes) {
        return bytes.byteSize() == value.byteSize() && value.mismatch(bytes) < 0;
    }

    @Override
    public final byte getByte(long offset) {
        return value.get(JAVA_BYTE, offset);
    }

    @Override
    public final short getShort(long offset) {
        return value.get(SHORT, offset);
    }

    @Override
    public final char getChar(long offset) {
        return value.get(CHAR, offset);
    }

    @Override
    public final int getInt(long offset) {
        return value.get(INT, offset);
    }

    @Override
    public final long getLong(long offset) {
        return value.get(LONG, offset);
    }

    @Override
    public final float getFloat(long offset) {
        return value.get(FLOAT, offset);
    }

    @Override
    public final double getDouble(long offset) {
        return value.get(DOUBLE, offset);
    }

    // ----------------------------------------------------------------------------------------------- the whole value

    @Override
    public final ByteBuffer asByteBuffer() {
        if (value.byteSize() > Integer.MAX_VALUE) {
            throw tooLarge("a buffer holds at most " + Integer.MAX_VALUE + " bytes");
        }
        return value.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public final IntBuffer asIntBuffer() {
        checkDivides(Integer.BYTES);
        return asByteBuffer().asIntBuffer();
    }

    @Override
    public final LongBuffer asLongBuffer() {
        checkDivides(Long.BYTES);
        return asByteBuffer().asLongBuffer();
    }

    @Override
    public final FloatBuffer asFloatBuffer() {
        checkDivides(Float.BYTES);
        return asByteBuffer().asFloatBuffer();
    }

    @Override
    public final DoubleBuffer asDoubleBuffer() {
        checkDivides(Double.BYTES);
        return asByteBuffer().asDoubleBuffer();
    }

    @Override
    public final byte[] toByteArray() {
        checkFits(Byte.BYTES);
        return value.toArray(JAVA_BYTE);
    }

    @Override
    public final int[] toIntArray() {
        checkFits(Integer.BYTES);
        return value.toArray(INT);
    }

    @Override
    public final long[] toLongArray() {
        checkFits(Long.BYTES);
        return value.toArray(LONG);
    }

    @Override
    public final float[] toFloatArray() {
        checkFits(Float.BYTES);
        return value.toArray(FLOAT);
    }

    @Override
    public final double[] toDoubleArray() {
        checkFits(Double.BYTES);
        return value.toArray(DOUBLE);
    }

    @Override
    public final InputStream inputStream() {
        return new ValueInputStream(value);
    }

    @Override
    public final SeekableByteChannel channel() {
        return new ValueChannel(value);
    }

    private void checkDivides(int elementBytes) {
        if (value.byteSize() % elementBytes != 0) {
            throw new IllegalArgumentException("the value has " + value.byteSize()
                    + " bytes, which is no multiple of the " + elementBytes + " that an element has");
        }
    }

    private void checkFits(int elementBytes) {
        checkDivides(elementBytes);
        if (value.byteSize() / elementBytes > MOST_ELEMENTS) {
            throw tooLarge("an array holds at most " + MOST_ELEMENTS + " elements of " + elementBytes);
        }
    }

    private ValueTooLargeException tooLarge(String limit) {
        return new ValueTooLargeException("the value has " + value.byteSize() + " bytes; " + limit
                + ". Read it in place with value(), or in pieces with inputStream() or channel().");
    }
}
