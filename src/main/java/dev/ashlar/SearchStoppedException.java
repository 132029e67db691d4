package dev.ashlar;

/** A search was not finished: its deadline passed, it was cancelled, or its thread was interrupted. Nothing is lost. */
public final class SearchStoppedException extends AshlarException {
    private static final long serialVersionUID = 1L;

    public SearchStoppedException(String message) {
        super(message);
    }
}
