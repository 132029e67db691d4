package dev.ashlar.cli;

import dev.ashlar.VectorCollection;
import dev.ashlar.VectorOptions;
import dev.ashlar.VectorType;
import java.io.Closeable;
import java.io.IOException;

/** What vectors are imported from; it can be read several times. */
interface VectorSource extends Closeable {
    /** How long it is. */
    long bytes() throws IOException;

    /** What it says about the dimension of its vectors, if they are of that type; 0 if nothing. */
    int dimension(VectorType type) throws IOException;

    /** Reads it all and finds out whether it can be stored in such a collection. */
    void examine(VectorOptions into) throws IOException;

    /**
     * Checks all of it, and stores it durably if nothing is wrong.
     *
     * @param progress told up to twice the length
     * @return how many vectors were stored
     */
    long store(VectorCollection target, Progress progress) throws IOException;
}
