package dev.ashlar.keyspace;

/** Decides about each slot of a restored table: where it points may have been retired since the image was made. */
@FunctionalInterface
public interface PositionFilter {
    /**
     * @return true to keep the slot, false to leave it out
     * @throws RuntimeException to give the image up, for a position that no such image could hold
     */
    boolean keeps(long position);
}
