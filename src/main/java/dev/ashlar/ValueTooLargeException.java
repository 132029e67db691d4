package dev.ashlar;

/** A value has more bytes than a buffer or an array can have. It can be read in place, or in pieces. */
public final class ValueTooLargeException extends AshlarException {
    private static final long serialVersionUID = 1L;

    public ValueTooLargeException(String message) {
        super(message);
    }
}
