package dev.ashlar;

/**
 * Root of everything Ashlar throws, apart from {@link IllegalArgumentException} and {@link NullPointerException} for
 * arguments that could never be right. All are unchecked. A message names the file and the position where there is
 * one, what was expected, what was found, and what the reader of the message can do.
 */
public class AshlarException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public AshlarException(String message) {
        super(message);
    }

    public AshlarException(String message, Throwable cause) {
        super(message, cause);
    }
}
