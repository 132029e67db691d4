package dev.ashlar.typed;

import java.lang.foreign.MemorySegment;

/**
 * From bytes to objects of one type and back. Subclasses are generated, {@link CodecClass}. Offsets are of values that
 * lie in the segment as a whole; the segment checks that they do.
 */
abstract class Codec {
    private final int bytes;

    Codec(int bytes) {
        this.bytes = bytes;
    }

    /** A new record, or a new flyweight over these bytes. */
    abstract Object read(MemorySegment s, long at);

    /** Asks an object for its fields, one by one, and writes them. */
    abstract void encode(Object value, MemorySegment s, long at);

    /** Whether an object is of the generated class, so that the following may be asked of it; never of a record's. */
    boolean isFlyweight(Object value) {
        return false;
    }

    MemorySegment segment(Object flyweight) {
        throw noFlyweight();
    }

    long base(Object flyweight) {
        throw noFlyweight();
    }

    void point(Object flyweight, MemorySegment s, long at) {
        throw noFlyweight();
    }

    private static IllegalStateException noFlyweight() {
        return new IllegalStateException("records are no flyweights");
    }

    final void write(Object value, MemorySegment s, long at) {
        if (isFlyweight(value)) {
            MemorySegment.copy(segment(value), base(value), s, at, bytes);
        } else {
            encode(value, s, at);
        }
    }
}
