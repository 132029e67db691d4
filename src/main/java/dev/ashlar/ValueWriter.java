package dev.ashlar;

/**
 * Writes a value to a stream.
 *
 * @param <E> what it may throw
 */
@FunctionalInterface
public interface ValueWriter<E extends Exception> {
    /** Writes all of the value; need not close the stream. */
    void writeTo(ValueOutputStream target) throws E;
}
