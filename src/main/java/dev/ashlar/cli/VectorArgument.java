package dev.ashlar.cli;

import dev.ashlar.VectorOptions;
import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** A vector on the command line. */
final class VectorArgument {
    private VectorArgument() {}

    /** The row that it stands for in a collection. */
    static MemorySegment row(String text, VectorOptions options) throws IOException {
        try {
            return VectorText.parse(text, options);
        } catch (BadLineException e) {
            throw Failure.usage("VECTOR is no vector of the collection, which has dimension "
                    + Units.count(options.dimension()) + " and type " + VectorSettings.show(options.type()) + ": "
                    + e.getMessage());
        }
    }
}
