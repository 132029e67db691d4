package dev.ashlar;

/** Somebody else, in this process or another, has the store open. Nothing was touched. */
public final class StoreLockedException extends AshlarException {
    private static final long serialVersionUID = 1L;

    public StoreLockedException(String message) {
        super(message);
    }
}
