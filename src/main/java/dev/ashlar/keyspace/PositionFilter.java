package dev.ashlar.keyspace;

/** Decides about each entry of a restored index: where it points may have been retired since the image was made. */
@FunctionalInterface
public interface PositionFilter {
    /**
     * @return true to keep the slot, false to leave it out
     * @throws RuntimeException to give the image up, for a position that no such image could hold
     */
    boolean keeps(long position);
}
