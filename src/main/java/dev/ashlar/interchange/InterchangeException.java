package dev.ashlar.interchange;

import dev.ashlar.AshlarException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Something of one store has no equal in the other: a value that it cannot hold, two keys that it cannot tell apart. */
public final class InterchangeException extends AshlarException {
    private static final long serialVersionUID = 1L;

    private static final int MAX_SHOWN_BYTES = 64;

    public InterchangeException(String message) {
        super(message);
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
