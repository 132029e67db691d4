package dev.ashlar.interchange;

import java.nio.file.Path;
import java.util.Locale;

/** The files that {@link VectorFiles} reads and writes. All numbers in them are little-endian. */
public enum VectorFileFormat {
    /** Rows of float32, each behind its dimension, an int32. */
    FVECS(true),
    /** Rows of unsigned bytes, each behind its dimension, an int32. */
    BVECS(true),
    /** Rows of int32, each behind its dimension, an int32. */
    IVECS(true),
    /**
     * An array of NumPy's {@code save}, format version 1.0 to 3.0: two dimensions, in C order, of {@code <f4}, {@code <f8},
     * {@code |i1} or {@code |u1}. Written as version 1.0.
     */
    NPY(false);

    private final boolean dimensionBeforeEachRow;

    VectorFileFormat(boolean dimensionBeforeEachRow) {
        this.dimensionBeforeEachRow = dimensionBeforeEachRow;
    }

    boolean dimensionBeforeEachRow() {
        return dimensionBeforeEachRow;
    }

    /**
     * The format that the ending of a file's name stands for, in upper or lower case.
     *
     * @throws IllegalArgumentException if it stands for none
     */
    public static VectorFileFormat of(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        for (VectorFileFormat format : values()) {
            if (name.endsWith("." + format)) {
                return format;
            }
        }
        throw new IllegalArgumentException(
                "the name of " + file
                        + " does not say what is in it: it ends with none of .fvecs, .bvecs, .ivecs and .npy. Name the format.");
    }

    /** In lower case: the ending of such a file's name. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
