package dev.ashlar.interchange;

import dev.ashlar.AshlarException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Something of one store or file has no equal in the other: a value that it cannot hold, two keys that it cannot tell apart,
 * a file that is not what it should be.
 */
public final class InterchangeException extends AshlarException {
    private static final long serialVersionUID = 1L;

    private static final int MAX_SHOWN_BYTES = 64;

    private final @Nullable String file;
    private final long position;

    public InterchangeException(String message) {
        super(message);
        this.file = null;
        this.position = -1;
    }

    /**
     * @param file that is not what it should be
     * @param position offset in bytes within the file
     * @param expected what should be there
     * @param found what is there
     * @param advice what the reader can do
     */
    public InterchangeException(String file, long position, String expected, String found, String advice) {
        super(file + " at byte " + position + ": expected " + expected + ", found " + found + ". " + advice);
        this.file = file;
        this.position = position;
    }

    /** The file that is not what it should be; null if it is about none. */
    public @Nullable String file() {
        return file;
    }

    /** Offset in bytes within the file; -1 if it is about none. */
    public long position() {
        return position;
    }

    static InterchangeException collision(byte[] one, byte[] other, long hash) {
        return new InterchangeException("the keys " + show(one) + " and " + show(other) + " have the same hash, "
                + HexFormat.of().toHexDigits(hash)
                + ", and simd-r-drive knows keys by nothing else. Rename one of them, or leave it out.");
    }

    /** A key in a message: text if it is plain, hexadecimal otherwise. */
    static String show(byte[] key) {
        boolean plain = key.length <= MAX_SHOWN_BYTES;
        for (byte next : key) {
            plain &= next >= ' ' && next < 0x7f;
        }
        if (plain) {
            return "\"" + new String(key, StandardCharsets.US_ASCII) + "\"";
        }
        int shown = Math.min(key.length, MAX_SHOWN_BYTES);
        return "0x" + HexFormat.of().formatHex(key, 0, shown)
                + (shown < key.length ? "… (" + key.length + " bytes)" : "");
    }
}
