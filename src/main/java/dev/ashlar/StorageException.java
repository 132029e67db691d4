package dev.ashlar;

/**
 * An operation on a file failed. The operation had no effect that a reader of the store can see, unless the exception
 * says that the outcome is indeterminate.
 */
public class StorageException extends AshlarException {
    private static final long serialVersionUID = 1L;

    /** {@link #errno()} where the storage cannot tell (plain NIO). */
    public static final int UNKNOWN_ERRNO = 0;

    private final String operation;
    private final String file;
    private final int errno;

    /**
     * @param operation what was tried, in the operating system's words: {@code "pwrite"}
     * @param file the file, relative to the store's directory or absolute
     * @param errno the operating system's error number, or {@link #UNKNOWN_ERRNO}
     * @param detail position, length, the error in words, and what can be done
     */
    public StorageException(String operation, String file, int errno, String detail) {
        this(operation, file, errno, detail, null);
    }

    public StorageException(
            String operation, String file, int errno, String detail, @org.jspecify.annotations.Nullable Throwable cause) {
        super(operation + " failed on " + file + ": " + detail, cause);
        this.operation = operation;
        this.file = file;
        this.errno = errno;
    }

    public String operation() {
        return operation;
    }

    public String file() {
        return file;
    }

    /** The operating system's error number, or {@link #UNKNOWN_ERRNO}. */
    public int errno() {
        return errno;
    }
}
