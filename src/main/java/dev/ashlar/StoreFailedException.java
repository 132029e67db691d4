package dev.ashlar;

/**
 * The store has met a failure after which it cannot vouch for further writes (a failed sync, an error inside the
 * appender) and refuses them until it is reopened; reads go on. For writes that were under way, {@link
 * #indeterminate()} says whether they may or may not be there after reopening.
 */
public final class StoreFailedException extends AshlarException {
    private static final long serialVersionUID = 1L;

    private final boolean indeterminate;

    public StoreFailedException(String message, boolean indeterminate, Throwable cause) {
        super(message, cause);
        this.indeterminate = indeterminate;
    }

    /** True if the write may have reached the log: after reopening it is there entirely or not at all. */
    public boolean indeterminate() {
        return indeterminate;
    }
}
