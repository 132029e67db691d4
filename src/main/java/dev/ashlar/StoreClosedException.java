package dev.ashlar;

/** The store was closed before, or while, the call was made. A write that fails with this was not applied. */
public final class StoreClosedException extends AshlarException {
    private static final long serialVersionUID = 1L;

    public StoreClosedException(String message) {
        super(message);
    }
}
