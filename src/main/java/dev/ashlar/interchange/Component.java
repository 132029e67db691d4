package dev.ashlar.interchange;

import org.jspecify.annotations.Nullable;

/** What the components of the vectors in a file are, and what NumPy calls it. */
enum Component {
    FLOAT32("<f4", 4, "float32"),
    FLOAT64("<f8", 8, "float64"),
    INT32(null, 4, "int32"),
    INT8("|i1", 1, "int8"),
    UINT8("|u1", 1, "uint8"),
    /** Of ids alone. */
    INT64("<i8", 8, "int64");

    private final @Nullable String descr;
    private final int bytes;
    private final String label;

    Component(@Nullable String descr, int bytes, String label) {
        this.descr = descr;
        this.bytes = bytes;
        this.label = label;
    }

    int bytes() {
        return bytes;
    }

    /** NumPy's name of the type; null if no array of it is read. */
    @Nullable
    String descr() {
        return descr;
    }

    static @Nullable Component ofDescr(String descr) {
        for (Component component : values()) {
            if (descr.equals(component.descr)) {
                return component;
            }
        }
        return null;
    }

    /** What the rows of such a file consist of; of arrays of NumPy the header says it. */
    static Component of(VectorFileFormat format) {
        return switch (format) {
            case FVECS -> FLOAT32;
            case BVECS -> UINT8;
            case IVECS -> INT32;
            case NPY -> throw new IllegalArgumentException("an array of NumPy says itself what it consists of");
        };
    }

    @Override
    public String toString() {
        return label;
    }
}
