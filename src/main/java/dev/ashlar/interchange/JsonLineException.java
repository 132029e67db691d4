package dev.ashlar.interchange;

import dev.ashlar.AshlarException;

/** A line is no JSON object, or none that is a document of its collection. Nothing of it was added. */
public final class JsonLineException extends AshlarException {
    private static final long serialVersionUID = 1L;

    private final long line;
    private final long position;

    /**
     * @param line number of the line, the first one being 1
     * @param position offset in bytes within the line, of what is wrong or stands behind it
     * @param what is wrong
     */
    public JsonLineException(long line, long position, String what) {
        super("line " + line + ", byte " + (position + 1) + ": " + what);
        this.line = line;
        this.position = position;
    }

    JsonLineException(long line, long position, RuntimeException cause) {
        super("line " + line + ", byte " + (position + 1) + ": " + cause.getMessage(), cause);
        this.line = line;
        this.position = position;
    }

    /** Number of the line, the first one being 1. */
    public long line() {
        return line;
    }

    /** Offset in bytes within the line. */
    public long position() {
        return position;
    }
}
