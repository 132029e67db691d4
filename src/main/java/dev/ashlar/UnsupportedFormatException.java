package dev.ashlar;

/**
 * The files are not an Ashlar store, or one of a newer format version, or one that uses a feature this version does not
 * know. Nothing was touched.
 */
public final class UnsupportedFormatException extends AshlarException {
    private static final long serialVersionUID = 1L;

    public UnsupportedFormatException(String message) {
        super(message);
    }
}
