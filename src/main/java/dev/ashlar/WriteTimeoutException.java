package dev.ashlar;

/**
 * The write found no room in the ring within {@link StoreOptions#writeTimeout()}, or the calling thread was interrupted
 * while it waited (its interrupt status is set again). Nothing was written.
 */
public final class WriteTimeoutException extends AshlarException {
    private static final long serialVersionUID = 1L;

    public WriteTimeoutException(String message) {
        super(message);
    }
}
