package dev.ashlar.typed;

import dev.ashlar.Keyspace;
import dev.ashlar.LayoutMismatchException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/** A value that is longer or shorter than the layout says. */
final class Mismatch {
    private static final int MOST_SHOWN = 64;

    private Mismatch() {}

    static LayoutMismatchException of(Keyspace keyspace, Schema schema, String which, long found) {
        return new LayoutMismatchException("the value " + which + " in keyspace " + keyspace.name() + " has " + found
                + " bytes; one of " + schema.type().getName() + " has "
                + schema.layout().bytes()
                + ". It was put without a type: read it with Keyspace.get.");
    }

    static String show(byte[] key) {
        String hex = HexFormat.of().formatHex(key, 0, Math.min(key.length, MOST_SHOWN));
        String text = key.length > MOST_SHOWN ? "" : readable(key);
        return "of the key " + text + "0x" + hex + (key.length > MOST_SHOWN ? "... (" + key.length + " bytes)" : "");
    }

    private static String readable(byte[] key) {
        for (byte b : key) {
            if (b < ' ' || b > '~') {
                return "";
            }
        }
        return '"' + new String(key, java.nio.charset.StandardCharsets.US_ASCII) + "\", ";
    }

    static String show(MemorySegment key) {
        return show(key.toArray(ValueLayout.JAVA_BYTE));
    }
}
