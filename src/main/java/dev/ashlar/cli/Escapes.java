package dev.ashlar.cli;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Keys as people read them. Printable UTF-8 stands for itself, a backslash for {@code \\}, line feed, carriage return and
 * tab for {@code \n}, {@code \r} and {@code \t}, and any other byte for {@code \x} and two hexadecimal digits: bytes that
 * are no UTF-8, controls (a key must not be able to give orders to a terminal), invisible and unassigned characters, and
 * spaces other than the common one. Two different keys never look the same, and {@link #parse} is the inverse.
 */
final class Escapes {
    private static final HexFormat HEX = HexFormat.of();

    private Escapes() {}

    static String show(String text) {
        return show(text.getBytes(StandardCharsets.UTF_8));
    }

    static String show(MemorySegment key) {
        return show(key.toArray(ValueLayout.JAVA_BYTE));
    }

    static String show(byte[] key) {
        StringBuilder shown = new StringBuilder(key.length);
        int position = 0;
        while (position < key.length) {
            byte next = key[position];
            int length = 1;
            if (next >= ' ' && next < 0x7f && next != '\\') {
                shown.append((char) next);
            } else if (next >= 0) {
                appendAscii(shown, next);
            } else {
                length = appendSequence(shown, key, position);
            }
            position += length;
        }
        return shown.toString();
    }

    private static void appendAscii(StringBuilder shown, byte next) {
        switch (next) {
            case '\\' -> shown.append("\\\\");
            case '\n' -> shown.append("\\n");
            case '\r' -> shown.append("\\r");
            case '\t' -> shown.append("\\t");
            default -> appendHex(shown, next);
        }
    }

    /** Appends the character that starts at a byte above 127, or escapes that byte alone; returns the bytes done. */
    private static int appendSequence(StringBuilder shown, byte[] key, int position) {
        // The number of leading ones is the length of the sequence; for a stray continuation byte it is 1.
        int length = Math.min(Integer.numberOfLeadingZeros(~(key[position] << 24)), 4);
        if (position + length <= key.length) {
            String text = utf8(Arrays.copyOfRange(key, position, position + length));
            if (text != null && text.codePointCount(0, text.length()) == 1) {
                if (printable(text.codePointAt(0))) {
                    shown.append(text);
                } else {
                    for (int i = 0; i < length; i++) {
                        appendHex(shown, key[position + i]);
                    }
                }
                return length;
            }
        }
        appendHex(shown, key[position]);
        return 1;
    }

    private static void appendHex(StringBuilder shown, byte next) {
        shown.append("\\x").append(HEX.toHexDigits(next));
    }

    private static boolean printable(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }

    /** The text that these bytes are in UTF-8, or null if they are not UTF-8. */
    static @Nullable String utf8(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException _) {
            return null;
        }
    }

    /** The bytes that {@link #show} shows like this. */
    static byte[] parse(String shown) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(shown.length());
        int position = 0;
        while (position < shown.length()) {
            int backslash = shown.indexOf('\\', position);
            int end = backslash < 0 ? shown.length() : backslash;
            bytes.writeBytes(shown.substring(position, end).getBytes(StandardCharsets.UTF_8));
            position = end;
            if (backslash >= 0) {
                position += parseEscape(shown, backslash, bytes);
            }
        }
        return bytes.toByteArray();
    }

    private static int parseEscape(String shown, int backslash, ByteArrayOutputStream bytes) {
        char kind = backslash + 1 < shown.length() ? shown.charAt(backslash + 1) : 0;
        switch (kind) {
            case '\\' -> bytes.write('\\');
            case 'n' -> bytes.write('\n');
            case 'r' -> bytes.write('\r');
            case 't' -> bytes.write('\t');
            case 'x' -> {
                try {
                    bytes.write(HexFormat.fromHexDigits(shown, backslash + 2, backslash + 4));
                } catch (IllegalArgumentException | IndexOutOfBoundsException _) {
                    throw Failure.usage("'" + shown + "': \\x wants two hexadecimal digits behind it, as in \\x1b");
                }
                return 4;
            }
            default ->
                throw Failure.usage("'" + shown
                        + "': a backslash begins one of \\\\ \\n \\r \\t \\xNN; write \\\\ for a backslash itself");
        }
        return 2;
    }
}
