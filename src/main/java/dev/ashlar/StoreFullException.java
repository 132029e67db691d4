package dev.ashlar;

/**
 * There is no room for the write: the device, a quota or the file size limit is exhausted. Nothing of the write is
 * visible or stored. Reads go on, deletes and compaction have a reserve, and once there is room again writes succeed
 * without reopening.
 */
public final class StoreFullException extends StorageException {
    private static final long serialVersionUID = 1L;

    public StoreFullException(
            String operation,
            String file,
            int errno,
            String detail,
            @org.jspecify.annotations.Nullable Throwable cause) {
        super(operation, file, errno, detail, cause);
    }
}
