package dev.ashlar;

/** A document was added whose primary key is taken. Nothing was written. */
public class DuplicateKeyException extends AshlarException {
    private static final long serialVersionUID = 1;

    public DuplicateKeyException(String message) {
        super(message);
    }
}
