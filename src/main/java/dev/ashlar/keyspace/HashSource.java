package dev.ashlar.keyspace;

/**
 * Gives back the hash of the key of a record, from the record itself. A slot keeps only 24 of the 64 bits; an index
 * asks for the others each time its tables have become eight levels deeper, that is about once per entry while the
 * index grows 256-fold. Called by the thread that changes the index.
 */
@FunctionalInterface
public interface HashSource {
    /**
     * The very hash that the record was inserted under.
     *
     * @param position of a record that the index holds
     * @throws RuntimeException if the record cannot be read; the index then does without for up to six further levels,
     *     and lets the exception through after that
     */
    long hashAt(long position);
}
