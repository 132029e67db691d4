package dev.ashlar;

/**
 * Values of a keyspace and a type do not go together: the keyspace was opened before with a type of another layout, or a
 * value has another length than the layout. Nothing was changed.
 */
public final class LayoutMismatchException extends AshlarException {
    private static final long serialVersionUID = 1L;

    public LayoutMismatchException(String message) {
        super(message);
    }
}
