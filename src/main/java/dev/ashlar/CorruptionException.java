package dev.ashlar;

/**
 * Stored bytes are not what was written. It is thrown instead of wrong data: never an older value, never "absent". The
 * rest of the store stays readable; {@code ashlar verify} lists everything that is damaged.
 */
public final class CorruptionException extends AshlarException {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final long position;

    /**
     * @param file relative to the store's directory
     * @param position offset in bytes within the file
     * @param expected what should be there
     * @param found what is there
     * @param advice what the reader can do
     */
    public CorruptionException(String file, long position, String expected, String found, String advice) {
        super("damage in " + file + " at byte " + position + ": expected " + expected + ", found " + found + ". "
                + advice);
        this.file = file;
        this.position = position;
    }

    public String file() {
        return file;
    }

    public long position() {
        return position;
    }
}
