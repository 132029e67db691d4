package dev.ashlar.vector;

import dev.ashlar.VectorOptions;
import dev.ashlar.VectorOptions.NonFinite;
import dev.ashlar.VectorType;
import dev.ashlar.simd.Distances;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Whether bytes are a row of a collection. All of it throws {@link IllegalArgumentException} if they are not. */
public final class RowCheck {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private RowCheck() {}

    /**
     * Whether memory that a caller gave has the size of a row. A {@code float[]} is of float32 and nothing else; other
     * memory does not tell what it holds.
     *
     * @param what the memory, for the message: {@code "the query"}
     */
    public static void checkShape(VectorOptions options, MemorySegment row, String what) {
        if (options.type() != VectorType.FLOAT32 && row.heapBase().orElse(null) instanceof float[]) {
            throw new IllegalArgumentException(
                    what + " is of float components, and the collection of " + options.type());
        }
        if (row.byteSize() != options.rowBytes()) {
            throw new IllegalArgumentException(what + " has " + row.byteSize() + " bytes; a vector of "
                    + options.dimension() + " " + options.type() + " components has " + options.rowBytes());
        }
    }

    /**
     * Whether the collection takes these components.
     *
     * @param memory native; a row begins at a multiple of 64 and is followed by zeros up to the next one
     * @param what the row, for the message
     */
    public static void checkComponents(VectorOptions options, MemorySegment memory, long at, String what) {
        switch (options.type()) {
            case FLOAT32 -> {
                if (options.nonFinite() == NonFinite.REJECT && !Distances.allFinite(memory, at, options.dimension())) {
                    throw notFinite(memory, at, options.dimension(), what);
                }
            }
            case BIT -> {
                int used = options.dimension() % 8;
                byte last = memory.get(ValueLayout.JAVA_BYTE, at + options.rowBytes() - 1);
                if (used != 0 && (last & 0xFF) >>> used != 0) {
                    throw new IllegalArgumentException("a bit behind the last component of " + what + " is set: it has "
                            + options.dimension() + " components, so of its last byte only the lowest " + used
                            + " bits are used, and the byte is 0x" + Integer.toHexString(last & 0xFF));
                }
            }
            case INT8 -> {}
        }
    }

    private static IllegalArgumentException notFinite(MemorySegment memory, long at, int dimension, String what) {
        int component = 0;
        while (component < dimension - 1 && Float.isFinite(memory.get(FLOAT, at + 4L * component))) {
            component++;
        }
        return new IllegalArgumentException(
                "component " + component + " of " + what + " is " + memory.get(FLOAT, at + 4L * component)
                        + "; the collection takes only finite ones (nonFinite is REJECT)");
    }
}
