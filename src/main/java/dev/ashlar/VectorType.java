package dev.ashlar;

/** What the components of the vectors of a collection are, and how a row of them is laid out. */
public enum VectorType {
    /** IEEE 754 single precision, little-endian, 4 bytes each. */
    FLOAT32,
    /** A signed byte each. */
    INT8,
    /** A bit each: component i is bit {@code i % 8} of byte {@code i / 8}. Bits behind the last component are zero. */
    BIT;

    /** Bytes of a vector of so many components. */
    public int bytes(int dimension) {
        return switch (this) {
            case FLOAT32 -> dimension * Float.BYTES;
            case INT8 -> dimension;
            case BIT -> (dimension + 7) / 8;
        };
    }
}
